package place

import (
	"bytes"
	"context"
	"encoding/base64"
	"strings"

	"filippo.io/age"

	"panah/hub/fault"
	"panah/hub/people"
	"panah/hub/place/allot"
	"panah/hub/store"
)

// Key is the public key of a device to which notes are sealed.
type Key struct {
	UserID    string `json:"user_id"`
	DeviceID  string `json:"device_id"`
	Recipient string `json:"recipient"` // age1…
}

// Note is what was sealed on a device for the devices of both sides of a request. The hub cannot read it.
type Note struct {
	ID     string
	UserID string // who wrote it
	At     int64  // Unix milliseconds
	Sealed []byte // an age file
}

// Bounds of sealed notes.
const (
	sealedMost = 16 << 10 // bytes
	notesMost  = 20       // of one request
	recipient  = 62       // characters of an X25519 recipient
)

// SetKey says to which public key notes for this device are sealed.
func (p *Places) SetKey(ctx context.Context, caller people.Caller, to string) error {
	if err := caller.Require(people.ActSeePlaces); err != nil {
		return err
	}
	if err := checkRecipient(to); err != nil {
		return err
	}
	return p.write(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(`INSERT INTO place_keys (user_id, device_id, recipient, at) VALUES ($1, $2, $3, $4)
			ON CONFLICT (user_id, device_id) DO UPDATE SET recipient = excluded.recipient, at = excluded.at`, caller.UserID, caller.DeviceID, to, tx.Now.UnixMilli())
		if err != nil {
			return err
		}
		return p.sayKeysOf(tx.Context(), tx, caller.UserID)
	})
}

// checkRecipient refuses what is no public key of age.
func checkRecipient(to string) error {
	if len(to) != recipient || strings.ToLower(to) != to {
		return bad("recipient")
	}
	if _, err := age.ParseX25519Recipient(to); err != nil {
		return bad("recipient")
	}
	return nil
}

// Keys are those of the devices of both sides of a request, for a note to be sealed to. Those of devices that were signed out are not among them; of
// another hub's devices they are those that it has told of.
func (p *Places) Keys(ctx context.Context, caller people.Caller, requestID string) (all []Key, err error) {
	err = p.db.Read(ctx, func(tx *store.Tx) error {
		r, err := p.partyTx(tx, caller, requestID)
		if err != nil {
			return err
		}
		own, err := ownKeysTx(tx, r.RoomID)
		if err != nil {
			return err
		}
		others, err := p.otherKeysTx(tx, r)
		all = append(own, others...)
		return err
	})
	return all, err
}

// partyTx reads a request for somebody who is in its channel now.
func (p *Places) partyTx(tx *store.Tx, caller people.Caller, requestID string) (Request, error) {
	if err := caller.Require(people.ActSeePlaces); err != nil {
		return Request{}, err
	}
	r, err := requestTx(tx, requestID)
	if err != nil {
		return r, err
	}
	membership, err := p.rooms.Membership(tx, r.RoomID, caller.UserID)
	if err == nil && (r.RoomID == "" || membership != "join") {
		err = allot.ErrUnknown()
	}
	return r, err
}

// checkSealed refuses what is no age file sealed to keys of devices alone: a note that a passphrase opens is only as good as that, and one in
// clear must never lie here. https://age-encryption.org/v1
func checkSealed(sealed []byte) error {
	if len(sealed) > sealedMost {
		return fault.TooLarge(sealedMost)
	}
	rest, ours := bytes.CutPrefix(sealed, []byte("age-encryption.org/v1\n"))
	for stanzas := 0; ours; stanzas++ {
		line, after, _ := bytes.Cut(rest, []byte("\n"))
		if mac, last := bytes.CutPrefix(line, []byte("--- ")); last {
			// Behind the header stand a nonce of 16 bytes and at least one authenticated chunk.
			if stanzas == 0 || !coded(mac) || len(after) < 16+16 {
				return bad("sealed")
			}
			return nil
		}
		share, known := bytes.CutPrefix(line, []byte("-> X25519 "))
		var key []byte
		key, rest, _ = bytes.Cut(after, []byte("\n"))
		if !known || !coded(share) || !coded(key) {
			return bad("sealed")
		}
	}
	return bad("sealed")
}

// coded tells whether text is 32 bytes as a header of age writes them: so nothing in clear stands between its lines.
func coded(text []byte) bool {
	raw, err := base64.RawStdEncoding.Strict().DecodeString(string(text))
	return err == nil && len(raw) == 32 && !bytes.ContainsAny(text, "\r\n")
}

// AddNote keeps a sealed note for a request that was accepted, and tells its channel that there is one.
func (p *Places) AddNote(ctx context.Context, caller people.Caller, txnID, requestID string, sealed []byte) (id string, err error) {
	if err := checkSealed(sealed); err != nil {
		return "", err
	}
	return p.once(ctx, caller, "note "+requestID, txnID, func(ctx context.Context, tx *store.Tx) (string, error) {
		r, err := p.partyTx(tx, caller, requestID)
		if err != nil {
			return "", err
		}
		n, err := notesTx(tx, requestID)
		if err != nil {
			return "", err
		}
		if !r.takesNotes() || n >= notesMost {
			return "", fault.Forbidden("error.place_state")
		}
		note := Note{ID: newID(), UserID: caller.UserID, At: tx.Now.UnixMilli(), Sealed: sealed}
		if err := keepNote(tx, requestID, note); err != nil {
			return "", err
		}
		return note.ID, p.tellNote(ctx, tx, r, note)
	})
}

// tellNote has a request's channel say that there is a note: in its writer's name, or, between hubs, in the hub's, with the note itself. A note that no
// device of the other hub could read is refused.
func (p *Places) tellNote(ctx context.Context, tx *store.Tx, r Request, n Note) error {
	if !r.abroad() {
		return p.say(ctx, tx, r, n.UserID, "noted", map[string]any{"note": n.ID})
	}
	others, err := p.otherKeysTx(tx, r)
	if err != nil {
		return err
	}
	if len(others) == 0 {
		return fault.Forbidden("error.place_no_keys")
	}
	return p.say(ctx, tx, r, p.people.HubUser(), "noted", n.abroad())
}

// notesTx counts the notes of a request.
func notesTx(tx *store.Tx, requestID string) (n int, err error) {
	return n, tx.QueryRow(`SELECT count(*) FROM place_notes WHERE request_id = $1`, requestID).Scan(&n)
}

func keepNote(tx *store.Tx, requestID string, n Note) error {
	_, err := tx.Exec(`INSERT INTO place_notes (note_id, request_id, user_id, at, sealed) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (note_id) DO NOTHING`,
		n.ID, requestID, n.UserID, n.At, n.Sealed)
	return err
}

// Notes are the sealed notes of a request, the first one first.
func (p *Places) Notes(ctx context.Context, caller people.Caller, requestID string) (all []Note, err error) {
	err = p.db.Read(ctx, func(tx *store.Tx) error {
		if _, err := p.partyTx(tx, caller, requestID); err != nil {
			return err
		}
		all, err = store.All(tx, func(row store.Scanner) (n Note, err error) { return n, row.Scan(&n.ID, &n.UserID, &n.At, &n.Sealed) },
			`SELECT note_id, user_id, at, sealed FROM place_notes WHERE request_id = $1 ORDER BY at, note_id`, requestID)
		return err
	})
	return all, err
}
