package feed

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"panah/hub/broker"
	"panah/hub/people"
	"panah/hub/room"
	"panah/hub/store"
)

// readAhead is how far the follower may be behind and still make frames. Further behind, every session reads its own gap, which
// then has a limited timeline instead of thousands of frames.
const readAhead = 2000

// Topics of the broker that the feed listens to.
var topics = []string{"log", "typing", "presence"}

// errBrokerEnded tells that the broker was closed under the follower.
var errBrokerEnded = errors.New("the broker has ended")

// Run follows the log until ctx ends; a node runs it once. It returns after the reads that it started have ended. Its only
// errors are those of the broker: what the database refuses is tried again at the next beat.
func (f *Feed) Run(ctx context.Context) error {
	defer f.catching.Wait()
	sub, err := f.broker.Subscribe(ctx, topics...)
	if err != nil {
		return fmt.Errorf("follow the log: %w", err)
	}
	defer sub.Close()
	tick := f.tick
	if tick == nil {
		ticker := time.NewTicker(time.Second)
		defer ticker.Stop()
		tick = ticker.C
	}
	var r rounds
	f.beatNow(ctx)
	for {
		select {
		case <-ctx.Done():
			return nil
		case m, ok := <-sub.C:
			if !ok {
				return ended(ctx)
			}
			f.hear(ctx, m, sub.C)
		case <-f.resume:
			f.retryResumed()
		case <-tick:
			f.ticked(ctx, &r)
		}
	}
}

// ended tells an end that was asked for from one that was not.
func ended(ctx context.Context) error {
	if ctx.Err() != nil {
		return nil
	}
	return errBrokerEnded
}

// rounds remembers when the slower of the regular things were done last.
type rounds struct{ beat, renewed time.Time }

func (f *Feed) ticked(ctx context.Context, r *rounds) {
	now := f.now()
	f.expire()
	f.tellPresences(ctx)
	if now.Sub(r.beat) >= f.beat {
		r.beat = now
		f.beatNow(ctx)
	}
	if now.Sub(r.renewed) >= presenceRenew {
		r.renewed = now
		f.renewPresences(ctx)
	}
}

// hear takes in a message and all that already wait behind it, so that many wake-ups cost one read of the log.
func (f *Feed) hear(ctx context.Context, m broker.Message, more <-chan broker.Message) {
	read := false
	for ok := true; ok; {
		switch {
		case m.Lost || m.Topic == "log":
			read = true
		case m.Topic == "typing":
			f.hearTyping(m.Payload)
		case m.Topic == "presence":
			f.hearPresence(m.Payload)
		}
		select {
		case m, ok = <-more:
		default:
			ok = false
		}
	}
	if read {
		f.follow(ctx)
	}
}

// beatNow reads the log without being woken, tells idle sessions the head, and tries again what failed.
func (f *Feed) beatNow(ctx context.Context) {
	f.follow(ctx)
	f.alike.forget()
	f.mu.Lock()
	defer f.mu.Unlock()
	failed := f.failed
	f.failed = nil
	for _, a := range failed {
		if !a.gone {
			f.retryLocked(a)
		}
	}
	frame := &Frame{Position: f.cursor, Idle: true, JSON: encode(Response{NextBatch: Token{Position: f.cursor}.String()})}
	for _, all := range f.people {
		for a := range all {
			if a.live && a.told <= f.cursor && a.kind != waiter {
				a.sink.Push(frame)
			}
		}
	}
}

// follow reads the log from the cursor to its head and hands out what is new. What the database refuses is not lost: the cursor
// stays, and the next beat tries again.
func (f *Feed) follow(ctx context.Context) {
	f.mu.Lock()
	cursor, idle, lazies := f.cursor, len(f.people) == 0, f.lazies > 0
	f.mu.Unlock()
	var n *news
	err := f.db.Read(ctx, func(tx *store.Tx) (err error) {
		n, err = f.readNews(tx, cursor, idle, lazies)
		return err
	})
	if err != nil {
		if ctx.Err() == nil {
			f.log.Warn("the log could not be read; it is tried again", "err", err)
		}
		return
	}
	f.handOut(n)
}

// news is what happened between the cursor and the head.
type news struct {
	head     store.Position
	skipped  bool // the changes were not read, so every session has to read for itself
	lazy     bool // some session is lazy: the senders' member events are read as well
	changes  []change
	emptied  bool            // content is gone that sections may still have
	personal map[string]bool // people to whom something happened that concerns them alone
	devices  map[string]bool // people of whom those that wait with /sync have news of devices
	keyed    map[string]bool // rooms in which somebody's keys changed
	turned   map[string]bool // rooms whose state turned
}

// change is one thing that all members of a room, or all people, see alike.
type change struct {
	room     string // "" for what all people see
	position store.Position
	duty     *people.Duty
	event    *room.Event
	receipt  *receipt
	counts   *counts // where a membership changed
	unsigned *room.Unsigned
	speaker  *room.Event // the sender's member event, for lazy readers
	plain    *Frame
	lazy     *Frame
}

func (f *Feed) readNews(tx *store.Tx, cursor store.Position, idle, lazies bool) (*news, error) {
	head, err := tx.Head()
	if err != nil {
		return nil, err
	}
	n := &news{head: head, lazy: lazies, personal: make(map[string]bool), devices: make(map[string]bool), keyed: make(map[string]bool), turned: make(map[string]bool)}
	if n.skipped = idle || head-cursor > f.ahead; n.skipped || head == cursor {
		return n, nil
	}
	if err := errors.Join(f.readEvents(tx, n, cursor), f.readTurns(tx, n, cursor)); err != nil {
		return nil, err
	}
	receipts, err := receiptsBetween(tx, cursor, head)
	if err != nil {
		return nil, err
	}
	for i := range receipts {
		r := &receipts[i]
		if r.kind == receiptPrivate {
			n.personal[r.user] = true
			continue
		}
		n.changes = append(n.changes, change{room: r.room, position: r.position, receipt: r})
	}
	duty, err := people.DutyChanged(tx, cursor, head)
	if err != nil {
		return nil, err
	}
	for i := range duty {
		n.changes = append(n.changes, change{position: duty[i].Position, duty: &duty[i]})
	}
	slices.SortStableFunc(n.changes, func(a, b change) int { return cmp.Compare(a.position, b.position) })
	return n, f.readPersonal(tx, n, cursor)
}

func (f *Feed) readEvents(tx *store.Tx, n *news, cursor store.Position) error {
	events, err := f.eventsBetween(tx, cursor, n.head)
	if err != nil {
		return err
	}
	known := make(map[speaker]*room.Event)
	for i := range events {
		e := &events[i]
		c := change{room: e.RoomID, position: e.Position, event: e}
		if c.unsigned, err = f.unsigned(tx, e); err != nil {
			return err
		}
		if renames(*e) {
			counts, err := f.count(tx, e.RoomID)
			if err != nil {
				return err
			}
			c.counts = &counts
		}
		if n.lazy {
			if c.speaker, err = f.speaker(tx, known, e); err != nil {
				return err
			}
		}
		n.changes = append(n.changes, c)
	}
	return nil
}

// speaker finds the member event of whoever sent an event. Someone who is none of the room's members has only the event itself.
func (f *Feed) speaker(tx *store.Tx, known map[speaker]*room.Event, e *room.Event) (*room.Event, error) {
	who := speaker{e.RoomID, e.Sender}
	if member := known[who]; member != nil {
		return member, nil
	}
	member, err := f.memberEvent(tx, e.RoomID, e.Sender)
	if err != nil {
		return nil, err
	}
	if member == nil {
		member = e
	}
	known[who] = member
	return member, nil
}

// renames reports whether an event changes how a room without a name is called: by the people in it.
func renames(e room.Event) bool {
	if e.StateKey == nil {
		return false
	}
	return e.Type == "m.room.member" || e.Type == "m.room.name" || e.Type == "m.room.canonical_alias"
}

// readPersonal finds whose account data changed, who was sent something by a device, and whose keys changed.
func (f *Feed) readPersonal(tx *store.Tx, n *news, cursor store.Position) error {
	rows, err := tx.Query(`SELECT 'data', user_id FROM account_data WHERE position > $1 AND position <= $2
		UNION SELECT 'sent', user_id FROM device_messages WHERE position > $1 AND position <= $2
		UNION SELECT CASE WHEN viewer = '' THEN 'keys' ELSE 'sent' END, CASE WHEN viewer = '' THEN user_id ELSE viewer END FROM device_lists
			WHERE position > $1 AND position <= $2`, cursor, n.head)
	if err != nil {
		return err
	}
	defer rows.Close()
	var keyed []string
	for rows.Next() {
		var what, user string
		if err := rows.Scan(&what, &user); err != nil {
			return fmt.Errorf("read what concerns people alone: %w", err)
		}
		switch what {
		case "data":
			n.personal[user] = true
			n.emptied = n.emptied || user == "" // a row of nobody: see Emptied
		case "keys":
			keyed = append(keyed, user)
			n.devices[user] = true
		default:
			n.devices[user] = true
		}
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return err
	}
	return f.readKeyed(tx, n, keyed)
}

// handOut gives the news to all who are live, in order. Those to whom something personal happened fall behind first: what they
// read for themselves has the rest of the news in it as well. Alerts alone they are given before that.
func (f *Feed) handOut(n *news) {
	if n.emptied || n.skipped {
		f.sections.forget()
		f.posts.forget()
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if n.skipped {
		f.everyoneBehindLocked(n.head)
	}
	for i := range n.changes {
		f.findPersonalLocked(n, &n.changes[i])
	}
	for user := range n.personal {
		for a := range f.people[user] {
			f.apartLocked(a, n.head)
		}
	}
	f.wakeDevicesLocked(n)
	for id := range n.turned {
		for a := range f.members[id] {
			f.apartLocked(a, n.head)
		}
	}
	for i := range n.changes {
		f.setApartLocked(&n.changes[i], n.head)
	}
	f.handEarlyLocked(n)
	for rest := n.changes; len(rest) > 0; {
		run := sameRoom(rest)
		f.handOutRunLocked(rest[:run])
		rest = rest[run:]
	}
	f.cursor = max(f.cursor, n.head)
}

func (f *Feed) everyoneBehindLocked(head store.Position) {
	for _, all := range f.people {
		for a := range all {
			f.apartLocked(a, head)
			if a.told < head {
				f.moveLocked(a, nil) // who came and went was not read: until it reads, nothing is known to be for it
			}
		}
	}
}

// apartLocked has one session find out for itself what the news are, unless it knows already.
func (f *Feed) apartLocked(a *attachment, head store.Position) {
	switch {
	case !a.live || a.told >= head:
	case a.kind == waiter:
		a.live = false
		close(a.wake)
	default:
		f.behindLocked(a)
	}
}

// findPersonalLocked notes whose own membership a change is. A new name of someone who is in the room is like any other change.
func (f *Feed) findPersonalLocked(n *news, c *change) {
	if c.event == nil || c.event.Type != "m.room.member" || c.event.StateKey == nil {
		return
	}
	user := *c.event.StateKey
	joins := membershipOf(c.event) == "join"
	for a := range f.people[user] {
		if !joins || !slices.Contains(a.rooms, c.room) {
			n.personal[user] = true
			return
		}
	}
}

// membershipOf is what a member event says.
func membershipOf(e *room.Event) string {
	var content struct {
		Membership string `json:"membership"`
	}
	if json.Unmarshal(e.Content, &content) != nil {
		return ""
	}
	return content.Membership
}

// setApartLocked finds the sessions for which the frame made for everyone is not right: those with a filter, those that only
// wait, and those of people after whom a room without a name is called, since nobody's list names its reader.
func (f *Feed) setApartLocked(c *change, head store.Position) {
	if c.duty != nil {
		f.setApartForAllLocked(head)
		return
	}
	for a := range f.members[c.room] {
		unknown := a.kind == lazy && c.event != nil && c.speaker == nil // it became live after the members were read
		if a.kind == waiter || a.kind == own || unknown || c.counts != nil && c.counts.names(a.user) {
			f.apartLocked(a, head)
		}
	}
}

// setApartForAllLocked is the same for what all people see.
func (f *Feed) setApartForAllLocked(head store.Position) {
	for _, all := range f.people {
		for a := range all {
			if a.kind == waiter || a.kind == own {
				f.apartLocked(a, head)
			}
		}
	}
}

// sameRoom is how many of the first changes are of one room.
func sameRoom(changes []change) int {
	n := 1
	for n < len(changes) && changes[n].room == changes[0].room {
		n++
	}
	return n
}

// handOutRunLocked gives the members of one room a run of changes. Most of them get the same list, in one go: so what was committed
// together leaves together.
func (f *Feed) handOutRunLocked(run []change) {
	if run[0].duty != nil {
		f.handOutToAllLocked(run)
		return
	}
	members := f.members[run[0].room]
	if len(members) == 0 {
		return
	}
	all := make([]*Frame, len(run))
	for i := range run {
		all[i] = run[i].plainFrame()
	}
	for a := range members {
		switch {
		case !a.live:
		case a.kind == lazy || a.told >= run[0].position:
			f.handOutEachLocked(a, run)
		default:
			a.sink.Push(all...)
		}
	}
}

// handOutToAllLocked gives a run of changes that all people see to every session.
func (f *Feed) handOutToAllLocked(run []change) {
	for _, all := range f.people {
		for a := range all {
			if a.live {
				f.handOutEachLocked(a, run)
			}
		}
	}
}

// handOutEachLocked gives one session those changes of a run that it lacks.
func (f *Feed) handOutEachLocked(a *attachment, run []change) {
	for i := range run {
		switch c := &run[i]; {
		case a.told >= c.position:
		case a.kind == lazy && !a.knows(c):
			a.sink.Push(c.lazyFrame())
		default:
			a.sink.Push(c.plainFrame())
		}
	}
}

// knows reports whether a lazy session was sent the member event of whoever made this change, and remembers that now it is.
func (a *attachment) knows(c *change) bool {
	if c.event == nil {
		return true
	}
	who := speaker{c.room, c.event.Sender}
	if _, told := a.speaks[who]; told {
		return true
	}
	a.sent(who)
	return false
}

// sent remembers whose member event a lazy session was sent.
func (a *attachment) sent(who speaker) {
	if a.speaks == nil || len(a.speaks) >= speakersKept {
		a.speaks = make(map[speaker]struct{})
	}
	a.speaks[who] = struct{}{}
}

func (c *change) plainFrame() *Frame {
	if c.plain == nil {
		c.plain = c.frame(nil)
	}
	return c.plain
}

func (c *change) lazyFrame() *Frame {
	if c.lazy == nil {
		c.lazy = c.frame(c.speaker)
	}
	return c.lazy
}

// frame encodes the change for all members of the room.
func (c *change) frame(speaker *room.Event) *Frame {
	if c.duty != nil {
		response := Response{NextBatch: Token{Position: c.position}.String(), AccountData: listed([]json.RawMessage{dutyEvent(c.duty)})}
		return &Frame{Position: c.position, JSON: encode(&response)}
	}
	var joined JoinedRoom
	if c.receipt != nil {
		joined.Ephemeral = listed(receiptEvents([]receipt{*c.receipt}))
	} else {
		joined.Timeline = &Timeline{Events: []json.RawMessage{clientJSON(c.event, c.unsigned)}, PrevBatch: Token{Position: c.position - 1}.String()}
	}
	if speaker != nil && speaker.ID != c.event.ID {
		joined.State = listed([]json.RawMessage{clientJSON(speaker, nil)})
	}
	if c.counts != nil {
		joined.Summary = &Summary{Heroes: c.counts.heroes(""), Joined: &c.counts.joined, Invited: &c.counts.invited}
	}
	if c.event != nil && urgent(c.event) {
		return c.alertFrame(&joined)
	}
	return roomFrame(c.room, &joined, c.position)
}

func roomFrame(roomID string, joined *JoinedRoom, position store.Position) *Frame {
	response := Response{NextBatch: Token{Position: position}.String(), Rooms: &Rooms{Join: map[string]*JoinedRoom{roomID: joined}}}
	return &Frame{Position: position, JSON: encode(&response)}
}
