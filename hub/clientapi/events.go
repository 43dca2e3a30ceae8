package clientapi

import (
	"context"

	"panah/hub/people"
	"panah/hub/room"
)

// send ("PUT …/send"). The transaction id makes a second sending harmless.
func (a *API) send(c *call) (any, error) {
	content, err := c.object()
	if err != nil {
		return nil, err
	}
	return a.sent(c, room.Draft{Type: c.path("type"), Content: content, TxnID: c.path("txnId")}, a.Network.Send)
}

// sendState ("PUT …/state").
func (a *API) sendState(c *call) (any, error) {
	content, err := c.object()
	if err != nil {
		return nil, err
	}
	key := c.path("stateKey")
	return a.sent(c, room.Draft{Type: c.path("type"), StateKey: &key, Content: content}, a.Network.SendState)
}

// redact ("Redactions").
func (a *API) redact(c *call) (any, error) {
	var in struct {
		Reason string `json:"reason,omitempty"`
	}
	if err := c.read(&in); err != nil {
		return nil, err
	}
	id := c.path("eventId")
	content := map[string]string{"redacts": id}
	if in.Reason != "" {
		content["reason"] = in.Reason
	}
	return a.sent(c, room.Draft{Type: "m.room.redaction", Content: content, Redacts: id, TxnID: c.path("txnId")}, a.Network.Redact)
}

// act is one of the network's ways to bring an event about.
type act func(ctx context.Context, caller people.Caller, d room.Draft) (eventID string, err error)

// sent hands the draft to the network, which knows what the caller may do. The answer comes after the commit.
func (a *API) sent(c *call, d room.Draft, act act) (any, error) {
	d.RoomID, d.Sender, d.DeviceID = c.path("roomId"), c.caller.UserID, c.caller.DeviceID
	id, err := act(c.ctx(), c.caller, d)
	if err != nil {
		return nil, err
	}
	return map[string]string{"event_id": id}, nil
}
