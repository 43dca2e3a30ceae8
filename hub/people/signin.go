package people

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"panah/hub/factor"
	"panah/hub/fault"
	"panah/hub/store"
)

// SignIn is someone at the door.
type SignIn struct {
	User       string // user name or user id
	Passphrase string
	DeviceID   string // "" makes a new one; a known one replaces that device's session
	DeviceName string
	Address    string // where the request came from, for the limits; it is not kept
	Country    string // where the request came from, for the person's list of devices
	Brief      bool   // at a device that others use too: the session ends by itself
	Refresh    bool   // the app can renew its tokens
}

func (in SignIn) arrival() arrival {
	return arrival{device: in.DeviceID, name: in.DeviceName, country: in.Country, brief: in.Brief, refresh: in.Refresh}
}

// Session is a device that was let in. Token is shown this once.
type Session struct {
	UserID   string
	DeviceID string
	Token    string
	Brief    bool          // ends by itself (BriefIdle, BriefMost)
	Refresh  string        // with which Token is renewed, or ""
	Life     time.Duration // of Token where there is Refresh
}

// Challenge is a sign-in whose passphrase was right and whose second factor is still to come.
type Challenge struct {
	Token     string
	Passkey   bool // the person has one
	TOTP      bool // the person has a code app
	ExpiresAt time.Time
}

// SignIn lets someone in who knows the passphrase and has no second factor. An unknown user and a wrong passphrase give the same fault
// after the same time. Suspended accounts, those of a suspended organisation, and those with a second factor are refused only
// once the passphrase is right: an app that knows nothing of second factors signs in with a token of AppToken instead.
func (p *People) SignIn(ctx context.Context, in SignIn) (Session, error) {
	session, challenge, err := p.BeginSignIn(ctx, in)
	if err == nil && challenge != nil {
		err = fault.Forbidden("error.second_factor_app")
	}
	return session, err
}

// BeginSignIn lets someone in who knows the passphrase, or gives a challenge to whoever has a second factor as well.
func (p *People) BeginSignIn(ctx context.Context, in SignIn) (session Session, challenge *Challenge, err error) {
	userID, err := p.checkCredentials(ctx, in.User, in.Passphrase, in.Address)
	if err != nil {
		return Session{}, nil, err
	}
	err = p.db.Write(ctx, func(tx *store.Tx) error {
		session, challenge = Session{}, nil
		person, err := p.mayEnterTx(tx, userID)
		if err != nil {
			return err
		}
		f, err := p.factorsTx(tx, person)
		if err != nil {
			return err
		}
		if f.Any() {
			challenge, err = p.challengeTx(tx, userID, f, in)
			return err
		}
		session, err = p.openTx(tx, userID, in.arrival())
		return err
	})
	return session, challenge, err
}

func (p *People) challengeTx(tx *store.Tx, userID string, f Factors, in SignIn) (*Challenge, error) {
	waits, err := json.Marshal(waiting{in.DeviceName, in.Brief})
	if err != nil {
		return nil, fmt.Errorf("keep a sign-in: %w", err)
	}
	token, expires, err := p.openCeremonyTx(tx, ceremony{Kind: ceremonySignIn, UserID: userID, From: p.markOf(in.Address), Data: waits}, ChallengeLife)
	return &Challenge{Token: token, Passkey: f.usablePasskey(), TOTP: f.TOTP, ExpiresAt: expires}, err
}

// waiting is what a sign-in keeps until its second factor comes.
type waiting struct {
	DeviceName string
	Brief      bool
}

// mayEnterTx reads a person and refuses one who is suspended.
func (p *People) mayEnterTx(tx *store.Tx, userID string) (Person, error) {
	person, err := p.PersonTx(tx, userID)
	if err != nil {
		return person, err
	}
	return person, p.standsTx(tx, person)
}

// SignInWithCode answers a challenge with a code of an app or a recovery code. A challenge takes five codes, and lets one session in.
func (p *People) SignInWithCode(ctx context.Context, challenge, code, address, country string) (session Session, err error) {
	if err := p.limits.take("address "+address, perAddress); err != nil {
		return Session{}, err
	}
	var refusal error
	err = p.db.Write(ctx, func(tx *store.Tx) error {
		session, refusal = Session{}, nil
		c, err := p.tryCeremonyTx(tx, challenge, ceremonySignIn)
		if err != nil {
			return err
		}
		if refusal = p.limitCode(c.UserID, code, address); refusal != nil {
			return nil // told after the commit: the try is to be counted
		}
		fits, err := p.codeFitsTx(tx, c.UserID, code)
		if err != nil {
			return err
		}
		if !fits {
			refusal = fault.Forbidden("error.wrong_code")
			return p.wrongCodeTx(tx, c.UserID, country)
		}
		session, err = p.letInTx(tx, challenge, country)
		return err
	})
	if err = errors.Join(err, refusal); err == nil {
		p.limits.forgive("code " + session.UserID)
	}
	return session, err
}

// letInTx uses a challenge up and opens the session that it was for.
func (p *People) letInTx(tx *store.Tx, challenge, country string) (Session, error) {
	c, err := p.takeCeremonyTx(tx, challenge, ceremonySignIn)
	if err != nil {
		return Session{}, err
	}
	var in waiting
	if err := json.Unmarshal(c.Data, &in); err != nil {
		return Session{}, fmt.Errorf("read a sign-in that waits: %w", err)
	}
	if _, err := p.mayEnterTx(tx, c.UserID); err != nil {
		return Session{}, err
	}
	if err := p.forgiveCodesTx(tx, c.UserID); err != nil {
		return Session{}, err
	}
	return p.openTx(tx, c.UserID, arrival{name: in.DeviceName, country: country, brief: in.Brief, factor: true})
}

// SignInWithPasskey lets someone in by a passkey: after a passphrase, with its challenge, or without one. A passkey verifies its holder,
// so it is enough by itself.
func (p *People) SignInWithPasskey(ctx context.Context, party *factor.Party, challenge, question string, answer []byte, in SignIn) (session Session, err error) {
	if len(answer) > answerLimit {
		return Session{}, fault.TooLarge(answerLimit)
	}
	if err := p.limits.take("address "+in.Address, perAddress); err != nil {
		return Session{}, err
	}
	c, owner, err := p.whoAnswers(ctx, challenge, question, answer)
	if err != nil {
		return Session{}, err
	}
	used, err := party.FinishUse(owner, c.Data, answer)
	if err != nil {
		return Session{}, refused(err)
	}
	var refusal error
	err = p.db.Write(ctx, func(tx *store.Tx) (err error) {
		session = Session{}
		if refusal, err = p.usePasskeyTx(tx, c.UserID, owner.Passkeys, used); err != nil || refusal != nil {
			return err
		}
		if challenge != "" {
			session, err = p.letInTx(tx, challenge, in.Country)
			return err
		}
		if _, err := p.mayEnterTx(tx, c.UserID); err != nil {
			return err
		}
		from := in.arrival()
		from.factor = true
		session, err = p.openTx(tx, c.UserID, from)
		return err
	})
	return session, errors.Join(err, refusal)
}

// whoAnswers uses a question up and finds whose passkey answers it. Nobody is told whether a handle is known.
func (p *People) whoAnswers(ctx context.Context, challenge, question string, answer []byte) (c ceremony, owner factor.Owner, err error) {
	if challenge != "" {
		c, owner, err = p.takeQuestion(ctx, question, ceremonySecondKey, Caller{})
		if err != nil {
			return c, owner, err
		}
		return c, owner, p.db.Read(ctx, func(tx *store.Tx) error { return sameChallengeTx(tx, challenge, c.UserID) })
	}
	if c, _, err = p.takeQuestion(ctx, question, ceremonyEnterKey, Caller{}); err != nil {
		return c, owner, err
	}
	handle, err := factor.HandleOf(answer)
	if err != nil {
		return c, owner, refused(err)
	}
	err = p.db.Read(ctx, func(tx *store.Tx) error {
		err := tx.QueryRow(`SELECT user_id FROM passkey_owners WHERE handle = $1`, handle).Scan(&c.UserID)
		if errors.Is(err, sql.ErrNoRows) {
			return refused(factor.ErrAnswer)
		}
		if err != nil {
			return fmt.Errorf("find a passkey's owner: %w", err)
		}
		person, err := p.PersonTx(tx, c.UserID)
		if err != nil {
			return err
		}
		owner, err = p.ownerTx(tx, person)
		return err
	})
	return c, owner, err
}

// sameChallengeTx refuses a passkey's answer that is brought to somebody else's challenge.
func sameChallengeTx(tx *store.Tx, challenge, userID string) error {
	var whose string
	err := tx.QueryRow(`SELECT user_id FROM ceremonies WHERE token_hash = $1 AND kind = $2`, hashToken(challenge), ceremonySignIn).Scan(&whose)
	if errors.Is(err, sql.ErrNoRows) || err == nil && whose != userID {
		return challengeOver()
	}
	return err
}

// AppToken lets another Matrix app of the caller's sign in, once and within two minutes ("Token-based user login").
func (p *People) AppToken(ctx context.Context, caller Caller) (token string, expires time.Time, err error) {
	err = p.db.Write(ctx, func(tx *store.Tx) (err error) {
		if err := p.freshTx(tx, caller); err != nil {
			return err
		}
		token, expires, err = p.openCeremonyTx(tx, ceremony{Kind: ceremonyAppSignIn, UserID: caller.UserID, DeviceID: caller.DeviceID}, AppTokenLife)
		return err
	})
	return token, expires, err
}

// SignInWithToken lets an app in that was given a token by AppToken. Nobody has shown there who they are: before anything dangerous it is
// asked for.
func (p *People) SignInWithToken(ctx context.Context, token string, in SignIn) (session Session, err error) {
	if err := p.limits.take("address "+in.Address, perAddress); err != nil {
		return Session{}, err
	}
	err = p.db.Write(ctx, func(tx *store.Tx) error {
		c, err := p.takeCeremonyTx(tx, token, ceremonyAppSignIn)
		if err != nil {
			return err
		}
		if _, err := p.mayEnterTx(tx, c.UserID); err != nil {
			return err
		}
		from := in.arrival()
		from.carried = true
		session, err = p.openTx(tx, c.UserID, from)
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

// Authenticate tells who a token belongs to. It is M_UNKNOWN_TOKEN for a token that was revoked or never was, and refuses those who
// must have a second factor and have none: this is the one place that keeps them out of everything.
func (p *People) Authenticate(ctx context.Context, token string) (Caller, error) {
	return p.AuthenticateFrom(ctx, token, "")
}

// signedOut ends the sessions of those who may not be here. A database that does not answer ends nobody's: a client that hears M_UNKNOWN_TOKEN throws
// away all that it keeps.
func signedOut(err error) error {
	var refusal *fault.Fault
	if errors.As(err, &refusal) {
		return fault.UnknownToken().Because(err)
	}
	return err
}

// AuthenticateFrom does the same, and notes from which country the device was used; "" notes none.
func (p *People) AuthenticateFrom(ctx context.Context, token, country string) (Caller, error) {
	c, err := p.AuthenticateForSetUp(ctx, token, country)
	if err == nil && c.Unsecured {
		err = fault.Forbidden("error.second_factor_needed")
	}
	return c, err
}

// AuthenticateForSetUp also lets those in who still have to set a second factor up. It is for the few endpoints with which they do.
func (p *People) AuthenticateForSetUp(ctx context.Context, token, country string) (Caller, error) {
	if !wellFormed(token, sessionPrefix) {
		return Caller{}, fault.UnknownToken()
	}
	hash := hashToken(token)
	c, seen, ok, gone := p.known.get(hash)
	if !ok {
		err := p.db.Read(ctx, func(tx *store.Tx) (err error) {
			c, seen, err = p.callerTx(tx, hash)
			return err
		})
		if err != nil {
			return Caller{}, err
		}
	}
	now := p.now()
	if over(now, seen.expires) {
		return Caller{}, softOut()
	}
	if seen.renewed {
		p.settleChain(ctx, c)
		seen.renewed = false
	}
	if c.Brief { // is asked for each time, since it may end at any moment, and lasts only for as long as its person says that they are there
		if briefOver(now, seen.at, seen.until) {
			return Caller{}, p.endBrief(ctx, c)
		}
		return c, nil
	}
	late := now.Sub(time.UnixMilli(seen.at)) > seenEvery || country != "" && country != seen.country
	if late {
		seen.at, seen.country = now.UnixMilli(), country
		p.noteSeen(ctx, c, country)
	}
	if !ok || late {
		p.known.put(hash, c, seen, gone)
	}
	return c, nil
}

func (p *People) callerTx(tx *store.Tx, hash []byte) (c Caller, seen sighting, err error) {
	var userID string
	err = tx.QueryRow(`SELECT d.user_id, d.device_id, d.seen_at, d.country, d.brief_until, d.token_until, EXISTS (SELECT 1 FROM refresh_tokens r
		WHERE r.user_id = d.user_id AND r.device_id = d.device_id AND r.next_hash IS NOT NULL) FROM devices d WHERE d.token_hash = $1`, hash).
		Scan(&userID, &c.DeviceID, &seen.at, &seen.country, &seen.until, &seen.expires, &seen.renewed)
	if errors.Is(err, sql.ErrNoRows) {
		return Caller{}, seen, unknownTx(tx, hash)
	}
	if err != nil {
		return Caller{}, seen, fmt.Errorf("look a token up: %w", err)
	}
	c.Brief = seen.until != 0
	if c.Person, err = p.PersonTx(tx, userID); err != nil {
		return Caller{}, seen, err
	}
	if err := p.standsTx(tx, c.Person); err != nil {
		return Caller{}, seen, signedOut(err)
	}
	if p.mustHaveFactor(c.Role) {
		has, err := hasFactorTx(tx, userID)
		if err != nil {
			return Caller{}, seen, err
		}
		c.Unsecured = !has
	}
	return c, seen, nil
}

// noteSeen writes the last use down. It is a convenience: a failure is noted and no more.
func (p *People) noteSeen(ctx context.Context, c Caller, country string) {
	err := p.db.Write(context.WithoutCancel(ctx), func(tx *store.Tx) error {
		_, err := tx.Exec(`UPDATE devices SET seen_at = $3, country = CASE WHEN $4 = '' THEN country ELSE $4 END WHERE user_id = $1 AND device_id = $2`,
			c.UserID, c.DeviceID, tx.Now.UnixMilli(), country)
		return err
	})
	if err != nil {
		p.log.Warn("the last use of a device could not be noted", "err", err)
	}
}

// Forget has the next request of every device look into the database again. A node calls it when another one says that a session
// ended or an account changed.
func (p *People) Forget() { p.known.clear() }
