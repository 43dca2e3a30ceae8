package federation

// v2 begins the paths of the doors whose answers changed since.
const v2 = "/_matrix/federation/v2"

// roomRoutes are the doors of rooms.
func (s *Server) roomRoutes() []route {
	return []route{
		{"GET", v1 + "/make_join/{roomId}/{userId}", proven, 0, s.makeJoin},
		{"GET", v1 + "/make_leave/{roomId}/{userId}", proven, 0, s.makeLeave},
		{"GET", v1 + "/make_knock/{roomId}/{userId}", proven, 0, s.makeKnock},
		{"PUT", v2 + "/send_join/{roomId}/{eventId}", proven, 0, s.sendJoin},
		{"PUT", v2 + "/send_leave/{roomId}/{eventId}", proven, 0, s.sendLeave},
		{"PUT", v1 + "/send_join/{roomId}/{eventId}", proven, 0, listed(s.sendJoin)},
		{"PUT", v1 + "/send_leave/{roomId}/{eventId}", proven, 0, listed(s.sendLeave)},
		{"PUT", v1 + "/invite/{roomId}/{eventId}", proven, 0, s.inviteOld},
		{"PUT", v1 + "/send_knock/{roomId}/{eventId}", proven, 0, s.sendKnock},
		{"PUT", v2 + "/invite/{roomId}/{eventId}", proven, 1 << 20, s.invite},
		{"GET", v1 + "/event/{eventId}", proven, 0, s.event},
		{"GET", v1 + "/backfill/{roomId}", proven, 0, s.backfill},
		{"POST", v1 + "/get_missing_events/{roomId}", proven, 0, s.missing},
		{"GET", v1 + "/state/{roomId}", proven, 0, s.state},
		{"GET", v1 + "/state_ids/{roomId}", proven, 0, s.stateIDs},
		{"GET", v1 + "/event_auth/{roomId}/{eventId}", proven, 0, s.eventAuth},
	}
}
