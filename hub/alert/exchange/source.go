package exchange

import (
	"context"
	"net/http"

	"panah/hub/fault"
	"panah/hub/people"
	"panah/hub/store"
)

// Source is a feed of others that the hub reads into a channel.
type Source struct {
	ID        string
	Address   string
	RoomID    string
	EnteredBy string
	EnteredAt int64 // Unix milliseconds, as are the other times
	NextAt    int64 // when it is read next
	ReadAt    int64 // when it was last read; 0 for never
	Failures  int   // one after the other, since then
	Trouble   string
	etag      string
	modified  string
}

// mostSources is how many feeds one hub reads.
const mostSources = 50

const sourceColumns = `source_id, address, room_id, entered_by, entered_at, next_at, read_at, failures, trouble, etag, last_modified`

func scanSource(row interface{ Scan(...any) error }) (s Source, err error) {
	return s, row.Scan(&s.ID, &s.Address, &s.RoomID, &s.EnteredBy, &s.EnteredAt, &s.NextAt, &s.ReadAt, &s.Failures, &s.Trouble, &s.etag, &s.modified)
}

// AddSource enters a feed, or a CAP file, whose alerts are posted into a channel in the caller's name, beginning at once. The caller must be in
// the channel.
func (x *Exchange) AddSource(ctx context.Context, caller people.Caller, roomID, address string) (s Source, err error) {
	if err := caller.Require(people.ActReadFeeds); err != nil {
		return s, err
	}
	if _, err := x.door.Check(address); err != nil {
		return s, err
	}
	err = x.db.Write(ctx, func(tx *store.Tx) error {
		if err := x.mayPost(tx, caller.Person, roomID); err != nil {
			return err
		}
		var count int
		if err := tx.QueryRow(`SELECT COUNT(*) FROM cap_sources`).Scan(&count); err != nil {
			return err
		}
		if count >= mostSources {
			return fault.New(http.StatusConflict, "M_LIMIT_EXCEEDED", "error.feed_too_many", "Limit", mostSources)
		}
		now := tx.Now.UnixMilli()
		s = Source{ID: newID(), Address: address, RoomID: roomID, EnteredBy: caller.UserID, EnteredAt: now, NextAt: now}
		fresh, err := tx.Exec(`INSERT INTO cap_sources (source_id, address, room_id, entered_by, entered_at, next_at) VALUES ($1, $2, $3, $4, $5, $5)
			ON CONFLICT DO NOTHING`, s.ID, address, roomID, caller.UserID, now)
		if err == nil && fresh == 0 {
			err = fault.New(http.StatusConflict, "M_DUPLICATE", "error.feed_twice")
		}
		if err != nil {
			return err
		}
		return x.people.AuditTx(tx, caller.UserID, "add_feed", s.ID, map[string]string{"organisation": "", "room": roomID})
	})
	return s, err
}

// Sources are all feeds that the hub reads.
func (x *Exchange) Sources(ctx context.Context, caller people.Caller) (all []Source, err error) {
	if err := caller.Require(people.ActReadFeeds); err != nil {
		return nil, err
	}
	err = x.db.Read(ctx, func(tx *store.Tx) error {
		rows, err := tx.Query(`SELECT ` + sourceColumns + ` FROM cap_sources ORDER BY entered_at, source_id`)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			s, err := scanSource(rows)
			if err != nil {
				return err
			}
			all = append(all, s)
		}
		return rows.Err()
	})
	return all, err
}

// RemoveSource has the hub read a feed no more. What was posted stays.
func (x *Exchange) RemoveSource(ctx context.Context, caller people.Caller, id string) error {
	if err := caller.Require(people.ActReadFeeds); err != nil {
		return err
	}
	return x.db.Write(ctx, func(tx *store.Tx) error {
		gone, err := tx.Exec(`DELETE FROM cap_sources WHERE source_id = $1`, id)
		if err == nil && gone == 0 {
			err = fault.NotFound("error.feed_unknown")
		}
		if err != nil {
			return err
		}
		if _, err := tx.Exec(`DELETE FROM cap_entries WHERE source_id = $1`, id); err != nil {
			return err
		}
		return x.people.AuditTx(tx, caller.UserID, "remove_feed", id, map[string]string{"organisation": ""})
	})
}
