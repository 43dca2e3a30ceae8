package federation

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"panah/hub/fault"
	"panah/hub/people"
	"panah/hub/room"
	"panah/hub/store"
)

// invite takes in that one of this hub's people is invited ("Inviting to a room", version 2), and gives the invitation with this hub's signature.
func (s *Server) invite(c *Call) (any, error) {
	var in room.Invitation
	if err := c.Read(&in); err != nil {
		return nil, err
	}
	signed, err := s.Rooms.ServeInvite(c.Context(), c.Origin, c.Path("roomId"), c.Path("eventId"), in, s.mayBeInvited)
	if err != nil {
		return nil, err
	}
	return map[string]json.RawMessage{"event": signed}, nil
}

// inviteOld refuses the first version's invitations: they are into rooms of versions 1 and 2 ("Inviting to a room", version 1), which are not known here.
func (s *Server) inviteOld(*Call) (any, error) {
	return nil, fault.New(http.StatusBadRequest, "M_INCOMPATIBLE_ROOM_VERSION", "error.channel_version", "Version", roomVersion).With("room_version", "1")
}

// mayBeInvited: somebody who is here. The hub's own account comes only where another hub's calls it.
func (s *Server) mayBeInvited(tx *store.Tx, i room.Invited) error {
	if i.User == s.People.HubUser() {
		return s.Network.MayComeTx(tx, i)
	}
	p, err := s.People.PersonTx(tx, i.User)
	if err == nil && p.Standing != people.Active {
		err = fault.NotFound("error.unknown_person")
	}
	if err != nil {
		return err
	}
	return openInvitations(tx, i)
}

const (
	// invitationsMost is how many invitations of one server's people one person may have open at a time.
	invitationsMost = 100
	// invitationsPause is when a server may try again.
	invitationsPause = time.Hour
)

// openInvitations refuses one more of a server of which the person has so many open, so that no server fills anybody's list.
func openInvitations(tx *store.Tx, i room.Invited) error {
	var open int
	err := tx.QueryRow(`SELECT COUNT(*) FROM memberships m JOIN events e ON e.event_id = m.event_id
		WHERE m.user_id = $1 AND m.membership = 'invite' AND m.room_id <> $2 AND e.sender LIKE $3 ESCAPE '\'`,
		i.User, i.RoomID, "@%:"+like.Replace(serverOf(i.Sender))).Scan(&open)
	if err != nil {
		return fmt.Errorf("count invitations: %w", err)
	}
	if open >= invitationsMost {
		return fault.LimitExceeded(invitationsPause)
	}
	return nil
}
