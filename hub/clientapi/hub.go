package clientapi

import (
	"slices"

	"panah/hub/people"
	"panah/locales"
)

// aboutHub tells a client, before anybody has signed in, whose door this is.
func (a *API) aboutHub(c *call) (any, error) {
	founded, err := a.People.Founded(c.ctx())
	if err != nil {
		return nil, err
	}
	return map[string]any{
		"name": a.Name, "server_name": a.ServerName, "version": a.Version,
		"languages": locales.Tags(), "default_language": a.Language, "founded": founded, "passkeys": a.passkeys(c.r),
	}, nil
}

// checkInvitation tells what an invitation offers, before it is used.
func (a *API) checkInvitation(c *call) (any, error) {
	var in struct {
		Token string `json:"token"`
	}
	if err := c.read(&in); err != nil {
		return nil, err
	}
	offer, err := a.People.CheckInvitation(c.ctx(), in.Token, a.address(c.r))
	if err != nil {
		return nil, err
	}
	answer := map[string]any{
		"organisation": nil, "role": offer.Role, "invited_by": offer.InvitedBy,
		"expires_at": offer.ExpiresAt.UnixMilli(), "language": offer.Language,
	}
	if o := offer.Organisation; o != nil {
		answer["organisation"] = map[string]any{"name": o.Name, "kind": o.Kind, "country": o.Country}
	}
	return answer, nil
}

type signUpRequest struct {
	Token      string `json:"token"`
	User       string `json:"user"`
	Name       string `json:"name"`
	Passphrase string `json:"passphrase"`
	Language   string `json:"language"`
	DeviceName string `json:"device_name"`
}

// signUp makes an account from an invitation and leaves its session in the browser's cookie.
func (a *API) signUp(c *call) (any, error) {
	var in signUpRequest
	if err := c.read(&in); err != nil {
		return nil, err
	}
	s, _, err := a.Network.SignUp(c.ctx(), people.SignUp{
		Token: in.Token, User: in.User, Name: in.Name, Passphrase: in.Passphrase, Language: in.Language,
		DeviceName: in.DeviceName, Address: a.address(c.r), Country: a.Country(c.r),
	})
	if err != nil {
		return nil, err
	}
	return a.signedIn(c, s), nil
}

// signedIn answers without the token: it goes into the cookie alone, where no script can read it.
func (a *API) signedIn(c *call, s people.Session) any {
	a.setCookie(c, s.Token, s.Brief)
	return map[string]string{"user_id": s.UserID, "device_id": s.DeviceID}
}

// signOut ends the session and clears the cookie.
func (a *API) signOut(c *call) (any, error) {
	if err := a.People.SignOut(c.ctx(), c.caller.UserID, c.caller.DeviceID); err != nil {
		return nil, err
	}
	a.setCookie(c, "", false)
	return map[string]any{}, nil
}

// me tells the client who its person is and what they may do. It renews the cookie of those who keep coming, and keeps a session at
// a shared device from ending: the client asks when its person touches it.
func (a *API) me(c *call) (any, error) {
	space, err := a.Network.Space(c.ctx())
	if err != nil {
		return nil, err
	}
	a.People.Stay(c.ctx(), c.caller)
	answer := map[string]any{
		"user_id": c.caller.UserID, "device_id": c.caller.DeviceID, "name": c.caller.Name, "role": c.caller.Role,
		"brief": c.caller.Brief, "may": mayDo(c.caller.Role), "organisation": nil, "language": c.caller.Language, "network_space": space, "retention_ms": a.Retention.Milliseconds(),
		"speaks": tags(c.caller.Speaks), "ask_about": c.caller.AskAbout,
		"second_factor_needed": c.caller.Unsecured,
	}
	if c.caller.OrganisationID != "" {
		o, err := a.People.Organisation(c.ctx(), c.caller.OrganisationID)
		if err != nil {
			return nil, err
		}
		answer["organisation"] = organisationAnswer(o)
	}
	if token, cookie, err := tokenOf(c.r); cookie && err == nil {
		a.setCookie(c, token, c.caller.Brief)
	}
	return answer, nil
}

// mayDo lists the acts that a role allows, so that the client shows no button that will be refused.
func mayDo(role people.Role) []people.Act {
	return slices.DeleteFunc(slices.Clone(people.Acts()), func(act people.Act) bool { return !people.May(role, act) })
}

func (a *API) people(c *call) (any, error) {
	found, err := a.People.All(c.ctx())
	if err != nil {
		return nil, err
	}
	list := make([]map[string]any, 0, len(found))
	for _, p := range found {
		list = append(list, map[string]any{
			"user_id": p.UserID, "name": p.Name, "avatar_url": p.AvatarURL, "organisation_id": p.OrganisationID, "role": p.Role, "language": p.Language,
			"speaks": tags(p.Speaks), "ask_about": p.AskAbout,
		})
	}
	return map[string]any{"people": list}, nil
}

// tags is a list that is written as one also when it is empty.
func tags(list []string) []string { return append([]string{}, list...) }
