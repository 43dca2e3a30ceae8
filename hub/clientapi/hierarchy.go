package clientapi

import (
	"encoding/json"
	"strconv"

	"panah/hub/fault"
	"panah/hub/room"
	"panah/hub/store"
)

const (
	hierarchyMost  = 100  // rooms of one page
	hierarchyWhole = 1000 // rooms that one walk looks at
	hierarchyDeep  = 16
)

// walk goes through a space and what it holds, breadth first, each room once.
type walk struct {
	a         *API
	tx        *store.Tx
	caller    string
	suggested bool
	deep      int
	seen      map[string]bool
	queue     []step
	found     []listing
}

type step struct {
	room  string
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
	var found []listing
	err = a.DB.Read(c.ctx(), func(tx *store.Tx) error {
		w := &walk{a: a, tx: tx, caller: c.caller.UserID, suggested: suggested, deep: deep, seen: map[string]bool{}}
		found, err = w.from(c.path("roomId"))
		return err
	})
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
	allowed, err := w.may(root)
	if err != nil {
		return nil, err
	}
	if !allowed {
		return nil, fault.Forbidden("error.not_member")
	}
	w.queue, w.seen[root] = []step{{root, 0}}, true
	for len(w.queue) > 0 && len(w.found) < hierarchyWhole {
		next := w.queue[0]
		w.queue = w.queue[1:]
		if err := w.visit(next); err != nil {
			return nil, err
		}
	}
	return w.found, nil
}

func (w *walk) visit(at step) error {
	if allowed, err := w.may(at.room); err != nil || !allowed {
		return err
	}
	l, err := w.a.describe(w.tx, at.room)
	if err != nil {
		return err
	}
	l.Children = []json.RawMessage{}
	if l.Type == "m.space" && at.depth < w.deep {
		if err := w.children(at, &l); err != nil {
			return err
		}
	}
	w.found = append(w.found, l)
	return nil
}

// children lists what a space says it holds, and queues it.
func (w *walk) children(at step, l *listing) error {
	events, err := w.a.Rooms.State(w.tx, at.room)
	if err != nil {
		return err
	}
	for i := range events {
		e := &events[i]
		if e.Type != "m.space.child" || !isChild(e, w.suggested) {
			continue
		}
		raw, err := json.Marshal(map[string]any{
			"type": e.Type, "state_key": e.StateKey, "sender": e.Sender, "content": e.Content, "origin_server_ts": e.OriginTS,
		})
		if err != nil {
			return err
		}
		l.Children = append(l.Children, raw)
		if !w.seen[*e.StateKey] {
			w.seen[*e.StateKey] = true
			w.queue = append(w.queue, step{*e.StateKey, at.depth + 1})
		}
	}
	return nil
}

// isChild: a child without servers to reach it by is no child ("Spaces", m.space.child).
func isChild(e *room.Event, suggested bool) bool {
	var content struct {
		Via       []string `json:"via"`
		Suggested bool     `json:"suggested"`
	}
	return json.Unmarshal(e.Content, &content) == nil && len(content.Via) > 0 && (content.Suggested || !suggested)
}

// may tells whether the caller may know of a room: as one who is in it or invited, or because they could join it.
func (w *walk) may(roomID string) (bool, error) {
	membership, err := w.a.Rooms.Membership(w.tx, roomID, w.caller)
	if err != nil || membership == "join" || membership == "invite" {
		return err == nil, err
	}
	if membership == "ban" {
		return false, nil
	}
	known, err := w.a.Rooms.Exists(w.tx, roomID)
	if err != nil || !known {
		return false, err
	}
	return w.mayJoin(roomID)
}

// mayJoin reads the join rule ("Accessibility of children within a space").
func (w *walk) mayJoin(roomID string) (bool, error) {
	rules, err := w.a.Rooms.StateEvent(w.tx, roomID, "m.room.join_rules", "")
	if err != nil || rules == nil {
		return false, err
	}
	var content struct {
		Rule  string `json:"join_rule"`
		Allow []struct {
			Type   string `json:"type"`
			RoomID string `json:"room_id"`
		} `json:"allow"`
	}
	if err := json.Unmarshal(rules.Content, &content); err != nil {
		return false, nil // a rule that cannot be read lets nobody in
	}
	switch content.Rule {
	case "public", "knock":
		return true, nil
	case "restricted", "knock_restricted":
		for _, allow := range content.Allow {
			membership, err := w.a.Rooms.Membership(w.tx, allow.RoomID, w.caller)
			if err != nil || (membership == "join" && allow.Type == "m.room_membership") {
				return err == nil, err
			}
		}
	}
	return false, nil
}
