package sliding

import (
	"encoding/json"
	"slices"

	"panah/hub/feed"
	"panah/hub/store"
)

// freshRoom tells the whole of one room, or more of its past where the app has the rest.
func (t *turn) freshRoom(whole *feed.Response, id string) error {
	wish := t.sight[id]
	has, known := t.now.sent[id]
	t.now.sent[id] = sent{timeline: min(wish.Timeline, timelineMost), wish: wish.name()} // also one of which there is nothing to tell
	if whole.Rooms.Invite[id] != nil {
		t.answer.Rooms[id] = &Room{Initial: true, Invitation: whole.Rooms.Invite[id].State.Events, Direct: t.direct[id], Bump: t.bump(id)}
		return nil
	}
	if whole.Rooms.Knock[id] != nil {
		t.answer.Rooms[id] = &Room{Initial: true, Invitation: whole.Rooms.Knock[id].State.Events, Bump: t.bump(id)}
		return nil
	}
	joined := whole.Rooms.Join[id]
	if joined == nil {
		return nil
	}
	told, err := t.joinedRoom(id, joined, wish, true)
	if err != nil {
		return err
	}
	told.Initial, told.Live, told.Limited = !known, 0, true
	told.Expanded = known && has.timeline < wish.Timeline
	t.answer.Rooms[id] = told
	t.tellBeside(id, joined)
	t.now.fresh[id] = fresh{}
	for _, raw := range joined.Timeline.Events {
		t.now.fresh[id][look(raw).EventID] = true
	}
	return nil
}

// tellNews tells what is new in the rooms that the app has and looks at. One that it does not look at, it gets as a whole later.
func (t *turn) tellNews() error {
	if t.news == nil {
		return nil
	}
	t.tellAccount(t.news)
	for id, joined := range t.news.Rooms.Join {
		if _, has := t.now.sent[id]; !has {
			continue
		}
		wish, inSight := t.sight[id]
		if !inSight || joined.Timeline.Limited && wish.Timeline == 0 {
			delete(t.now.sent, id)
			continue
		}
		if err := t.newsOf(id, joined, wish); err != nil {
			return err
		}
	}
	for id, left := range t.news.Rooms.Leave {
		if _, has := t.now.sent[id]; has {
			delete(t.now.sent, id)
			t.answer.Rooms[id] = &Room{State: t.stateOf(t.sight[id], left.State.Events, left.Timeline.Events, true), Timeline: left.Timeline.Events,
				Live: len(left.Timeline.Events), PrevBatch: left.Timeline.PrevBatch, Limited: left.Timeline.Limited}
		}
	}
	for id := range t.news.Rooms.Invite {
		delete(t.now.sent, id) // after it was left: told as a whole
	}
	for id := range t.news.Rooms.Knock {
		delete(t.now.sent, id)
	}
	return nil
}

func (t *turn) newsOf(id string, joined *feed.JoinedRoom, wish Wish) error {
	part := *joined
	if again := t.was.fresh[id]; again != nil {
		line := *joined.Timeline
		line.Events = slices.Clone(line.Events) // others read the same ones
		line.Events = slices.DeleteFunc(line.Events, func(raw json.RawMessage) bool { return again[look(raw).EventID] })
		part.Timeline = &line
	}
	told, err := t.joinedRoom(id, &part, wish, false)
	if err != nil {
		return err
	}
	t.tellBeside(id, joined)
	has := t.now.sent[id]
	counted := has.notified != told.Notifications || has.highlighted != told.Highlights
	if len(told.Timeline) == 0 && len(told.State) == 0 && told.Joined == nil && !counted {
		return nil
	}
	has.notified, has.highlighted = told.Notifications, told.Highlights
	t.now.sent[id] = has
	t.answer.Rooms[id] = told
	return nil
}

// joinedRoom makes of /sync's picture of a room what was wished for.
func (t *turn) joinedRoom(id string, joined *feed.JoinedRoom, wish Wish, whole bool) (*Room, error) {
	told := &Room{Direct: t.direct[id], Bump: t.bump(id), Joined: joined.Summary.Joined, Invited: joined.Summary.Invited, Limited: joined.Timeline.Limited,
		PrevBatch: joined.Timeline.PrevBatch}
	told.State = t.stateOf(wish, joined.State.Events, joined.Timeline.Events, false)
	var err error
	told.Timeline = joined.Timeline.Events
	if most := min(wish.Timeline, timelineMost); len(told.Timeline) > most {
		cut := len(told.Timeline) - most
		if told.PrevBatch, err = t.tokenAt(look(told.Timeline[cut-1]).EventID); err != nil {
			return nil, err
		}
		told.Timeline, told.Limited = told.Timeline[cut:], true
	}
	told.Live = len(told.Timeline)
	told.names(slices.Concat(joined.State.Events, joined.Timeline.Events), joined.Summary.Heroes)
	if u := joined.UnreadNotifications; u != nil {
		told.Notifications, told.Highlights = u.Notifications, u.Highlights
	} else {
		has := t.now.sent[id]
		told.Notifications, told.Highlights = has.notified, has.highlighted
	}
	if whole {
		has := t.now.sent[id]
		has.notified, has.highlighted = told.Notifications, told.Highlights
		t.now.sent[id] = has
	}
	return told, nil
}

// stateOf is the state that was wished for, of what is new. Who has left a room learns that by their own membership, wished for or not.
func (t *turn) stateOf(wish Wish, state, timeline []json.RawMessage, own bool) []json.RawMessage {
	speakers := map[string]bool{}
	for _, raw := range timeline {
		speakers[look(raw).Sender] = true
	}
	var out []json.RawMessage
	for _, raw := range slices.Concat(state, timeline) {
		e := look(raw)
		if e.StateKey == nil {
			continue
		}
		if wish.wants(&e, t.caller.UserID, speakers) || own && e.Type == isMember && *e.StateKey == t.caller.UserID {
			out = append(out, raw)
		}
	}
	return out
}

// tokenAt is where a room's past goes on, up to and including an event.
func (t *turn) tokenAt(eventID string) (token string, err error) {
	err = t.db.Read(t.ctx, func(tx *store.Tx) error {
		e, err := t.rooms.EventByID(tx, eventID)
		if err == nil {
			token = feed.Token{Position: e.Position}.String()
		}
		return err
	})
	return token, err
}

// names finds what a room is called and who stands for it where it is called nothing.
func (r *Room) names(events []json.RawMessage, heroes []string) {
	members := map[string]Hero{}
	for _, raw := range events {
		e := look(raw)
		switch {
		case e.StateKey == nil:
		case e.Type == "m.room.name":
			r.Name = e.Content.Name
		case e.Type == "m.room.avatar":
			r.Avatar = e.Content.URL
		case e.Type == isMember:
			members[*e.StateKey] = Hero{UserID: *e.StateKey, Name: e.Content.DisplayName, Avatar: e.Content.AvatarURL}
		}
	}
	for _, id := range heroes {
		hero, known := members[id]
		if !known {
			hero = Hero{UserID: id}
		}
		r.Heroes = append(r.Heroes, hero)
	}
}

func (t *turn) bump(id string) int64 {
	for _, one := range t.order {
		if one.RoomID == id {
			return int64(one.Bumped)
		}
	}
	return 0
}

// tellAccount tells what is not about a room.
func (t *turn) tellAccount(r *feed.Response) {
	wanted := t.request.Extensions
	if wanted.AccountData.Enabled && len(r.AccountData.Events) > 0 {
		t.account().Global = append(t.account().Global, r.AccountData.Events...)
	}
	if wanted.ToDevice.Enabled {
		t.answer.Extensions.ToDevice = &toDevice{NextBatch: r.NextBatch, Events: r.ToDevice.Events}
	}
	if wanted.Encryption.Enabled {
		t.answer.Extensions.Encryption = &encryption{DeviceLists: r.DeviceLists, Counts: r.DeviceOneTimeKeysCount, Fallback: r.DeviceUnusedFallbackKeyTypes}
	}
}

func (t *turn) account() *accountData {
	if t.answer.Extensions.AccountData == nil {
		t.answer.Extensions.AccountData = &accountData{Global: []json.RawMessage{}, Rooms: map[string][]json.RawMessage{}}
	}
	return t.answer.Extensions.AccountData
}

// tellBeside tells what the person keeps for a room, who read it, and who types.
func (t *turn) tellBeside(id string, joined *feed.JoinedRoom) {
	wanted, told := t.request.Extensions, &t.answer.Extensions
	if wanted.AccountData.Enabled && len(joined.AccountData.Events) > 0 {
		t.account().Rooms[id] = joined.AccountData.Events
	}
	for _, raw := range joined.Ephemeral.Events {
		into, enabled := &told.Typing, wanted.Typing.Enabled
		if look(raw).Type == "m.receipt" {
			into, enabled = &told.Receipts, wanted.Receipts.Enabled
		}
		if !enabled {
			continue
		}
		if *into == nil {
			*into = &byRoom{Rooms: map[string]json.RawMessage{}}
		}
		(*into).Rooms[id] = together((*into).Rooms[id], raw)
	}
}

// together makes one receipt event of two: a connection is told one for each room.
func together(before, raw json.RawMessage) json.RawMessage {
	if before == nil {
		return raw
	}
	var one, two struct {
		Type    string                                           `json:"type"`
		Content map[string]map[string]map[string]json.RawMessage `json:"content"`
	}
	if json.Unmarshal(before, &one) != nil || json.Unmarshal(raw, &two) != nil {
		return raw
	}
	for event, kinds := range two.Content {
		for kind, people := range kinds {
			for person, at := range people {
				if one.Content[event] == nil {
					one.Content[event] = map[string]map[string]json.RawMessage{}
				}
				if one.Content[event][kind] == nil {
					one.Content[event][kind] = map[string]json.RawMessage{}
				}
				one.Content[event][kind][person] = at
			}
		}
	}
	merged, err := json.Marshal(one)
	if err != nil {
		return raw
	}
	return merged
}
