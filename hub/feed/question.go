package feed

import (
	"context"
	"encoding/json"

	"panah/hub/room"
	"panah/hub/store"
)

// question is what one device asks: what changed for its person after a token.
type question struct {
	user   string
	device string
	filter *Filter
	since  Token // the zero token asks for the whole picture
	full   bool  // all of the state, changed or not
	sync   bool  // for /sync: with transaction ids, and unread counts in every room

	ignored ignored // whose posts and invitations the person does not want

	told map[speaker]struct{} // of a lazy reader: whose member events it has, but where a gap may have hidden a change
}

// answer is the response with what the feed itself has to remember of it.
type answer struct {
	response Response
	head     store.Position
	moment   int64
	joined   []string // the rooms the person is in, at head
	ignored  ignored  // whom the person ignores; with anybody, the frames made for everyone do not fit

	encrypts bool           // the device has keys, and is told of those of others
	inbox    store.Position // the last message to the device that is in the response, when more wait; otherwise 0
	taken    bool           // the device has messages that the hub still keeps
}

// ask answers a question from one consistent read.
func (f *Feed) ask(ctx context.Context, q *question) (*answer, error) {
	var a *answer
	moment := f.nextMoment() // taken before anything that goes on now is looked at, so that the next question misses none of it
	err := f.db.Read(ctx, func(tx *store.Tx) (err error) {
		a, err = f.answer(tx, q)
		return err
	})
	if err != nil {
		return nil, err
	}
	a.moment = moment
	next := Token{Position: a.head}
	if q.sync {
		next.Moment = moment // frames have the position alone: so those of many sessions are the same bytes
		next.Inbox = a.inbox
	}
	a.response.NextBatch = next.String()
	return a, nil
}

func (f *Feed) answer(tx *store.Tx, q *question) (*answer, error) {
	head, device, err := q.head(tx)
	if err != nil {
		return nil, err
	}
	if !f.holds(q.since.Position, head) {
		return nil, errToken()
	}
	if q.ignored, err = f.Ignored(tx, q.user); err != nil {
		return nil, err
	}
	a := &answer{head: head, ignored: q.ignored}
	kept, err := accountDataAfter(tx, q.user, q.since.Position)
	if err != nil {
		return nil, err
	}
	standings, err := f.standings(tx, q.user, q.since.Position)
	if err != nil {
		return nil, err
	}
	if err := f.answerRooms(tx, q, a, standings, kept); err != nil {
		return nil, err
	}
	if err := f.answerDevice(tx, q, a, device, standings); err != nil {
		return nil, err
	}
	duty, err := q.duty(tx, head)
	if err != nil {
		return nil, err
	}
	a.response.AccountData = listed(append(q.globalData(kept), duty...))
	seen, err := f.seen(tx, q)
	a.response.Presence = listed(seen)
	return a, err
}

// globalData is the account's own part of what was kept. A person who never changed a push rule has the predefined ones.
func (q *question) globalData(all []kept) []json.RawMessage {
	var events []json.RawMessage
	rules := false
	for _, k := range all {
		if k.room != "" {
			continue
		}
		rules = rules || k.kind == typePushRules
		if q.filter.AccountData.wants(k.kind, "") {
			events = append(events, k.event())
		}
	}
	if q.since.Position == 0 && q.sync && !rules && q.filter.AccountData.wants(typePushRules, "") {
		events = append(events, kept{kind: typePushRules, content: DefaultPushRules(q.user)}.event())
	}
	return events
}

// answerRooms goes through all the rooms that the person has to do with.
func (f *Feed) answerRooms(tx *store.Tx, q *question, a *answer, standings []standing, all []kept) error {
	receipts, err := receiptsAfter(tx, q.user, q.since.Position)
	if err != nil {
		return err
	}
	for _, s := range standings {
		if s.membership == "join" {
			a.joined = append(a.joined, s.room)
		}
		if !q.filter.room(s.room) {
			continue
		}
		if err := f.answerRoom(tx, q, a, s, all, receipts[s.room]); err != nil {
			return err
		}
	}
	return nil
}

func (f *Feed) answerRoom(tx *store.Tx, q *question, a *answer, s standing, all []kept, receipts []receipt) error {
	since := q.since.Position
	rooms := a.response.Rooms
	if rooms == nil {
		rooms = &Rooms{Join: map[string]*JoinedRoom{}, Invite: map[string]*InvitedRoom{}, Knock: map[string]*KnockedRoom{}, Leave: map[string]*LeftRoom{}}
	}
	var err error
	switch {
	case s.membership == "join":
		var joined *JoinedRoom
		if joined, err = f.joinedRoom(tx, q, s, all, receipts); joined != nil {
			rooms.Join[s.room] = joined
		}
	case s.forgotten || s.position <= since:
	case s.membership == "invite":
		var invited *InvitedRoom
		if invited, err = f.invitedRoom(tx, q, s.room); invited != nil {
			rooms.Invite[s.room] = invited
		}
	case s.membership == "knock":
		rooms.Knock[s.room], err = f.knockedRoom(tx, q.user, s.room)
	case since > 0 || q.filter.Room.IncludeLeave:
		var left *LeftRoom
		if left, err = f.leftRoom(tx, q, s, all); left != nil {
			rooms.Leave[s.room] = left
		}
	}
	if len(rooms.Join)+len(rooms.Invite)+len(rooms.Knock)+len(rooms.Leave) > 0 {
		a.response.Rooms = rooms
	}
	return err
}

// joinedRoom is what is new in a room that the person is in, or nil.
func (f *Feed) joinedRoom(tx *store.Tx, q *question, s standing, all []kept, receipts []receipt) (*JoinedRoom, error) {
	fresh, err := f.fresh(tx, q, s)
	if err != nil {
		return nil, err
	}
	part, err := f.section(tx, q, s, fresh)
	if err != nil {
		return nil, err
	}
	if fresh {
		if receipts, err = receiptsIn(tx, s.room, q.user); err != nil {
			return nil, err
		}
		if all, err = roomDataOf(tx, q.user, s.room); err != nil {
			return nil, err
		}
	}
	joined := &JoinedRoom{
		AccountData: listed(q.roomData(all, s.room)),
		Ephemeral:   listed(f.ephemeral(q, s.room, receipts, fresh)),
	}
	if part != nil {
		if err := f.write(tx, q, part, fresh || q.full, joined, s.room); err != nil {
			return nil, err
		}
	}
	if joined.quiet() && (part == nil || !q.sync) {
		return nil, nil // what a filter hides still changes how much is unread
	}
	if q.sync || part != nil && (part.limited || fresh || q.full) {
		joined.UnreadNotifications, err = f.unread(tx, q, s)
	}
	return joined, err
}

func (j *JoinedRoom) quiet() bool {
	return j.AccountData == nil && j.Ephemeral == nil && j.Timeline == nil && j.State == nil && j.Summary == nil
}

// fresh reports whether the person was not in the room at the token, so that everything about it is new.
func (f *Feed) fresh(tx *store.Tx, q *question, s standing) (bool, error) {
	switch {
	case q.since.Position == 0:
		return true, nil
	case s.position <= q.since.Position:
		return false, nil
	}
	was, err := f.membershipAt(tx, s.room, q.user, q.since.Position)
	return was != "join", err
}

func (q *question) roomData(all []kept, roomID string) []json.RawMessage {
	part := &q.filter.Room.AccountData
	if !part.inRoom(roomID) {
		return nil
	}
	var events []json.RawMessage
	for _, k := range all {
		if k.room == roomID && part.wants(k.kind, "") {
			events = append(events, k.event())
		}
	}
	return events
}

// ephemeral is who read and who types.
func (f *Feed) ephemeral(q *question, roomID string, receipts []receipt, fresh bool) []json.RawMessage {
	part := &q.filter.Room.Ephemeral
	if !part.inRoom(roomID) {
		return nil
	}
	var events []json.RawMessage
	if part.wants("m.receipt", "") {
		events = receiptEvents(receipts)
	}
	moment := q.since.Moment
	if fresh {
		moment = 0
	}
	if part.wants("m.typing", "") {
		if event, ok := f.typing.in(roomID, moment, q.ignored); ok {
			events = append(events, event)
		}
	}
	return events
}

// ending names a room as it is after its last event.
type ending struct {
	room string
	last store.Position
}

// unread counts what the person has not read, in the room's main line. Everyone in the room counts among the same last posts.
func (f *Feed) unread(tx *store.Tx, q *question, s standing) (*Unread, error) {
	after, err := readUpTo(tx, q.user, s.room)
	if err != nil {
		return nil, err
	}
	posts, err := f.posts.get(tx.Context(), ending{s.room, s.last}, func() (*room.Posts, error) { return f.rooms.LastPosts(tx, s.room, s.last) })
	if err != nil {
		return nil, err
	}
	u, err := f.rooms.Unread(tx, posts, q.user, after, q.ignored)
	if err != nil {
		return nil, err
	}
	return &Unread{Notifications: u.Notifications, Highlights: u.Highlights}, nil
}

// UnreadRooms is in how many rooms a person has something that rang and that they have not read.
func (f *Feed) UnreadRooms(tx *store.Tx, userID string) (count int, err error) {
	q := &question{user: userID}
	if q.ignored, err = f.Ignored(tx, userID); err != nil {
		return 0, err
	}
	all, err := f.standings(tx, userID, 0)
	if err != nil {
		return 0, err
	}
	for _, s := range all {
		if s.membership != "join" {
			continue
		}
		u, err := f.unread(tx, q, s)
		if err != nil {
			return 0, err
		}
		if u.Notifications > 0 {
			count++
		}
	}
	return count, nil
}

// seen is whose presence changed, among those who share a room with the person.
func (f *Feed) seen(tx *store.Tx, q *question) ([]json.RawMessage, error) {
	states := f.presences.after(q.since.Moment)
	if len(states) == 0 || q.filter.Presence.excludes("m.presence") {
		return nil, nil
	}
	near, err := neighbours(tx, q.user)
	if err != nil {
		return nil, err
	}
	var events []json.RawMessage
	for _, s := range states {
		if (near[s.UserID] || s.UserID == q.user) && q.filter.Presence.wants("m.presence", s.UserID) {
			events = append(events, s.event(f.now()))
		}
	}
	return events, nil
}
