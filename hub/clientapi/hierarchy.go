package clientapi

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"time"

	"panah/hub/fault"
	"panah/hub/store"
)

const (
	hierarchyMost  = 100  // rooms of one page
	hierarchyWhole = 1000 // rooms that one walk looks at
	hierarchyDeep  = 16
	childrenMost   = 1000 // children of one space that are looked at

	// What one walk asks of other servers: so many times, for so long in all, and each room at so many servers.
	hierarchyAsks = 50
	hierarchyTime = 20 * time.Second
	hierarchyVias = 3
)

// walk goes through a space and what it holds, breadth first, each room once.
type walk struct {
	a         *API
	ctx       context.Context
	caller    string
	suggested bool
	deep      int
	seen      map[string]bool
	queue     []step
	found     []listing

	asked int               // times that other servers were
	told  map[string]remote // rooms that other servers told of together with their parents
}

type step struct {
	room  string
	via   []string // servers by which it is reached
	depth int
}

// hierarchy ("Spaces"): the rooms of a space that the caller may see.
func (a *API) hierarchy(c *call) (any, error) {
	limit, err := c.queryInt("limit", hierarchyMost, hierarchyMost)
	if err != nil {
		return nil, err
	}
	deep, err := c.queryInt("max_depth", hierarchyDeep, hierarchyDeep)
	if err != nil {
		return nil, err
	}
	suggested, err := c.queryBool("suggested_only")
	if err != nil {
		return nil, err
	}
	begin, err := offset(c.query("from"))
	if err != nil {
		return nil, err
	}
	w := &walk{a: a, ctx: c.ctx(), caller: c.caller.UserID, suggested: suggested, deep: deep, seen: map[string]bool{}, told: map[string]remote{}}
	found, err := w.from(c.path("roomId"))
	if err != nil {
		return nil, err
	}
	end := min(begin+max(limit, 1), len(found))
	answer := map[string]any{"rooms": found[min(begin, end):end]}
	if end < len(found) {
		answer["next_batch"] = "n" + strconv.Itoa(end)
	}
	return answer, nil
}

func (w *walk) from(root string) ([]listing, error) {
	err := w.a.DB.Read(w.ctx, func(tx *store.Tx) error {
		allowed, err := w.may(tx, root)
		if err == nil && !allowed {
			err = fault.Forbidden("error.not_member")
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	elsewhere, cancel := context.WithTimeout(w.ctx, hierarchyTime)
	defer cancel()
	w.queue, w.seen[root] = []step{{room: root}}, true
	for len(w.queue) > 0 && len(w.found) < hierarchyWhole {
		next := w.queue[0]
		w.queue = w.queue[1:]
		if err := w.visit(elsewhere, next); err != nil {
			return nil, err
		}
	}
	return w.found, nil
}

// visit looks at a room: here, if this hub is in it, and otherwise where its space says that it is. What no server tells of is left out.
func (w *walk) visit(elsewhere context.Context, at step) error {
	var l listing
	var shown, here bool
	err := w.a.DB.Read(w.ctx, func(tx *store.Tx) (err error) {
		if here, err = w.a.Rooms.HasServer(tx, at.room, w.a.ServerName); err != nil {
			return err
		}
		if !here && w.a.Federation != nil && len(at.via) > 0 {
			return nil
		}
		here = true
		if shown, err = w.may(tx, at.room); err != nil || !shown {
			return err
		}
		l, err = w.a.describeSpace(tx, at.room, at.depth < w.deep, w.suggested)
		return err
	})
	if err == nil && !here {
		l, shown, err = w.elsewhere(elsewhere, at)
	}
	if err != nil || !shown {
		return err
	}
	w.found = append(w.found, l)
	for _, raw := range l.Children {
		if c, is := readChild(raw); is && !w.seen[c.Room] {
			w.seen[c.Room] = true
			w.queue = append(w.queue, step{c.Room, c.Content.Via, at.depth + 1})
		}
	}
	return nil
}

// describeSpace is describe with what a space says it holds, if that is wished.
func (a *API) describeSpace(tx *store.Tx, roomID string, whole, suggested bool) (listing, error) {
	l, err := a.describe(tx, roomID)
	if err != nil {
		return l, err
	}
	l.Children = []json.RawMessage{}
	if l.Type != "m.space" || !whole {
		return l, nil
	}
	events, err := a.Rooms.State(tx, roomID)
	if err != nil {
		return l, err
	}
	for i := range events {
		e := &events[i]
		if e.Type != "m.space.child" || !isChild(e.Content, suggested) || len(l.Children) == childrenMost {
			continue
		}
		raw, err := json.Marshal(child{e.Type, *e.StateKey, e.Sender, e.OriginTS, e.Content, via{}})
		if err != nil {
			return l, err
		}
		l.Children = append(l.Children, raw)
	}
	return l, nil
}

// child is what a space says of a room that it holds ("Spaces", m.space.child), as a hierarchy shows it.
type child struct {
	Type     string          `json:"type"`
	Room     string          `json:"state_key"`
	Sender   string          `json:"sender"`
	OriginTS int64           `json:"origin_server_ts"`
	Raw      json.RawMessage `json:"content"`
	Content  via             `json:"-"`
}

type via struct {
	Via       []string `json:"via"`
	Suggested bool     `json:"suggested"`
}

// isChild: a child without servers to reach it by is no child.
func isChild(content json.RawMessage, suggested bool) bool {
	var v via
	return json.Unmarshal(content, &v) == nil && len(v.Via) > 0 && (v.Suggested || !suggested)
}

func readChild(raw json.RawMessage) (c child, is bool) {
	is = json.Unmarshal(raw, &c) == nil && c.Type == "m.space.child" && isChild(c.Raw, false) && json.Unmarshal(c.Raw, &c.Content) == nil
	return c, is
}

// may tells whether the caller may know of a room: as one who is in it or invited, or because they could join it.
func (w *walk) may(tx *store.Tx, roomID string) (bool, error) {
	membership, err := w.a.Rooms.Membership(tx, roomID, w.caller)
	if err != nil || membership == "join" || membership == "invite" {
		return err == nil, err
	}
	if membership == "ban" {
		return false, nil
	}
	known, err := w.a.Rooms.Exists(tx, roomID)
	if err != nil || !known {
		return false, err
	}
	rule, err := w.a.joinRule(tx, roomID)
	if err != nil {
		return false, err
	}
	return rule.lets(func(room string) (bool, error) { return w.joined(tx, room) })
}

func (w *walk) joined(tx *store.Tx, roomID string) (bool, error) {
	membership, err := w.a.Rooms.Membership(tx, roomID, w.caller)
	return membership == "join", err
}

// joinRule is who may join a room ("Accessibility of children within a space").
type joinRule struct {
	Rule  string
	Rooms []string // whose members may, where the rule is restricted
}

// joinRule reads a room's. One that cannot be read lets nobody in.
func (a *API) joinRule(tx *store.Tx, roomID string) (rule joinRule, err error) {
	e, err := a.Rooms.StateEvent(tx, roomID, "m.room.join_rules", "")
	if err != nil || e == nil {
		return rule, err
	}
	var content struct {
		Rule  string `json:"join_rule"`
		Allow []struct {
			Type   string `json:"type"`
			RoomID string `json:"room_id"`
		} `json:"allow"`
	}
	if json.Unmarshal(e.Content, &content) != nil {
		return rule, nil
	}
	rule.Rule = content.Rule
	for _, allow := range content.Allow {
		if allow.Type == "m.room_membership" {
			rule.Rooms = append(rule.Rooms, allow.RoomID)
		}
	}
	return rule, nil
}

// lets tells whether the rule lets somebody in of whom in says in which rooms they are.
func (j joinRule) lets(in func(room string) (bool, error)) (bool, error) {
	switch j.Rule {
	case "public", "knock":
		return true, nil
	case "restricted", "knock_restricted":
		for _, allowed := range j.Rooms {
			if is, err := in(allowed); is || err != nil {
				return is, err
			}
		}
	}
	return false, nil
}

// remote is a room as another server tells of it ("Spaces", of the server-server API).
type remote struct {
	listing
	Allowed []string `json:"allowed_room_ids,omitzero"`
}

// hierarchyAnswer is a space and what is right below it.
type hierarchyAnswer struct {
	Room         remote   `json:"room"`
	Children     []remote `json:"children"`
	Inaccessible []string `json:"inaccessible_children"`
}

// elsewhere asks other servers for a room, and tells what they say of it if the caller may see it.
func (w *walk) elsewhere(ctx context.Context, at step) (l listing, shown bool, err error) {
	r, known := w.told[at.room]
	if !known || r.Type == "m.space" && at.depth < w.deep {
		if whole, answered := w.ask(ctx, at); answered {
			r, known = whole, true
		}
	}
	if !known {
		return l, false, nil
	}
	r.tidy(at.depth < w.deep, w.suggested)
	err = w.a.DB.Read(w.ctx, func(tx *store.Tx) error {
		shown, err = w.mayRemote(tx, r)
		return err
	})
	return r.listing, shown, err
}

// ask asks the servers by which a room is reached, until one tells of it.
func (w *walk) ask(ctx context.Context, at step) (remote, bool) {
	for i, server := range at.via {
		if i == hierarchyVias || w.asked == hierarchyAsks || ctx.Err() != nil {
			break
		}
		if server == w.a.ServerName {
			continue
		}
		w.asked++
		raw, err := w.a.Federation.Hierarchy(ctx, server, at.room, w.suggested)
		var answer hierarchyAnswer
		if err != nil || json.Unmarshal(raw, &answer) != nil || answer.Room.RoomID != at.room {
			continue // another server may know, and otherwise the room is left out
		}
		for _, c := range answer.Children[:min(len(answer.Children), childrenMost)] {
			if len(w.told) < hierarchyWhole {
				w.told[c.RoomID] = c
			}
		}
		return answer.Room, true
	}
	return remote{}, false
}

// tidy leaves of what a server says of a room's children what are children.
func (r *remote) tidy(whole, suggested bool) {
	children := []json.RawMessage{}
	for _, raw := range r.Children[:min(len(r.Children), childrenMost)] {
		c, is := readChild(raw)
		if !is || !whole || !isChild(c.Raw, suggested) {
			continue
		}
		if shown, err := json.Marshal(c); err == nil { // and nothing beside what belongs into one
			children = append(children, shown)
		}
	}
	r.Children, r.Members = children, max(r.Members, 0)
}

// mayRemote tells whether the caller may know of a room of which another server told this hub.
func (w *walk) mayRemote(tx *store.Tx, r remote) (bool, error) {
	membership, err := w.a.Rooms.Membership(tx, r.RoomID, w.caller)
	switch {
	case err != nil || membership == "ban":
		return false, err
	case membership == "invite" || r.WorldReadable:
		return true, nil
	}
	return joinRule{r.JoinRule, r.Allowed}.lets(func(room string) (bool, error) { return w.joined(tx, room) })
}

// HierarchyFor is a space and what is right below it for another server, as far as that may know of it ("Spaces", of the server-server API).
func (a *API) HierarchyFor(ctx context.Context, server, roomID string, suggested bool) (any, error) {
	answer := hierarchyAnswer{Children: []remote{}, Inaccessible: []string{}}
	err := a.DB.Read(ctx, func(tx *store.Tx) error {
		r, open, err := a.describeFor(tx, server, roomID, true, suggested)
		if err != nil {
			return err
		}
		if !open {
			return fault.NotFound("error.unknown_room")
		}
		answer.Room = r
		for _, raw := range r.Children {
			c, _ := readChild(raw)
			if err := a.addChildFor(tx, server, c.Room, &answer); err != nil {
				return err
			}
		}
		return nil
	})
	return answer, err
}

// addChildFor adds a room to what is below a space. Of rooms in which this hub is not others must be asked.
func (a *API) addChildFor(tx *store.Tx, server, roomID string, to *hierarchyAnswer) error {
	here, err := a.Rooms.HasServer(tx, roomID, a.ServerName)
	if err != nil || !here || len(to.Children) == hierarchyMost {
		return err
	}
	r, open, err := a.describeFor(tx, server, roomID, false, false)
	if err != nil {
		return err
	}
	if !open {
		to.Inaccessible = append(to.Inaccessible, roomID)
		return nil
	}
	r.Children = nil
	to.Children = append(to.Children, r)
	return nil
}

// describeFor describes a room for another server, if that may know of it: it is in it, or its people could join it or read it.
func (a *API) describeFor(tx *store.Tx, server, roomID string, whole, suggested bool) (r remote, open bool, err error) {
	in := func(room string) (bool, error) { return a.Rooms.HasServer(tx, room, server) }
	if here, err := a.Rooms.HasServer(tx, roomID, a.ServerName); err != nil || !here {
		return r, false, err
	}
	if err := a.Rooms.CheckServer(tx, roomID, server); err != nil {
		if fault.From(err).Status < 500 {
			err = nil
		}
		return r, false, err
	}
	rule, err := a.joinRule(tx, roomID)
	if err != nil {
		return r, false, err
	}
	if r.listing, err = a.describeSpace(tx, roomID, whole, suggested); err != nil {
		return r, false, err
	}
	r.Allowed = slices.Clip(rule.Rooms)
	if open = r.WorldReadable; open {
		return r, true, nil
	}
	if open, err = rule.lets(in); open || err != nil {
		return r, open, err
	}
	open, err = in(roomID)
	return r, open, err
}
