package place

import (
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"panah/hub/notice"
	"panah/hub/store"
)

// outside is a notice as it goes to phones and by mail, where it says no more than that there is something.
type outside struct {
	user, id string
	at       int64
}

// key is another one each time the same is told again.
func (o outside) key() string { return fmt.Sprintf("place %s %d", o.id, o.at) }

// lookFor is how long somebody at an open screen has to see what can wait a moment, before their phone tells them.
const lookFor = 8 * time.Second

// atOnce are the kinds that somebody waits for with a person beside them.
var atOnce = []NoticeKind{NoticeAsked, NoticeAgain, NoticeOrganise, NoticeHeld}

// tell has somebody be told outside the app as of an alert: quiet hours hold it back unless it is about tonight.
func (o outside) tell(tx *store.Tx, about string, kind NoticeKind, position store.Position) error {
	n := notice.Notice{UserID: o.user, Key: o.key(), Kind: notice.Alert, Position: position, Due: tx.Now}
	if !slices.Contains(atOnce, kind) {
		n.Due = tx.Now.Add(lookFor)
		return notice.AddTx(tx, n)
	}
	var urgency string
	err := tx.QueryRow(`SELECT urgency FROM place_requests WHERE request_id = $1`, about).Scan(&urgency)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("read how urgent a request is: %w", err)
	}
	n.Urgent = urgency == "emergency"
	return notice.AddTx(tx, n)
}
