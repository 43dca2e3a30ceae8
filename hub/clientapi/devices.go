package clientapi

import (
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
	if err := a.provePassphrase(c, in.Auth); err != nil {
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
	if err := a.provePassphrase(c, in.Auth); err != nil {
		return nil, err
	}
	return map[string]any{}, a.People.DeleteDevices(c.ctx(), c.caller.UserID, in.Devices)
}

// provePassphrase asks the caller to show who they are once more ("Password-based").
func (a *API) provePassphrase(c *call, p *proof) error {
	if err := p.asked(stagePassword); err != nil {
		return err
	}
	if p.user() != "" && !sameUser(p.user(), c.caller.UserID) {
		return again(stagePassword, p.Session, fault.Forbidden("error.wrong_passphrase"))
	}
	if err := a.People.CheckPassphrase(c.ctx(), c.caller.UserID, p.Password, a.address(c.r)); err != nil {
		return again(stagePassword, p.Session, err)
	}
	return nil
}
