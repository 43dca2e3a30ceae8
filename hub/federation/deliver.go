package federation

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"

	"panah/hub/fault"
	"panah/hub/room"
	"panah/hub/store"
)

const (
	// eventsMost and edusMost are the specification's bounds of a transaction.
	eventsMost = 50
	edusMost   = 100
	// edusSize is how many bytes of EDUs go together, so that a transaction stays within what its receiver takes.
	edusSize = 4 << 20
	// firstPause is between the first try and the second; each next one is twice as long, up to longestPause. A server that sends
	// something itself is tried at once.
	firstPause   = 5 * time.Second
	longestPause = 30 * time.Minute
)

func queueEventTx(tx *store.Tx, server string, position store.Position) error {
	if err := knowServerTx(tx, server); err != nil {
		return err
	}
	_, err := tx.Exec(`INSERT INTO federation_events (server, position) VALUES ($1, $2) ON CONFLICT DO NOTHING`, server, position)
	return err
}

func knowServerTx(tx *store.Tx, server string) error {
	_, err := tx.Exec(`INSERT INTO federation_servers (server) VALUES ($1) ON CONFLICT DO NOTHING`, server)
	return err
}

func queueEDUTx(tx *store.Tx, server, key string, edu json.RawMessage) error {
	if err := knowServerTx(tx, server); err != nil {
		return err
	}
	var seq int64 // it never comes again, though the queue was emptied: whoever still sends a batch takes away what was in it, and nothing newer
	if err := tx.QueryRow(`UPDATE federation_servers SET edu_seq = edu_seq + 1 WHERE server = $1 RETURNING edu_seq`, server).Scan(&seq); err != nil {
		return fmt.Errorf("queue for %s: %w", server, err)
	}
	_, err := tx.Exec(`INSERT INTO federation_edus (server, key, seq, edu) VALUES ($1, $2, $3, $4)
		ON CONFLICT (server, key) DO UPDATE SET seq = excluded.seq, edu = excluded.edu`, server, key, seq, []byte(edu))
	return err
}

// QueueTx has a server be sent something that is no event, as soon as it can be reached. Of one key only the newest is kept. Servers
// that are not reached at all are left out.
func (s *Sender) QueueTx(tx *store.Tx, server, key string, e EDU) error {
	if server == s.own || !s.allow.Admits(server) {
		return nil
	}
	raw, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("write an EDU: %w", err)
	}
	tx.OnCommit(s.wake)
	return queueEDUTx(tx, server, key, raw)
}

// Forward has an event be sent to the servers of its room that was not made here, but came in by this hub: a membership that another
// server handed in. The server that it came from has it.
func (s *Sender) Forward(ctx context.Context, eventID, from string) error {
	return s.db.Write(ctx, func(tx *store.Tx) error {
		e, err := s.rooms.EventByID(tx, eventID)
		if err != nil {
			if fault.From(err).Status == http.StatusNotFound { // it was refused, or kept beside the log
				return nil
			}
			return err
		}
		if err := s.queueMeanwhile(tx, e, from); err != nil {
			return err
		}
		servers, err := s.serversAt(tx, e)
		if err != nil {
			return err
		}
		delete(servers, from)
		for server := range servers {
			may, err := s.may(tx, e.RoomID, server)
			if err != nil {
				return err
			}
			if may {
				if err := queueEventTx(tx, server, e.Position); err != nil {
					return err
				}
			}
		}
		tx.OnCommit(s.wake)
		return nil
	})
}

// queueMeanwhile has a server whose member comes in be sent what was said here after it was given the form of the join, and before it handed that in:
// neither the state that it was given nor its place among the servers of the room covers it.
func (s *Sender) queueMeanwhile(tx *store.Tx, e *room.Event, from string) error {
	var pdu struct {
		Prev []string `json:"prev_events"`
	}
	if err := json.Unmarshal(e.PDU, &pdu); err != nil {
		return fmt.Errorf("read what an event builds on: %w", err)
	}
	parents, err := s.rooms.EventsByID(tx, pdu.Prev)
	if err != nil || len(parents) == 0 {
		return err
	}
	since := e.Position
	for i := range parents {
		since = min(since, parents[i].Position)
	}
	missed, err := store.Column(tx, `SELECT event_id FROM events WHERE room_id = $1 AND position > $2 AND position < $3`, e.RoomID, max(since, 0), e.Position)
	if err != nil {
		return err
	}
	events, err := s.rooms.EventsByID(tx, missed)
	if err != nil {
		return err
	}
	may, err := s.may(tx, e.RoomID, from)
	if err != nil || !may {
		return err
	}
	for i := range events {
		if !s.ours(events[i].Sender) {
			continue
		}
		if err := queueEventTx(tx, from, events[i].Position); err != nil {
			return err
		}
	}
	return nil
}

// Heard tells that a server is there: if it was not before, it is tried at once.
func (s *Sender) Heard(ctx context.Context, server string) {
	s.o.Reached(ctx, server)
	var waits bool
	err := s.db.Read(ctx, func(tx *store.Tx) error {
		return tx.QueryRow(`SELECT EXISTS (SELECT 1 FROM federation_servers WHERE server = $1 AND next_at > $2)`, server, tx.Now.UnixMilli()).Scan(&waits)
	})
	if err == nil && waits {
		err = s.db.Write(ctx, func(tx *store.Tx) error {
			tx.OnCommit(s.wake)
			_, err := tx.Exec(`UPDATE federation_servers SET next_at = 0 WHERE server = $1`, server)
			return err
		})
	}
	if err != nil && ctx.Err() == nil {
		s.o.Log.Warn("a server that came back is tried later", "server", server, "err", err)
	}
}

// dispatch begins to send to those for whom something is due, as far as there are places.
func (s *Sender) dispatch(ctx context.Context) error {
	var due []string
	err := s.db.Read(ctx, func(tx *store.Tx) (err error) {
		due, err = store.Column(tx, `SELECT s.server FROM federation_servers s WHERE s.next_at <= $1
			AND (EXISTS (SELECT 1 FROM federation_events e WHERE e.server = s.server) OR EXISTS (SELECT 1 FROM federation_edus u WHERE u.server = s.server))
			ORDER BY s.failed, s.next_at, s.server LIMIT $2`, tx.Now.UnixMilli(), 10*deliveries)
		return err
	})
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, server := range slices.Concat(due, slices.Sorted(maps.Keys(s.typing)), slices.Sorted(maps.Keys(s.there))) {
		if len(s.busy) >= deliveries {
			return nil // the end of any of them comes back here
		}
		if s.busy[server] {
			continue
		}
		s.busy[server] = true
		s.all.Go(func() { s.deliver(ctx, server) })
	}
	return nil
}

// deliver empties a server's queue, or finds that it cannot be reached.
func (s *Sender) deliver(ctx context.Context, server string) {
	defer func() {
		s.mu.Lock()
		delete(s.busy, server)
		s.mu.Unlock()
		s.wake()
	}()
	for ctx.Err() == nil {
		b, err := s.next(ctx, server)
		if err != nil || b.empty() {
			s.warn(ctx, server, err)
			return
		}
		refused, err := s.client.Send(ctx, server, b.transaction(s.own, s.o.Now()))
		if ctx.Err() != nil {
			return
		}
		if len(refused) > 0 {
			s.o.Log.Info("a server refuses events", "server", server, "count", len(refused))
		}
		if err != nil {
			s.o.Count("out", "failed")
			s.warn(ctx, server, s.failed(ctx, server, err))
			return
		}
		s.o.Count("out", "sent")
		if err := s.done(ctx, server, b); err != nil {
			s.warn(ctx, server, err)
			return
		}
	}
}

func (s *Sender) warn(ctx context.Context, server string, err error) {
	if err != nil && ctx.Err() == nil {
		s.o.Log.Warn("a server's queue could not be worked on; it is tried again", "server", server, "err", err)
	}
}

// batch is what goes to a server together.
type batch struct {
	events    []json.RawMessage
	ids       []string
	positions []store.Position // of the events
	edus      []json.RawMessage
	brief     []json.RawMessage // told now or never
	seq       int64             // of the last EDU
}

func (b *batch) empty() bool { return len(b.events)+len(b.edus)+len(b.brief) == 0 }

// transaction writes a batch. Its id follows from what it must bring, so that the same is known again when it is sent again, and nothing
// else is, even after the database went back to an earlier state.
func (b *batch) transaction(own string, now time.Time) Transaction {
	hash := sha256.New()
	for _, id := range b.ids {
		fmt.Fprintln(hash, id)
	}
	for _, edu := range b.edus {
		fmt.Fprintf(hash, "%d %s\n", b.seq, edu)
	}
	if len(b.ids)+len(b.edus) == 0 {
		fmt.Fprintln(hash, now.UnixNano())
	}
	id := base64.RawURLEncoding.EncodeToString(hash.Sum(nil)[:18])
	return Transaction{ID: id, PDUs: b.events, EDUs: slices.Concat(b.edus, b.brief), From: own, At: now.UnixMilli()}
}

// next reads what is to go to a server next.
func (s *Sender) next(ctx context.Context, server string) (b batch, err error) {
	s.mu.Lock()
	for _, key := range slices.Sorted(maps.Keys(s.typing[server])) {
		b.brief = append(b.brief, s.typing[server][key])
	}
	delete(s.typing, server)
	told := s.takeThereLocked(server)
	s.mu.Unlock()
	if len(told) > 0 {
		edu, err := json.Marshal(EDU{typePresence, presenceContent{told}})
		if err != nil {
			return b, fmt.Errorf("write who is there: %w", err)
		}
		b.brief = append(b.brief, edu)
	}
	err = s.db.Read(ctx, func(tx *store.Tx) error { return b.read(tx, server) })
	return b, err
}

func (b *batch) read(tx *store.Tx, server string) error {
	_, err := store.All(tx, func(row store.Scanner) (none struct{}, err error) {
		var id string
		var pdu []byte
		var position store.Position
		err = row.Scan(&position, &id, &pdu)
		b.ids, b.events, b.positions = append(b.ids, id), append(b.events, pdu), append(b.positions, position)
		return none, err
	}, `SELECT q.position, e.event_id, e.pdu FROM federation_events q JOIN events e ON e.position = q.position WHERE q.server = $1 ORDER BY q.position LIMIT $2`,
		server, eventsMost)
	if err != nil {
		return err
	}
	size := 0
	_, err = store.All(tx, func(row store.Scanner) (none struct{}, err error) {
		var seq int64
		var edu []byte
		err = row.Scan(&seq, &edu)
		if size += len(edu); size <= edusSize || len(b.edus) == 0 {
			b.edus, b.seq = append(b.edus, edu), seq
		}
		return none, err
	}, `SELECT seq, edu FROM federation_edus WHERE server = $1 ORDER BY seq LIMIT $2`, server, edusMost-len(b.brief))
	return err
}

// done takes away what a server has taken, and nothing else: events of earlier positions may have come into the queue meanwhile (Forward).
func (s *Sender) done(ctx context.Context, server string, b batch) error {
	var failed int64
	err := s.db.Write(ctx, func(tx *store.Tx) error {
		for _, position := range b.positions {
			if err := tx.Put(`DELETE FROM federation_events WHERE server = $1 AND position = $2`, server, position); err != nil {
				return err
			}
		}
		if _, err := tx.Exec(`DELETE FROM federation_edus WHERE server = $1 AND seq <= $2`, server, b.seq); err != nil {
			return err
		}
		if err := knowServerTx(tx, server); err != nil {
			return err
		}
		if err := tx.QueryRow(`SELECT failed FROM federation_servers WHERE server = $1`, server).Scan(&failed); err != nil {
			return fmt.Errorf("read how it stands with %s: %w", server, err)
		}
		_, err := tx.Exec(`UPDATE federation_servers SET failed = 0, next_at = 0, reached_at = $2 WHERE server = $1`, server, tx.Now.UnixMilli())
		return err
	})
	s.mu.Lock()
	delete(s.down, server)
	s.mu.Unlock()
	if err == nil && failed > 0 {
		s.o.Log.Info("a server is reached again", "server", server)
		s.o.Reached(ctx, server)
	}
	return err
}

// failed has a server be tried again later. Only the first failure in a row is worth a word.
func (s *Sender) failed(ctx context.Context, server string, cause error) error {
	var before int64
	pause := firstPause
	err := s.db.Write(ctx, func(tx *store.Tx) error {
		if err := knowServerTx(tx, server); err != nil {
			return err
		}
		if err := tx.QueryRow(`SELECT failed FROM federation_servers WHERE server = $1`, server).Scan(&before); err != nil {
			return fmt.Errorf("read how it stands with %s: %w", server, err)
		}
		pause = pauseAfter(before+1, s.o.Chance())
		_, err := tx.Exec(`UPDATE federation_servers SET failed = failed + 1, next_at = $2 WHERE server = $1`, server, tx.Now.Add(pause).UnixMilli())
		return err
	})
	s.silence(server, pause)
	if err == nil && before == 0 {
		s.o.Log.Warn("a server cannot be reached; it is tried again later", "server", server, "err", cause)
	}
	return err
}

// silence has a server be told nothing that is worth telling now or never, for so long.
func (s *Sender) silence(server string, pause time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.down[server] = s.o.Now().Add(pause)
	delete(s.typing, server)
	delete(s.there, server)
}

func (s *Sender) downLocked(server string) bool { return s.o.Now().Before(s.down[server]) }

// pauseAfter is how long a server is left alone after so many failures in a row: between three quarters and five quarters of what doubles each time.
func pauseAfter(failures int64, chance float64) time.Duration {
	pause := firstPause
	for i := int64(1); i < failures && pause < longestPause; i++ {
		pause *= 2
	}
	return time.Duration(float64(min(pause, longestPause)) * (0.75 + chance/2))
}
