package feed

import (
	"context"
	"maps"
	"slices"

	"panah/hub/people"
	"panah/hub/store"
)

// attachment is one device that hears of everything at once.
type attachment struct {
	user   string
	filter *Filter
	sink   Sink
	ctx    context.Context // ends with the attachment
	kind   kind

	encrypts bool // of a waiter: its device wants to know whose keys changed

	// The rest is guarded by Feed.mu.
	told    store.Position // everything up to here was pushed
	moment  int64          // everything about typing and presence up to here was pushed
	live    bool           // it gets the frames made for everyone
	slow    bool           // its device takes nothing for now
	parked  bool           // it is behind, and reads what it lacks only once its device takes again
	rooms   []string       // of one that is behind, those that the follower knows of
	ignored ignored        // whom the person ignores
	present Presence
	speaks  map[speaker]struct{} // for lazy readers: whose member event it was sent
	wake    chan struct{}        // for waiters
	gone    bool
}

// speaker is a person as the author of posts in a room.
type speaker struct{ room, user string }

// speakersKept bounds what is remembered of each lazy session; after that members are sent again.
const speakersKept = 1024

// kind is which frames fit a session.
type kind int

const (
	plain  kind = iota // those made for everyone
	lazy               // the same, with the member events of those who speak
	own                // only ones made for it, because of its filter
	waiter             // none: a /sync that wants to be woken
)

func kindOf(f *Filter) kind {
	switch {
	case f.special():
		return own
	case f.lazy():
		return lazy
	default:
		return plain
	}
}

// Session is what a device brings when it attaches.
type Session struct {
	Since    *Token // nil asks for the whole picture
	Filter   *Filter
	Presence Presence // shown to others for as long as the device is attached; empty means online
}

// Attach gives the sink everything after the session's token, and from then on everything at once. It returns when the first frame
// was pushed, so that the session stands at the head of the log. Nothing is lost or told twice between the two. detach must be
// called once; after it, nothing is pushed any more.
func (f *Feed) Attach(ctx context.Context, caller people.Caller, s Session, sink Sink) (detach func(), err error) {
	life, end := context.WithCancel(context.WithoutCancel(ctx))
	a := &attachment{user: caller.UserID, filter: s.Filter, sink: sink, ctx: life, kind: kindOf(s.Filter), present: s.Presence}
	if a.present == "" {
		a.present = Online
	}
	since := Token{}
	if s.Since != nil {
		since = *s.Since
		a.told = since.Position
	}
	if p, ok := sink.(Pacer); ok {
		p.Paced(func(slow bool) { f.pace(a, slow) })
	}
	f.enter(a)
	detach = func() {
		end()
		f.leave(a)
	}
	reached := context.AfterFunc(ctx, end) // a caller who gives up stops the first read as well
	err = f.catchUp(a, since, true)
	if !reached() && err == nil {
		err = ctx.Err()
	}
	if err != nil {
		detach()
		return nil, err
	}
	if a.present != Offline {
		f.sayPresent(ctx, a, true)
	}
	return detach, nil
}

// enter makes an attachment known to the follower, as one that is behind.
func (f *Feed) enter(a *attachment) {
	f.mu.Lock()
	defer f.mu.Unlock()
	add(f.people, a.user, a)
	if a.kind == lazy {
		f.lazies++
	}
}

// leave forgets an attachment.
func (f *Feed) leave(a *attachment) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if a.kind == lazy && !a.gone {
		f.lazies--
	}
	a.gone, a.live = true, false
	remove(f.people, a.user, a)
	f.moveLocked(a, nil)
}

func add(index map[string]map[*attachment]struct{}, key string, a *attachment) {
	if index[key] == nil {
		index[key] = make(map[*attachment]struct{})
	}
	index[key][a] = struct{}{}
}

func remove(index map[string]map[*attachment]struct{}, key string, a *attachment) {
	delete(index[key], a)
	if len(index[key]) == 0 {
		delete(index, key)
	}
}

// moveLocked puts an attachment into the rooms that its person is in now.
func (f *Feed) moveLocked(a *attachment, rooms []string) {
	if slices.Equal(a.rooms, rooms) {
		return
	}
	index := f.members
	if a.parked {
		index = f.parked
	}
	for _, room := range a.rooms {
		remove(index, room, a)
	}
	for _, room := range rooms {
		add(index, room, a)
	}
	a.rooms = rooms
}

// catchUp tells an attachment what it lacks, until it is where the follower is, and then makes it live. greet says that even
// an empty answer is pushed first, so that the device knows where it stands.
func (f *Feed) catchUp(a *attachment, since Token, greet bool) error {
	for round := 0; ; round++ {
		q := &question{user: a.user, filter: a.filter, since: since, told: f.toldOf(a)}
		answer, err := f.askInTurn(a.ctx, q)
		if err != nil {
			return err
		}
		if f.arrive(a, answer, greet && round == 0, round < patience) {
			return nil
		}
		since = Token{Position: answer.head, Moment: answer.moment}
	}
}

// toldOf is whose member events a lazy session has.
func (f *Feed) toldOf(a *attachment) map[speaker]struct{} {
	f.mu.Lock()
	defer f.mu.Unlock()
	return maps.Clone(a.speaks)
}

// askInTurn asks when there is a place among the reads.
func (f *Feed) askInTurn(ctx context.Context, q *question) (*answer, error) {
	select {
	case f.reads <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-f.reads }()
	return f.ask(ctx, q)
}

// patience is how many more answers a session waits for because somebody's presence changed meanwhile.
const patience = 3

// arrive pushes an answer and reports whether the attachment is where the follower is, or has to wait for its device.
func (f *Feed) arrive(a *attachment, answer *answer, greet, patient bool) bool {
	made := &Frame{Position: answer.head, JSON: encodeAnswer(&answer.response), Ask: !answer.response.quiet(), Own: true}
	if !greet { // at the first answer nothing waits that could be overtaken
		made.Early = earlyFrame(answer.response.alerts())
		made.Urgent = made.Early != nil
	}
	frame := f.alike.share(made)
	f.mu.Lock()
	defer f.mu.Unlock()
	if a.gone {
		return true
	}
	if greet || !answer.response.quiet() {
		a.sink.Push(frame)
	}
	a.told, a.moment = answer.head, answer.moment
	f.fitLocked(a, answer.ignored)
	if f.cursor <= a.told { // else the follower knows better who is in, and this asks again
		f.moveLocked(a, answer.joined)
	}
	if a.kind != lazy {
		a.speaks = nil
	} else if !greet {
		a.noteAuthors(answer.response.Rooms)
	}
	switch {
	case f.cursor > a.told:
		return false
	case a.slow:
		f.parkLocked(a)
		return true
	case patient && f.presences.changedAfter(a.moment):
		return false
	}
	a.live = true
	f.pushMissedLocked(a)
	return true
}

// noteAuthors remembers whose member events came with what a session lacked. Those of the first picture are not remembered: they
// are many, and most of them do not speak again soon.
func (a *attachment) noteAuthors(rooms *Rooms) {
	if rooms == nil {
		return
	}
	for id, joined := range rooms.Join {
		if joined.gap {
			maps.DeleteFunc(a.speaks, func(who speaker, _ struct{}) bool { return who.room == id })
		}
		for _, who := range joined.authors {
			a.sent(speaker{id, who})
		}
	}
}

// fitLocked finds out anew which frames fit a session: its person may ignore somebody since the last answer, or no longer.
func (f *Feed) fitLocked(a *attachment, without ignored) {
	a.ignored = without
	fits := kindOf(a.filter)
	if len(without) > 0 {
		fits = own
	}
	if a.kind == lazy {
		f.lazies--
	}
	if a.kind = fits; fits == lazy {
		f.lazies++
	}
}

// pushMissedLocked tells a session that becomes live who began or ceased to type since its answer was read.
func (f *Feed) pushMissedLocked(a *attachment) {
	for _, room := range a.rooms {
		if event, ok := f.typing.in(room, a.moment, a.ignored); ok {
			f.pushTypingLocked(a, typingFrame(room, event, a.told), room)
		}
	}
}

// behindLocked has an attachment read what it lacks, beside the follower. The follower leaves it alone until then.
func (f *Feed) behindLocked(a *attachment) {
	a.live = false
	a.told, a.moment = max(a.told, f.cursor), max(a.moment, f.presenceTold)
	f.retryLocked(a)
}

// retryLocked starts reading for an attachment that is behind. Run waits for it in the end.
func (f *Feed) retryLocked(a *attachment) {
	since := Token{Position: a.told, Moment: a.moment}
	f.catching.Add(1)
	go func() {
		defer f.catching.Done()
		f.recover(a, since)
	}()
}

// recover catches up and, when that fails, leaves the attachment for the follower to try again at its next beat.
func (f *Feed) recover(a *attachment, since Token) {
	err := f.catchUp(a, since, false)
	if err == nil || a.ctx.Err() != nil {
		return
	}
	f.log.Warn("a session could not be told what it lacks; it is tried again", "err", err)
	f.mu.Lock()
	defer f.mu.Unlock()
	if !a.gone {
		f.failed = append(f.failed, a)
	}
}
