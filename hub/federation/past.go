package federation

import (
	"encoding/json"
	"strconv"

	"panah/hub/fault"
	"panah/hub/room"
)

// event gives one event ("Retrieving events").
func (s *Server) event(c *Call) (any, error) {
	raw, err := s.Rooms.ServeEvent(c.Context(), c.Origin, c.Path("eventId"))
	if err != nil {
		return nil, err
	}
	return s.pdus([]json.RawMessage{raw}), nil
}

// pdus is how servers give each other events.
func (s *Server) pdus(raws []json.RawMessage) map[string]any {
	return map[string]any{"origin": s.name, "origin_server_ts": s.Now().UnixMilli(), "pdus": raws}
}

// backfill gives what came before some events ("Backfilling and retrieving missing events").
func (s *Server) backfill(c *Call) (any, error) {
	from := c.Query()["v"]
	limit, err := strconv.Atoi(c.Query().Get("limit"))
	if err != nil || len(from) == 0 {
		return nil, fault.InvalidParam("error.invalid_query")
	}
	raws, err := s.Rooms.ServeBackfill(c.Context(), c.Origin, c.Path("roomId"), from, limit)
	if err != nil {
		return nil, err
	}
	return s.pdus(raws), nil
}

// missing gives what lies between some events.
func (s *Server) missing(c *Call) (any, error) {
	in := room.Between{Limit: 10} // the specification's default
	if err := c.Read(&in); err != nil {
		return nil, err
	}
	raws, err := s.Rooms.ServeMissing(c.Context(), c.Origin, c.Path("roomId"), in)
	return map[string]any{"events": raws}, err
}

// state gives the state before an event ("Retrieving events").
func (s *Server) state(c *Call) (any, error) {
	state, auth, err := s.Rooms.ServeState(c.Context(), c.Origin, c.Path("roomId"), c.Query().Get("event_id"))
	return map[string]any{"pdus": bodiesOf(state), "auth_chain": bodiesOf(auth)}, err
}

// stateIDs gives the same by ids.
func (s *Server) stateIDs(c *Call) (any, error) {
	state, auth, err := s.Rooms.ServeState(c.Context(), c.Origin, c.Path("roomId"), c.Query().Get("event_id"))
	return map[string]any{"pdu_ids": idsOf(state), "auth_chain_ids": idsOf(auth)}, err
}

// eventAuth gives all that authorises an event.
func (s *Server) eventAuth(c *Call) (any, error) {
	auth, err := s.Rooms.ServeAuth(c.Context(), c.Origin, c.Path("roomId"), c.Path("eventId"))
	return map[string]any{"auth_chain": bodiesOf(auth)}, err
}

func bodiesOf(all []room.Known) []json.RawMessage {
	raws := make([]json.RawMessage, 0, len(all))
	for _, k := range all {
		raws = append(raws, k.PDU)
	}
	return raws
}

func idsOf(all []room.Known) []string {
	ids := make([]string, 0, len(all))
	for _, k := range all {
		ids = append(ids, k.ID)
	}
	return ids
}
