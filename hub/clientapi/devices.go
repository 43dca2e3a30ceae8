package clientapi

import (
	"context"
	"net/http"

	"panah/hub/fault"
	"panah/hub/people"
)

// maxDevices bounds how many devices one request may end.
const maxDevices = 500

// deviceAnswer is a device as Matrix shows it ("Device Management"). The address from which it came is not kept, so it is not shown.
func deviceAnswer(d people.Device) map[string]any {
	return map[string]any{"device_id": d.DeviceID, "display_name": d.Name, "last_seen_ts": d.SeenAt.UnixMilli()}
}

func (a *API) devices(c *call) (any, error) {
	found, err := a.People.Devices(c.ctx(), c.caller.UserID)
	if err != nil {
		return nil, err
	}
	list := make([]map[string]any, 0, len(found))
	for _, d := range found {
		list = append(list, deviceAnswer(d))
	}
	return map[string]any{"devices": list}, nil
}

func (a *API) device(c *call) (any, error) {
	d, err := a.People.Device(c.ctx(), c.caller.UserID, c.path("deviceId"))
	if err != nil {
		return nil, err
	}
	return deviceAnswer(d), nil
}

func (a *API) renameDevice(c *call) (any, error) {
	var in struct {
		Name *string `json:"display_name"`
	}
	if err := c.read(&in); err != nil {
		return nil, err
	}
	if in.Name == nil {
		return map[string]any{}, nil // nothing asked, nothing changed ("PUT /devices/{deviceId}")
	}
	return map[string]any{}, a.People.RenameDevice(c.ctx(), c.caller.UserID, c.path("deviceId"), *in.Name)
}

// deleteDevice ends one of the caller's sessions. It asks for the passphrase: who finds an unlocked phone must not be able to
// throw its owner out everywhere else.
func (a *API) deleteDevice(c *call) (any, error) {
	var in struct {
		Auth *proof `json:"auth"`
	}
	if err := c.read(&in); err != nil {
		return nil, err
	}
	if err := a.prove(c, in.Auth); err != nil {
		return nil, err
	}
	return map[string]any{}, a.People.DeleteDevices(c.ctx(), c.caller.UserID, []string{c.path("deviceId")})
}

func (a *API) deleteDevices(c *call) (any, error) {
	var in struct {
		Auth    *proof   `json:"auth"`
		Devices []string `json:"devices"`
	}
	if err := c.read(&in); err != nil {
		return nil, err
	}
	if in.Devices == nil {
		return nil, fault.MissingParam("devices")
	}
	if len(in.Devices) > maxDevices {
		return nil, fault.InvalidParam("error.invalid_param", "Name", "devices")
	}
	if err := a.prove(c, in.Auth); err != nil {
		return nil, err
	}
	return map[string]any{}, a.People.DeleteDevices(c.ctx(), c.caller.UserID, in.Devices)
}

// prove asks the caller to show who they are once more: by their passphrase ("Password-based"), and by a code after it where they have a
// second factor.
func (a *API) prove(c *call, p *proof) error {
	second, err := a.People.HasFactor(c.ctx(), c.caller)
	if err != nil {
		return err
	}
	if !second {
		if err := p.asked(stagePassword); err != nil {
			return err
		}
		return a.provePassphrase(c, p, a.People.ProvePassphrase, stagePassword)
	}
	both := []string{stagePassword, stageCode}
	switch {
	case p == nil || p.Type == "":
		return challenge(both...)
	case p.Type == stagePassword:
		if err := a.provePassphrase(c, p, a.checkPassphrase, both...); err != nil {
			return err
		}
		return a.askForCode(c, both)
	case p.Type == stageCode:
		return a.proveCode(c, p, both)
	}
	return fault.New(http.StatusBadRequest, "M_UNRECOGNIZED", "error.proof_unknown")
}

func (a *API) checkPassphrase(ctx context.Context, caller people.Caller, passphrase, address string) error {
	return a.People.CheckPassphrase(ctx, caller.UserID, passphrase, address)
}

type checkPassphrase func(ctx context.Context, caller people.Caller, passphrase, address string) error

func (a *API) provePassphrase(c *call, p *proof, check checkPassphrase, stages ...string) error {
	if p.user() != "" && !sameUser(p.user(), c.caller.UserID) {
		return again(p.Session, fault.Forbidden("error.wrong_passphrase"), stages...)
	}
	if err := check(c.ctx(), c.caller, p.Password, a.address(c.r)); err != nil {
		return again(p.Session, err, stages...)
	}
	return nil
}

// askForCode is between the stages. Whoever has shown their second factor within the last minutes, after coming in, is not asked again, as
// happens in the hub's own client, which asks by a passkey as well. Coming in does not count: see People.EndDevice.
func (a *API) askForCode(c *call, stages []string) error {
	if a.People.ShownAgain(c.ctx(), c.caller) == nil {
		return nil
	}
	session, err := a.People.OpenInteractive(c.ctx(), c.caller)
	if err != nil {
		return err
	}
	return challenge(stages...).With("session", session).With("completed", []string{stagePassword}).
		With("network.panah.key", "error.prove_first")
}

// proveCode is the second stage. What was shown in the first stays shown after a wrong code.
func (a *API) proveCode(c *call, p *proof, stages []string) error {
	err := a.People.FinishInteractive(c.ctx(), c.caller, p.Session, p.Code, a.address(c.r))
	if err == nil {
		return nil
	}
	f := fault.From(again(p.Session, err, stages...))
	if f.Key == "error.wrong_code" {
		return f.With("completed", []string{stagePassword})
	}
	return f
}
