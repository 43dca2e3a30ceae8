// Package people knows who may come in: accounts and their devices, organisations, roles, invitations, second factors, how someone is let
// in again who lost them, and the record of what administrators did.
//
// Nobody signs up without an invitation, which works once and for a few days. Passphrases are kept as argon2id, tokens as
// SHA-256 of 256 random bits; neither can be read back. What takes long or costs much (hashing) happens before a transaction, what
// must be true at once (using an invitation up) inside it. Functions that end in Tx belong to the caller's transaction.
package people

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"panah/hub/factor"
	"panah/hub/fault"
	"panah/hub/script"
	"panah/hub/store"
)

// Standing is how an account stands.
type Standing string

// The standings of an account.
const (
	Active    Standing = "active"
	Suspended Standing = "suspended"
	Gone      Standing = "gone" // left the network; the row keeps the user name from being taken again
)

// Person is an account.
type Person struct {
	UserID         string // Matrix user id
	Name           string // to be called by
	AvatarURL      string // mxc:// or ""
	OrganisationID string // "" for those who belong to the network as a whole
	Role           Role
	Language       string   // catalog tag, or ""
	Speaks         []string // BCP 47 tags of the languages spoken
	AskAbout       string   // what others may ask about, in the person's words
	Standing       Standing
	CreatedAt      time.Time
}

// Caller is a person at one of their devices, known by its token.
type Caller struct {
	Person
	DeviceID  string
	Brief     bool // at a device that others use too
	Unsecured bool // must set a second factor up before anything else
}

// Require refuses what the caller's role does not allow.
func (c Caller) Require(act Act) error {
	if c.Standing != Active || c.Unsecured || !May(c.Role, act) {
		return fault.Forbidden("error.role_may_not")
	}
	return nil
}

// Options are what New needs beside the database; zero values mean the usual.
type Options struct {
	Now func() time.Time // for limits; rules inside a transaction take its own clock
	Log *slog.Logger

	SecondFactor SecondFactor   // FactorRequired unless it says otherwise
	Sealer       *factor.Sealer // of what second factors must keep readable; nil keeps it in clear
	Cost         Cost           // of hashing; FullCost unless it says otherwise
}

// People are this hub's accounts. It is safe for use by many goroutines.
type People struct {
	db      *store.DB
	server  string
	now     func() time.Time
	log     *slog.Logger
	limits  *limits
	known   *sessions
	hashes  chan struct{} // how many passphrases may be hashed at once
	cost    Cost
	seal    *factor.Sealer
	policy  SecondFactor
	markKey []byte // of markOf
	erasers []func(tx *store.Tx, userID string) error
	enders  []func(tx *store.Tx, userID, device string) error

	onEnd    func(userID, device string)
	onChange func(userID string)
	tell     func(tx *store.Tx, userID string, notices []Notice) error
}

// New makes the accounts on an open database.
func New(db *store.DB, serverName string, o Options) *People {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Sealer == nil {
		o.Sealer = &factor.Sealer{}
	}
	if o.Cost == (Cost{}) {
		o.Cost = FullCost
	}
	return &People{db: db, server: serverName, now: o.Now, log: o.Log, limits: newLimits(o.Now), known: newSessions(),
		hashes: make(chan struct{}, hashesAtOnce), cost: o.Cost, seal: o.Sealer, policy: o.SecondFactor, markKey: newMarkKey()}
}

// HubUser is the id of the hub's own account, which owns the network's spaces. Nobody can sign in as it.
func (p *People) HubUser() string { return "@" + hubLocalpart + ":" + p.server }

const hubLocalpart = "hub"

// userName is the grammar of Matrix specification, appendices, "User identifiers", without capitals.
var userName = regexp.MustCompile(`^[a-z0-9][a-z0-9._=/-]{1,63}$`)

// localpart gives the user name from what a person typed: it, or their full id.
func (p *People) localpart(user string) string {
	user = strings.ToLower(strings.TrimSpace(user))
	if name, ok := strings.CutPrefix(user, "@"); ok {
		return strings.TrimSuffix(name, ":"+strings.ToLower(p.server))
	}
	return user
}

// UserID makes the id of a user name or checks that an id is of this hub's form.
func (p *People) UserID(user string) (string, error) {
	name := p.localpart(user)
	if !userName.MatchString(name) || name == hubLocalpart {
		return "", fault.New(http.StatusBadRequest, "M_INVALID_USERNAME", "error.bad_user_name")
	}
	return "@" + name + ":" + p.server, nil
}

// nameLimit is the length of the longest name, in characters.
const nameLimit = 80

// cleanName gives a name in the form in which it is kept.
func cleanName(name string) (string, error) {
	if !utf8.ValidString(name) {
		return "", fault.NotJSON()
	}
	name = script.CleanName(name)
	if n := utf8.RuneCountInString(name); n == 0 || n > nameLimit {
		return "", fault.InvalidParam("error.bad_name", "Limit", nameLimit)
	}
	return name, nil
}

const personColumns = `user_id, name, avatar_url, organisation_id, role, language, speaks, ask_about, standing, created_at`

type scanner interface{ Scan(dest ...any) error }

func scanPerson(row scanner) (Person, error) {
	var p Person
	var speaks string
	var created int64
	err := row.Scan(&p.UserID, &p.Name, &p.AvatarURL, &p.OrganisationID, &p.Role, &p.Language, &speaks, &p.AskAbout, &p.Standing, &created)
	p.Speaks, p.CreatedAt = strings.Fields(speaks), time.UnixMilli(created)
	return p, err
}

// PersonTx reads one account; error.unknown_person when there is none.
func (p *People) PersonTx(tx *store.Tx, userID string) (Person, error) {
	person, err := scanPerson(tx.QueryRow(`SELECT `+personColumns+` FROM people WHERE user_id = $1`, userID))
	if errors.Is(err, sql.ErrNoRows) {
		return Person{}, fault.NotFound("error.unknown_person")
	}
	if err != nil {
		return Person{}, fmt.Errorf("read a person: %w", err)
	}
	return person, nil
}

// Person reads one account; error.unknown_person when there is none.
func (p *People) Person(ctx context.Context, userID string) (person Person, err error) {
	err = p.db.Read(ctx, func(tx *store.Tx) (err error) {
		person, err = p.PersonTx(tx, userID)
		return err
	})
	return person, err
}

// All are all active people, by name. The hub's own account is not among them.
func (p *People) All(ctx context.Context) ([]Person, error) {
	return p.list(ctx, `WHERE standing = 'active' AND user_id <> $1 ORDER BY name_folded, user_id`, p.HubUser())
}

// Search finds active people by a part of their name or user name, folded as script.Fold does, at most limit of them.
func (p *People) Search(ctx context.Context, term string, limit int) ([]Person, error) {
	if !utf8.ValidString(term) || len(term) > 400 {
		return nil, fault.InvalidParam("error.bad_search")
	}
	folded := strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(script.Fold(strings.ReplaceAll(term, "\x00", ""), true))
	return p.list(ctx, `WHERE standing = 'active' AND user_id <> $1 AND (name_folded LIKE $2 ESCAPE '\' OR user_id LIKE $3 ESCAPE '\')
		ORDER BY name_folded, user_id LIMIT $4`, p.HubUser(), "%"+folded+"%", "@%"+folded+"%:%", limit)
}

func (p *People) list(ctx context.Context, where string, args ...any) (all []Person, err error) {
	err = p.db.Read(ctx, func(tx *store.Tx) error {
		all, err = people(tx, where, args...)
		return err
	})
	return all, err
}

func people(tx *store.Tx, where string, args ...any) ([]Person, error) {
	rows, err := tx.Query(`SELECT `+personColumns+` FROM people `+where, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []Person
	for rows.Next() {
		person, err := scanPerson(rows)
		if err != nil {
			return nil, fmt.Errorf("read people: %w", err)
		}
		all = append(all, person)
	}
	return all, rows.Err()
}

// ColleaguesTx are the active people of an organisation.
func (p *People) ColleaguesTx(tx *store.Tx, organisationID string) ([]Person, error) {
	return people(tx, `WHERE standing = 'active' AND organisation_id = $1 ORDER BY user_id`, organisationID)
}

// SetNameTx changes what a person is called and gives the name as it is kept.
func (p *People) SetNameTx(tx *store.Tx, userID, name string) (string, error) {
	name, err := cleanName(name)
	if err != nil {
		return "", err
	}
	_, err = tx.Exec(`UPDATE people SET name = $2, name_folded = $3 WHERE user_id = $1`, userID, name, script.Fold(name, true))
	tx.OnCommit(p.known.clear)
	return name, err
}

// avatarURL is the form of a Matrix content URI, or nothing.
var avatarURL = regexp.MustCompile(`^(mxc://[A-Za-z0-9.:\[\]-]+/[A-Za-z0-9_-]+)?$`)

// SetAvatarTx changes a person's picture; "" takes it away.
func (p *People) SetAvatarTx(tx *store.Tx, userID, url string) error {
	if len(url) > 255 || !avatarURL.MatchString(url) {
		return fault.InvalidParam("error.bad_avatar")
	}
	_, err := tx.Exec(`UPDATE people SET avatar_url = $2 WHERE user_id = $1`, userID, url)
	tx.OnCommit(p.known.clear)
	return err
}

// MakeHubUserTx makes the hub's own account if it is not there. Its passphrase hash is none: no passphrase fits it.
func (p *People) MakeHubUserTx(tx *store.Tx, name string) error {
	_, err := tx.Exec(`INSERT INTO people (user_id, name, name_folded, passphrase_hash, role, standing, created_at)
		VALUES ($1, $2, $3, '', $4, $5, $6) ON CONFLICT (user_id) DO NOTHING`,
		p.HubUser(), name, script.Fold(name, true), string(Steward), string(Active), tx.Now.UnixMilli())
	return err
}

// Founded tells whether a steward has signed up.
func (p *People) Founded(ctx context.Context) (founded bool, err error) {
	err = p.db.Read(ctx, func(tx *store.Tx) (err error) {
		founded, err = p.foundedTx(tx)
		return err
	})
	return founded, err
}

func (p *People) foundedTx(tx *store.Tx) (founded bool, err error) {
	err = tx.QueryRow(`SELECT EXISTS (SELECT 1 FROM people WHERE role = $1 AND user_id <> $2)`, string(Steward), p.HubUser()).Scan(&founded)
	return founded, err
}
