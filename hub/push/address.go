package push

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"math/big"
	"net/http"
	"net/mail"
	"strings"
	"sync"
	"time"

	"panah/hub/fault"
	"panah/hub/people"
	"panah/hub/store"
	"panah/locales"
)

const (
	addressLimit = 254              // bytes of an address (RFC 5321, 4.5.3.1.3)
	codeLife     = 30 * time.Minute // of a code that confirms an address
	codeTries    = 5                // wrong ones before it is void
	codesEach    = 3                // codes that one person may ask for in codesIn
	codesAll     = 60               // codes that all may ask for in codesIn: the hub must be of no use to whoever wants to fill mailboxes
	codesIn      = time.Hour
)

// pace remembers who asked for codes lately. A restart forgives.
type pace struct {
	mu  sync.Mutex
	all []asking
}

type asking struct {
	userID string
	at     time.Time
}

func (p *pace) take(userID string, now time.Time) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	kept, own := p.all[:0], 0
	for _, one := range p.all {
		if now.Sub(one.at) < codesIn {
			kept = append(kept, one)
			if one.userID == userID {
				own++
			}
		}
	}
	p.all = kept
	if own >= codesEach || len(p.all) >= codesAll {
		return fault.LimitExceeded(codesIn)
	}
	p.all = append(p.all, asking{userID, now})
	return nil
}

func addressOwner(userID string) string { return "mail address " + userID }

func (p *Push) openAddress(userID string, sealed []byte) (string, error) {
	if len(sealed) == 0 {
		return "", nil
	}
	raw, err := p.o.Sealer.Open(addressOwner(userID), sealed)
	return string(raw), err
}

// AskAddress sends a code to an address. It counts only once the code has come back; until then the one before is kept.
func (p *Push) AskAddress(ctx context.Context, caller people.Caller, address string) error {
	if p.o.Mail == nil {
		return fault.New(http.StatusBadRequest, "M_UNRECOGNIZED", "error.mail_none")
	}
	address = strings.TrimSpace(address)
	parsed, err := mail.ParseAddress(address)
	if err != nil || parsed.Address != address || len(address) > addressLimit {
		return fault.InvalidParam("error.mail_address")
	}
	code, err := newCode()
	if err != nil {
		return err
	}
	var say locales.Printer
	var now time.Time
	err = p.db.Read(ctx, func(tx *store.Tx) error {
		say, now = p.readerTx(tx, caller.UserID).Printer, tx.Now
		return nil
	})
	if err != nil {
		return err
	}
	if err := p.mails.take(caller.UserID, now); err != nil {
		return err
	}
	if err := p.db.Write(ctx, func(tx *store.Tx) error { return p.askTx(tx, caller.UserID, address, code) }); err != nil {
		return err
	}
	id, err := randomID(12)
	if err != nil {
		return err
	}
	args := map[string]any{"Code": code}
	if err := p.o.Mail.send(ctx, id, address, say.Text("mail.code_subject", nil), say.Text("mail.code", args)); err != nil {
		return fault.New(http.StatusBadGateway, "M_UNKNOWN", "error.mail_not_sent").Because(err)
	}
	return nil
}

func (p *Push) askTx(tx *store.Tx, userID, address, code string) error {
	sealed, err := p.o.Sealer.Seal(addressOwner(userID), []byte(address))
	if err != nil {
		return err
	}
	if err := p.haveTx(tx, userID); err != nil {
		return err
	}
	_, err = tx.Exec(`UPDATE push_people SET pending = $2, code_hash = $3, code_until = $4, code_tries = 0 WHERE user_id = $1`,
		userID, sealed, codeHash(userID, code), tx.Now.Add(codeLife).UnixMilli())
	return err
}

// haveTx gives a person a line of their own, with what holds for everybody.
func (p *Push) haveTx(tx *store.Tx, userID string) error {
	u := usual()
	push, err := kindsText(u.Push)
	if err != nil {
		return err
	}
	mail, err := kindsText(u.Mail)
	if err != nil {
		return err
	}
	_, err = tx.Exec(`INSERT INTO push_people (user_id, push_kinds, mail_kinds) VALUES ($1, $2, $3) ON CONFLICT (user_id) DO NOTHING`, userID, push, mail)
	return err
}

// ConfirmAddress takes the code that came by mail. A wrong one counts, and after some of them a new code is needed.
func (p *Push) ConfirmAddress(ctx context.Context, caller people.Caller, code string) error {
	fits := false
	err := p.db.Write(ctx, func(tx *store.Tx) error {
		fits = false
		r, err := p.rowTx(tx, caller.UserID)
		if err != nil {
			return err
		}
		if r.pending == "" || !tx.Now.Before(r.codeUntil) || r.codeTries >= codeTries {
			return fault.Forbidden("error.mail_code_over")
		}
		if subtle.ConstantTimeCompare(r.codeHash, codeHash(caller.UserID, code)) != 1 {
			_, err := tx.Exec(`UPDATE push_people SET code_tries = code_tries + 1 WHERE user_id = $1`, caller.UserID)
			return err // told after the commit: the try is to be counted
		}
		fits = true
		_, err = tx.Exec(`UPDATE push_people SET mail = pending, pending = NULL, code_hash = NULL, code_until = 0, code_tries = 0 WHERE user_id = $1`, caller.UserID)
		return err
	})
	if err == nil && !fits {
		err = fault.Forbidden("error.mail_code")
	}
	return err
}

// ForgetAddress takes the address away, with what waits for it.
func (p *Push) ForgetAddress(ctx context.Context, caller people.Caller) error {
	return p.db.Write(ctx, func(tx *store.Tx) error {
		if _, err := tx.Exec(`DELETE FROM push_outbox WHERE user_id = $1 AND target = ''`, caller.UserID); err != nil {
			return err
		}
		_, err := tx.Exec(`UPDATE push_people SET mail = NULL, pending = NULL, code_hash = NULL, code_until = 0 WHERE user_id = $1`, caller.UserID)
		return err
	})
}

// newCode draws six digits. Five tries in half an hour do not find them.
func newCode() (string, error) {
	n, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
	if err != nil {
		return "", fmt.Errorf("draw a code: %w", err)
	}
	return fmt.Sprintf("%06d", n), nil
}

// codeHash is what is kept of a code. It may be typed with spaces and in the digits of any of the hub's languages.
func codeHash(userID, code string) []byte {
	plain := strings.Map(func(r rune) rune {
		switch {
		case r >= '۰' && r <= '۹':
			return r - '۰' + '0'
		case r >= '٠' && r <= '٩':
			return r - '٠' + '0'
		case r >= '0' && r <= '9':
			return r
		}
		return -1
	}, code)
	sum := sha256.Sum256([]byte("panah mail code\x00" + userID + "\x00" + plain))
	return sum[:]
}
