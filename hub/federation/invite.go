package federation

import (
	"encoding/json"

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

// mayBeInvited: somebody who is here, and who is a person: the hub's own account joins nothing elsewhere.
func (s *Server) mayBeInvited(tx *store.Tx, user string) error {
	p, err := s.People.PersonTx(tx, user)
	if err == nil && (p.Standing != people.Active || user == s.People.HubUser()) {
		err = fault.NotFound("error.unknown_person")
	}
	return err
}
