package clientapi

import (
	"encoding/json"
	"errors"

	"panah/hub/room"
	"panah/hub/store"
)

// relatedMost bounds how many relations of one event are summed up.
const relatedMost = 1000

// shown writes events for one reader, with what the hub adds to each: what a state event replaced, why a redacted one is empty, and
// the sums of what relates to it.
func (a *API) shown(tx *store.Tx, c *call, at *reach, events []room.Event) ([]json.RawMessage, error) {
	list := make([]json.RawMessage, 0, len(events))
	for i := range events {
		u, err := a.unsigned(tx, c, at, &events[i])
		if err != nil {
			return nil, err
		}
		list = append(list, events[i].ClientJSON(room.Format{Unsigned: u}))
	}
	return list, nil
}

func (a *API) unsigned(tx *store.Tx, c *call, at *reach, e *room.Event) (u room.Unsigned, err error) {
	if e.RedactedBy != "" {
		why, err := a.Rooms.EventByID(tx, e.RedactedBy)
		if err != nil {
			return u, err
		}
		u.RedactedBecause = why.ClientJSON(room.Format{})
		return u, nil // what is redacted has no relations any more
	}
	if e.StateKey != nil {
		old, err := a.Rooms.StateEventAt(tx, e.RoomID, e.Type, *e.StateKey, e.Position-1)
		if err == nil && old != nil {
			u.PrevContent, u.ReplacesState = old.Content, old.ID
		}
		return u, err
	}
	related, err := a.Rooms.Related(tx, e, "", "", at.upTo, relatedMost, at.view)
	if err != nil {
		return u, err
	}
	u.Relations, err = sums(c.caller.UserID, e, at.without(related.Events))
	return u, err
}

// sums are what Matrix bundles with an event ("Server-side aggregation"): its last edit, its thread, its references.
// related is newest first.
func sums(reader string, e *room.Event, related []room.Event) (map[string]json.RawMessage, error) {
	found := map[string]any{}
	if edit := lastEdit(e, related); edit != nil {
		found["m.replace"] = edit.ClientJSON(room.Format{})
	}
	if thread := threadSum(reader, e, related); thread != nil {
		found["m.thread"] = thread
	}
	if references := referenceSum(related); references != nil {
		found["m.reference"] = references
	}
	written := make(map[string]json.RawMessage, len(found))
	var errs []error
	for name, sum := range found {
		raw, err := json.Marshal(sum)
		written[name] = raw
		errs = append(errs, err)
	}
	return written, errors.Join(errs...)
}

// lastEdit: only the sender's own, of the same type, counts ("Event replacements").
func lastEdit(e *room.Event, related []room.Event) *room.Event {
	for i := range related {
		r := &related[i]
		if r.RelType == "m.replace" && r.Sender == e.Sender && r.Type == e.Type && r.StateKey == nil {
			return r
		}
	}
	return nil
}

func threadSum(reader string, e *room.Event, related []room.Event) map[string]any {
	count, mine := 0, e.Sender == reader
	var latest *room.Event
	for i := range related {
		if related[i].RelType != "m.thread" {
			continue
		}
		count++
		mine = mine || related[i].Sender == reader
		if latest == nil {
			latest = &related[i]
		}
	}
	if latest == nil {
		return nil
	}
	return map[string]any{"count": count, "current_user_participated": mine, "latest_event": latest.ClientJSON(room.Format{})}
}

func referenceSum(related []room.Event) map[string]any {
	var ids []map[string]string
	for i := len(related) - 1; i >= 0; i-- {
		if related[i].RelType == "m.reference" {
			ids = append(ids, map[string]string{"event_id": related[i].ID})
		}
	}
	if ids == nil {
		return nil
	}
	return map[string]any{"chunk": ids}
}
