package clientapi

import (
	"bytes"

	"panah/hub/alert/exchange"
)

// exchangeRoutes bring alerts in from programs that are no hubs.
func (a *API) exchangeRoutes() []route {
	return []route{
		{"POST", us + "/rooms/{roomId}/cap", signedIn, a.importCAP},
		{"GET", us + "/alert-sources", signedIn, a.alertSources},
		{"POST", us + "/alert-sources", signedIn, a.addAlertSource},
		{"DELETE", us + "/alert-sources/{id}", signedIn, a.removeAlertSource},
	}
}

// importCAP posts the body, a CAP 1.2 file, into a channel: {"event_id", "sender", "identifier", "again"}.
func (a *API) importCAP(c *call) (any, error) {
	in, err := a.Exchange.Import(c.ctx(), c.caller, c.path("roomId"), bytes.NewReader(c.body))
	if err != nil {
		return nil, err
	}
	return map[string]any{"event_id": in.EventID, "sender": in.Sender, "identifier": in.Identifier, "again": in.Again}, nil
}

func (a *API) alertSources(c *call) (any, error) {
	all, err := a.Exchange.Sources(c.ctx(), c.caller)
	if err != nil {
		return nil, err
	}
	list := make([]map[string]any, 0, len(all))
	for _, s := range all {
		list = append(list, sourceAnswer(s))
	}
	return map[string]any{"sources": list}, nil
}

// sourceAnswer says how it stands with a feed. trouble is the key of a sentence, or "".
func sourceAnswer(s exchange.Source) map[string]any {
	return map[string]any{
		"id": s.ID, "address": s.Address, "room_id": s.RoomID, "entered_by": s.EnteredBy, "entered_at": s.EnteredAt,
		"next_at": s.NextAt, "read_at": s.ReadAt, "failures": s.Failures, "trouble": s.Trouble,
	}
}

func (a *API) addAlertSource(c *call) (any, error) {
	var in struct {
		RoomID  string `json:"room_id"`
		Address string `json:"address"`
	}
	if err := c.read(&in); err != nil {
		return nil, err
	}
	s, err := a.Exchange.AddSource(c.ctx(), c.caller, in.RoomID, in.Address)
	if err != nil {
		return nil, err
	}
	return sourceAnswer(s), nil
}

func (a *API) removeAlertSource(c *call) (any, error) {
	return map[string]any{}, a.Exchange.RemoveSource(c.ctx(), c.caller, c.path("id"))
}
