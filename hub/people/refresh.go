package people

import (
	"bytes"
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"panah/hub/fault"
	"panah/hub/store"
)

// Refresh tokens let an app have access tokens that end by themselves ("Refreshing access tokens"). What was copied from a log or a stolen
// backup is then of use for an hour at most, and whoever copies the refresh token as well gives themselves away: all refresh tokens of a device
// are links of one chain, each is good for one renewal, and the second use of a link that its successor has replaced takes the tokens
// of both holders away. The device stays, so the rightful app keeps what it has stored and signs in again.
const (
	// AccessLife is how long an access token lasts that can be renewed.
	AccessLife = time.Hour

	refreshPrefix = "panah-refresh_"
	chainChars    = 22 // 128 bits in base64: which chain a refresh token belongs to
	linkChars     = 43 // 256 bits: which link of it
)

// Renewed is what an app goes on with.
type Renewed struct {
	Token   string        // access token
	Refresh string        // refresh token
	Life    time.Duration // of Token
}

// softOut says that the session goes on once its person has signed in again at the same device ("Soft logout").
func softOut() error { return fault.UnknownToken().With("soft_logout", true) }

// newChain makes the first refresh token of a chain and the hash by which the chain is found.
func newChain() (token string, chain, hash []byte) {
	raw := make([]byte, 16)
	rand.Read(raw) // never fails (crypto/rand, Go 1.24)
	id := base64.RawURLEncoding.EncodeToString(raw)
	token, hash = nextLink(id)
	return token, hashToken(id), hash
}

func nextLink(chain string) (token string, hash []byte) {
	raw := make([]byte, 32)
	rand.Read(raw) // never fails (crypto/rand, Go 1.24)
	token = refreshPrefix + chain + base64.RawURLEncoding.EncodeToString(raw)
	return token, hashToken(token)
}

// chainOf gives the part of a refresh token that all of its chain have.
func chainOf(token string) (chain string, ok bool) {
	if len(token) != len(refreshPrefix)+chainChars+linkChars || token[:len(refreshPrefix)] != refreshPrefix {
		return "", false
	}
	return token[len(refreshPrefix):][:chainChars], true
}

// beginChainTx gives a session that has just been opened its first refresh token, and its access token an end.
func beginChainTx(tx *store.Tx, s Session) (Session, error) {
	token, chain, hash := newChain()
	_, err := tx.Exec(`INSERT INTO refresh_tokens (chain_hash, user_id, device_id, token_hash) VALUES ($1, $2, $3, $4)`,
		chain, s.UserID, s.DeviceID, hash)
	if err != nil {
		return s, err
	}
	_, err = tx.Exec(`UPDATE devices SET token_until = $3 WHERE user_id = $1 AND device_id = $2`,
		s.UserID, s.DeviceID, tx.Now.Add(AccessLife).UnixMilli())
	s.Refresh, s.Life = token, AccessLife
	return s, err
}

// chainRow is a chain as it stands.
type chainRow struct {
	hash             []byte
	userID, deviceID string
	token, next      []byte
}

// Refresh renews a session's tokens. It is M_UNKNOWN_TOKEN for a token that never was or whose session is over, and ends the tokens of a
// chain of which a link comes that was replaced. address is where the request came from, for the limits.
func (p *People) Refresh(ctx context.Context, token, address string) (r Renewed, err error) {
	if err := p.limits.take("address "+address, perAddress); err != nil {
		return Renewed{}, err
	}
	chain, ok := chainOf(token)
	if !ok {
		return Renewed{}, fault.UnknownToken()
	}
	var refusal error
	err = p.db.Write(ctx, func(tx *store.Tx) error {
		r, refusal = Renewed{}, nil
		row, err := chainTx(tx, hashToken(chain))
		if err != nil {
			return err
		}
		if _, err := p.mayEnterTx(tx, row.userID); err != nil {
			return signedOut(err)
		}
		given := hashToken(token)
		if !bytes.Equal(given, row.token) && !bytes.Equal(given, row.next) {
			refusal = softOut() // told after the commit: the tokens are to be taken away
			return p.breakChainTx(tx, row)
		}
		r, err = p.renewTx(tx, row, chain, given)
		return err
	})
	return r, errors.Join(err, refusal)
}

func chainTx(tx *store.Tx, hash []byte) (row chainRow, err error) {
	row.hash = hash
	err = tx.QueryRow(`SELECT user_id, device_id, token_hash, next_hash FROM refresh_tokens WHERE chain_hash = $1`, hash).
		Scan(&row.userID, &row.deviceID, &row.token, &row.next)
	if errors.Is(err, sql.ErrNoRows) {
		return row, fault.UnknownToken()
	}
	if err != nil {
		return row, fmt.Errorf("look a refresh token up: %w", err)
	}
	return row, nil
}

// renewTx gives new tokens for the link that came. That link holds until its successor is seen: the answer may be lost on its way, and
// then the app asks with it again.
func (p *People) renewTx(tx *store.Tx, row chainRow, chain string, given []byte) (Renewed, error) {
	access, accessHash, err := newToken(sessionPrefix)
	if err != nil {
		return Renewed{}, err
	}
	refresh, next := nextLink(chain)
	_, err = tx.Exec(`UPDATE refresh_tokens SET token_hash = $2, next_hash = $3,
		former_hash = (SELECT d.token_hash FROM devices d WHERE d.user_id = $4 AND d.device_id = $5) WHERE chain_hash = $1`,
		row.hash, given, next, row.userID, row.deviceID)
	if err != nil {
		return Renewed{}, err
	}
	_, err = tx.Exec(`UPDATE devices SET token_hash = $3, token_until = $4, seen_at = $5 WHERE user_id = $1 AND device_id = $2`,
		row.userID, row.deviceID, accessHash, tx.Now.Add(AccessLife).UnixMilli(), tx.Now.UnixMilli())
	tx.OnCommit(p.known.clear)
	return Renewed{Token: access, Refresh: refresh, Life: AccessLife}, err
}

// breakChainTx takes the tokens of a device away and leaves the device. Of a chain that is broken, both have the same hash, which is of no token.
func (p *People) breakChainTx(tx *store.Tx, row chainRow) error {
	_, nothing, err := newToken(sessionPrefix)
	if err != nil {
		return err
	}
	n, err := tx.Exec(`UPDATE refresh_tokens SET token_hash = $2, next_hash = NULL, former_hash = d.token_hash
		FROM devices AS d WHERE d.user_id = $3 AND d.device_id = $4 AND chain_hash = $1 AND refresh_tokens.token_hash <> d.token_hash`,
		row.hash, nothing, row.userID, row.deviceID)
	if err != nil || n == 0 {
		return err
	}
	_, err = tx.Exec(`UPDATE devices SET token_hash = $3 WHERE user_id = $1 AND device_id = $2`, row.userID, row.deviceID, nothing)
	tx.OnCommit(func() {
		p.known.clear()
		p.ended(row.userID, row.deviceID)
		p.log.Warn("a refresh token came a second time: the device must sign in again", "user", row.userID, "device", row.deviceID)
	})
	return err
}

// settleChain notes that a renewed token has come into use: the refresh token before it is over. Without it the app could only renew once
// more than it should, so a failure is noted and no more.
func (p *People) settleChain(ctx context.Context, c Caller) {
	err := p.db.Write(context.WithoutCancel(ctx), func(tx *store.Tx) error {
		_, err := tx.Exec(`UPDATE refresh_tokens SET token_hash = next_hash, next_hash = NULL WHERE user_id = $1 AND device_id = $2 AND next_hash IS NOT NULL`,
			c.UserID, c.DeviceID)
		return err
	})
	if err != nil {
		p.log.Warn("the use of a renewed token could not be noted", "err", err)
	}
}

// unknownTx tells whether a token that is nobody's was one that has been renewed since, or taken away with its chain: its app is to
// renew it or to sign in again, and keeps what it has stored.
func unknownTx(tx *store.Tx, hash []byte) error {
	var former bool
	err := tx.QueryRow(`SELECT EXISTS (SELECT 1 FROM refresh_tokens WHERE former_hash = $1)`, hash).Scan(&former)
	if err != nil {
		return fmt.Errorf("look a former token up: %w", err)
	}
	if former {
		return softOut()
	}
	return fault.UnknownToken()
}

// over tells whether a token that can be renewed has come to its end.
func over(now time.Time, until int64) bool { return until != 0 && now.UnixMilli() > until }
