package clientapi

import (
	"panah/hub/people"
	"panah/hub/store"
)

// report tells of a post, a channel or a person ("Reporting Content"). The code and the audience are ours: other clients send words alone,
// and then the stewards alone read them. The
// answer says who reads it: where that would be nobody, the hub finds others.
func (a *API) report(c *call) (any, error) {
	var in struct {
		Reason   string `json:"reason"`
		Code     string `json:"network.panah.code"`
		Audience string `json:"network.panah.audience"`
	}
	if err := c.read(&in); err != nil {
		return nil, err
	}
	audience, err := a.Network.Report(c.ctx(), c.caller, people.Report{
		RoomID: c.path("roomId"), EventID: c.path("eventId"), UserID: c.path("userId"), Code: in.Code, Words: in.Reason, Audience: in.Audience,
	})
	return map[string]any{"network.panah.audience": audience}, err
}

// reports are those that the caller decides on; with settled=true those that were decided.
func (a *API) reports(c *call) (any, error) {
	found, err := a.People.Reports(c.ctx(), c.caller, c.query("settled") == "true")
	if err != nil {
		return nil, err
	}
	list := make([]map[string]any, 0, len(found))
	err = a.DB.Read(c.ctx(), func(tx *store.Tx) error {
		for _, r := range found {
			one, err := a.reportAnswer(tx, r)
			if err != nil {
				return err
			}
			list = append(list, one)
		}
		return nil
	})
	return map[string]any{"reports": list}, err
}

func (a *API) reportAnswer(tx *store.Tx, r people.Report) (map[string]any, error) {
	about, err := a.Network.Reported(tx, r)
	if err != nil {
		return nil, err
	}
	return map[string]any{
		"id": r.ID, "at": r.At.UnixMilli(), "by": r.Reporter, "user_id": r.UserID, "room_id": r.RoomID, "event_id": r.EventID,
		"organisation_id": r.OrganisationID, "audience": r.Audience, "code": r.Code, "words": r.Words, "standing": r.Standing,
		"taken_by": r.TakenBy, "note": r.Note, "body": about.Seen, "now": about.Now, "gone": about.Gone, "channel": about.Channel,
	}, nil
}

func (a *API) takeReport(c *call) (any, error) {
	return map[string]any{}, a.People.SettleReport(c.ctx(), c.caller, c.path("id"), false, "")
}

func (a *API) settleReport(c *call) (any, error) {
	var in struct {
		Note string `json:"note"`
	}
	if err := c.read(&in); err != nil {
		return nil, err
	}
	return map[string]any{}, a.People.SettleReport(c.ctx(), c.caller, c.path("id"), true, in.Note)
}

func (a *API) removeReported(c *call) (any, error) {
	return map[string]any{}, a.Network.RemoveReported(c.ctx(), c.caller, c.path("id"))
}
