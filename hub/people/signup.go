package people

import (
	"context"
	"net/http"

	"panah/hub/fault"
	"panah/hub/script"
	"panah/hub/store"
)

// SignUp is someone who comes with an invitation.
type SignUp struct {
	Token      string // of the invitation
	User       string // wished user name
	Name       string // to be called by
	Passphrase string
	Language   string // catalog tag, or "" for the invitation's
	DeviceID   string
	DeviceName string
	Address    string // where the request came from, for the limits; it is not kept
	Country    string // where the request came from, for the person's list of devices
	Refresh    bool   // the app can renew its tokens
}

// Prepared is a sign-up whose costly part is done.
type Prepared struct {
	in     SignUp
	userID string
	name   string
	hash   string
}

// Prepare checks a sign-up, counts it against the limits and hashes the passphrase, all before any transaction. The invitation
// is looked at first, so that nobody without one can make the hub hash.
func (p *People) Prepare(ctx context.Context, in SignUp) (Prepared, error) {
	if err := p.limits.take("sign-up "+in.Address, perSignUp); err != nil {
		return Prepared{}, err
	}
	err := p.db.Read(ctx, func(tx *store.Tx) error {
		_, err := p.openInvitationTx(tx, in.Token)
		return err
	})
	if err != nil {
		return Prepared{}, err
	}
	ready := Prepared{in: in}
	if ready.userID, err = p.UserID(in.User); err != nil {
		return Prepared{}, err
	}
	if ready.name, err = cleanName(in.Name); err != nil {
		return Prepared{}, err
	}
	if len(in.Language) > 35 {
		return Prepared{}, fault.InvalidParam("error.bad_language")
	}
	if err := checkPassphraseForm(in.Passphrase); err != nil {
		return Prepared{}, err
	}
	ready.hash, err = p.hash(ctx, in.Passphrase)
	return ready, err
}

// SignUpTx makes the account and its first session and uses the invitation up. Of two sign-ups with one invitation, one wins.
func (p *People) SignUpTx(tx *store.Tx, ready Prepared) (Person, Session, error) {
	i, err := p.openInvitationTx(tx, ready.in.Token)
	if err != nil {
		return Person{}, Session{}, err
	}
	person := Person{UserID: ready.userID, Name: ready.name, OrganisationID: i.OrganisationID, Role: i.Role,
		Language: ready.in.Language, Standing: Active, CreatedAt: tx.Now}
	if person.Language == "" {
		person.Language = i.Language
	}
	if err := p.insertTx(tx, person, ready.hash); err != nil {
		return Person{}, Session{}, err
	}
	_, err = tx.Exec(`UPDATE invitations SET used_at = $2, used_by = $3 WHERE invitation_id = $1`, i.ID, tx.Now.UnixMilli(), person.UserID)
	if err != nil {
		return Person{}, Session{}, err
	}
	session, err := p.openTx(tx, person.UserID, arrival{device: ready.in.DeviceID, name: ready.in.DeviceName, country: ready.in.Country, refresh: ready.in.Refresh})
	return person, session, err
}

func (p *People) insertTx(tx *store.Tx, person Person, hash string) error {
	n, err := tx.Exec(`INSERT INTO people (user_id, name, name_folded, passphrase_hash, organisation_id, role, language, standing, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (user_id) DO NOTHING`,
		person.UserID, person.Name, script.Fold(person.Name, true), hash, person.OrganisationID, string(person.Role),
		person.Language, string(person.Standing), tx.Now.UnixMilli())
	if err == nil && n == 0 {
		return fault.New(http.StatusBadRequest, "M_USER_IN_USE", "error.user_in_use")
	}
	return err
}
