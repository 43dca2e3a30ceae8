package room

import (
	"panah/hub/fault"
	"panah/hub/store"
)

// nearestLooks bounds how many posts Nearest looks at that the reader may not see.
const nearestLooks = 200

// Nearest is the post nearest to a time, Unix milliseconds: at or before it when backwards, else at or after it. Only what the view may see is
// found; error.unknown_event when nothing is. State does not count: people look for what was said on a day.
func (r *Rooms) Nearest(tx *store.Tx, roomID string, ts int64, backwards bool, v *View) (*Event, error) {
	side := `>= $2 ORDER BY e.origin_ts, e.position`
	if backwards {
		side = `<= $2 ORDER BY e.origin_ts DESC, e.position DESC`
	}
	events, err := queryEvents(tx, `SELECT `+eventColumns+` FROM events e WHERE e.room_id = $1 AND e.state_key IS NULL AND NOT e.purged AND e.origin_ts `+side+` LIMIT $3`,
		roomID, ts, nearestLooks)
	if err != nil {
		return nil, err
	}
	for i := range events {
		if v.Sees(&events[i]) {
			return &events[i], nil
		}
	}
	return nil, fault.NotFound("error.unknown_event")
}
