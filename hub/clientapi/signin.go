package clientapi

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/netip"
	"net/url"
	"time"

	"panah/hub/factor"
	"panah/hub/fault"
	"panah/hub/people"
)

// party is the hub as passkeys know it. They hold for a name of the internet: that of the hub's public address, or localhost while there is
// none. A page that was not loaded safely, or by a bare address, can have none.
func (a *API) party(r *http.Request) (*factor.Party, error) {
	base := a.base(r)
	u, err := url.Parse(base)
	if err != nil || !mayHavePasskeys(u, a.PublicURL != "") {
		return nil, fault.New(http.StatusBadRequest, "M_UNRECOGNIZED", "error.no_passkeys_here").Because(err)
	}
	return factor.NewParty(u.Hostname(), a.Name, base)
}

func mayHavePasskeys(u *url.URL, public bool) bool {
	if u.Hostname() == "localhost" {
		return true
	}
	_, bare := netip.ParseAddr(u.Hostname())
	return public && u.Scheme == "https" && bare != nil
}

func (a *API) passkeys(r *http.Request) bool {
	_, err := a.party(r)
	return err == nil
}

// signIn leaves a new session in the browser's cookie, or asks for the second factor.
func (a *API) signIn(c *call) (any, error) {
	var in struct {
		User       string `json:"user"`
		Passphrase string `json:"passphrase"`
		DeviceName string `json:"device_name"`
		Brief      bool   `json:"brief"` // not the person's own device
	}
	if err := c.read(&in); err != nil {
		return nil, err
	}
	s, asked, err := a.People.BeginSignIn(c.ctx(), people.SignIn{
		User: in.User, Passphrase: in.Passphrase, DeviceName: in.DeviceName, Address: a.address(c.r), Country: a.Country(c.r), Brief: in.Brief,
	})
	if err != nil {
		return nil, err
	}
	if asked == nil {
		return a.signedIn(c, s), nil
	}
	return map[string]any{"challenge": map[string]any{
		"token": asked.Token, "passkey": asked.Passkey && a.passkeys(c.r), "totp": asked.TOTP, "expires_at": asked.ExpiresAt.UnixMilli(),
	}}, nil
}

// signInWithCode answers the challenge with a code of an app or a recovery code.
func (a *API) signInWithCode(c *call) (any, error) {
	var in struct {
		Challenge string `json:"challenge"`
		Code      string `json:"code"`
	}
	if err := c.read(&in); err != nil {
		return nil, err
	}
	s, err := a.People.SignInWithCode(c.ctx(), in.Challenge, in.Code, a.address(c.r), a.Country(c.r))
	if err != nil {
		return nil, err
	}
	return a.signedIn(c, s), nil
}

// askPasskey asks for a passkey: of the person whose challenge is brought, or of whoever stands at the door.
func (a *API) askPasskey(c *call) (any, error) {
	var in struct {
		Challenge string `json:"challenge"`
	}
	if err := c.read(&in); err != nil {
		return nil, err
	}
	party, err := a.party(c.r)
	if err != nil {
		return nil, err
	}
	if in.Challenge != "" {
		return askedAnswer(a.People.AskSecondPasskey(c.ctx(), party, in.Challenge))
	}
	return askedAnswer(a.People.AskPasskey(c.ctx(), party, a.address(c.r)))
}

func askedAnswer(asked people.Asked, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	return map[string]any{"token": asked.Token, "options": asked.Options}, nil
}

func (a *API) signInWithPasskey(c *call) (any, error) {
	var in struct {
		Challenge  string          `json:"challenge"`
		Token      string          `json:"token"`
		Answer     json.RawMessage `json:"answer"`
		DeviceName string          `json:"device_name"`
		Brief      bool            `json:"brief"`
	}
	if err := c.read(&in); err != nil {
		return nil, err
	}
	party, err := a.party(c.r)
	if err != nil {
		return nil, err
	}
	from := people.SignIn{DeviceName: in.DeviceName, Address: a.address(c.r), Country: a.Country(c.r), Brief: in.Brief}
	s, err := a.People.SignInWithPasskey(c.ctx(), party, in.Challenge, in.Token, in.Answer, from)
	if err != nil {
		return nil, err
	}
	return a.signedIn(c, s), nil
}

// appToken lets another Matrix app of the caller's sign in: once, within two minutes, without a passphrase.
func (a *API) appToken(c *call) (any, error) {
	token, expires, err := a.People.AppToken(c.ctx(), c.caller)
	if err != nil {
		return nil, err
	}
	picture, err := qrSVG(token)
	if err != nil {
		return nil, err
	}
	return map[string]any{"token": token, "qr_svg": picture, "expires_at": expires.UnixMilli(), "server": a.base(c.r)}, nil
}

// getLoginToken is the same by Matrix's own endpoint ("POST /login/get_token"), for apps that know it.
func (a *API) getLoginToken(c *call) (any, error) {
	var in struct {
		Auth *proof `json:"auth"`
	}
	if err := c.read(&in); err != nil {
		return nil, err
	}
	if err := a.prove(c, in.Auth); err != nil {
		return nil, err
	}
	token, expires, err := a.People.AppToken(c.ctx(), c.caller)
	if err != nil {
		return nil, err
	}
	return map[string]any{"login_token": token, "expires_in_ms": expires.Sub(a.now()).Round(time.Second).Milliseconds()}, nil
}

func (a *API) proveAnew(c *call) (any, error) {
	var in struct {
		Code       string `json:"code"`
		Passphrase string `json:"passphrase"`
	}
	if err := c.read(&in); err != nil {
		return nil, err
	}
	if in.Code != "" {
		return map[string]any{}, a.People.ProveCode(c.ctx(), c.caller, in.Code, a.address(c.r))
	}
	return map[string]any{}, a.People.ProvePassphrase(c.ctx(), c.caller, in.Passphrase, a.address(c.r))
}

func (a *API) askProof(c *call) (any, error) {
	party, err := a.party(c.r)
	if err != nil {
		return nil, err
	}
	return askedAnswer(a.People.AskProof(c.ctx(), party, c.caller))
}

func (a *API) provePasskey(c *call) (any, error) {
	var in struct {
		Token  string          `json:"token"`
		Answer json.RawMessage `json:"answer"`
	}
	if err := c.read(&in); err != nil {
		return nil, err
	}
	party, err := a.party(c.r)
	if err != nil {
		return nil, err
	}
	return map[string]any{}, a.People.ProvePasskey(c.ctx(), party, c.caller, in.Token, in.Answer)
}

func (a *API) myDevices(c *call) (any, error) {
	found, err := a.People.Devices(c.ctx(), c.caller.UserID)
	if err != nil {
		return nil, err
	}
	list := make([]map[string]any, 0, len(found))
	for _, d := range found {
		list = append(list, map[string]any{
			"id": d.DeviceID, "name": d.Name, "created_at": d.CreatedAt.UnixMilli(), "seen_at": d.SeenAt.UnixMilli(), "country": d.Country,
			"this": d.DeviceID == c.caller.DeviceID,
		})
	}
	return map[string]any{"devices": list}, nil
}

func (a *API) endDevice(c *call) (any, error) {
	return map[string]any{}, a.People.EndDevice(c.ctx(), c.caller, c.path("id"))
}

func (a *API) endOtherDevices(c *call) (any, error) {
	return map[string]any{}, a.People.EndOthers(c.ctx(), c.caller)
}

func (a *API) answerNotice(c *call) (any, error) {
	var in struct {
		Mine bool `json:"mine"`
	}
	if err := c.read(&in); err != nil {
		return nil, err
	}
	return map[string]any{}, a.People.Answer(c.ctx(), c.caller, c.path("id"), in.Mine)
}

// passkeyID reads a passkey's id from an address.
func passkeyID(c *call) ([]byte, error) {
	id, err := base64.RawURLEncoding.DecodeString(c.path("id"))
	if err != nil {
		return nil, fault.NotFound("error.no_passkey")
	}
	return id, nil
}
