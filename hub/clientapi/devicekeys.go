package clientapi

import (
	"encoding/json"
	"errors"
	"time"

	"panah/hub/device"
	"panah/hub/fault"
)

// manyKeys bounds requests that hold something for each of many devices or conversations, in bytes: clients send 250 messages to devices, or
// 200 keys for a backup, of up to 2 KB at a time.
const manyKeys = 1 << 20

// deviceKeyRoutes are what devices need to encrypt for each other ("End-to-End Encryption", "Send-to-Device messaging"). Every role may use
// them, as far as the role lets one into an encrypted channel at all: without them it could not be read there.
func (a *API) deviceKeyRoutes() []route {
	return []route{
		{"POST", v3 + "/keys/upload", signedIn, a.uploadKeys},
		{"POST", v3 + "/keys/query", signedIn, a.queryKeys},
		{"POST", v3 + "/keys/claim", signedIn, a.claimKeys},
		{"GET", v3 + "/keys/changes", signedIn, a.keyChanges},
		{"POST", v3 + "/keys/device_signing/upload", signedIn, a.setCrossSigning},
		{"POST", v3 + "/keys/signatures/upload", signedIn, a.uploadSignatures},
		{"PUT", v3 + "/sendToDevice/{eventType}/{txnId}", uploading, a.sendToDevice},
	}
}

func (a *API) uploadKeys(c *call) (any, error) {
	var in device.Upload
	if err := c.read(&in); err != nil {
		return nil, err
	}
	left, err := a.Devices.Upload(c.ctx(), c.caller, in)
	return map[string]any{"one_time_key_counts": left}, err
}

// patience is how long a device waits for other homeservers.
type patience struct {
	Millis int64 `json:"timeout"`
}

// wait is 0 for what makes no sense.
func (p patience) wait() time.Duration {
	return time.Duration(min(max(p.Millis, 0), time.Minute.Milliseconds())) * time.Millisecond
}

func (a *API) queryKeys(c *call) (any, error) {
	var in struct {
		Devices map[string][]string `json:"device_keys"`
		patience
	}
	if err := c.read(&in); err != nil {
		return nil, err
	}
	return a.Devices.Query(c.ctx(), c.caller.UserID, in.wait(), in.Devices)
}

func (a *API) claimKeys(c *call) (any, error) {
	var in struct {
		Wanted device.Wanted `json:"one_time_keys"`
		patience
	}
	if err := c.read(&in); err != nil {
		return nil, err
	}
	claimed, failures, err := a.Devices.Claim(c.ctx(), in.wait(), in.Wanted)
	return map[string]any{"one_time_keys": claimed, "failures": failures}, err
}

func (a *API) keyChanges(c *call) (any, error) {
	return a.Feed.DeviceLists(c.ctx(), c.caller.UserID, c.query("from"), c.query("to"))
}

// setCrossSigning asks for a proof when keys take the place of others: who finds an unlocked phone must not be able to become its owner in
// the eyes of everybody else.
func (a *API) setCrossSigning(c *call) (any, error) {
	var in struct {
		device.CrossSigning
		Auth *proof `json:"auth"`
	}
	if err := c.read(&in); err != nil {
		return nil, err
	}
	err := a.Devices.SetCrossSigning(c.ctx(), c.caller.UserID, in.CrossSigning, false)
	if !errors.Is(err, device.ErrReplaces) {
		return map[string]any{}, err
	}
	if err := a.prove(c, in.Auth); err != nil {
		return nil, err
	}
	return map[string]any{}, a.Devices.SetCrossSigning(c.ctx(), c.caller.UserID, in.CrossSigning, true)
}

func (a *API) uploadSignatures(c *call) (any, error) {
	var in map[string]map[string]json.RawMessage
	if err := c.read(&in); err != nil {
		return nil, err
	}
	failed, err := a.Devices.Vouch(c.ctx(), c.caller.UserID, in)
	failures := map[string]map[string]any{}
	for user, targets := range failed {
		failures[user] = map[string]any{}
		for target, f := range targets {
			failures[user][target] = a.faultBody(c.r, f)
		}
	}
	return map[string]any{"failures": failures}, err
}

func (a *API) sendToDevice(c *call) (any, error) {
	var in struct {
		Messages device.Messages `json:"messages"`
	}
	if err := c.takeBodyUpTo(manyKeys); err != nil {
		return nil, err
	}
	if err := c.read(&in); err != nil {
		return nil, err
	}
	if in.Messages == nil {
		return nil, fault.MissingParam("messages")
	}
	return map[string]any{}, a.Devices.Send(c.ctx(), c.caller, c.path("eventType"), c.path("txnId"), in.Messages)
}
