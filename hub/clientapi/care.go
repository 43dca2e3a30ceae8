package clientapi

import (
	"time"

	"panah/hub/fault"
	"panah/hub/people"
)

// overview is what waits for the stewards.
func (a *API) overview(c *call) (any, error) {
	w, err := a.People.Overview(c.ctx(), c.caller)
	if err != nil {
		return nil, err
	}
	return map[string]any{
		"organisations": w.Organisations, "reports": w.Reports, "corrections": w.Corrections, "invitations": w.Invitations,
		"homeless": w.Homeless, "countries": w.Countries,
	}, nil
}

// staff are the people of an organisation, for those who look after them.
func (a *API) staff(c *call) (any, error) { return a.staffOf(c, c.path("id")) }

// homeless are the people who belong to no organisation.
func (a *API) homeless(c *call) (any, error) { return a.staffOf(c, "") }

func (a *API) staffOf(c *call, organisationID string) (any, error) {
	found, err := a.People.StaffOf(c.ctx(), c.caller, organisationID)
	if err != nil {
		return nil, err
	}
	list := make([]map[string]any, 0, len(found))
	for _, m := range found {
		one := map[string]any{"user_id": m.UserID, "name": m.Name, "role": m.Role, "standing": m.Standing, "devices": m.Devices}
		if !m.SeenAt.IsZero() {
			one["last_seen"] = m.SeenAt.UnixMilli()
		}
		list = append(list, one)
	}
	return map[string]any{"members": list}, nil
}

// change serves one deed. Its body is {"role"?, "reason"?, "organisation_id"?, "sure"?}.
func (a *API) change(deed people.Deed) func(c *call) (any, error) {
	return func(c *call) (any, error) {
		var in struct {
			Role           people.Role `json:"role"`
			Reason         string      `json:"reason"`
			OrganisationID string      `json:"organisation_id"`
			Sure           bool        `json:"sure"`
		}
		if err := c.read(&in); err != nil {
			return nil, err
		}
		after, err := a.Network.Change(c.ctx(), c.caller, c.path("userId"), people.Change{
			Deed: deed, Role: in.Role, Reason: in.Reason, OrganisationID: in.OrganisationID, Sure: in.Sure,
		})
		if err != nil {
			return nil, err
		}
		return map[string]any{
			"user_id": after.UserID, "role": after.Role, "standing": after.Standing, "organisation_id": after.OrganisationID,
		}, nil
	}
}

// setDuty puts the caller, or somebody they look after, on duty: {"until": Unix milliseconds, "note"?}.
func (a *API) setDuty(c *call) (any, error) {
	var in struct {
		Until *int64 `json:"until"`
		Note  string `json:"note"`
	}
	if err := c.read(&in); err != nil {
		return nil, err
	}
	if in.Until == nil {
		return nil, fault.MissingParam("until")
	}
	d, err := a.Network.SetDuty(c.ctx(), c.caller, c.path("userId"), time.UnixMilli(*in.Until), in.Note)
	if err != nil {
		return nil, err
	}
	return map[string]any{"from": d.From.UnixMilli(), "until": d.Until.UnixMilli(), "note": d.Note}, nil
}

func (a *API) endDuty(c *call) (any, error) {
	return map[string]any{}, a.Network.EndDuty(c.ctx(), c.caller, c.path("userId"))
}

// setAbout changes what the caller says of themselves: {"speaks": [tag], "ask_about"}.
func (a *API) setAbout(c *call) (any, error) {
	var in struct {
		Speaks   []string `json:"speaks"`
		AskAbout string   `json:"ask_about"`
	}
	if err := c.read(&in); err != nil {
		return nil, err
	}
	return map[string]any{}, a.Network.SetAbout(c.ctx(), c.caller, in.Speaks, in.AskAbout)
}
