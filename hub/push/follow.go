package push

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"panah/hub/alert/code"
	"panah/hub/feed"
	"panah/hub/notice"
	"panah/hub/room"
	"panah/hub/store"
)

const (
	// batch is how many events are read at once.
	batch = 100
	// lookFor is how long an open session has to take something before its person is told of it elsewhere.
	lookFor = 8 * time.Second
	// oldAfter is from when on nobody is told of a post any more: it was late, or the hub was down.
	oldAfter = time.Hour
	// keepCursor is how many positions without any notice are read before the cursor is written down.
	keepCursor = 1000
)

// follow reads the log up to its head, and notes what people are to be told. Nothing is read while nobody wants to be told.
func (p *Push) follow(ctx context.Context) error {
	for {
		more, err := p.step(ctx)
		if err != nil || !more {
			return err
		}
	}
}

// stretch is a part of the log and what follows from it.
type stretch struct {
	from, to store.Position
	notices  []notice.Notice
}

// step reads one batch. The rules are asked outside the transaction that writes: that one holds up whoever posts.
func (p *Push) step(ctx context.Context) (more bool, err error) {
	var part stretch
	err = p.db.Read(ctx, func(tx *store.Tx) (err error) {
		part, more, err = p.readPart(tx)
		return err
	})
	if err != nil || part.to == part.from {
		return false, err
	}
	if len(part.notices) > 0 || part.to-part.from >= keepCursor || part.from == 0 {
		if err := p.db.Write(ctx, func(tx *store.Tx) error { return noteTx(tx, part) }); err != nil {
			return false, err
		}
	}
	p.mu.Lock()
	p.read = max(p.read, part.to)
	p.mu.Unlock()
	return more, nil
}

func (p *Push) readPart(tx *store.Tx) (part stretch, more bool, err error) {
	if err := tx.QueryRow(`SELECT live FROM push_progress WHERE id = 1`).Scan(&part.from); err != nil {
		return part, false, fmt.Errorf("read how far notices are: %w", err)
	}
	head, err := tx.Head()
	if err != nil {
		return part, false, err
	}
	part.to = head
	if part.from == 0 || part.from >= head {
		part.to = max(head, part.from)
		return part, false, nil // a hub that is new to this tells nobody of old posts
	}
	p.mu.Lock()
	after := max(p.read, part.from)
	p.mu.Unlock()
	wanted, err := anybodyTx(tx)
	if err != nil || !wanted {
		return part, false, err
	}
	events, err := p.rooms.FollowEvents(tx, after, head, batch)
	if err != nil {
		return part, false, err
	}
	if more = len(events) == batch; more {
		part.to = events[batch-1].Position
	}
	for i := range events {
		if err := p.readEvent(tx, &part, &events[i]); err != nil {
			return part, false, err
		}
	}
	if p.o.Others != nil {
		others, err := p.o.Others(tx, after, part.to)
		if err != nil {
			return part, false, err
		}
		part.notices = append(part.notices, others...)
	}
	return part, more, nil
}

// Live is the position up to which people were told outside the app of what is new.
func Live(tx *store.Tx) (live store.Position, err error) {
	err = tx.QueryRow(`SELECT live FROM push_progress WHERE id = 1`).Scan(&live)
	return live, err
}

// anybodyTx tells whether somebody can be told at all.
func anybodyTx(tx *store.Tx) (wanted bool, err error) {
	err = tx.QueryRow(`SELECT EXISTS (SELECT 1 FROM push_subscriptions) OR EXISTS (SELECT 1 FROM push_people WHERE mail IS NOT NULL)`).Scan(&wanted)
	return wanted, err
}

// noteTx writes down what a stretch of the log has people be told, unless another node has been there.
func noteTx(tx *store.Tx, part stretch) error {
	var live store.Position
	if err := tx.QueryRow(`SELECT live FROM push_progress WHERE id = 1`).Scan(&live); err != nil {
		return fmt.Errorf("read how far notices are: %w", err)
	}
	if live >= part.to {
		return nil
	}
	for _, n := range part.notices {
		if n.Position <= live {
			continue
		}
		if err := notice.AddTx(tx, n); err != nil {
			return err
		}
	}
	_, err := tx.Exec(`UPDATE push_progress SET live = $1 WHERE id = 1`, part.to)
	return err
}

// readEvent finds whom an event is news for.
func (p *Push) readEvent(tx *store.Tx, part *stretch, e *room.Event) error {
	invited := e.Type == "m.room.member" && e.StateKey != nil
	if e.RedactedBy != "" || e.Purged || e.StateKey != nil && !invited || tx.Now.Sub(time.UnixMilli(e.OriginTS)) > oldAfter {
		return nil
	}
	people, err := candidatesTx(tx, e)
	if err != nil || len(people) == 0 {
		return err
	}
	ringing, err := p.feed.NewRinging(tx, e)
	if err != nil {
		return err
	}
	for _, person := range people {
		if invited && *e.StateKey != person {
			continue
		}
		n, wanted, err := p.noticeFor(tx, person, ringing)
		if err != nil {
			return err
		}
		if wanted {
			part.notices = append(part.notices, n)
		}
	}
	return nil
}

// candidatesTx are the people who were in the room before an event, or are invited by it, and can be told.
func candidatesTx(tx *store.Tx, e *room.Event) ([]string, error) {
	rows, err := tx.Query(`SELECT m.user_id FROM memberships m WHERE m.room_id = $1 AND m.user_id <> $2
		AND (m.membership = 'join' AND m.position < $3 OR m.membership = 'invite' AND m.position = $3)
		AND (EXISTS (SELECT 1 FROM push_subscriptions s WHERE s.user_id = m.user_id)
			OR EXISTS (SELECT 1 FROM push_people w WHERE w.user_id = m.user_id AND w.mail IS NOT NULL))
		ORDER BY m.user_id`, e.RoomID, e.Sender, e.Position)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []string
	for rows.Next() {
		var user string
		if err := rows.Scan(&user); err != nil {
			return nil, fmt.Errorf("read whom an event is news for: %w", err)
		}
		all = append(all, user)
	}
	return all, rows.Err()
}

// noticeFor decides whether and how one person is told of an event. Alerts ask no push rule: who silenced a channel still hears of them,
// unless they chose not to be told of alerts at all.
func (p *Push) noticeFor(tx *store.Tx, person string, r *feed.Ringing) (n notice.Notice, wanted bool, err error) {
	e := r.Event
	n = notice.Notice{UserID: person, Key: e.ID, RoomID: e.RoomID, EventID: e.ID, Position: e.Position, Kind: notice.Message,
		Due: time.UnixMilli(e.OriginTS).Add(lookFor)}
	if alerts, urgent := alert(e); alerts {
		n.Kind, n.Urgent = notice.Alert, urgent
		if urgent {
			n.Due = tx.Now
		}
		return n, true, nil
	}
	ignored, err := p.feed.Ignored(tx, person)
	if err != nil || ignored[e.Sender] {
		return n, false, err
	}
	ring, err := p.feed.Rings(tx, person, r)
	if err != nil || ring == feed.Silent {
		return n, false, err
	}
	switch {
	case ring == feed.Highlight:
		n.Kind = notice.Mention
	case r.Members == 2 || e.Type == "m.room.member":
		n.Kind = notice.Direct
	}
	return n, true, nil
}

// alert tells whether an event is an alert, and whether it must be heard of at once. A test of the sending rings for nobody by night.
func alert(e *room.Event) (is, urgent bool) {
	var members map[string]json.RawMessage // by their exact names: decoded into a struct, one that is spelled in capitals would ring like an alert
	var a struct {
		Code    string `json:"code"`
		Urgency string `json:"urgency"`
		Status  string `json:"status"`
		Type    string `json:"msg_type"`
	}
	if e.Type != "m.room.message" || json.Unmarshal(e.Content, &members) != nil || json.Unmarshal(members["network.panah.alert"], &a) != nil {
		return false, false
	}
	if spec, known := code.Of(a.Code); known && a.Urgency == "" { // an event leaves out what its code proposes
		a.Urgency = spec.Proposal.Urgency
	}
	return true, a.Urgency == "Immediate" && a.Status != "Test" && a.Type != "Cancel"
}
