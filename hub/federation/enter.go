package federation

import (
	"net/http"

	"panah/hub/room"
)

// makeJoin gives a server the form of a join of one of its people ("Joining Rooms").
func (s *Server) makeJoin(c *Call) (any, error) { return s.template(c, "join") }

// makeLeave gives the form of a leave ("Leaving Rooms (Rejecting Invites)").
func (s *Server) makeLeave(c *Call) (any, error) { return s.template(c, "leave") }

// makeKnock gives the form of a knock ("Knocking upon a room").
func (s *Server) makeKnock(c *Call) (any, error) { return s.template(c, "knock") }

func (s *Server) template(c *Call, membership string) (any, error) {
	versions := c.Query()["ver"]
	if len(versions) == 0 {
		versions = []string{"1"} // what the specification has a server mean that names none
	}
	return s.Rooms.ServeTemplate(c.Context(), c.Origin, membership, c.Path("roomId"), c.Path("userId"), versions, s.People.HubUser())
}

// sendJoin lets one of a server's people in, and gives the room's state.
func (s *Server) sendJoin(c *Call) (any, error) {
	w, err := s.entered(c, "join")
	if err != nil {
		return nil, err
	}
	return map[string]any{"event": w.Event, "state": w.State, "auth_chain": w.Auth, "origin": w.Origin, "members_omitted": false}, nil
}

// sendLeave takes in that one of a server's people left, or declined an invitation.
func (s *Server) sendLeave(c *Call) (any, error) {
	_, err := s.entered(c, "leave")
	return map[string]any{}, err
}

// sendKnock takes in that one of a server's people asks to be let in.
func (s *Server) sendKnock(c *Call) (any, error) {
	w, err := s.entered(c, "knock")
	return map[string]any{"knock_room_state": w.Stripped}, err
}

// listed answers as the first version of a door does: with the status once more, and the answer behind it.
func listed(serve func(*Call) (any, error)) func(*Call) (any, error) {
	return func(c *Call) (any, error) {
		answer, err := serve(c)
		return []any{http.StatusOK, answer}, err
	}
}

// entered takes a membership in, and has the other servers of the room told of it: the server that made it does not know who they are.
func (s *Server) entered(c *Call, membership string) (room.Welcome, error) {
	w, err := s.Rooms.ServeMembership(c.Context(), c.Origin, membership, c.Path("roomId"), c.Path("eventId"), c.Body)
	if err != nil {
		return w, err
	}
	return w, s.Sender.Forward(c.Context(), c.Path("eventId"), c.Origin)
}
