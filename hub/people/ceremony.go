package people

import (
	"database/sql"
	"errors"
	"fmt"
	"time"

	"panah/hub/fault"
	"panah/hub/store"
)

// What may be under way for a few minutes.
const (
	ceremonySignIn      = "sign_in"     // the passphrase was right, the second factor is still to come
	ceremonyEnterKey    = "enter_key"   // a passkey was asked for, of nobody in particular
	ceremonySecondKey   = "second_key"  // a passkey was asked for after a passphrase
	ceremonyProveKey    = "prove_key"   // a passkey was asked for, of someone who is signed in
	ceremonyAddKey      = "add_key"     // a passkey is being made
	ceremonyAddTOTP     = "add_totp"    // a code app is being set up
	ceremonyAppSignIn   = "app_sign_in" // another Matrix app may sign in with it
	ceremonyInteractive = "interactive" // the first stage of a user-interactive authentication is done
)

const (
	// ChallengeLife is how long a sign-in waits for its second factor, and a passkey's challenge for its answer.
	ChallengeLife = 5 * time.Minute
	// setUpLife leaves time to install an app.
	setUpLife = 15 * time.Minute
	// AppTokenLife is how long another Matrix app may take to sign in.
	AppTokenLife = 2 * time.Minute
	// triesAtOnce is how many wrong codes one challenge takes.
	triesAtOnce = 5
	// ceremoniesAtOnce bounds what strangers can have the hub remember, for all of them together.
	ceremoniesAtOnce = 20_000
	// ceremoniesEach bounds it for one account and kind, of one device or, where nobody is in yet, of one address; the oldest makes room.
	// Whoever holds the passphrase alone must not push out the sign-in that waits for its owner elsewhere.
	ceremoniesEach = 10
	// ceremoniesAccount bounds it for one account and kind, wherever they come from.
	ceremoniesAccount = 500
)

// ceremony is one of them. Its token is known to whoever began it, and kept as a hash.
type ceremony struct {
	Kind     string
	UserID   string // "" for nobody in particular
	DeviceID string // of who is signed in
	From     string // where it comes from, when nobody is in yet (markOf); it is kept in the place of the device
	Data     []byte // sealed
}

// atTheDoor are the kinds that somebody has who is not in yet.
func atTheDoor(kind string) bool { return kind == ceremonySignIn || kind == ceremonySecondKey }

// openCeremonyTx begins one and throws away those that are over.
func (p *People) openCeremonyTx(tx *store.Tx, c ceremony, life time.Duration) (token string, expires time.Time, err error) {
	token, hash, err := newToken(ceremonyPrefix)
	if err != nil {
		return "", time.Time{}, err
	}
	sealed, err := p.seal.Seal(c.Kind+" "+c.UserID, c.Data)
	if err != nil {
		return "", time.Time{}, err
	}
	if _, err := tx.Exec(`DELETE FROM ceremonies WHERE expires_at <= $1`, tx.Now.UnixMilli()); err != nil {
		return "", time.Time{}, err
	}
	if err := p.makeRoomTx(tx, c); err != nil {
		return "", time.Time{}, err
	}
	expires = tx.Now.Add(life)
	_, err = tx.Exec(`INSERT INTO ceremonies (token_hash, kind, user_id, device_id, data, expires_at) VALUES ($1, $2, $3, $4, $5, $6)`,
		hash, c.Kind, c.UserID, c.DeviceID+c.From, sealed, expires.UnixMilli())
	return token, expires, err
}

func (p *People) makeRoomTx(tx *store.Tx, c ceremony) error {
	if c.UserID != "" {
		_, err := tx.Exec(`DELETE FROM ceremonies WHERE kind = $1 AND user_id = $2 AND device_id = $3 AND token_hash NOT IN
			(SELECT token_hash FROM ceremonies WHERE kind = $1 AND user_id = $2 AND device_id = $3 ORDER BY expires_at DESC LIMIT $4)`,
			c.Kind, c.UserID, c.DeviceID+c.From, ceremoniesEach-1)
		if err != nil {
			return err
		}
		_, err = tx.Exec(`DELETE FROM ceremonies WHERE kind = $1 AND user_id = $2 AND token_hash NOT IN
			(SELECT token_hash FROM ceremonies WHERE kind = $1 AND user_id = $2 ORDER BY expires_at DESC LIMIT $3)`,
			c.Kind, c.UserID, ceremoniesAccount-1)
		return err
	}
	var open int
	if err := tx.QueryRow(`SELECT count(*) FROM ceremonies WHERE user_id = ''`).Scan(&open); err != nil {
		return fmt.Errorf("count ceremonies: %w", err)
	}
	if open >= ceremoniesAtOnce {
		return fault.LimitExceeded(ChallengeLife)
	}
	return nil
}

// challengeOver is for a token that was used, has run out, or never was.
func challengeOver() error { return fault.Forbidden("error.challenge_over") }

// takeCeremonyTx uses a ceremony up: whoever comes second with the same token finds nothing.
func (p *People) takeCeremonyTx(tx *store.Tx, token, kind string) (ceremony, error) {
	return p.findCeremonyTx(tx, token, kind, `DELETE FROM ceremonies WHERE token_hash = $1 AND kind = $2 AND expires_at > $3
		RETURNING user_id, device_id, data`)
}

// tryCeremonyTx counts one try and leaves the ceremony for the next, as long as there are tries left.
func (p *People) tryCeremonyTx(tx *store.Tx, token, kind string) (ceremony, error) {
	return p.findCeremonyTx(tx, token, kind, fmt.Sprintf(`UPDATE ceremonies SET tries = tries + 1
		WHERE token_hash = $1 AND kind = $2 AND expires_at > $3 AND tries < %d RETURNING user_id, device_id, data`, triesAtOnce))
}

func (p *People) findCeremonyTx(tx *store.Tx, token, kind, query string) (ceremony, error) {
	c := ceremony{Kind: kind}
	if !wellFormed(token, ceremonyPrefix) {
		return c, challengeOver()
	}
	err := tx.QueryRow(query, hashToken(token), kind, tx.Now.UnixMilli()).Scan(&c.UserID, &c.DeviceID, &c.Data)
	if errors.Is(err, sql.ErrNoRows) {
		return c, challengeOver()
	}
	if err != nil {
		return c, fmt.Errorf("find a ceremony: %w", err)
	}
	if atTheDoor(kind) {
		c.DeviceID, c.From = "", c.DeviceID
	}
	if err := madeByOpenDeviceTx(tx, c); err != nil {
		return c, err
	}
	c.Data, err = p.seal.Open(c.Kind+" "+c.UserID, c.Data)
	return c, err
}

// madeByOpenDeviceTx refuses what a device began whose session is over. It went with the session; this looks once more where it counts.
func madeByOpenDeviceTx(tx *store.Tx, c ceremony) error {
	if c.DeviceID == "" {
		return nil
	}
	var open bool
	err := tx.QueryRow(`SELECT EXISTS (SELECT 1 FROM devices WHERE user_id = $1 AND device_id = $2)`, c.UserID, c.DeviceID).Scan(&open)
	if err != nil {
		return fmt.Errorf("look for a device: %w", err)
	}
	if !open {
		return challengeOver()
	}
	return nil
}

// dropCeremoniesTx ends all that is under way for a person, as when they are let back in by others.
func (p *People) dropCeremoniesTx(tx *store.Tx, userID string) error {
	_, err := tx.Exec(`DELETE FROM ceremonies WHERE user_id = $1`, userID)
	return err
}

// dropDeviceTx ends what a device had under way: what it has given to another app lets nobody in once its own session is over, its
// tokens are not renewed, and its browser is told of nothing any more.
func dropDeviceTx(tx *store.Tx, userID, device string) error {
	for _, table := range []string{"ceremonies", "refresh_tokens", "push_subscriptions"} {
		if _, err := tx.Exec(`DELETE FROM `+table+` WHERE user_id = $1 AND device_id = $2`, userID, device); err != nil {
			return err
		}
	}
	return nil
}
