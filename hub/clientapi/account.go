package clientapi

import (
	"net/http"

	"panah/hub/fault"
	"panah/hub/people"
)

// loginFlows: a passphrase, for those who have no second factor, or a token that a device of the person's has made ("Login").
func (a *API) loginFlows(*call) (any, error) {
	return map[string]any{"flows": []map[string]any{{"type": stagePassword}, {"type": stageAppToken, "get_login_token": true}}}, nil
}

type loginRequest struct {
	Type       string     `json:"type"`
	Identifier identifier `json:"identifier"`
	User       string     `json:"user"`
	Password   string     `json:"password"`
	Token      string     `json:"token"`
	DeviceID   string     `json:"device_id"`
	DeviceName string     `json:"initial_device_display_name"`
	Refresh    bool       `json:"refresh_token"`
}

// login ("POST /login").
func (a *API) login(c *call) (any, error) {
	var in loginRequest
	if err := c.read(&in); err != nil {
		return nil, err
	}
	from := people.SignIn{DeviceID: in.DeviceID, DeviceName: in.DeviceName, Address: a.address(c.r), Country: a.Country(c.r), Refresh: in.Refresh}
	if in.Type == stageAppToken {
		s, err := a.People.SignInWithToken(c.ctx(), in.Token, from)
		if err != nil {
			return nil, err
		}
		return sessionAnswer(s), nil
	}
	if in.Type != stagePassword {
		return nil, fault.New(http.StatusBadRequest, "M_UNKNOWN", "error.login_type")
	}
	if in.Identifier.Type != "" && in.Identifier.Type != "m.id.user" {
		return nil, fault.New(http.StatusBadRequest, "M_UNKNOWN", "error.login_type")
	}
	who := proof{Identifier: in.Identifier, User: in.User}
	from.User, from.Passphrase = who.user(), in.Password
	s, err := a.People.SignIn(c.ctx(), from)
	if err != nil {
		return nil, err
	}
	return sessionAnswer(s), nil
}

func sessionAnswer(s people.Session) map[string]any {
	answer := map[string]any{"user_id": s.UserID, "device_id": s.DeviceID, "access_token": s.Token}
	if s.Refresh != "" {
		answer["refresh_token"], answer["expires_in_ms"] = s.Refresh, s.Life.Milliseconds()
	}
	return answer
}

// refresh renews a session's tokens ("POST /refresh"). Nobody is known by their access token here: it may have come to its end.
func (a *API) refresh(c *call) (any, error) {
	var in struct {
		Token string `json:"refresh_token"`
	}
	if err := c.read(&in); err != nil {
		return nil, err
	}
	if in.Token == "" {
		return nil, fault.MissingParam("refresh_token")
	}
	r, err := a.People.Refresh(c.ctx(), in.Token, a.address(c.r))
	if err != nil {
		return nil, err
	}
	return map[string]any{"access_token": r.Token, "refresh_token": r.Refresh, "expires_in_ms": r.Life.Milliseconds()}, nil
}

type registerRequest struct {
	Auth         *proof `json:"auth"`
	Username     string `json:"username"`
	Password     string `json:"password"`
	DeviceID     string `json:"device_id"`
	DeviceName   string `json:"initial_device_display_name"`
	InhibitLogin bool   `json:"inhibit_login"`
	Refresh      bool   `json:"refresh_token"`
}

// register makes an account for someone who was invited ("POST /register", "Token-authenticated registration"). The invitation's token is the registration token.
func (a *API) register(c *call) (any, error) {
	if kind := c.query("kind"); kind == "guest" {
		return nil, fault.New(http.StatusForbidden, "M_GUEST_ACCESS_FORBIDDEN", "error.no_guests")
	}
	var in registerRequest
	if err := c.read(&in); err != nil {
		return nil, err
	}
	if err := in.Auth.asked(stageToken); err != nil {
		return nil, err
	}
	s, _, err := a.Network.SignUp(c.ctx(), people.SignUp{
		Token: in.Auth.Token, User: in.Username, Name: in.Username, Passphrase: in.Password,
		DeviceID: in.DeviceID, DeviceName: in.DeviceName, Address: a.address(c.r), Country: a.Country(c.r), Refresh: in.Refresh,
	})
	if err != nil {
		return nil, again(in.Auth.Session, err, stageToken)
	}
	if !in.InhibitLogin {
		return sessionAnswer(s), nil
	}
	if err := a.People.SignOut(c.ctx(), s.UserID, s.DeviceID); err != nil {
		return nil, err
	}
	return map[string]string{"user_id": s.UserID}, nil
}

// tokenValidity tells whether an invitation still holds ("Token-authenticated registration").
func (a *API) tokenValidity(c *call) (any, error) {
	token := c.query("token")
	if token == "" {
		return nil, fault.MissingParam("token")
	}
	_, err := a.People.CheckInvitation(c.ctx(), token, a.address(c.r))
	f := fault.From(err)
	switch {
	case err == nil:
		return map[string]bool{"valid": true}, nil
	case f.Status == http.StatusTooManyRequests || f.Status >= http.StatusInternalServerError:
		return nil, err
	}
	return map[string]bool{"valid": false}, nil
}

// logout ends the session of the calling device ("POST /logout").
func (a *API) logout(c *call) (any, error) {
	if err := a.People.SignOut(c.ctx(), c.caller.UserID, c.caller.DeviceID); err != nil {
		return nil, err
	}
	return a.signedOut(c), nil
}

// logoutAll ends all sessions of the caller ("POST /logout/all").
func (a *API) logoutAll(c *call) (any, error) {
	if err := a.People.SignOutAll(c.ctx(), c.caller.UserID); err != nil {
		return nil, err
	}
	return a.signedOut(c), nil
}

// signedOut has a browser forget its cookie.
func (a *API) signedOut(c *call) any {
	if c.cookie {
		a.setCookie(c, "", false)
	}
	return map[string]any{}
}

// whoami ("GET /account/whoami").
func (a *API) whoami(c *call) (any, error) {
	return map[string]any{"user_id": c.caller.UserID, "device_id": c.caller.DeviceID, "is_guest": false}, nil
}
