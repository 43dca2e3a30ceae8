package clientapi

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"panah/hub/fault"
	"panah/hub/feed"
	"panah/hub/room"
	"panah/hub/store"
)

const (
	pageDefault      = 10 // events of a page whose size was not asked for
	relationsDefault = 5
	pageMost         = 500
)

// page is a request for a part of a room's timeline.
type page struct {
	from, to *store.Position // tokens; nil for the end of the timeline where the reading begins or ends
	back     bool
	limit    int
	filter   *feed.Filter // its room.timeline chooses
}

func (c *call) page(otherwise int) (p page, err error) {
	if p.limit, err = c.queryInt("limit", otherwise, pageMost); err != nil {
		return p, err
	}
	p.limit = max(p.limit, 1)
	if p.from, err = c.token("from"); err != nil {
		return p, err
	}
	if p.to, err = c.token("to"); err != nil {
		return p, err
	}
	p.filter, err = roomFilter(c.query("filter"))
	return p, err
}

func (c *call) token(name string) (*store.Position, error) {
	if c.query(name) == "" {
		return nil, nil
	}
	position, err := c.positionOf(name, 0)
	return &position, err
}

// roomFilter reads a RoomEventFilter, which has the form of the timeline's part in a filter of /sync ("Filtering").
func roomFilter(text string) (*feed.Filter, error) {
	if text == "" {
		return &feed.Filter{}, nil
	}
	if err := checkJSON([]byte(text)); err != nil {
		return nil, err
	}
	return feed.ParseFilter([]byte(`{"room":{"timeline":` + text + `}}`))
}

// messages is a page of a room's timeline ("GET …/messages").
func (a *API) messages(c *call) (any, error) {
	p, err := c.page(pageDefault)
	if err != nil {
		return nil, err
	}
	switch c.query("dir") {
	case "b":
		p.back = true
	case "f":
	case "":
		return nil, fault.MissingParam("dir")
	default:
		return nil, fault.InvalidParam("error.invalid_param", "Name", "dir")
	}
	answer, _, past, err := a.messagesPage(c, p)
	if err != nil || !past || answer["end"] != nil {
		return answer, err
	}
	fetched := a.fetchPast(c, p.limit)
	answer, end, past, err := a.messagesPage(c, p)
	if err == nil && past && fetched && answer["end"] == nil {
		answer["end"] = tokenText(end) // there is more, and the next question brings it here
	}
	return answer, err
}

// messagesPage reads a page, which ends at end. past tells whether there is more before it that is not here.
func (a *API) messagesPage(c *call, p page) (answer map[string]any, end store.Position, past bool, err error) {
	answer = map[string]any{}
	err = a.DB.Read(c.ctx(), func(tx *store.Tx) error {
		at, err := a.reach(tx, c)
		if err != nil {
			return err
		}
		if p.back && at.joined {
			if past, err = a.Rooms.HasPast(tx, at.roomID); err != nil {
				return err
			}
		}
		end, err = a.fillPage(tx, c, at, p, answer)
		return err
	})
	return answer, end, past, err
}

// pastTime is how long a reader waits for the history that another server has.
const pastTime = 15 * time.Second

// fetchPast asks for history that is not here. That it cannot be had is no error for the reader, who is shown what is here.
func (a *API) fetchPast(c *call, limit int) (fetched bool) {
	ctx, cancel := context.WithTimeout(c.ctx(), pastTime)
	defer cancel()
	err := a.Rooms.FetchPast(ctx, c.path("roomId"), limit)
	if err != nil {
		a.Log.Info("history could not be had from another server", "room", c.path("roomId"), "err", err)
	}
	return err == nil
}

func (a *API) fillPage(tx *store.Tx, c *call, at *reach, p page, answer map[string]any) (end store.Position, err error) {
	begin, found, err := a.readPage(tx, at, p)
	if err != nil {
		return 0, err
	}
	events := slices.DeleteFunc(at.without(found.Events), func(e room.Event) bool { return !p.filter.Room.Timeline.Lets(&e) })
	answer["start"] = tokenText(begin)
	if found.More {
		answer["end"] = tokenText(found.End)
	}
	if answer["chunk"], err = a.shown(tx, c, at, events); err != nil {
		return 0, err
	}
	if p.filter.Room.Timeline.LazyLoadMembers {
		answer["state"], err = a.speakers(tx, at, events)
	}
	return found.End, err
}

// readPage gives the token at which the page begins, and the page.
func (a *API) readPage(tx *store.Tx, at *reach, p page) (begin store.Position, found room.Page, err error) {
	if p.back {
		begin = at.upTo
		if p.from != nil {
			begin = min(*p.from, at.upTo)
		}
		found, err = a.Rooms.Before(tx, at.roomID, begin, value(p.to, room.Earliest), p.limit, at.view)
		return begin, found, err
	}
	begin = value(p.from, room.Earliest)
	found, err = a.Rooms.After(tx, at.roomID, begin, min(value(p.to, at.upTo), at.upTo), p.limit, at.view)
	return begin, found, err
}

func value(p *store.Position, otherwise store.Position) store.Position {
	if p == nil {
		return otherwise
	}
	return *p
}

// speakers are the member events of those who sent the events, for clients that load members when they speak ("Lazy-loading room members").
func (a *API) speakers(tx *store.Tx, at *reach, events []room.Event) ([]json.RawMessage, error) {
	seen := map[string]bool{}
	list := []json.RawMessage{}
	for i := range events {
		user := events[i].Sender
		if seen[user] {
			continue
		}
		seen[user] = true
		member, err := a.Rooms.StateEventAt(tx, at.roomID, "m.room.member", user, at.upTo)
		if err != nil {
			return nil, err
		}
		if member != nil {
			list = append(list, member.ClientJSON(room.Format{}))
		}
	}
	return list, nil
}

// event is one event ("GET …/event").
func (a *API) event(c *call) (any, error) {
	var shown []json.RawMessage
	err := a.DB.Read(c.ctx(), func(tx *store.Tx) error {
		at, err := a.reach(tx, c)
		if err != nil {
			return err
		}
		e, err := a.Rooms.ReadableEvent(tx, at.roomID, c.path("eventId"), c.caller.UserID)
		if err != nil {
			return err
		}
		shown, err = a.shown(tx, c, at, []room.Event{*e})
		return err
	})
	if err != nil {
		return nil, err
	}
	return shown[0], nil
}

// context is an event with what stands around it ("Event context").
func (a *API) context(c *call) (any, error) {
	p, err := c.page(pageDefault)
	if err != nil {
		return nil, err
	}
	answer := map[string]any{}
	err = a.DB.Read(c.ctx(), func(tx *store.Tx) error {
		at, err := a.reach(tx, c)
		if err != nil {
			return err
		}
		e, err := a.Rooms.ReadableEvent(tx, at.roomID, c.path("eventId"), c.caller.UserID)
		if err != nil {
			return err
		}
		return a.fillContext(tx, c, at, e, p, answer)
	})
	return answer, err
}

func (a *API) fillContext(tx *store.Tx, c *call, at *reach, e *room.Event, p page, answer map[string]any) error {
	before, err := a.Rooms.Before(tx, at.roomID, e.Position-1, room.Earliest, max(p.limit/2, 1), at.view)
	if err != nil {
		return err
	}
	after, err := a.Rooms.After(tx, at.roomID, e.Position, at.upTo, max(p.limit-p.limit/2, 1), at.view)
	if err != nil {
		return err
	}
	state, err := a.Rooms.StateAt(tx, at.roomID, max(after.End, e.Position))
	if err != nil {
		return err
	}
	one, err := a.shown(tx, c, at, []room.Event{*e})
	if err != nil {
		return err
	}
	if answer["events_before"], err = a.shown(tx, c, at, at.without(before.Events)); err != nil {
		return err
	}
	if answer["events_after"], err = a.shown(tx, c, at, at.without(after.Events)); err != nil {
		return err
	}
	answer["event"], answer["state"] = one[0], plain(state)
	answer["start"], answer["end"] = tokenText(before.End), tokenText(after.End)
	return nil
}

// relations are the events that relate to another one ("Relationships API").
func (a *API) relations(c *call) (any, error) {
	p, err := c.page(relationsDefault)
	if err != nil {
		return nil, err
	}
	p.back = c.query("dir") != "f"
	related, answer := a.Rooms.Related, map[string]any{}
	switch c.query("recurse") {
	case "":
	case "true":
		related, answer["recursion_depth"] = a.Rooms.RelatedDeep, room.RelationDepth
	case "false":
		answer["recursion_depth"] = 1
	default:
		return nil, fault.InvalidParam("error.invalid_param", "Name", "recurse")
	}
	err = a.DB.Read(c.ctx(), func(tx *store.Tx) error {
		at, err := a.reach(tx, c)
		if err != nil {
			return err
		}
		e, err := a.Rooms.ReadableEvent(tx, at.roomID, c.path("eventId"), c.caller.UserID)
		if err != nil {
			return err
		}
		return a.fillRelations(tx, c, at, e, p, related, answer)
	})
	return answer, err
}

// relater looks for what relates to an event: room.Related, or room.RelatedDeep.
type relater func(tx *store.Tx, e *room.Event, relType, eventType string, from store.Position, limit int, v *room.View) (room.Page, error)

func (a *API) fillRelations(tx *store.Tx, c *call, at *reach, e *room.Event, p page, related relater, answer map[string]any) error {
	found, err := a.related(tx, c, at, e, p, related)
	if err != nil {
		return err
	}
	if p.from != nil {
		answer["prev_batch"] = tokenText(*p.from)
	}
	if found.More {
		answer["next_batch"] = tokenText(found.End)
	}
	answer["chunk"], err = a.shown(tx, c, at, at.without(found.Events))
	return err
}

// related reads newest first. For the other direction it reads all that there is, up to the room's own bound, and turns it round:
// events with so many relations are few, and clients that ask so are fewer.
func (a *API) related(tx *store.Tx, c *call, at *reach, e *room.Event, p page, related relater) (room.Page, error) {
	relType, eventType := c.path("relType"), c.path("type")
	if p.back {
		from := min(value(p.from, at.upTo), at.upTo)
		found, err := related(tx, e, relType, eventType, from, p.limit, at.view)
		if p.to != nil {
			found = cutAt(found, *p.to)
		}
		return found, err
	}
	found, err := related(tx, e, relType, eventType, at.upTo, 1000, at.view)
	if err != nil {
		return found, err
	}
	slices.Reverse(found.Events)
	return forward(found.Events, value(p.from, 0), min(value(p.to, at.upTo), at.upTo), p.limit), nil
}

// cutAt leaves out what is at or before a token, newest first.
func cutAt(p room.Page, to store.Position) room.Page {
	for i := range p.Events {
		if p.Events[i].Position <= to {
			return room.Page{Events: p.Events[:i]}
		}
	}
	return p
}

// forward takes a page of events that are oldest first.
func forward(events []room.Event, after, upTo store.Position, limit int) room.Page {
	var found room.Page
	for _, e := range events {
		if e.Position <= after || e.Position > upTo {
			continue
		}
		if len(found.Events) == limit {
			found.More = true
			break
		}
		found.Events = append(found.Events, e)
		found.End = e.Position
	}
	return found
}

// threads are a room's threads, the one with the latest answer first ("Server-side threads").
func (a *API) threads(c *call) (any, error) {
	p, err := c.page(pageDefault)
	if err != nil {
		return nil, err
	}
	mine := false
	switch c.query("include") {
	case "", "all":
	case "participated":
		mine = true
	default:
		return nil, fault.InvalidParam("error.invalid_param", "Name", "include")
	}
	answer := map[string]any{}
	err = a.DB.Read(c.ctx(), func(tx *store.Tx) error {
		at, err := a.reach(tx, c)
		if err != nil {
			return err
		}
		return a.fillThreads(tx, c, at, p, mine, answer)
	})
	return answer, err
}

func (a *API) fillThreads(tx *store.Tx, c *call, at *reach, p page, mine bool, answer map[string]any) error {
	found, err := a.Rooms.ThreadRoots(tx, at.roomID, min(value(p.from, at.upTo), at.upTo), p.limit, at.view)
	if err != nil {
		return err
	}
	roots := found.Events
	if mine {
		if roots, err = a.participated(tx, c, at, roots); err != nil {
			return err
		}
	}
	if found.More {
		answer["next_batch"] = tokenText(found.End)
	}
	answer["chunk"], err = a.shown(tx, c, at, at.without(roots))
	return err
}

// participated keeps the threads that the caller began or answered in.
func (a *API) participated(tx *store.Tx, c *call, at *reach, roots []room.Event) ([]room.Event, error) {
	var kept []room.Event
	for _, root := range roots {
		answers, err := a.Rooms.Related(tx, &root, "m.thread", "", at.upTo, 1000, at.view)
		if err != nil {
			return nil, err
		}
		own := func(e room.Event) bool { return e.Sender == c.caller.UserID }
		if own(root) || slices.ContainsFunc(answers.Events, own) {
			kept = append(kept, root)
		}
	}
	return kept, nil
}
