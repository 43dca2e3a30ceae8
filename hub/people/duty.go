package people

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"panah/hub/fault"
	"panah/hub/store"
)

// Duty says that somebody is the one to ask first, for a span of time. The node's clock ends it.
type Duty struct {
	ID             string
	OrganisationID string
	UserID         string
	From, Until    time.Time
	SetBy          string // user id
	Note           string // in the words of whoever set it, or ""
	Ended          bool
	Position       store.Position // of the last change
}

const (
	dutyLongest = 48 * time.Hour
	dutyNote    = 160 // characters
)

// SetDutyTx puts somebody on duty from now on, in place of the span they are in. People put themselves on duty; for others it is a deed
// of those who look after them. position is where everybody is told.
func (p *People) SetDutyTx(tx *store.Tx, by Caller, userID string, until time.Time, note string, position store.Position) (Duty, error) {
	person, err := p.dutyPersonTx(tx, by, userID)
	if err != nil {
		return Duty{}, err
	}
	if !until.After(tx.Now) || until.Sub(tx.Now) > dutyLongest {
		return Duty{}, fault.InvalidParam("error.bad_duty", "Limit", int(dutyLongest/time.Hour))
	}
	note = strings.TrimSpace(note)
	if !storable(note) || utf8.RuneCountInString(note) > dutyNote {
		return Duty{}, fault.InvalidParam("error.long_text", "Limit", dutyNote)
	}
	if _, err := p.EndDutyTx(tx, userID, position); err != nil {
		return Duty{}, err
	}
	id, err := randomID(9)
	if err != nil {
		return Duty{}, err
	}
	d := Duty{ID: id, OrganisationID: person.OrganisationID, UserID: userID, From: tx.Now, Until: until, SetBy: by.UserID, Note: note, Position: position}
	_, err = tx.Exec(`INSERT INTO duty (duty_id, organisation_id, user_id, from_at, until_at, set_by, note, position) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		d.ID, d.OrganisationID, d.UserID, d.From.UnixMilli(), d.Until.UnixMilli(), d.SetBy, d.Note, d.Position)
	if err != nil || by.UserID == userID {
		return d, err
	}
	return d, p.AuditTx(tx, by.UserID, "set_duty", userID, nil)
}

// EndDutyByTx ends somebody's span for them or for those who look after them.
func (p *People) EndDutyByTx(tx *store.Tx, by Caller, userID string, position store.Position) error {
	if _, err := p.dutyPersonTx(tx, by, userID); err != nil {
		return err
	}
	ended, err := p.EndDutyTx(tx, userID, position)
	if err != nil || !ended || by.UserID == userID {
		return err
	}
	return p.AuditTx(tx, by.UserID, "end_duty", userID, nil)
}

// dutyPersonTx: whoever is on duty may be so by their role, belongs to an organisation and has not been suspended.
func (p *People) dutyPersonTx(tx *store.Tx, by Caller, userID string) (Person, error) {
	person, err := p.PersonTx(tx, userID)
	if err != nil {
		return person, err
	}
	if by.UserID != userID {
		if err := by.MayDo(DeedDuty, person); err != nil {
			return person, err
		}
	}
	if err := (Caller{Person: person}).Require(ActGoOnDuty); err != nil {
		return person, err
	}
	if person.OrganisationID == "" {
		return person, fault.New(http.StatusBadRequest, "M_FORBIDDEN", "error.duty_needs_organisation")
	}
	return person, nil
}

// EndDutyTx ends the span that somebody is in, and tells whether there was one.
func (p *People) EndDutyTx(tx *store.Tx, userID string, position store.Position) (bool, error) {
	n, err := tx.Exec(`UPDATE duty SET until_at = $2, ended = TRUE, position = $3 WHERE user_id = $1 AND ended = FALSE AND until_at > $2`,
		userID, tx.Now.UnixMilli(), position)
	return n > 0, err
}

// OnDutyTx tells whether somebody is on duty.
func (p *People) OnDutyTx(tx *store.Tx, userID string) (on bool, err error) {
	err = tx.QueryRow(`SELECT EXISTS (SELECT 1 FROM duty WHERE user_id = $1 AND ended = FALSE AND from_at <= $2 AND until_at > $2)`,
		userID, tx.Now.UnixMilli()).Scan(&on)
	return on, err
}

// DutyOver tells whether a span has run out that nobody was told of.
func (p *People) DutyOver(ctx context.Context) (over bool, err error) {
	err = p.db.Read(ctx, func(tx *store.Tx) error {
		return tx.QueryRow(`SELECT EXISTS (SELECT 1 FROM duty WHERE ended = FALSE AND until_at <= $1)`, tx.Now.UnixMilli()).Scan(&over)
	})
	return over, err
}

// ExpireDutyTx marks the spans that have run out by the node's clock as ended; position is where everybody is told.
func (p *People) ExpireDutyTx(tx *store.Tx, position store.Position) error {
	_, err := tx.Exec(`UPDATE duty SET ended = TRUE, position = $2 WHERE ended = FALSE AND until_at <= $1`, tx.Now.UnixMilli(), position)
	return err
}

// DutyChanged are the last changes after a position and up to another, one a person, in order. After 0 it is who is on duty now.
func DutyChanged(tx *store.Tx, after, upTo store.Position) (all []Duty, err error) {
	rows, err := tx.Query(`SELECT duty_id, organisation_id, user_id, from_at, until_at, set_by, note, ended, position FROM duty
		WHERE position > $1 AND position <= $2 AND ($1 > 0 OR ended = FALSE AND until_at > $3) ORDER BY position, ended DESC`, after, upTo, tx.Now.UnixMilli())
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var d Duty
		var from, until int64
		if err := rows.Scan(&d.ID, &d.OrganisationID, &d.UserID, &from, &until, &d.SetBy, &d.Note, &d.Ended, &d.Position); err != nil {
			return nil, fmt.Errorf("read who is on duty: %w", err)
		}
		d.From, d.Until = time.UnixMilli(from), time.UnixMilli(until)
		all = append(all, d)
	}
	return lastOfEach(all), rows.Err()
}

// lastOfEach leaves of each person the last change: a span that replaces another ends that one at the same position.
func lastOfEach(all []Duty) []Duty {
	last := map[string]int{}
	for i := range all {
		last[all[i].UserID] = i
	}
	var kept []Duty
	for i := range all {
		if last[all[i].UserID] == i {
			kept = append(kept, all[i])
		}
	}
	return kept
}
