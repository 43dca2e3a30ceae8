package people

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"panah/hub/fault"
	"panah/hub/store"
)

// Correction is what somebody says of the words in their language.
type Correction struct {
	ID       string
	UserID   string
	At       time.Time
	Language string // catalog tag
	Words    string // as they read now
	Better   string // as they should read
	Place    string // the screen that it was sent from, or ""
}

const (
	correctionText  = 500 // characters of the words, and of what is better
	correctionPlace = 64  // bytes
	correctionsKept = 500 // open ones of the whole hub; when it is full, new ones are refused
	correctionsRead = 500
)

// perCorrection is how often one person may send a correction.
var perCorrection = pace{20, 10 * time.Minute}

// Correct sends a correction to the stewards.
func (p *People) Correct(ctx context.Context, caller Caller, c Correction) error {
	for _, text := range []string{c.Words, c.Better} {
		if n := utf8.RuneCountInString(strings.TrimSpace(text)); n == 0 || n > correctionText || !storable(text) {
			return fault.InvalidParam("error.bad_correction", "Limit", correctionText)
		}
	}
	if len(c.Language) > 35 || len(c.Place) > correctionPlace || !storable(c.Language) || !storable(c.Place) {
		return fault.InvalidParam("error.bad_language")
	}
	if err := p.limits.take("correction "+caller.UserID, perCorrection); err != nil {
		return err
	}
	id, err := randomID(9)
	if err != nil {
		return err
	}
	return p.db.Write(ctx, func(tx *store.Tx) error {
		n, err := tx.Exec(`INSERT INTO corrections (correction_id, user_id, at, language, words, better, place)
			SELECT $1, $2, $3, $4, $5, $6, $7 WHERE (SELECT count(*) FROM corrections) < $8`,
			id, caller.UserID, tx.Now.UnixMilli(), c.Language, strings.TrimSpace(c.Words), strings.TrimSpace(c.Better), c.Place, correctionsKept)
		if err == nil && n == 0 {
			return fault.LimitExceeded(24 * time.Hour)
		}
		return err
	})
}

// storable tells whether a text fits a column of either engine.
func storable(text string) bool { return utf8.ValidString(text) && !strings.ContainsRune(text, 0) }

// Corrections are the open ones, the newest first. Stewards alone see them.
func (p *People) Corrections(ctx context.Context, caller Caller) (all []Correction, err error) {
	if err := caller.Require(ActSeeCorrections); err != nil {
		return nil, err
	}
	err = p.db.Read(ctx, func(tx *store.Tx) error {
		rows, err := tx.Query(`SELECT correction_id, user_id, at, language, words, better, place FROM corrections
			ORDER BY at DESC, correction_id LIMIT $1`, correctionsRead)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var c Correction
			var at int64
			if err := rows.Scan(&c.ID, &c.UserID, &at, &c.Language, &c.Words, &c.Better, &c.Place); err != nil {
				return fmt.Errorf("read corrections: %w", err)
			}
			c.At = time.UnixMilli(at)
			all = append(all, c)
		}
		return rows.Err()
	})
	return all, err
}

// SettleCorrection takes one off the list.
func (p *People) SettleCorrection(ctx context.Context, caller Caller, id string) error {
	if err := caller.Require(ActSeeCorrections); err != nil {
		return err
	}
	return p.db.Write(ctx, func(tx *store.Tx) error {
		n, err := tx.Exec(`DELETE FROM corrections WHERE correction_id = $1`, id)
		if err == nil && n == 0 {
			return fault.NotFound("error.unknown_correction")
		}
		if err != nil {
			return err
		}
		return p.AuditTx(tx, caller.UserID, "settle_correction", id, nil)
	})
}
