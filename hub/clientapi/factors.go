package clientapi

import (
	"encoding/base64"
	"encoding/json"
)

// factors tells what the caller can show beside their passphrase.
func (a *API) factors(c *call) (any, error) {
	f, err := a.People.Factors(c.ctx(), c.caller)
	if err != nil {
		return nil, err
	}
	passkeys := make([]map[string]any, 0, len(f.Passkeys))
	for _, k := range f.Passkeys {
		one := map[string]any{
			"id": base64.RawURLEncoding.EncodeToString(k.ID), "name": k.Name, "created_at": k.CreatedAt.UnixMilli(), "used_at": nil, "cloned": k.Cloned,
		}
		if !k.UsedAt.IsZero() {
			one["used_at"] = k.UsedAt.UnixMilli()
		}
		passkeys = append(passkeys, one)
	}
	return map[string]any{
		"passkeys": passkeys, "totp": f.TOTP, "recovery_codes": f.Codes, "needed": f.Needed, "required": f.Required,
		"passkeys_here": a.passkeys(c.r),
	}, nil
}

// beginTOTP makes the secret of a code app, as text and as a picture.
func (a *API) beginTOTP(c *call) (any, error) {
	set, err := a.People.BeginTOTP(c.ctx(), c.caller, a.Name)
	if err != nil {
		return nil, err
	}
	picture, err := qrSVG(set.URI)
	if err != nil {
		return nil, err
	}
	return map[string]any{"token": set.Token, "secret": set.Secret, "uri": set.URI, "qr_svg": picture}, nil
}

func (a *API) confirmTOTP(c *call) (any, error) {
	var in struct {
		Token string `json:"token"`
		Code  string `json:"code"`
	}
	if err := c.read(&in); err != nil {
		return nil, err
	}
	return codesAnswer(a.People.ConfirmTOTP(c.ctx(), c.caller, in.Token, in.Code))
}

// codesAnswer shows recovery codes this once; there are none after a second factor beyond the first.
func codesAnswer(codes []string, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	if codes == nil {
		codes = []string{}
	}
	return map[string]any{"recovery_codes": codes}, nil
}

func (a *API) removeTOTP(c *call) (any, error) {
	return map[string]any{}, a.People.RemoveTOTP(c.ctx(), c.caller)
}

func (a *API) beginPasskey(c *call) (any, error) {
	party, err := a.party(c.r)
	if err != nil {
		return nil, err
	}
	return askedAnswer(a.People.BeginPasskey(c.ctx(), c.caller, party))
}

func (a *API) addPasskey(c *call) (any, error) {
	var in struct {
		Token  string          `json:"token"`
		Name   string          `json:"name"`
		Answer json.RawMessage `json:"answer"`
	}
	if err := c.read(&in); err != nil {
		return nil, err
	}
	party, err := a.party(c.r)
	if err != nil {
		return nil, err
	}
	return codesAnswer(a.People.AddPasskey(c.ctx(), c.caller, party, in.Token, in.Name, in.Answer))
}

func (a *API) renamePasskey(c *call) (any, error) {
	var in struct {
		Name string `json:"name"`
	}
	if err := c.read(&in); err != nil {
		return nil, err
	}
	id, err := passkeyID(c)
	if err != nil {
		return nil, err
	}
	return map[string]any{}, a.People.RenamePasskey(c.ctx(), c.caller, id, in.Name)
}

func (a *API) removePasskey(c *call) (any, error) {
	id, err := passkeyID(c)
	if err != nil {
		return nil, err
	}
	return map[string]any{}, a.People.RemovePasskey(c.ctx(), c.caller, id)
}

func (a *API) newRecoveryCodes(c *call) (any, error) {
	return codesAnswer(a.People.NewRecoveryCodes(c.ctx(), c.caller))
}
