package gateway

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime/debug"
	"time"
	"unicode/utf8"

	"panah/hub/fault"
	"panah/hub/feed"
	"panah/hub/people"
	"panah/hub/room"
)

const (
	callsMost = 32               // calls under way in one session
	callTime  = 30 * time.Second // how long a call may take
	idLimit   = 64               // bytes of a call's id
)

// call is a frame from a client.
type call struct {
	ID     string          `json:"id"`
	Method string          `json:"method"`
	Params json.RawMessage `json:"params"`
}

// reply is a frame to a client that answers a call.
type reply struct {
	ID     string `json:"id,omitempty"`
	Result any    `json:"result,omitempty"`
	Error  any    `json:"error,omitempty"`
}

// method does what a call asks for. order names what calls are done one after the other for: those that append to one room are
// done in the order in which they came.
type method struct {
	do    func(ctx context.Context, g *Gateway, caller people.Caller, params json.RawMessage) (any, error)
	order bool
}

var methods = map[string]method{
	"ping":         {do: ping},
	"send":         {do: send, order: true},
	"state":        {do: state, order: true},
	"redact":       {do: redact, order: true},
	"typing":       {do: typing},
	"read_markers": {do: readMarkers},
	"presence":     {do: presence},
}

// nothing is the result of a call that has none.
type nothing struct{}

// appended is the result of a call that appended an event.
type appended struct {
	EventID string `json:"event_id"`
}

// take reads a frame and starts what it asks for.
func (s *session) take(ctx context.Context, text []byte) {
	c, err := decodeCall(text)
	if err != nil {
		s.fail(c.ID, err)
		return
	}
	m, known := methods[c.Method]
	if !known {
		s.fail(c.ID, fault.Unrecognized(http.StatusNotFound))
		return
	}
	before, done, err := s.begin(c, m)
	if err != nil {
		s.fail(c.ID, err)
		return
	}
	s.calls.Go(func() {
		if before != nil {
			<-before
		}
		result, err := s.do(ctx, c, m)
		s.end(c, done) // before the reply: whoever has it may use the id again
		if err != nil {
			s.fail(c.ID, err)
			return
		}
		s.send(packet{frame: &feed.Frame{JSON: encode(reply{ID: c.ID, Result: result})}})
	})
}

// decodeCall reads a frame strictly. When it is refused, the call has the id if that much could be read.
func decodeCall(text []byte) (call, error) {
	var c call
	if !utf8.Valid(text) || !json.Valid(text) {
		return c, fault.NotJSON()
	}
	if err := decode(text, &c); err != nil {
		return call{}, err
	}
	if c.ID == "" || len(c.ID) > idLimit {
		return call{}, fault.InvalidParam("error.call_id", "Limit", idLimit)
	}
	if c.Method == "" {
		return c, fault.MissingParam("method")
	}
	return c, nil
}

// decode reads one JSON object without members that it does not know.
func decode(text []byte, into any) error {
	if trimmed := bytes.TrimSpace(text); len(trimmed) == 0 || trimmed[0] != '{' {
		return fault.BadJSON()
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return fault.BadJSON().Because(err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return fault.BadJSON()
	}
	return nil
}

// begin notes a call as under way. before, if any, is the end of the call that has to be done first.
func (s *session) begin(c call, m method) (before, done chan struct{}, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running[c.ID] {
		return nil, nil, fault.InvalidParam("error.call_repeated")
	}
	if len(s.running) >= callsMost {
		return nil, nil, fault.LimitExceeded(time.Second)
	}
	if s.running == nil {
		s.running = make(map[string]bool)
	}
	s.running[c.ID] = true
	if m.order {
		if s.tails == nil {
			s.tails = make(map[string]chan struct{})
		}
		key := roomOf(c.Params)
		before, done = s.tails[key], make(chan struct{})
		s.tails[key] = done
	}
	return before, done, nil
}

// roomOf reads only the room of a call's params; the method reads them in full.
func roomOf(params json.RawMessage) string {
	var p struct {
		RoomID string `json:"room_id"`
	}
	if json.Unmarshal(params, &p) != nil {
		return ""
	}
	return p.RoomID
}

func (s *session) end(c call, done chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.running, c.ID)
	if done == nil {
		return
	}
	close(done)
	if key := roomOf(c.Params); s.tails[key] == done {
		delete(s.tails, key)
	}
}

// do does what a call asks for. A mistake of ours in one call does not end the node.
func (s *session) do(ctx context.Context, c call, m method) (result any, err error) {
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	defer func() {
		if trouble := recover(); trouble != nil {
			err = fault.Internal(fmt.Errorf("panic in %s: %v\n%s", c.Method, trouble, debug.Stack()))
		}
	}()
	if len(c.Params) == 0 {
		return nil, fault.MissingParam("params")
	}
	return m.do(ctx, s.gateway, s.opening.caller, c.Params)
}

// encode writes JSON from values that cannot fail to be written.
func encode(v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		return []byte(`{}`)
	}
	return text
}

// errorBody is a fault as Matrix clients and ours read it.
func errorBody(f *fault.Fault, said string) map[string]any {
	body := map[string]any{}
	for name, value := range f.Extra {
		body[name] = value
	}
	args := f.Args
	if args == nil {
		args = map[string]any{}
	}
	body["errcode"], body["error"] = f.Errcode, said
	body["network.panah.key"], body["network.panah.args"] = f.Key, args
	if f.RetryAfter > 0 {
		body["retry_after_ms"] = f.RetryAfter.Milliseconds()
	}
	return body
}

// A required member of params that is absent or of the wrong type is a fault in every method below.

func ping(_ context.Context, _ *Gateway, _ people.Caller, params json.RawMessage) (any, error) {
	return nothing{}, decode(params, &nothing{})
}

func send(ctx context.Context, g *Gateway, caller people.Caller, params json.RawMessage) (any, error) {
	var p sendParams
	if err := decode(params, &p); err != nil {
		return nil, err
	}
	if err := need("room_id", p.RoomID, "type", p.Type, "txn_id", p.TxnID, "content", string(p.Content)); err != nil {
		return nil, err
	}
	id, err := g.network.Send(ctx, caller, room.Draft{
		RoomID: p.RoomID, Sender: caller.UserID, Type: p.Type, Content: p.Content, DeviceID: caller.DeviceID, TxnID: p.TxnID,
	})
	return appended{id}, err
}

type sendParams struct {
	RoomID  string          `json:"room_id"`
	Type    string          `json:"type"`
	TxnID   string          `json:"txn_id"`
	Content json.RawMessage `json:"content"`
}

func state(ctx context.Context, g *Gateway, caller people.Caller, params json.RawMessage) (any, error) {
	var p stateParams
	if err := decode(params, &p); err != nil {
		return nil, err
	}
	if err := need("room_id", p.RoomID, "type", p.Type, "content", string(p.Content)); err != nil {
		return nil, err
	}
	id, err := g.network.SendState(ctx, caller, room.Draft{
		RoomID: p.RoomID, Sender: caller.UserID, Type: p.Type, StateKey: &p.StateKey, Content: p.Content,
	})
	return appended{id}, err
}

type stateParams struct {
	RoomID   string          `json:"room_id"`
	Type     string          `json:"type"`
	StateKey string          `json:"state_key"`
	Content  json.RawMessage `json:"content"`
}

func redact(ctx context.Context, g *Gateway, caller people.Caller, params json.RawMessage) (any, error) {
	var p redactParams
	if err := decode(params, &p); err != nil {
		return nil, err
	}
	if err := need("room_id", p.RoomID, "event_id", p.EventID, "txn_id", p.TxnID); err != nil {
		return nil, err
	}
	content := map[string]string{"redacts": p.EventID} // room version 11 has it in the content
	if p.Reason != "" {
		content["reason"] = p.Reason
	}
	id, err := g.network.Redact(ctx, caller, room.Draft{
		RoomID: p.RoomID, Sender: caller.UserID, Type: "m.room.redaction", Redacts: p.EventID, Content: content,
		DeviceID: caller.DeviceID, TxnID: p.TxnID,
	})
	return appended{id}, err
}

type redactParams struct {
	RoomID  string `json:"room_id"`
	EventID string `json:"event_id"`
	TxnID   string `json:"txn_id"`
	Reason  string `json:"reason"`
}

func typing(ctx context.Context, g *Gateway, caller people.Caller, params json.RawMessage) (any, error) {
	var p typingParams
	if err := decode(params, &p); err != nil {
		return nil, err
	}
	if err := need("room_id", p.RoomID); err != nil {
		return nil, err
	}
	if p.Typing == nil {
		return nil, fault.MissingParam("typing")
	}
	if p.Timeout < 0 || p.Timeout > time.Hour.Milliseconds() {
		return nil, fault.InvalidParam("error.typing_timeout")
	}
	return nothing{}, g.feed.SetTyping(ctx, caller.UserID, p.RoomID, *p.Typing, time.Duration(p.Timeout)*time.Millisecond)
}

type typingParams struct {
	RoomID  string `json:"room_id"`
	Typing  *bool  `json:"typing"`
	Timeout int64  `json:"timeout"` // milliseconds
}

func readMarkers(ctx context.Context, g *Gateway, caller people.Caller, params json.RawMessage) (any, error) {
	var p markerParams
	if err := decode(params, &p); err != nil {
		return nil, err
	}
	if err := need("room_id", p.RoomID); err != nil {
		return nil, err
	}
	return nothing{}, g.feed.SetReceipts(ctx, caller.UserID, p.RoomID, p.markers()...)
}

type markerParams struct {
	RoomID    string `json:"room_id"`
	FullyRead string `json:"m.fully_read"`
	Read      string `json:"m.read"`
	Private   string `json:"m.read.private"`
}

func (p *markerParams) markers() []feed.Marker {
	var markers []feed.Marker
	for _, m := range []feed.Marker{{Kind: "m.fully_read", Event: p.FullyRead}, {Kind: "m.read", Event: p.Read}, {Kind: "m.read.private", Event: p.Private}} {
		if m.Event != "" {
			markers = append(markers, m)
		}
	}
	return markers
}

func presence(ctx context.Context, g *Gateway, caller people.Caller, params json.RawMessage) (any, error) {
	var p presenceParams
	if err := decode(params, &p); err != nil {
		return nil, err
	}
	return nothing{}, g.feed.SetPresence(ctx, caller.UserID, p.Presence, p.Status)
}

type presenceParams struct {
	Presence feed.Presence `json:"presence"`
	Status   *string       `json:"status_msg"`
}

// need takes pairs of name and value and refuses the first that is empty.
func need(pairs ...string) error {
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] == "" {
			return fault.MissingParam(pairs[i])
		}
	}
	return nil
}
