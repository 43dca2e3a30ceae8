// Package notice is the list of what people are to be told outside the app, at a phone in a pocket or by mail.
//
// Whoever finds that somebody must be told writes a line here in the transaction in which it came to be so; hub/push reads the list and tells.
// A line has a key, and a person is told once of each: writing it again does nothing, also after it went out. What stands here is where
// the thing is and of what kind, never what it says.
package notice

import (
	"time"

	"panah/hub/fault"
	"panah/hub/store"
)

// Kind is of what sort a notice is. People choose by it how they want to be told.
type Kind string

// The kinds of notice.
const (
	Alert   Kind = "alert"   // an alert, or something that is asked about one
	Mention Kind = "mention" // somebody called the person by name
	Direct  Kind = "direct"  // a private message or an invitation
	Message Kind = "message" // anything else in a channel
	Test    Kind = "test"    // the person tries whether notices arrive
)

// Kinds are those that people choose by, the weightiest first.
func Kinds() []Kind { return []Kind{Alert, Direct, Mention, Message} }

// Notice is one thing that one person is to be told.
type Notice struct {
	UserID   string
	Key      string // of the thing, the same for all whom it concerns; of an event its id. At most 255 bytes
	Kind     Kind
	Urgent   bool           // an alert that is Immediate: it waits for no quiet hours and for nobody's open window
	RoomID   string         // where it stands, or ""
	EventID  string         // which event it is, or ""
	Position store.Position // where it stands in the log
	Due      time.Time      // when the person is to be told, unless they have seen it by then; zero means now
}

const keyLimit = 255

// AddTx has a person be told. A key that the person was told of is left as it is.
func AddTx(tx *store.Tx, n Notice) error {
	if n.Key == "" || len(n.Key) > keyLimit {
		return fault.InvalidParam("error.invalid_param", "Name", "key")
	}
	due := n.Due
	if due.IsZero() {
		due = tx.Now
	}
	_, err := tx.Exec(`INSERT INTO push_notices (user_id, key, kind, urgent, room_id, event_id, position, at, due_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (user_id, key) DO NOTHING`,
		n.UserID, n.Key, string(n.Kind), n.Urgent, n.RoomID, n.EventID, n.Position, tx.Now.UnixMilli(), due.UnixMilli())
	return err
}

// DropTx takes a thing back from people: they answered it, or it is gone. Who was not told of it yet is not told any more, also when the line is
// only written afterwards; what already stands in the outbox is marked, by a done_at below zero, for hub/push to take out.
func DropTx(tx *store.Tx, key string, users ...string) error {
	for _, user := range users {
		_, err := tx.Exec(`INSERT INTO push_notices (user_id, key, kind, urgent, position, at, due_at, done_at) VALUES ($1, $2, $3, FALSE, 0, $4, $4, $4)
			ON CONFLICT (user_id, key) DO UPDATE SET done_at = CASE WHEN push_notices.done_at = 0 THEN excluded.done_at
			WHEN push_notices.done_at > 0 THEN -push_notices.done_at ELSE push_notices.done_at END`, user, key, string(Alert), tx.Now.UnixMilli())
		if err != nil {
			return err
		}
	}
	return nil
}
