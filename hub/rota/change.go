package rota

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"strings"
	"unicode/utf8"

	"panah/hub/fault"
	"panah/hub/people"
	"panah/hub/store"
)

// mayChange: administrators of the organisation, and stewards.
func mayChange(caller people.Caller, of Of) error {
	if err := caller.Require(people.ActManageRota); err != nil {
		return err
	}
	if of.Organisation != caller.OrganisationID && caller.Require(people.ActManageAlerts) != nil {
		return fault.Forbidden("error.manage_own_only")
	}
	return nil
}

// Set replaces the weekly slots.
func (a *Rotas) Set(ctx context.Context, caller people.Caller, of Of, slots []Slot) error {
	if err := mayChange(caller, of); err != nil {
		return err
	}
	if len(slots) > slotsMost {
		return bad("slots")
	}
	return a.db.Write(ctx, func(tx *store.Tx) error {
		if _, err := tx.Exec(`DELETE FROM rota_slots WHERE organisation_id = $1 AND shelter_id = $2`, of.Organisation, of.Shelter); err != nil {
			return err
		}
		for _, s := range slots {
			if err := a.addSlot(tx, of, s); err != nil {
				return err
			}
		}
		return a.people.AuditTx(tx, caller.UserID, "set_rota", of.Organisation, map[string]string{"organisation": of.Organisation, "shelter": of.Shelter})
	})
}

func (a *Rotas) addSlot(tx *store.Tx, of Of, s Slot) error {
	if s.Weekday < 0 || s.Weekday > 6 || s.From < 0 || s.From >= 1440 || s.Until < 0 || s.Until > 1440 || s.Place < 1 || s.Place > placesMost {
		return bad("slots")
	}
	if err := a.colleague(tx, of.Organisation, s.UserID); err != nil {
		return err
	}
	_, err := tx.Exec(`INSERT INTO rota_slots (slot_id, organisation_id, shelter_id, weekday, from_minute, until_minute, user_id, place)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`, newID(), of.Organisation, of.Shelter, s.Weekday, s.From, s.Until, s.UserID, s.Place)
	return err
}

// colleague refuses who could not be on duty for an organisation.
func (a *Rotas) colleague(tx *store.Tx, organisationID, user string) error {
	able, err := a.mayBeCalled(tx, organisationID, user)
	if err == nil && !able {
		err = fault.NotFound("error.unknown_person")
	}
	return err
}

// AddOverride has somebody stand in for a while: set by an administrator, or by whoever stands in themselves.
func (a *Rotas) AddOverride(ctx context.Context, caller people.Caller, of Of, o Override) (id string, err error) {
	if caller.UserID != o.UserID || caller.OrganisationID != of.Organisation {
		if err := mayChange(caller, of); err != nil {
			return "", err
		}
	}
	if err := checkText("note", o.Note, standInLimit); err != nil {
		return "", err
	}
	id = newID()
	return id, a.db.Write(ctx, func(tx *store.Tx) error {
		if o.Until <= tx.Now.UnixMilli() || o.Until <= o.From || o.Until-o.From > overrideLong.Milliseconds() || o.From > tx.Now.AddDate(1, 0, 0).UnixMilli() {
			return bad("until")
		}
		if err := a.colleague(tx, of.Organisation, o.UserID); err != nil {
			return err
		}
		if len(o.Instead) > 255 || !storable(o.Instead) {
			return bad("instead")
		}
		if _, err := tx.Exec(`DELETE FROM rota_overrides WHERE organisation_id = $1 AND until_at <= $2`, of.Organisation, tx.Now.UnixMilli()); err != nil {
			return err
		}
		n, err := tx.Exec(`INSERT INTO rota_overrides (override_id, organisation_id, shelter_id, from_at, until_at, user_id, instead, note, set_by)
			SELECT $1, $2, $10, $3, $4, $5, $6, $7, $8 WHERE (SELECT COUNT(*) FROM rota_overrides WHERE organisation_id = $2 AND shelter_id = $10) < $9`,
			id, of.Organisation, o.From, o.Until, o.UserID, o.Instead, o.Note, caller.UserID, overridesMost, of.Shelter)
		if err == nil && n == 0 {
			err = bad("until")
		}
		return err
	})
}

// RemoveOverride takes one away: by an administrator, or by whoever stands in.
func (a *Rotas) RemoveOverride(ctx context.Context, caller people.Caller, of Of, id string) error {
	user := caller.UserID
	if mayChange(caller, of) == nil {
		user = ""
	}
	return a.db.Write(ctx, func(tx *store.Tx) error {
		n, err := tx.Exec(`DELETE FROM rota_overrides WHERE override_id = $1 AND organisation_id = $2 AND shelter_id = $4 AND ($3 = '' OR user_id = $3)`,
			id, of.Organisation, user, of.Shelter)
		if err == nil && n == 0 {
			err = fault.NotFound("error.unknown_override")
		}
		return err
	})
}

// AddNote leaves a word for the next shift. Notes are kept for a month.
func (a *Rotas) AddNote(ctx context.Context, caller people.Caller, of Of, text string) error {
	if err := caller.Require(people.ActGoOnDuty); err != nil {
		return err
	}
	if of.Organisation == "" || of.Organisation != caller.OrganisationID {
		return fault.Forbidden("error.manage_own_only")
	}
	text = strings.TrimSpace(text)
	if text == "" {
		return fault.MissingParam("text")
	}
	if err := checkText("text", text, noteLimit); err != nil {
		return err
	}
	return a.db.Write(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(`INSERT INTO rota_notes (note_id, organisation_id, shelter_id, author, at, words) VALUES ($1, $2, $3, $4, $5, $6)`,
			newID(), of.Organisation, of.Shelter, caller.UserID, tx.Now.UnixMilli(), text)
		return err
	})
}

// Sweep forgets what is over: stand-ins when they have ended, notes after a month.
func (a *Rotas) Sweep(ctx context.Context) error {
	return a.db.Write(ctx, func(tx *store.Tx) error {
		if _, err := tx.Exec(`DELETE FROM rota_overrides WHERE until_at < $1`, tx.Now.UnixMilli()); err != nil {
			return err
		}
		_, err := tx.Exec(`DELETE FROM rota_notes WHERE at < $1`, tx.Now.Add(-notesKept).UnixMilli())
		return err
	})
}

func bad(name string) error { return fault.InvalidParam("error.invalid_param", "Name", name) }

// storable tells whether a text fits a column: valid UTF-8 without NUL.
func storable(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, 0) }

func checkText(name, text string, limit int) error {
	if !storable(text) {
		return bad(name)
	}
	if utf8.RuneCountInString(text) > limit {
		return fault.InvalidParam("error.long_text", "Limit", limit)
	}
	return nil
}

// newID makes an id of 72 random bits.
func newID() string {
	var raw [9]byte
	rand.Read(raw[:]) // never fails (crypto/rand, Go 1.24)
	return base64.RawURLEncoding.EncodeToString(raw[:])
}
