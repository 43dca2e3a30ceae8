package push

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"panah/hub/fault"
	"panah/hub/network"
	"panah/hub/notice"
	"panah/hub/room"
	"panah/hub/store"
)

// rejectedLimit is how many bytes of a gateway's answer are read.
const rejectedLimit = 16 << 10

// notification is what a gateway is told (Matrix Push Gateway API). What stands after Priority leaves the hub in clear.
type notification struct {
	EventID  string         `json:"event_id,omitempty"`
	RoomID   string         `json:"room_id,omitempty"`
	Priority string         `json:"prio,omitempty"`
	Counts   map[string]int `json:"counts"`
	Devices  []told         `json:"devices"`

	Type       string          `json:"type,omitempty"`
	Sender     string          `json:"sender,omitempty"`
	SenderName string          `json:"sender_display_name,omitempty"`
	RoomName   string          `json:"room_name,omitempty"`
	IsTarget   bool            `json:"user_is_target,omitempty"`
	Content    json.RawMessage `json:"content,omitempty"`
}

// told is the device that the gateway is to wake.
type told struct {
	App     string         `json:"app_id"`
	PushKey string         `json:"pushkey"`
	Since   int64          `json:"pushkey_ts"` // seconds
	Data    map[string]any `json:"data"`
	Tweaks  map[string]any `json:"tweaks,omitempty"`
}

// notify words a line for a gateway. Its content goes along only where the app asked for it and it may leave the hub.
func (p *Push) notify(tx *store.Tx, l line, t target) (*notification, error) {
	n := &notification{EventID: l.EventID, RoomID: l.RoomID, Priority: "high"}
	unread, err := p.feed.UnreadRooms(tx, l.UserID)
	if err != nil {
		return nil, err
	}
	n.Counts = map[string]int{"unread": unread}
	d := told{App: t.gateway.App, PushKey: t.gateway.PushKey, Since: t.since.Unix(), Data: t.gateway.passed()}
	if l.Kind != notice.Message {
		d.Tweaks = map[string]any{"sound": "default"}
	}
	if l.Kind == notice.Mention {
		d.Tweaks["highlight"] = true
	}
	n.Devices = []told{d}
	if l.EventID == "" || t.gateway.brief() {
		return n, nil
	}
	return n, p.tellContent(tx, l, n)
}

// tellContent adds what an event says, if it may leave the hub and its reader may still read it.
func (p *Push) tellContent(tx *store.Tx, l line, n *notification) error {
	e, err := p.rooms.ReadableEvent(tx, l.RoomID, l.EventID, l.UserID)
	var hidden *fault.Fault
	if errors.As(err, &hidden) || err == nil && e.RedactedBy != "" {
		return nil
	}
	if err != nil {
		return err
	}
	if leaves, err := p.leaves(tx, e); err != nil || !leaves {
		return err
	}
	n.Type, n.Sender, n.Content = e.Type, e.Sender, e.Content
	n.IsTarget = e.StateKey != nil && *e.StateKey == l.UserID
	sender, err := p.people.PersonTx(tx, e.Sender)
	if err != nil && !errors.As(err, &hidden) {
		return err
	}
	n.SenderName = sender.Name
	name, err := p.rooms.StateEvent(tx, l.RoomID, "m.room.name", "")
	if err != nil || name == nil {
		return err
	}
	var content struct {
		Name string `json:"name"`
	}
	_ = json.Unmarshal(name.Content, &content) // a room whose name cannot be read has none
	n.RoomName = content.Name
	return nil
}

// leaves tells whether what an event says may go to somebody who is nobody in particular, as a gateway is. Of an alert its label decides. Else what
// is said in channels of alerts and of requests for places stays, on whichever hub they are, and what shows something of theirs elsewhere.
func (p *Push) leaves(tx *store.Tx, e *room.Event) (bool, error) {
	if p.o.Leaves != nil {
		if leaves, known, err := p.o.Leaves(tx, e.ID); err != nil || known {
			return leaves, err
		}
	}
	if special, err := p.special(tx, e.RoomID); err != nil || special {
		return false, err
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(e.Content, &members); err != nil {
		return false, nil
	}
	for name := range members {
		if strings.HasPrefix(name, "network.panah.") && name != "network.panah.language" {
			return false, nil
		}
	}
	return true, nil
}

// special tells whether a room is a channel of alerts or of requests for places.
func (p *Push) special(tx *store.Tx, roomID string) (bool, error) {
	e, err := p.rooms.StateEvent(tx, roomID, network.ChannelType, "")
	if err != nil || e == nil {
		return false, err
	}
	var channel struct {
		Kind string `json:"kind"`
	}
	return json.Unmarshal(e.Content, &channel) != nil || channel.Kind != "general", nil
}

// sendGateway hands a notification to a gateway. What it does not take is tried again for as long as the line lives: whatever the gateway
// answers, only a key that it names as rejected is given up.
func (p *Push) sendGateway(ctx context.Context, t target, n *notification) outcome {
	body, err := json.Marshal(map[string]any{"notification": n})
	if err != nil {
		return outcome{void, 0, fmt.Errorf("write a notification: %w", err)}
	}
	ctx, cancel := context.WithTimeout(ctx, pushTime)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, t.endpoint.String(), bytes.NewReader(body))
	if err != nil {
		return outcome{void, 0, fmt.Errorf("ask a gateway: %w", err)}
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", "Mozilla/5.0") // as for push services
	response, err := p.o.Client.Do(request)
	if err != nil {
		if refused := fault.From(err); refused.Status == http.StatusForbidden || refused.Status == http.StatusBadRequest {
			return outcome{gone, 0, err} // an address that this hub does not reach is no gateway
		}
		return outcome{again, 0, err}
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, answerLimit))
		return outcome{again, retryAfter(response.Header), fmt.Errorf("a gateway answered %d", response.StatusCode)}
	}
	var answer struct {
		Rejected []string `json:"rejected"`
	}
	raw, err := io.ReadAll(io.LimitReader(response.Body, rejectedLimit))
	if err != nil {
		return outcome{again, 0, fmt.Errorf("hear a gateway: %w", err)}
	}
	if json.Unmarshal(raw, &answer) == nil && slices.Contains(answer.Rejected, t.gateway.PushKey) {
		return outcome{gone, 0, nil}
	}
	return outcome{}
}
