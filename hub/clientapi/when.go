package clientapi

import (
	"strconv"

	"panah/hub/fault"
	"panah/hub/room"
	"panah/hub/store"
)

// eventAtTime finds what was posted nearest to a time, at or after it (f) or at or before it (b) ("GET …/timestamp_to_event").
func (a *API) eventAtTime(c *call) (any, error) {
	ts, err := strconv.ParseInt(c.query("ts"), 10, 64)
	if err != nil || ts < 0 {
		return nil, fault.InvalidParam("error.invalid_param", "Name", "ts")
	}
	dir := c.query("dir")
	if dir != "f" && dir != "b" {
		return nil, fault.InvalidParam("error.invalid_param", "Name", "dir")
	}
	var found *room.Event
	err = a.DB.Read(c.ctx(), func(tx *store.Tx) error {
		at, err := a.reach(tx, c)
		if err != nil {
			return err
		}
		found, err = a.Rooms.Nearest(tx, at.roomID, ts, dir == "b", at.view)
		return err
	})
	if err != nil {
		return nil, err
	}
	return map[string]any{"event_id": found.ID, "origin_server_ts": found.OriginTS}, nil
}
