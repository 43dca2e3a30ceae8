package clientapi

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"panah/hub/fault"
	"panah/hub/feed"
	"panah/hub/room"
	"panah/hub/search"
	"panah/hub/store"
)

const (
	hitsDefault    = 10 // hits of a page whose size was not asked for
	contextDefault = 5  // events before and after a hit
	contextMost    = 20
)

// searchIn is the body of POST /search ("Server Side Search"), as far as it concerns posts. Since and Until, in Unix milliseconds,
// are ours: Matrix has no word for them.
type searchIn struct {
	Categories struct {
		Events *eventCriteria `json:"room_events"`
	} `json:"search_categories"`
}

type eventCriteria struct {
	Term    *string         `json:"search_term"`
	Keys    *[]string       `json:"keys"`
	OrderBy string          `json:"order_by"`
	Filter  json.RawMessage `json:"filter"`
	Context *struct {
		Before   *int `json:"before_limit"`
		After    *int `json:"after_limit"`
		Profiles bool `json:"include_profile"`
	} `json:"event_context"`
	State  bool `json:"include_state"`
	Groups struct {
		By []struct {
			Key string `json:"key"`
		} `json:"group_by"`
	} `json:"groupings"`
	Since int64 `json:"network.panah.since"`
	Until int64 `json:"network.panah.until"`
}

// search finds posts by their words ("POST …/search").
func (a *API) search(c *call) (any, error) {
	var in searchIn
	if err := c.read(&in); err != nil {
		return nil, err
	}
	criteria := in.Categories.Events
	if criteria == nil {
		return map[string]any{"search_categories": map[string]any{}}, nil
	}
	q, err := criteria.question(c)
	if err != nil {
		return nil, err
	}
	if err := a.People.MaySearch(c.caller.UserID); err != nil {
		return nil, err
	}
	ignored, err := a.withoutIgnored(c, &q)
	if err != nil {
		return nil, err
	}
	found, err := a.Search.Find(c.ctx(), c.caller.UserID, q)
	if err != nil {
		return nil, err
	}
	var events map[string]any
	err = a.DB.Read(c.ctx(), func(tx *store.Tx) (err error) {
		events, err = a.searchAnswer(tx, c, criteria, found, ignored)
		return err
	})
	return map[string]any{"search_categories": map[string]any{"room_events": events}}, err
}

// withoutIgnored leaves out what people wrote whom the caller ignores, and gives who they are.
func (a *API) withoutIgnored(c *call, q *search.Question) (ignored map[string]bool, err error) {
	err = a.DB.Read(c.ctx(), func(tx *store.Tx) (err error) {
		ignored, err = a.Feed.Ignored(tx, c.caller.UserID)
		if err != nil || len(ignored) == 0 {
			return err
		}
		lets := q.Lets
		q.Lets = func(e *room.Event) bool { return !feed.Hidden(ignored, e) && (lets == nil || lets(e)) }
		return nil
	})
	return ignored, err
}

func (in *eventCriteria) question(c *call) (q search.Question, err error) {
	if in.Term == nil {
		return q, fault.MissingParam("search_term")
	}
	filter, err := roomFilter(string(in.Filter))
	if err != nil {
		return q, err
	}
	timeline := filter.Room.Timeline
	q = search.Question{Text: *in.Term, Cursor: c.query("next_batch"), Limit: hitsDefault, Rooms: timeline.Rooms, NotRooms: timeline.NotRooms,
		Senders: timeline.Senders, Lets: timeline.Lets}
	if timeline.Limit != nil {
		q.Limit = *timeline.Limit
	}
	q.Files = timeline.ContainsURL != nil && *timeline.ContainsURL
	if q.Since, q.Until, err = bounds(in.Since, in.Until); err != nil {
		return q, err
	}
	if q.Keys, err = keys(in.Keys); err != nil {
		return q, err
	}
	return q, in.order(&q)
}

func bounds(since, until int64) (from, to time.Time, err error) {
	if since < 0 || until < 0 {
		return from, to, fault.InvalidParam("error.invalid_param", "Name", "network.panah.since")
	}
	if since > 0 {
		from = time.UnixMilli(since)
	}
	if until > 0 {
		to = time.UnixMilli(until)
	}
	return from, to, nil
}

// keys are the members of the content in which to look. A file's name goes with its caption.
func keys(in *[]string) ([]string, error) {
	if in == nil {
		return nil, nil
	}
	found := []string{}
	for _, key := range *in {
		switch key {
		case "content.body":
			found = append(found, "body", "filename")
		case "content.name", "content.topic":
			found = append(found, key[len("content."):])
		default:
			return nil, fault.InvalidParam("error.invalid_param", "Name", "keys")
		}
	}
	return found, nil
}

func (in *eventCriteria) order(q *search.Question) error {
	switch in.OrderBy {
	case "recent":
	case "rank", "":
		q.ByRank = true
	default:
		return fault.InvalidParam("error.invalid_param", "Name", "order_by")
	}
	for _, g := range in.Groups.By {
		if g.Key != "room_id" && g.Key != "sender" {
			return fault.InvalidParam("error.invalid_param", "Name", "group_by")
		}
	}
	return nil
}

func (a *API) searchAnswer(tx *store.Tx, c *call, in *eventCriteria, found *search.Answer, ignored map[string]bool) (map[string]any, error) {
	results := make([]any, 0, len(found.Hits))
	for i := range found.Hits {
		result, err := a.searchResult(tx, c, in, &found.Hits[i], ignored)
		if err != nil {
			return nil, err
		}
		results = append(results, result)
	}
	answer := map[string]any{"results": results, "highlights": found.Highlights, "network.panah.partial": found.Partial}
	if found.Highlights == nil {
		answer["highlights"] = []string{}
	}
	if found.Next != "" {
		answer["next_batch"] = found.Next
	} else if c.query("next_batch") == "" {
		answer["count"] = len(results) // only known when one page holds all
	}
	if groups := in.groups(found.Hits); len(groups) > 0 {
		answer["groups"] = groups
	}
	if !in.State {
		return answer, nil
	}
	state, err := a.stateOfHits(tx, found.Hits)
	answer["state"] = state
	return answer, err
}

func (a *API) searchResult(tx *store.Tx, c *call, in *eventCriteria, hit *search.Hit, ignored map[string]bool) (map[string]any, error) {
	at := &reach{roomID: hit.Event.RoomID, view: hit.View, upTo: hit.UpTo, ignored: ignored}
	shown, err := a.shown(tx, c, at, []room.Event{hit.Event})
	if err != nil {
		return nil, err
	}
	marks := map[string]any{}
	for _, f := range hit.Fields {
		marks[f.Key] = map[string]any{"text": f.Text, "marks": f.Marks}
	}
	result := map[string]any{"rank": hit.Score, "result": shown[0], "network.panah.found": marks}
	if in.Context != nil {
		result["context"], err = a.contextOfHit(tx, c, at, in, &hit.Event)
	}
	return result, err
}

// contextOfHit is what stands around a hit.
func (a *API) contextOfHit(tx *store.Tx, c *call, at *reach, in *eventCriteria, e *room.Event) (map[string]any, error) {
	before, err := a.around(tx, at, in.Context.Before, e.Position-1, a.Rooms.Before)
	if err != nil {
		return nil, err
	}
	after, err := a.around(tx, at, in.Context.After, e.Position, func(tx *store.Tx, roomID string, from, _ store.Position, limit int, v *room.View) (room.Page, error) {
		return a.Rooms.After(tx, roomID, from, at.upTo, limit, v)
	})
	if err != nil {
		return nil, err
	}
	before.Events, after.Events = at.without(before.Events), at.without(after.Events)
	answer := map[string]any{"start": tokenText(before.End), "end": tokenText(after.End)}
	if answer["events_before"], err = a.shown(tx, c, at, before.Events); err != nil {
		return nil, err
	}
	if answer["events_after"], err = a.shown(tx, c, at, after.Events); err != nil {
		return nil, err
	}
	if in.Context.Profiles {
		answer["profile_info"], err = a.profilesOf(tx, at, slices.Concat(before.Events, after.Events, []room.Event{*e}))
	}
	return answer, err
}

// around reads up to limit events beside a hit; none when none are wanted.
func (a *API) around(tx *store.Tx, at *reach, limit *int, from store.Position,
	read func(*store.Tx, string, store.Position, store.Position, int, *room.View) (room.Page, error)) (room.Page, error) {
	most := contextDefault
	if limit != nil {
		most = min(*limit, contextMost)
	}
	if most <= 0 {
		return room.Page{Events: []room.Event{}, End: from}, nil
	}
	return read(tx, at.roomID, from, 0, most, at.view)
}

// profilesOf are the names and pictures of those who sent the events, as they are in the room.
func (a *API) profilesOf(tx *store.Tx, at *reach, events []room.Event) (map[string]any, error) {
	profiles := map[string]any{}
	for i := range events {
		user := events[i].Sender
		if profiles[user] != nil {
			continue
		}
		member, err := a.Rooms.StateEventAt(tx, at.roomID, "m.room.member", user, at.upTo)
		if err != nil {
			return nil, err
		}
		profile := map[string]string{}
		if member != nil {
			profile["displayname"], profile["avatar_url"] = contentText(member, "displayname"), contentText(member, "avatar_url")
		}
		profiles[user] = profile
	}
	return profiles, nil
}

// groups puts a page's hits together by room or by sender. order is that of the page.
func (in *eventCriteria) groups(hits []search.Hit) map[string]any {
	groups := map[string]any{}
	for _, by := range in.Groups.By {
		values := map[string]map[string]any{}
		for i := range hits {
			value := hits[i].Event.RoomID
			if by.Key == "sender" {
				value = hits[i].Event.Sender
			}
			if values[value] == nil {
				values[value] = map[string]any{"order": len(values), "results": []string{}}
			}
			values[value]["results"] = append(values[value]["results"].([]string), hits[i].Event.ID)
		}
		groups[by.Key] = values
	}
	return groups
}

func (a *API) stateOfHits(tx *store.Tx, hits []search.Hit) (map[string]any, error) {
	state := map[string]any{}
	for _, hit := range hits {
		if state[hit.Event.RoomID] != nil {
			continue
		}
		events, err := a.Rooms.StateAt(tx, hit.Event.RoomID, hit.UpTo)
		if err != nil {
			return nil, fmt.Errorf("read the state of a room with hits: %w", err)
		}
		state[hit.Event.RoomID] = plain(events)
	}
	return state, nil
}
