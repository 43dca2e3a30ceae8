package feed

import (
	"slices"

	"panah/hub/room"
	"panah/hub/store"
)

// stateKey is what one event of a state stands under.
type stateKey struct{ kind, key string }

func keyOf(e *room.Event) stateKey { return stateKey{e.Type, *e.StateKey} }

// turn mends a section in whose span the room's state turned: branches were resolved, or a gap was closed. Clients take state to be what the last
// event of a timeline says. So what lost is left out of the timeline, and what stands instead is told as state. What came to stand under no
// key any more cannot be told: Matrix has no words for it.
func (f *Feed) turn(tx *store.Tx, key span, c *section) error {
	turned, err := f.rooms.Turned(tx, key.room, key.after, key.upTo)
	if err != nil || !turned {
		return err
	}
	from := key.after
	if (c.limited || key.full) && key.special == nil {
		from = c.prev // up to there the state is told anyhow
	}
	standing, err := f.rooms.StateBetween(tx, key.room, from, key.upTo)
	if err != nil {
		return err
	}
	last := map[stateKey]string{}
	for i := range c.events {
		if e := &c.events[i]; e.StateKey != nil {
			last[keyOf(e)] = e.ID
		}
	}
	stands := map[stateKey]string{}
	for i := range standing {
		e := &standing[i]
		if stands[keyOf(e)] = e.ID; last[keyOf(e)] != e.ID {
			c.turned = append(c.turned, *e)
		}
	}
	lost := func(e room.Event) bool { return e.StateKey != nil && stands[keyOf(&e)] != last[keyOf(&e)] }
	c.events = slices.DeleteFunc(c.events, lost)
	c.tell()
	return nil
}

// tell puts what turned among the state, in place of what the state says under the same keys.
func (c *section) tell() {
	again := func(s room.Event) bool {
		return slices.ContainsFunc(c.turned, func(e room.Event) bool { return keyOf(&e) == keyOf(&s) })
	}
	c.state = append(slices.DeleteFunc(c.state, again), c.turned...)
}

// readTurns finds the rooms whose state turned. What is told of such an event depends on what one knows, so that everybody there reads for
// themselves, and so does everybody whose membership turned.
func (f *Feed) readTurns(tx *store.Tx, n *news, cursor store.Position) error {
	turns, err := f.rooms.Turns(tx, cursor, n.head)
	if err != nil {
		return err
	}
	for _, t := range turns {
		n.turned[t.RoomID] = true
		users, err := f.rooms.TurnedPeople(tx, t)
		if err != nil {
			return err
		}
		for _, user := range users {
			n.personal[user] = true
		}
	}
	return nil
}
