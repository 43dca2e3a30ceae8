package clientapi

import (
	"slices"

	"panah/hub/fault"
	"panah/hub/feed"
	"panah/hub/room"
	"panah/hub/store"
)

// reach is how much of a room the caller may read: all that the view shows, up to a position. Members read up to now, and those
// who have left up to their leaving.
type reach struct {
	roomID string
	view   *room.View
	upTo   store.Position
	joined bool

	ignored map[string]bool // whose posts the caller does not want
}

// without leaves out what people wrote whom the caller ignores.
func (r *reach) without(events []room.Event) []room.Event {
	if len(r.ignored) == 0 {
		return events
	}
	return slices.DeleteFunc(slices.Clone(events), func(e room.Event) bool { return feed.Hidden(r.ignored, &e) })
}

var (
	errNotMember    = fault.Forbidden("error.not_member")
	errUnknownEvent = fault.NotFound("error.unknown_event")
)

// reach finds out how the caller stands to the room of the address. Strangers learn no more of a room that is there than of one
// that is not.
func (a *API) reach(tx *store.Tx, c *call) (*reach, error) {
	at := &reach{roomID: c.path("roomId")}
	membership, err := a.Rooms.Membership(tx, at.roomID, c.caller.UserID)
	if err != nil {
		return nil, err
	}
	if at.upTo, err = tx.Head(); err != nil {
		return nil, err
	}
	if at.ignored, err = a.Feed.Ignored(tx, c.caller.UserID); err != nil {
		return nil, err
	}
	switch membership {
	case "join":
		at.joined = true
	case "leave", "ban":
		if at.upTo, err = a.leftAt(tx, at.roomID, c.caller.UserID); err != nil {
			return nil, err
		}
	default:
		if err := a.openToAll(tx, at.roomID); err != nil {
			return nil, err
		}
	}
	at.view, err = a.Rooms.ViewOf(tx, at.roomID, c.caller.UserID)
	return at, err
}

// leftAt is where somebody's membership ended.
func (a *API) leftAt(tx *store.Tx, roomID, user string) (store.Position, error) {
	all, err := a.Rooms.Memberships(tx, user)
	if err != nil {
		return 0, err
	}
	for _, m := range all {
		if m.RoomID == roomID && !m.Forgotten {
			return m.Position, nil
		}
	}
	return 0, errNotMember
}

// openToAll passes for rooms whose history is world-readable.
func (a *API) openToAll(tx *store.Tx, roomID string) error {
	visibility, err := a.stateText(tx, roomID, "m.room.history_visibility", "", "history_visibility")
	if err == nil && visibility != "world_readable" {
		err = errNotMember
	}
	return err
}

// stateAtReach gives an event of the state as the caller may read it.
func (a *API) stateAtReach(tx *store.Tx, at *reach, eventType, key string) (*room.Event, error) {
	e, err := a.Rooms.StateEventAt(tx, at.roomID, eventType, key, at.upTo)
	if err == nil && e == nil {
		err = errUnknownEvent
	}
	return e, err
}

// stateText gives one text of one state event's content; "" when either is not there.
func (a *API) stateText(tx *store.Tx, roomID, eventType, key, member string) (string, error) {
	e, err := a.Rooms.StateEvent(tx, roomID, eventType, key)
	if err != nil || e == nil {
		return "", err
	}
	return contentText(e, member), nil
}
