package federation

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/matrix-org/gomatrixserverlib"

	"panah/hub/fault"
	"panah/hub/room"
	"panah/hub/store"
)

// sendBody bounds a transaction, in bytes: its events and what else it brings, each of at most 64 KiB.
const sendBody = (eventsMost + edusMost) * (64 << 10)

// receivedKept is how long a transaction is known again. Servers give a delivery up, or repeat it, far earlier.
const receivedKept = 48 * time.Hour

// receivedMost is how many transactions of one server are known again; beyond receivedSlack more, the oldest are forgotten. A server sends one after
// the other, so it repeats the last.
const receivedMost, receivedSlack = 1000, 100

// sendTime bounds the taking in of a transaction, with all that its events have this hub ask for. What is left then comes again.
const sendTime = 5 * time.Minute

// result is what is answered to one event of a transaction.
type result struct {
	Error string `json:"error,omitempty"`
}

// send takes a transaction in ("Transactions"). One that was taken in before is answered as it was then. Transactions of one server are
// taken in one after the other. An event that is refused does not keep the others out; trouble of the hub's own does, and has the server
// send all again.
func (s *Server) send(c *Call) (any, error) {
	var in struct {
		PDUs []json.RawMessage `json:"pdus"`
		EDUs []json.RawMessage `json:"edus"`
	}
	if err := c.Read(&in); err != nil {
		return nil, err
	}
	if len(in.PDUs) > eventsMost || len(in.EDUs) > edusMost {
		return nil, fault.BadJSON()
	}
	giveBack, free := s.sending.take(c.Origin)
	if !free {
		return nil, fault.LimitExceeded(time.Second)
	}
	defer giveBack()
	leave, err := s.enter(c.Context(), c.Origin)
	if err != nil {
		return nil, err
	}
	defer leave()
	id := c.Path("txnId")
	if answer, err := s.answered(c.Context(), c.Origin, id); answer != nil || err != nil {
		return answer, err
	}
	answer, err := s.takeAll(c, in.PDUs, in.EDUs)
	if err != nil {
		s.Count("in", "failed")
		return nil, err
	}
	s.Count("in", "taken")
	s.Sender.Heard(c.Context(), c.Origin)
	if s.Devices != nil {
		if err := s.Devices.Heard(c.Context(), c.Origin); err != nil {
			return nil, err
		}
	}
	return answer, s.remember(c.Context(), c.Origin, id, answer)
}

func (s *Server) takeAll(c *Call, pdus, edus []json.RawMessage) (json.RawMessage, error) {
	ctx, cancel := context.WithTimeout(c.Context(), sendTime)
	defer cancel()
	results := map[string]result{}
	var refused []any // of the first one, for the log
	count := 0
	for _, o := range s.Receive(ctx, c.Origin, pdus) {
		f := fault.From(o.Err)
		if o.Err != nil && f.Status >= 500 {
			return nil, fmt.Errorf("take in an event: %w", o.Err)
		}
		if o.ID == "" {
			continue // what has no id cannot be spoken of
		}
		results[o.ID] = result{}
		if o.Err != nil {
			results[o.ID] = result{f.Errcode}
			if count++; count == 1 {
				refused = []any{"server", c.Origin, "event", o.ID, "err", o.Err}
			}
		}
	}
	if count > 0 { // once, however many there are
		s.Log.Info("events were refused", append(refused, "count", count)...)
	}
	v := newVisit(c.Origin)
	for _, raw := range edus {
		if err := s.takeEDU(ctx, v, raw); err != nil {
			return nil, fmt.Errorf("take in an EDU: %w", err)
		}
	}
	return json.Marshal(map[string]any{"pdus": results})
}

// Outcome is what became of an event: Err is why it was refused, or what kept the hub from taking it in.
type Outcome struct {
	ID  string // "" for what has none
	Err error
}

// receiver takes events in as the rooms do. The rules' refusal of one is what its sender is told.
func receiver(rooms *room.Rooms) func(ctx context.Context, origin string, pdus []json.RawMessage) []Outcome {
	return func(ctx context.Context, origin string, pdus []json.RawMessage) []Outcome {
		outcomes := make([]Outcome, len(pdus))
		for i, o := range rooms.ReceiveAll(ctx, origin, pdus) {
			if outcomes[i] = (Outcome{o.Event.ID, o.Refusal}); o.Err != nil {
				outcomes[i] = Outcome{idOf(pdus[i]), o.Err}
			}
		}
		return outcomes
	}
}

// idOf is the id of an event that was refused, as far as it has one.
func idOf(raw json.RawMessage) string {
	var members map[string]json.RawMessage
	if room.Nested(raw) > room.NestingMost || json.Unmarshal(raw, &members) != nil || members == nil { // the library trips over null
		return ""
	}
	pdu, err := gomatrixserverlib.MustGetRoomVersion(room.Version).NewEventFromUntrustedJSON(raw) // a constant: it cannot panic
	if err != nil {
		return ""
	}
	return pdu.EventID()
}

// enter waits until no other transaction of a server is taken in on this node. That another node takes in the same one, which its sender has given up
// here, does no harm: each thing in it is known again by itself.
func (s *Server) enter(ctx context.Context, origin string) (leave func(), err error) {
	for {
		s.mu.Lock()
		ended := s.taking[origin]
		if ended == nil {
			mine := make(chan struct{})
			s.taking[origin] = mine
			s.mu.Unlock()
			return func() {
				s.mu.Lock()
				delete(s.taking, origin)
				s.mu.Unlock()
				close(mine)
			}, nil
		}
		s.mu.Unlock()
		select {
		case <-ended:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// answered is what a transaction was answered before; nil if it was not.
func (s *Server) answered(ctx context.Context, origin, id string) (answer json.RawMessage, err error) {
	err = s.DB.Read(ctx, func(tx *store.Tx) error {
		err := tx.QueryRow(`SELECT answer FROM federation_received WHERE server = $1 AND txn_id = $2`, origin, id).Scan((*[]byte)(&answer))
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		return err
	})
	return answer, err
}

// remember keeps an answer, and forgets those of long ago, and of one server those before its last ones.
func (s *Server) remember(ctx context.Context, origin, id string, answer json.RawMessage) error {
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		if _, err := tx.Exec(`DELETE FROM federation_received WHERE at < $1`, tx.Now.Add(-receivedKept).UnixMilli()); err != nil {
			return err
		}
		_, err := tx.Exec(`INSERT INTO federation_received (server, txn_id, answer, at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`,
			origin, id, []byte(answer), tx.Now.UnixMilli())
		if err != nil {
			return err
		}
		return forgetTx(tx, origin)
	})
}

func forgetTx(tx *store.Tx, origin string) error {
	var count int
	if err := tx.QueryRow(`SELECT COUNT(*) FROM federation_received WHERE server = $1`, origin).Scan(&count); err != nil {
		return fmt.Errorf("count the transactions of a server: %w", err)
	}
	if count <= receivedMost+receivedSlack {
		return nil
	}
	_, err := tx.Exec(`DELETE FROM federation_received WHERE server = $1 AND txn_id NOT IN
		(SELECT txn_id FROM federation_received WHERE server = $1 ORDER BY at DESC, txn_id LIMIT $2)`, origin, receivedMost)
	return err
}
