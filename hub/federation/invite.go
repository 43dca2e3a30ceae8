package federation

import (
	"encoding/json"
	"net/http"

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
	return err
}
