package people

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"panah/hub/fault"
	"panah/hub/store"
)

// SignIn is someone at the door.
type SignIn struct {
	User       string // user name or user id
	Passphrase string
	DeviceID   string // "" makes a new one; a known one replaces that device's session
	DeviceName string
	Address    string // where the request came from, for the limits
	Brief      bool   // at a device that others use too: the session ends by itself
}

// Session is a device that was let in. Token is shown this once.
type Session struct {
	UserID   string
	DeviceID string
	Token    string
	Brief    bool // ends by itself (BriefIdle, BriefMost)
}

// SignIn lets someone in who knows the passphrase. An unknown user and a wrong passphrase give the same fault after the same
// time. Suspended accounts, and those of a suspended organisation, are refused only once the passphrase is right.
func (p *People) SignIn(ctx context.Context, in SignIn) (Session, error) {
	userID, err := p.checkCredentials(ctx, in.User, in.Passphrase, in.Address)
	if err != nil {
		return Session{}, err
	}
	var session Session
	err = p.db.Write(ctx, func(tx *store.Tx) error {
		person, err := p.PersonTx(tx, userID)
		if err != nil {
			return err
		}
		if err := p.standsTx(tx, person); err != nil {
			return err
		}
		session, err = p.openTx(tx, userID, in.DeviceID, in.DeviceName)
		if err == nil && in.Brief {
			err = shortenTx(tx, &session)
		}
		return err
	})
	return session, err
}

// CheckPassphrase asks someone who is signed in to show once more who they are.
func (p *People) CheckPassphrase(ctx context.Context, userID, passphrase, address string) error {
	_, err := p.checkCredentials(ctx, userID, passphrase, address)
	return err
}

func (p *People) checkCredentials(ctx context.Context, user, passphrase, address string) (userID string, err error) {
	wrong := fault.Forbidden("error.wrong_credentials")
	if len(user) > 255 || len(passphrase) > 4*passphraseLongest {
		return "", wrong
	}
	if err := p.limits.take("address "+address, perAddress); err != nil {
		return "", err
	}
	userID, err = p.UserID(user)
	if err != nil {
		userID = "" // takes as long as an account that does not exist
	}
	account := "account " + p.localpart(user)
	pair := account + " " + address
	if err := p.limits.take(pair, perPair); err != nil {
		return "", err
	}
	if err := p.limits.take(account, perAccount); err != nil {
		return "", err
	}
	kept, err := p.keptHash(ctx, userID)
	if err != nil {
		return "", err
	}
	right, err := p.matches(ctx, passphrase, kept)
	if err != nil {
		return "", err
	}
	if !right {
		return "", wrong
	}
	p.limits.forgive(pair)
	p.limits.forgive(account)
	return userID, nil
}

func (p *People) keptHash(ctx context.Context, userID string) (kept string, err error) {
	err = p.db.Read(ctx, func(tx *store.Tx) error {
		err := tx.QueryRow(`SELECT passphrase_hash FROM people WHERE user_id = $1`, userID).Scan(&kept)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		return err
	})
	return kept, err
}

// standsTx refuses an account that is suspended, by itself or with its organisation.
func (p *People) standsTx(tx *store.Tx, person Person) error {
	if person.Standing == Gone {
		return fault.New(403, "M_USER_DEACTIVATED", "error.account_gone")
	}
	if person.Standing != Active {
		return fault.New(403, "M_USER_DEACTIVATED", "error.account_suspended")
	}
	if person.OrganisationID == "" {
		return nil
	}
	o, err := p.OrganisationTx(tx, person.OrganisationID)
	if err != nil {
		return err
	}
	if o.Standing == OrganisationSuspended {
		return fault.New(403, "M_USER_DEACTIVATED", "error.organisation_suspended")
	}
	return nil
}

// seenEvery is how often a device's last use is written down.
const seenEvery = 5 * time.Minute

// Authenticate tells who a token belongs to. It is M_UNKNOWN_TOKEN for a token that was revoked or never was.
func (p *People) Authenticate(ctx context.Context, token string) (Caller, error) {
	if !wellFormed(token, sessionPrefix) {
		return Caller{}, fault.UnknownToken()
	}
	hash := hashToken(token)
	c, ok, gone := p.known.get(hash)
	if ok {
		return c, nil
	}
	var seen, until int64
	err := p.db.Read(ctx, func(tx *store.Tx) (err error) {
		c, seen, until, err = p.callerTx(tx, hash)
		return err
	})
	if err != nil {
		return Caller{}, err
	}
	if c.Brief { // is asked for each time, since it may end at any moment, and lasts only for as long as its person says that they are there
		if briefOver(p.now(), seen, until) {
			return Caller{}, p.endBrief(ctx, c)
		}
		return c, nil
	}
	if p.now().Sub(time.UnixMilli(seen)) > seenEvery {
		p.noteSeen(ctx, c)
	}
	p.known.put(hash, c, gone)
	return c, nil
}

func (p *People) callerTx(tx *store.Tx, hash []byte) (c Caller, seen, until int64, err error) {
	var userID string
	err = tx.QueryRow(`SELECT user_id, device_id, seen_at, brief_until FROM devices WHERE token_hash = $1`, hash).Scan(&userID, &c.DeviceID, &seen, &until)
	if errors.Is(err, sql.ErrNoRows) {
		return Caller{}, 0, 0, fault.UnknownToken()
	}
	if err != nil {
		return Caller{}, 0, 0, fmt.Errorf("look a token up: %w", err)
	}
	c.Brief = until != 0
	if c.Person, err = p.PersonTx(tx, userID); err != nil {
		return Caller{}, 0, 0, err
	}
	if err := p.standsTx(tx, c.Person); err != nil {
		return Caller{}, 0, 0, fault.UnknownToken().Because(err)
	}
	return c, seen, until, nil
}

// noteSeen writes the last use down. It is a convenience: a failure is noted and no more.
func (p *People) noteSeen(ctx context.Context, c Caller) {
	err := p.db.Write(context.WithoutCancel(ctx), func(tx *store.Tx) error {
		_, err := tx.Exec(`UPDATE devices SET seen_at = $3 WHERE user_id = $1 AND device_id = $2`, c.UserID, c.DeviceID, tx.Now.UnixMilli())
		return err
	})
	if err != nil {
		p.log.Warn("the last use of a device could not be noted", "err", err)
	}
}

// Forget has the next request of every device look into the database again. A node calls it when another one says that a session
// ended or an account changed.
func (p *People) Forget() { p.known.clear() }
