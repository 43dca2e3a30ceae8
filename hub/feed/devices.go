package feed

import (
	"context"
	"maps"
	"slices"

	"panah/hub/device"
	"panah/hub/store"
)

// inboxPage is how many messages from other devices one answer holds.
const inboxPage = 100

// head is the head of the log and, for /sync, whether there is more to ask of the device. Most devices of a hub have no keys, and so cost no
// further question.
func (q *question) head(tx *store.Tx) (store.Position, device.Standing, error) {
	if q.sync {
		return device.HeadTx(tx, q.user, q.device)
	}
	head, err := tx.Head()
	return head, device.Standing{}, err
}

// answerDevice tells a device what others sent it, how many of its keys are left, and whose keys changed.
func (f *Feed) answerDevice(tx *store.Tx, q *question, a *answer, is device.Standing, standings []standing) (err error) {
	a.encrypts = is.Keys
	if is.Messages {
		box, err := device.InboxTx(tx, q.user, q.device, q.since.inbox(), inboxPage)
		if err != nil {
			return err
		}
		a.response.ToDevice, a.inbox, a.taken = listed(box.Events), box.UpTo, box.Taken
	}
	if !is.Keys {
		return nil
	}
	r := &a.response
	if r.DeviceOneTimeKeysCount, r.DeviceUnusedFallbackKeyTypes, err = device.CountsTx(tx, q.user, q.device); err != nil {
		return err
	}
	if q.since.Position > 0 { // a device that knows nobody yet asks for the keys that it needs
		r.DeviceLists, err = f.deviceLists(tx, q, standings)
	}
	return err
}

// deviceLists is whose keys changed since the token, or nil when nobody's did: those of people who share a channel with the reader, and of
// people who share one only now; and who shares none any more.
func (f *Feed) deviceLists(tx *store.Tx, q *question, standings []standing) (*DeviceLists, error) {
	changed, err := device.ChangedTx(tx, q.user, q.since.Position)
	if err != nil {
		return nil, err
	}
	met, parted := map[string]bool{}, map[string]bool{}
	for _, s := range standings {
		if s.last <= q.since.Position {
			continue
		}
		if err := f.meet(tx, q, s, met, parted); err != nil {
			return nil, err
		}
	}
	if err := f.sift(tx, q, met, parted); err != nil {
		return nil, err
	}
	for _, user := range changed {
		met[user] = true
	}
	if len(met)+len(parted) == 0 {
		return nil, nil
	}
	lists := &DeviceLists{Changed: []string{}, Left: []string{}}
	lists.Changed = slices.AppendSeq(lists.Changed, maps.Keys(met))
	lists.Left = slices.AppendSeq(lists.Left, maps.Keys(parted))
	slices.Sort(lists.Changed)
	slices.Sort(lists.Left)
	return lists, nil
}

// meet finds whom the reader may have met, or parted from, in a room in which something happened.
func (f *Feed) meet(tx *store.Tx, q *question, s standing, met, parted map[string]bool) error {
	since, in, was := q.since.Position, s.membership == "join", s.membership == "join"
	if s.position > since {
		before, err := f.membershipAt(tx, s.room, q.user, since)
		if err != nil {
			return err
		}
		was = before == "join"
	}
	switch {
	case in && was:
		return f.meetComers(tx, s.room, since, met, parted)
	case in || was:
		return meetAll(tx, s.room, since, in, met, parted)
	}
	return nil
}

// meetAll is of a room that the reader came into or left: it concerns all who are in it.
func meetAll(tx *store.Tx, roomID string, since store.Position, in bool, met, parted map[string]bool) error {
	there, err := column(tx, `SELECT user_id FROM memberships WHERE room_id = $1 AND membership = 'join'`, roomID)
	if err != nil {
		return err
	}
	whom := parted
	if in {
		whom = met
	}
	for _, user := range there {
		whom[user] = true
	}
	if in {
		return nil
	}
	gone, err := column(tx, `SELECT user_id FROM memberships WHERE room_id = $1 AND membership IN ('leave', 'ban') AND position > $2`, roomID, since)
	for _, user := range gone {
		parted[user] = true
	}
	return err
}

// meetComers is of a room that the reader was in before: it concerns those who came or left. Another name of somebody concerns nobody.
func (f *Feed) meetComers(tx *store.Tx, roomID string, since store.Position, met, parted map[string]bool) error {
	gone, err := column(tx, `SELECT user_id FROM memberships WHERE room_id = $1 AND membership IN ('leave', 'ban') AND position > $2`, roomID, since)
	if err != nil {
		return err
	}
	for _, user := range gone {
		parted[user] = true
	}
	there, err := column(tx, `SELECT user_id FROM memberships WHERE room_id = $1 AND membership = 'join' AND position > $2`, roomID, since)
	if err != nil {
		return err
	}
	for _, user := range there {
		before, err := f.membershipAt(tx, roomID, user, since)
		if err != nil {
			return err
		}
		if before != "join" {
			met[user] = true
		}
	}
	return nil
}

// sift leaves of those met the ones who shared no room before, and of those parted from the ones who share none now.
func (f *Feed) sift(tx *store.Tx, q *question, met, parted map[string]bool) error {
	delete(met, q.user)
	delete(parted, q.user)
	if len(met) > 0 {
		before, err := column(tx, `SELECT DISTINCT user_id FROM memberships WHERE membership = 'join' AND position <= $2
			AND room_id IN (SELECT room_id FROM memberships WHERE user_id = $1 AND membership = 'join' AND position <= $2)`, q.user, q.since.Position)
		if err != nil {
			return err
		}
		for _, user := range before {
			delete(met, user)
		}
	}
	if len(parted) > 0 {
		near, err := neighbours(tx, q.user)
		if err != nil {
			return err
		}
		maps.DeleteFunc(parted, func(user string, _ bool) bool { return near[user] })
	}
	return nil
}

// readKeyed finds the rooms of those whose keys changed: whoever waits in them with keys of their own is told.
func (f *Feed) readKeyed(tx *store.Tx, n *news, users []string) error {
	for _, user := range users {
		rooms, err := f.joinedRooms(tx, user)
		if err != nil {
			return err
		}
		for _, room := range rooms {
			n.keyed[room] = true
		}
	}
	return nil
}

// wakeDevicesLocked has those ask again who wait with /sync and to whose device something was sent, or who must know of others' keys. The
// stream tells nothing of either: the hub's own client keeps no device keys.
func (f *Feed) wakeDevicesLocked(n *news) {
	for user := range n.devices {
		f.wakeLocked(f.people[user], n.head, false)
	}
	for room := range n.keyed {
		f.wakeLocked(f.members[room], n.head, true)
	}
}

func (f *Feed) wakeLocked(all map[*attachment]struct{}, head store.Position, encrypting bool) {
	for a := range all {
		if a.kind == waiter && (a.encrypts || !encrypting) {
			f.apartLocked(a, head)
		}
	}
}

// DeviceLists is whose keys changed after a token, for a device that was told nothing since. to is where the device stands now; what changed
// after that may be among it, and is told again by /sync (Matrix C-S API, GET /keys/changes).
func (f *Feed) DeviceLists(ctx context.Context, userID, from, to string) (lists *DeviceLists, err error) {
	q := &question{user: userID, sync: true}
	if q.since, err = ParseToken(from); err != nil {
		return nil, err
	}
	if _, err := ParseToken(to); err != nil {
		return nil, err
	}
	err = f.db.Read(ctx, func(tx *store.Tx) error {
		head, err := tx.Head()
		if err != nil {
			return err
		}
		if !f.holds(q.since.Position, head) {
			return errToken()
		}
		standings, err := f.standings(tx, userID, q.since.Position)
		if err != nil {
			return err
		}
		lists, err = f.deviceLists(tx, q, standings)
		return err
	})
	if lists == nil {
		lists = &DeviceLists{Changed: []string{}, Left: []string{}}
	}
	return lists, err
}
