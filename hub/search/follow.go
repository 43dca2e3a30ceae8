package search

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"panah/hub/broker"
	"panah/hub/room"
	"panah/hub/store"
)

const (
	// batch is how many events one transaction takes into the index: some milliseconds, in which nobody else writes.
	batch = 100
	// catchUpMost is how many batches a search reads itself before it says that it is not complete.
	catchUpMost = 10
)

// errBrokerEnded tells that the broker was closed under the follower.
var errBrokerEnded = errors.New("the broker has ended")

// Run keeps the index up with the log until ctx ends, and in the time between goes back over what was there before. A node runs it
// once; several nodes may. What the database refuses is tried again at the next beat. It reads when a batch has come together, or at
// the beat: many posts in one transaction cost the index little more than one, and a search reads what is missing itself.
func (s *Search) Run(ctx context.Context) error {
	heard, err := s.broker.Subscribe(ctx, room.LogTopic)
	if err != nil {
		return fmt.Errorf("follow the log: %w", err)
	}
	defer heard.Close()
	beat := time.NewTicker(s.o.Beat)
	defer beat.Stop()
	for {
		more, err := s.work(ctx)
		if err != nil && ctx.Err() == nil {
			s.o.Log.Warn("searching could not read the log", "err", err)
		}
		if more && err == nil && ctx.Err() == nil {
			continue
		}
		if err := s.wait(ctx, heard.C, beat.C); err != nil || ctx.Err() != nil {
			return err
		}
	}
}

// wait returns when a batch of events has been told of, when something may have been lost, at the beat, or when ctx ends.
func (s *Search) wait(ctx context.Context, heard <-chan broker.Message, beat <-chan time.Time) error {
	for told := store.Position(0); told < batch; {
		select {
		case <-ctx.Done():
			return nil
		case <-beat:
			return nil
		case m, open := <-heard:
			if !open && ctx.Err() == nil {
				return errBrokerEnded
			}
			var hint room.Hint
			if m.Lost || json.Unmarshal(m.Payload, &hint) != nil {
				return nil
			}
			told += hint.To - hint.From + 1
		}
	}
	return nil
}

// work reads one batch of what is new or, when nothing is, of what is old, and tells whether there may be more.
func (s *Search) work(ctx context.Context) (more bool, err error) {
	if more, err = s.step(ctx, forwards); more || err != nil {
		return more, err
	}
	return s.step(ctx, backwards)
}

// catchUp reads what the log has gained, and tells whether the index is whole: nothing new and nothing old is missing in it.
func (s *Search) catchUp(ctx context.Context) (whole bool, err error) {
	for range catchUpMost {
		more, err := s.step(ctx, forwards)
		if err != nil {
			return false, err
		}
		if !more {
			var p progress
			err = s.db.Read(ctx, func(tx *store.Tx) (err error) { p, err = progressTx(tx); return err })
			return p.back == 0, err
		}
	}
	return false, nil
}

// progress is the row of search_progress.
type progress struct {
	begun, live, back store.Position
}

func progressTx(tx *store.Tx) (p progress, err error) {
	err = tx.QueryRow(`SELECT begun, live, back FROM search_progress WHERE id = 1`).Scan(&p.begun, &p.live, &p.back)
	return p, err
}

// Progress tells how many positions of the log the index has read, and how many there are.
func Progress(tx *store.Tx) (read, of store.Position, err error) {
	p, err := progressTx(tx)
	if err != nil {
		return 0, 0, fmt.Errorf("read how far searching is: %w", err)
	}
	of, err = tx.Head()
	return p.live - p.back, of, err
}

// Live is the position up to which the index has read what is new.
func Live(tx *store.Tx) (store.Position, error) {
	p, err := progressTx(tx)
	return p.live, err
}

// stretch is one batch: its events and where the index stands after it.
type stretch struct {
	from, to progress
	events   []room.Event
}

// forwards reads what is after the index's end.
func forwards(s *Search, tx *store.Tx, p progress) (stretch, error) {
	head, err := tx.Head()
	if err != nil {
		return stretch{}, err
	}
	events, err := s.rooms.FollowEvents(tx, p.live, head, batch)
	next := p
	next.live = head
	if len(events) == batch {
		next.live = events[batch-1].Position
	}
	return stretch{p, next, events}, err
}

// backwards reads what is before the index's beginning.
func backwards(s *Search, tx *store.Tx, p progress) (stretch, error) {
	if p.back == 0 {
		return stretch{}, nil
	}
	events, err := s.rooms.EventsBack(tx, p.back, batch)
	next := p
	next.back = 0
	if len(events) == batch {
		next.back = events[batch-1].Position - 1
	}
	return stretch{p, next, events}, err
}

// step takes one batch into the index. The words are made outside the transaction that writes them: that one holds up whoever posts.
// When another node was faster, nothing is written.
func (s *Search) step(ctx context.Context, read func(*Search, *store.Tx, progress) (stretch, error)) (more bool, err error) {
	var part stretch
	var docs []doc
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		p, err := progressTx(tx)
		if err != nil {
			return err
		}
		if part, err = read(s, tx, p); err != nil || len(part.events) == 0 {
			return err
		}
		docs, err = s.docs(tx, part.events)
		return err
	})
	if err != nil || len(part.events) == 0 && part.from.back == part.to.back {
		return false, err // receipts and the like alone are not worth a write
	}
	err = s.db.Write(ctx, func(tx *store.Tx) error { return write(tx, part, docs) })
	return err == nil, err
}

// doc is what the index shall know of one position; nil words for nothing.
type doc struct {
	at    store.Position
	words []string
}

// docs makes what follows from some events. An event that words another one anew or takes it back is about that other one. Each is
// read as it stands now, whatever came in which order, so doing it twice does no harm.
func (s *Search) docs(tx *store.Tx, events []room.Event) ([]doc, error) {
	posts, err := s.concerned(tx, events)
	if err != nil {
		return nil, err
	}
	wordings, err := s.rooms.LastWordings(tx, posts, nil)
	if err != nil {
		return nil, err
	}
	docs := make([]doc, 0, len(posts))
	brief := map[string]bool{}
	for i := range posts {
		roomID := posts[i].RoomID
		if _, known := brief[roomID]; !known {
			if brief[roomID], err = s.isBrief(tx, roomID); err != nil {
				return nil, err
			}
		}
		if brief[roomID] {
			continue
		}
		d := doc{at: posts[i].Position}
		if fields, file := saying(&posts[i], wordings[posts[i].ID]); fields != nil {
			d.words = keysOf(&posts[i], fields, file)
		}
		docs = append(docs, d)
	}
	return docs, nil
}

// briefKind is the kind of channel (state network.panah.channel) of a request for a place. What is said there must be gone a day after its end, also
// from the files of the database; an index would keep its words until it is put together anew.
const briefKind = "place"

// isBrief tells whether nothing of a channel may be in the index.
func (s *Search) isBrief(tx *store.Tx, roomID string) (bool, error) {
	e, err := s.rooms.StateEvent(tx, roomID, "network.panah.channel", "")
	if err != nil || e == nil {
		return false, err
	}
	var c struct {
		Kind string `json:"kind"`
	}
	return json.Unmarshal(e.Content, &c) == nil && c.Kind == briefKind, nil
}

// concerned are the posts of which the events make the index know something new.
func (s *Search) concerned(tx *store.Tx, events []room.Event) ([]room.Event, error) {
	var posts []room.Event
	var ids []string
	for _, e := range events {
		switch {
		case e.Redacts != "":
			ids = append(ids, e.Redacts)
		case e.RelType == "m.replace":
			ids = append(ids, e.RelatesTo)
		case sayable(&e):
			posts = append(posts, e)
		}
	}
	targets, err := s.rooms.EventsByID(tx, ids)
	if err != nil {
		return nil, err
	}
	ids = nil
	for _, e := range targets {
		if e.RelType == "m.replace" { // a wording was taken back: what it worded says something else now
			ids = append(ids, e.RelatesTo)
			continue
		}
		posts = append(posts, e)
	}
	worded, err := s.rooms.EventsByID(tx, ids)
	return append(posts, worded...), err
}

// sayable keeps the types out of the index's writes that never say anything.
func sayable(e *room.Event) bool {
	return e.Type == "m.room.message" || e.Type == "m.room.name" || e.Type == "m.room.topic"
}

// write takes a batch into the index, unless another node has done so.
func write(tx *store.Tx, part stretch, docs []doc) error {
	now, err := progressTx(tx)
	if err != nil || now != part.from {
		return err
	}
	for _, d := range docs {
		if err := writeDoc(tx, d); err != nil {
			return err
		}
	}
	_, err = tx.Exec(`UPDATE search_progress SET live = $1, back = $2 WHERE id = 1`, part.to.live, part.to.back)
	return err
}

func writeDoc(tx *store.Tx, d doc) error {
	if d.words == nil {
		return tx.Words().Remove(d.at)
	}
	var gone bool // since the words were made
	if err := tx.QueryRow(`SELECT redacted_by <> '' OR purged FROM events WHERE position = $1`, d.at).Scan(&gone); err != nil {
		return fmt.Errorf("look at position %d again: %w", d.at, err)
	}
	if gone {
		return tx.Words().Remove(d.at)
	}
	return tx.Words().Put(d.at, d.words)
}

// Follower takes what an event said out of the index in the transaction that empties it, so that no word of it outlives it.
// The hub's rooms are made with it.
type Follower struct{}

// AppendedTx does nothing: what is new is read from the log.
func (Follower) AppendedTx(*store.Tx, *room.Rooms, *room.Event) error { return nil }

// EmptiedTx takes events out. With a later wording goes what the index has of the post itself, which has that wording's words; what
// the post says now comes back when the redaction is read from the log.
func (Follower) EmptiedTx(tx *store.Tx, _ string, eventIDs ...string) error {
	for _, id := range eventIDs {
		rows, err := tx.Query(`SELECT position FROM events WHERE event_id = $1 UNION ALL SELECT post.position FROM events edit
			JOIN events post ON post.event_id = edit.relates_to WHERE edit.event_id = $1 AND edit.rel_type = 'm.replace'`, id)
		if err != nil {
			return err
		}
		positions, err := scanPositions(rows)
		if err != nil {
			return err
		}
		for _, at := range positions {
			if err := tx.Words().Remove(at); err != nil {
				return err
			}
		}
	}
	return nil
}

func scanPositions(rows *sql.Rows) (all []store.Position, err error) {
	defer rows.Close()
	for rows.Next() {
		var at store.Position
		if err := rows.Scan(&at); err != nil {
			return nil, fmt.Errorf("read positions: %w", err)
		}
		all = append(all, at)
	}
	return all, rows.Err()
}
