package alert

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"

	"panah/hub/fault"
	"panah/hub/room"
	"panah/hub/store"
)

// Log follows the rooms (room.Follower) and keeps the tables of what stands. Besides, it is the lock on the door: an alert, an answer or a
// translation that did not come through this package is refused, by whatever way it came, and so is a post that quotes an alert where its label
// does not let it go.
type Log struct {
	alerts *Alerts // who do what follows from what other hubs' people say; nil before they are there
}

// Hear has what other hubs' people say in channels be followed by what is to follow. It is called while the hub is built.
func (a *Alerts) Hear(l *Log) { l.alerts = a }

// content is what Log reads of an event.
type content struct {
	Alert     json.RawMessage `json:"network.panah.alert"`
	New       json.RawMessage `json:"m.new_content"`
	Answer    string          `json:"answer"`
	Why       string          `json:"why"`
	Whole     bool            `json:"whole"`
	Note      string          `json:"note"`
	Language  string          `json:"language"`
	Text      string          `json:"text"`
	RelatesTo struct {
		EventID string `json:"event_id"`
		RelType string `json:"rel_type"`
	} `json:"m.relates_to"`
}

// AppendedTx takes an event into the tables.
func (l Log) AppendedTx(tx *store.Tx, rooms *room.Rooms, e *room.Event) error {
	if e.StateKey != nil {
		if err := cameTx(tx, rooms, e); err != nil {
			return err
		}
		return openedTx(tx, rooms, e)
	}
	if err := quotedTx(tx, rooms, e); err != nil {
		return err
	}
	if e.Type == "m.room.redaction" {
		return keepTx(tx, e)
	}
	ours := e.Type == AnswerType || e.Type == TranslationType
	if !ours && e.RelType != "m.replace" && !bytes.Contains(e.Content, []byte(Member)) {
		return nil
	}
	var c content
	if err := json.Unmarshal(e.Content, &c); err != nil {
		return nil // no object of ours
	}
	if rooms.IsForeign(e.Sender) {
		return l.heard(tx, rooms, e, &c, ours)
	}
	if err := l.guard(tx, e, &c, ours); err != nil {
		return err
	}
	return l.take(tx, rooms, e, &c)
}

// take has an event of an alert stand in the tables.
func (l Log) take(tx *store.Tx, rooms *room.Rooms, e *room.Event, c *content) error {
	switch {
	case e.Type == AnswerType:
		return l.answered(tx, rooms, e, c)
	case e.Type == TranslationType:
		return l.translated(tx, e, c)
	case e.Type == "m.room.message" && c.Alert != nil:
		return l.sent(tx, rooms, e, c)
	}
	return nil
}

// guard refuses what comes past the door. Nobody words an alert anew either: it is updated.
func (l Log) guard(tx *store.Tx, e *room.Event, c *content, ours bool) error {
	if tx.Context().Value(doorKey{}) != nil {
		return nil
	}
	refused := fault.Forbidden("error.alert_door")
	if ours || c.Alert != nil || bytes.Contains(c.New, []byte(Member)) {
		return refused
	}
	if e.RelType == "m.replace" {
		alertID, err := alertOfVersion(tx, e.RelatesTo)
		if err != nil || alertID == "" {
			return err
		}
		return refused
	}
	return nil
}

// keepTx refuses taking back what is of an alert: what was sent and answered stays on record, and an alert is cancelled instead. Only what somebody
// wrote who has left the network goes, as they asked for. What the hub keeps long enough goes without a redaction.
func keepTx(tx *store.Tx, e *room.Event) error {
	if tx.Context().Value(doorKey{}) != nil || e.Redacts == "" {
		return nil
	}
	if _, known, err := alertNamedTx(tx, e.Redacts); err != nil || !known {
		return err
	}
	var left bool
	err := tx.QueryRow(`SELECT EXISTS (SELECT 1 FROM events e JOIN people p ON p.user_id = e.sender WHERE e.event_id = $1 AND p.standing = 'gone')`,
		e.Redacts).Scan(&left)
	if err == nil && !left {
		err = fault.Forbidden("error.alert_redact")
	}
	return err
}

// alertOfVersion is the alert of which an event is a version, or "".
func alertOfVersion(tx *store.Tx, eventID string) (alertID string, err error) {
	if eventID == "" {
		return "", nil
	}
	err = tx.QueryRow(`SELECT alert_id FROM alert_versions WHERE event_id = $1`, eventID).Scan(&alertID)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return alertID, err
}

// inRoom tells whether an alert is of a room: an event of another room says nothing about it.
func inRoom(tx *store.Tx, alertID, roomID string) (known bool, err error) {
	err = tx.QueryRow(`SELECT EXISTS (SELECT 1 FROM alerts WHERE alert_id = $1 AND room_id = $2)`, alertID, roomID).Scan(&known)
	return known, err
}

// organisationOf is the organisation that somebody is of now, or "".
func organisationOf(tx *store.Tx, userID string) (id string, err error) {
	err = tx.QueryRow(`SELECT COALESCE(MAX(organisation_id), '') FROM people WHERE user_id = $1`, userID).Scan(&id)
	return id, err
}

// sent takes in a version of an alert. The first one founds it.
func (l Log) sent(tx *store.Tx, rooms *room.Rooms, e *room.Event, c *content) error {
	var b Block
	if json.Unmarshal(c.Alert, &b) != nil || !utf8.Valid(c.Alert) {
		return nil
	}
	alertID := e.ID
	if c.RelatesTo.RelType == RelUpdate {
		alertID = c.RelatesTo.EventID
		if known, err := inRoom(tx, alertID, e.RoomID); err != nil || !known {
			return err
		}
	} else if err := l.found(tx, rooms, e); err != nil {
		return err
	}
	_, err := tx.Exec(`INSERT INTO alert_versions (event_id, alert_id, position, sender, at, block) VALUES ($1, $2, $3, $4, $5, $6)`,
		e.ID, alertID, e.Position, e.Sender, e.OriginTS, string(c.Alert))
	if err != nil {
		return err
	}
	if err := l.refresh(tx, alertID); err != nil {
		return err
	}
	return tightenedTx(tx, rooms, alertID)
}

// found makes the row of a new alert; refresh fills in what it says.
func (l Log) found(tx *store.Tx, rooms *room.Rooms, e *room.Event) error {
	organisation, err := sendersTx(tx, rooms, e)
	if err != nil {
		return err
	}
	_, err = tx.Exec(`INSERT INTO alerts (alert_id, room_id, organisation_id, sender, sent_at, position, last_event_id, updated_at, last_position,
		msg_type, status, code, slots, urgency, severity, certainty, tlp, areas, expires_at, words, language)
		VALUES ($1, $2, $3, $4, $5, $6, $1, $5, $6, '', '', '', '', '', '', '', '', '', 0, '', '')`,
		e.ID, e.RoomID, organisation, e.Sender, e.OriginTS, e.Position)
	return err
}

// refresh has an alert say what its last version says.
func (l Log) refresh(tx *store.Tx, alertID string) error {
	var eventID, raw string
	var at int64
	var position store.Position
	err := tx.QueryRow(`SELECT event_id, block, at, position FROM alert_versions WHERE alert_id = $1 ORDER BY position DESC LIMIT 1`, alertID).
		Scan(&eventID, &raw, &at, &position)
	if err != nil {
		return fmt.Errorf("read the last version of an alert: %w", err)
	}
	var b Block
	if err := json.Unmarshal([]byte(raw), &b); err != nil {
		return fmt.Errorf("read the last version of an alert: %w", err)
	}
	b = b.full()
	_, err = tx.Exec(`UPDATE alerts SET last_event_id = $2, updated_at = $3, last_position = $4, msg_type = $5, status = $6, code = $7, slots = $8,
		urgency = $9, severity = $10, certainty = $11, tlp = $12, areas = $13, expires_at = $14, words = $15, language = $16 WHERE alert_id = $1`,
		alertID, eventID, at, position, b.MsgType, b.Status, b.Code, string(b.Slots), b.Urgency, b.Severity, b.Certainty, string(b.TLP),
		joinAreas(b.Areas), b.Expires*1000, b.Text, b.Language)
	return err
}

func (l Log) answered(tx *store.Tx, rooms *room.Rooms, e *room.Event, c *content) error {
	known, err := inRoom(tx, c.RelatesTo.EventID, e.RoomID)
	if err != nil || !known {
		return err
	}
	organisation, err := sendersTx(tx, rooms, e)
	if err != nil {
		return err
	}
	_, err = tx.Exec(`INSERT INTO alert_answers (event_id, alert_id, user_id, organisation_id, position, at, answer, why, whole, note)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		e.ID, c.RelatesTo.EventID, e.Sender, organisation, e.Position, e.OriginTS, c.Answer, c.Why, c.Whole, c.Note)
	return err
}

func (l Log) translated(tx *store.Tx, e *room.Event, c *content) error {
	alertID, err := alertOfVersion(tx, c.RelatesTo.EventID)
	if err != nil || alertID == "" {
		return err
	}
	if known, err := inRoom(tx, alertID, e.RoomID); err != nil || !known {
		return err
	}
	_, err = tx.Exec(`INSERT INTO alert_translations (event_id, alert_id, version_id, language, sender, position, at, words)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`, e.ID, alertID, c.RelatesTo.EventID, c.Language, e.Sender, e.Position, e.OriginTS, c.Text)
	return err
}

// EmptiedTx takes out of the tables what the log no longer says. With its first version an alert goes as a whole.
func (l Log) EmptiedTx(tx *store.Tx, _ string, eventIDs ...string) error {
	for _, id := range eventIDs {
		if err := l.emptied(tx, id); err != nil {
			return err
		}
	}
	return nil
}

func (l Log) emptied(tx *store.Tx, id string) error {
	for _, table := range []string{"alert_answers", "alert_translations", "alert_quotes"} {
		if _, err := tx.Exec(`DELETE FROM `+table+` WHERE event_id = $1`, id); err != nil {
			return err
		}
	}
	alertID, err := alertOfVersion(tx, id)
	if err != nil || alertID == "" {
		return err
	}
	if alertID == id {
		return forget(tx, id)
	}
	for _, statement := range []string{`DELETE FROM alert_versions WHERE event_id = $1`, `DELETE FROM alert_translations WHERE version_id = $1`} {
		if _, err := tx.Exec(statement, id); err != nil {
			return err
		}
	}
	return l.refresh(tx, alertID)
}

// ofOneAlert are the tables that hold what there is of an alert. Its figures say nothing of it, and stay.
var ofOneAlert = []string{"alerts", "alert_versions", "alert_answers", "alert_translations", "alert_recipients", "alert_steps"}

// forget deletes what there is of an alert. Who was called to it, and what they are asked on their devices, is left to Alerts.Due, which a step of no
// organisation tells: Log has no hands to bring people out of a channel.
func forget(tx *store.Tx, alertID string) error {
	if err := hushAllTx(tx, alertID); err != nil {
		return err
	}
	for _, table := range ofOneAlert {
		if _, err := tx.Exec(`DELETE FROM `+table+` WHERE alert_id = $1`, alertID); err != nil {
			return err
		}
	}
	_, err := tx.Exec(`INSERT INTO alert_steps (alert_id, organisation_id, step, due_at) VALUES ($1, '', $2, $3)`, alertID, int(StepDuty), tx.Now.UnixMilli())
	return err
}
