package clientapi

import "panah/hub/people"

// recoveryLink is what a person opens to set a new passphrase. The token stands behind the #, which browsers keep to themselves.
func (a *API) recoveryLink(c *call, token string) string { return a.base(c.r) + "/#/recover/" + token }

func recoveryAnswer(r people.Recovery) map[string]any {
	return map[string]any{
		"id": r.ID, "user_id": r.UserID, "started_by": r.StartedBy, "started_at": r.StartedAt.UnixMilli(),
		"opens_at": r.OpensAt.UnixMilli(), "expires_at": r.ExpiresAt.UnixMilli(), "confirmed_by": r.ConfirmedBy,
	}
}

// recoveries are those under way in which the caller has a say.
func (a *API) recoveries(c *call) (any, error) {
	found, err := a.People.Recoveries(c.ctx(), c.caller)
	if err != nil {
		return nil, err
	}
	list := make([]map[string]any, 0, len(found))
	for _, r := range found {
		list = append(list, recoveryAnswer(r))
	}
	return map[string]any{"recoveries": list}, nil
}

func (a *API) startRecovery(c *call) (any, error) {
	var in struct {
		UserID string `json:"user_id"`
	}
	if err := c.read(&in); err != nil {
		return nil, err
	}
	r, err := a.People.StartRecovery(c.ctx(), c.caller, in.UserID)
	if err != nil {
		return nil, err
	}
	return recoveryAnswer(r), nil
}

// confirmRecovery gives the link, this once, to the second of the two who let someone in.
func (a *API) confirmRecovery(c *call) (any, error) {
	r, token, err := a.People.ConfirmRecovery(c.ctx(), c.caller, c.path("id"))
	if err != nil {
		return nil, err
	}
	link := a.recoveryLink(c, token)
	picture, err := qrSVG(link)
	if err != nil {
		return nil, err
	}
	answer := recoveryAnswer(r)
	answer["link"], answer["qr_svg"] = link, picture
	return answer, nil
}

func (a *API) cancelRecovery(c *call) (any, error) {
	return map[string]any{}, a.People.CancelRecovery(c.ctx(), c.caller, c.path("id"))
}

func (a *API) checkRecovery(c *call) (any, error) {
	var in struct {
		Token string `json:"token"`
	}
	if err := c.read(&in); err != nil {
		return nil, err
	}
	r, whom, err := a.People.CheckRecovery(c.ctx(), in.Token, a.address(c.r))
	if err != nil {
		return nil, err
	}
	return map[string]any{
		"user_id": r.UserID, "name": whom.Name, "opens_at": r.OpensAt.UnixMilli(), "expires_at": r.ExpiresAt.UnixMilli(), "now": a.now().UnixMilli(),
	}, nil
}

// recover sets the new passphrase and leaves a session in the browser's cookie.
func (a *API) recover(c *call) (any, error) {
	var in struct {
		Token      string `json:"token"`
		Passphrase string `json:"passphrase"`
		DeviceName string `json:"device_name"`
	}
	if err := c.read(&in); err != nil {
		return nil, err
	}
	from := people.SignIn{DeviceName: in.DeviceName, Address: a.address(c.r), Country: a.Country(c.r)}
	s, err := a.People.FinishRecovery(c.ctx(), in.Token, in.Passphrase, from)
	if err != nil {
		return nil, err
	}
	return a.signedIn(c, s), nil
}
