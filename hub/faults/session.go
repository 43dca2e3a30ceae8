//go:build linux

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/gorilla/websocket"
)

// session is a client that listens over the websocket, and comes back to any hub with its last position when the line ends.
type session struct {
	w      *world
	p      *person
	random *rand.Rand
	since  string
	events []string // ids of the channel's events, as they came
	opened int
}

// quiet is after how long without a frame a session gives a line up: there is always something to hear.
const quiet = 4 * time.Second

// frame is what a session reads of what the hub pushes.
type frame struct {
	NextBatch string `json:"next_batch"`
	Rooms     struct {
		Join map[string]struct {
			Timeline timeline `json:"timeline"`
		} `json:"join"`
	} `json:"rooms"`
}

type timeline struct {
	Events    []event `json:"events"`
	Limited   bool    `json:"limited"`
	PrevBatch string  `json:"prev_batch"`
}

type event struct {
	ID      string `json:"event_id"`
	Content struct {
		Body string `json:"body"`
	} `json:"content"`
}

// lastWords is the text of the last post of all.
const lastWords = "That was all."

// run listens until the last post of all has come, or ctx ends.
func (s *session) run(ctx context.Context) error {
	for {
		over, err := s.listen(ctx)
		if over || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s never heard the last post: %w", s.p.name, context.Cause(ctx))
		case <-time.After(waitAgain):
		}
	}
}

// listen opens a line and reads it to its end. An error is one that no line has any part in.
func (s *session) listen(ctx context.Context) (over bool, err error) {
	h := s.w.hubs[s.random.IntN(len(s.w.hubs))]
	query := url.Values{"presence": {"offline"}, "filter": {`{"room":{"timeline":{"limit":60}}}`}, "since": {s.since}}
	dialer := websocket.Dialer{Subprotocols: []string{"m.json"}, HandshakeTimeout: quiet}
	conn, response, err := dialer.DialContext(ctx, "ws://"+h.door.address+"/_panah/v1/stream?"+query.Encode(), http.Header{"Authorization": {"Bearer " + s.p.token}})
	if err != nil {
		return false, refusedOpening(h, response)
	}
	defer conn.Close()
	s.opened++
	for {
		if err := conn.SetReadDeadline(time.Now().Add(quiet)); err != nil {
			return false, nil
		}
		_, text, err := conn.ReadMessage()
		if err != nil {
			return false, ended(s.p, err)
		}
		if over, err = s.take(text); over || errors.Is(err, errLine) {
			return over, nil
		} else if err != nil {
			return false, err
		}
	}
}

// refusedOpening is an error where a hub refuses a session for what is not a passing trouble.
func refusedOpening(h *hub, response *http.Response) error {
	if response == nil || response.StatusCode == http.StatusServiceUnavailable || response.StatusCode == http.StatusInsufficientStorage {
		return nil
	}
	return fmt.Errorf("%s refused a session with %s", h.name, response.Status)
}

// ended is an error where the hub ended a session for good.
func ended(p *person, err error) error {
	if websocket.IsCloseError(err, 4001, websocket.ClosePolicyViolation, websocket.CloseMessageTooBig) {
		return fmt.Errorf("%s was sent away: %w", p.name, err)
	}
	return nil
}

// errLine means that the line broke in the middle of something: it is done again after coming back.
var errLine = errors.New("the line broke")

// take takes a frame in. The position moves only when all before it was taken.
func (s *session) take(text []byte) (over bool, err error) {
	var f frame
	if err := json.Unmarshal(text, &f); err != nil {
		return false, fmt.Errorf("a frame is no JSON: %w", err)
	}
	if f.NextBatch == "" {
		return false, nil // what overtakes comes once more in its place
	}
	came := f.Rooms.Join[s.w.crowd.channel].Timeline
	all := came.Events
	if came.Limited {
		missed, err := s.gap(came.PrevBatch)
		if err != nil {
			return false, err
		}
		all = append(missed, all...)
	}
	for _, e := range all {
		s.events = append(s.events, e.ID)
		over = over || e.Content.Body == lastWords
	}
	s.since = f.NextBatch
	return over, nil
}

// gap reads what a frame left out, back to the position at which the session stood.
func (s *session) gap(from string) (missed []event, err error) {
	for from != "" {
		query := url.Values{"dir": {"b"}, "limit": {"100"}, "from": {from}, "to": {s.since}}
		var page struct {
			Chunk []event `json:"chunk"`
			End   string  `json:"end"`
		}
		h := s.w.hubs[s.random.IntN(len(s.w.hubs))]
		path := "/_matrix/client/v3/rooms/" + url.PathEscape(s.w.crowd.channel) + "/messages?" + query.Encode()
		ctx, cancel := context.WithTimeout(s.w.ctx, patienceOfPeople)
		err := s.p.must(ctx, h.door.address, "GET", path, nil, &page)
		if cancel(); err != nil {
			return nil, errLine
		}
		missed = append(missed, page.Chunk...)
		from = page.End
	}
	slices.Reverse(missed)
	return missed, nil
}
