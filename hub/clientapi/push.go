package clientapi

import (
	"panah/hub/fault"
	"panah/hub/push"
)

// pushState tells how the caller is told outside the app, and the key by which this device asks for it.
func (a *API) pushState(c *call) (any, error) { return a.Push.State(c.ctx(), c.caller) }

// subscribePush has this device be told. Its body is the browser's own: {"endpoint", "keys": {"p256dh", "auth"}}.
func (a *API) subscribePush(c *call) (any, error) {
	var in push.Subscription
	if err := c.read(&in); err != nil {
		return nil, err
	}
	id, err := a.Push.Subscribe(c.ctx(), c.caller, in)
	return map[string]any{"subscription": id}, err
}

func (a *API) unsubscribePush(c *call) (any, error) {
	return map[string]any{}, a.Push.Unsubscribe(c.ctx(), c.caller)
}

// setPushPreferences takes {"push": [kind], "mail": [kind], "open", "quiet": {"from", "until", "zone"} or null}.
func (a *API) setPushPreferences(c *call) (any, error) {
	var in push.Preferences
	if err := c.read(&in); err != nil {
		return nil, err
	}
	if in.Push == nil || in.Mail == nil {
		return nil, fault.MissingParam("push")
	}
	return map[string]any{}, a.Push.SetPreferences(c.ctx(), c.caller, in)
}

func (a *API) testPush(c *call) (any, error) { return map[string]any{}, a.Push.Test(c.ctx(), c.caller) }

// askMail sends a code to an address: {"address"}.
func (a *API) askMail(c *call) (any, error) {
	var in struct {
		Address string `json:"address"`
	}
	if err := c.read(&in); err != nil {
		return nil, err
	}
	return map[string]any{}, a.Push.AskAddress(c.ctx(), c.caller, in.Address)
}

// confirmMail takes the code that came: {"code"}.
func (a *API) confirmMail(c *call) (any, error) {
	var in struct {
		Code string `json:"code"`
	}
	if err := c.read(&in); err != nil {
		return nil, err
	}
	return map[string]any{}, a.Push.ConfirmAddress(c.ctx(), c.caller, in.Code)
}

func (a *API) forgetMail(c *call) (any, error) {
	return map[string]any{}, a.Push.ForgetAddress(c.ctx(), c.caller)
}

// appMail is the pusher by which Matrix knows mail.
const appMail = "m.email"

// pushers lists the caller's mail and the gateways of their apps as Matrix has them ("GET /pushers"). Browsers are told by Web Push, which Matrix has
// no pusher for.
func (a *API) pushers(c *call) (any, error) {
	s, err := a.Push.State(c.ctx(), c.caller)
	if err != nil {
		return nil, err
	}
	gateways, err := a.Push.Gateways(c.ctx(), c.caller)
	if err != nil {
		return nil, err
	}
	list := []any{}
	if s.Address != "" {
		list = append(list, map[string]any{
			"pushkey": s.Address, "kind": "email", "app_id": appMail, "app_display_name": "Email", "device_display_name": s.Address,
			"lang": "en", "data": map[string]any{},
		})
	}
	for _, g := range gateways {
		list = append(list, g)
	}
	return map[string]any{"pushers": list}, nil
}

// setPusher has an app be told by its gateway, or takes a gateway or the caller's mail away ("POST /pushers/set"). An address of mail is added with a
// code alone.
func (a *API) setPusher(c *call) (any, error) {
	var in struct {
		push.Gateway
		Kind   *string `json:"kind"`
		Append bool    `json:"append"`
	}
	if err := c.read(&in); err != nil {
		return nil, err
	}
	switch {
	case in.Kind == nil:
		return map[string]any{}, a.removePusher(c, in.App, in.PushKey)
	case *in.Kind != "http":
		return nil, fault.InvalidParam("error.invalid_param", "Name", "kind")
	}
	return map[string]any{}, a.Push.SetGateway(c.ctx(), c.caller, in.Gateway, in.Append)
}

func (a *API) removePusher(c *call, app, key string) error {
	if app != appMail {
		return a.Push.RemoveGateway(c.ctx(), c.caller, app, key)
	}
	s, err := a.Push.State(c.ctx(), c.caller)
	if err != nil || key != s.Address {
		return err
	}
	return a.Push.ForgetAddress(c.ctx(), c.caller)
}
