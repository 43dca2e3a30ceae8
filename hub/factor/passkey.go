package factor

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
)

// Party is the hub as passkeys know it (WebAuthn's relying party): a name of the internet and one origin.
type Party struct{ web *webauthn.WebAuthn }

// NewParty makes a party. id is the host of the hub's address, origin the whole address without a path.
func NewParty(id, name, origin string) (*Party, error) {
	web, err := webauthn.New(&webauthn.Config{
		RPID: id, RPDisplayName: name, RPOrigins: []string{origin},
		AttestationPreference: protocol.PreferNoAttestation, // who made a person's phone is none of the hub's business
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			ResidentKey: protocol.ResidentKeyRequirementRequired, RequireResidentKey: protocol.ResidentKeyRequired(),
			UserVerification: protocol.VerificationRequired,
		},
	})
	if err != nil {
		return nil, fmt.Errorf("set passkeys up for %s: %w", origin, err)
	}
	return &Party{web}, nil
}

// Passkey is what is kept of one: all of it in Record, and beside it what a database looks for.
type Passkey struct {
	ID     []byte
	Record []byte // JSON
	Count  uint32 // of its uses, as it says itself
	Cloned bool   // its counter did not go on: somebody may have a copy
}

// Owner is a person as passkeys know them.
type Owner struct {
	Handle   []byte // 64 random bytes
	User     string
	Name     string
	Passkeys []Passkey
}

// person is an Owner as the library asks for it.
type person struct {
	Owner
	credentials []webauthn.Credential
}

func (p person) WebAuthnID() []byte                         { return p.Handle }
func (p person) WebAuthnName() string                       { return p.User }
func (p person) WebAuthnDisplayName() string                { return p.Name }
func (p person) WebAuthnCredentials() []webauthn.Credential { return p.credentials }

func (o Owner) person() (person, error) {
	p := person{Owner: o}
	for _, k := range o.Passkeys {
		var c webauthn.Credential
		if err := json.Unmarshal(k.Record, &c); err != nil {
			return p, fmt.Errorf("read a passkey: %w", err)
		}
		c.Authenticator.SignCount = k.Count
		p.credentials = append(p.credentials, c)
	}
	return p, nil
}

// ErrAnswer is an answer that does not fit: another challenge, another origin, a wrong signature, a person who was not verified.
var ErrAnswer = errors.New("the answer of a passkey does not fit")

// BeginAdd asks a device to make a passkey. options go to the browser, state comes back to FinishAdd.
func (p *Party) BeginAdd(o Owner) (options json.RawMessage, state []byte, err error) {
	who, err := o.person()
	if err != nil {
		return nil, nil, err
	}
	known := webauthn.Credentials(who.credentials).CredentialDescriptors()
	creation, session, err := p.web.BeginRegistration(who, webauthn.WithExclusions(known))
	if err != nil {
		return nil, nil, fmt.Errorf("begin a passkey: %w", err)
	}
	return pack(creation.Response, session)
}

// FinishAdd checks what the device made.
func (p *Party) FinishAdd(o Owner, state, answer []byte) (Passkey, error) {
	who, err := o.person()
	if err != nil {
		return Passkey{}, err
	}
	var session webauthn.SessionData
	if err := json.Unmarshal(state, &session); err != nil {
		return Passkey{}, fmt.Errorf("read a ceremony: %w", err)
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes(answer)
	if err != nil {
		return Passkey{}, errors.Join(ErrAnswer, err)
	}
	made, err := p.web.CreateCredential(who, session, parsed)
	if err != nil {
		return Passkey{}, errors.Join(ErrAnswer, err)
	}
	return passkey(made)
}

// BeginUse asks for a passkey of the owner's, or, for nobody in particular, for whichever the device has for this hub.
func (p *Party) BeginUse(o *Owner) (options json.RawMessage, state []byte, err error) {
	if o == nil {
		assertion, session, err := p.web.BeginDiscoverableLogin(webauthn.WithUserVerification(protocol.VerificationRequired))
		if err != nil {
			return nil, nil, fmt.Errorf("ask for a passkey: %w", err)
		}
		return pack(assertion.Response, session)
	}
	who, err := o.person()
	if err != nil {
		return nil, nil, err
	}
	assertion, session, err := p.web.BeginLogin(who, webauthn.WithUserVerification(protocol.VerificationRequired))
	if err != nil {
		return nil, nil, fmt.Errorf("ask for a passkey: %w", err)
	}
	return pack(assertion.Response, session)
}

// HandleOf tells by whose handle a passkey answers; nothing is checked yet.
func HandleOf(answer []byte) ([]byte, error) {
	parsed, err := protocol.ParseCredentialRequestResponseBytes(answer)
	if err != nil {
		return nil, errors.Join(ErrAnswer, err)
	}
	return parsed.Response.UserHandle, nil
}

// FinishUse checks a passkey's answer and gives the passkey as it stands after it.
func (p *Party) FinishUse(o Owner, state, answer []byte) (Passkey, error) {
	who, err := o.person()
	if err != nil {
		return Passkey{}, err
	}
	var session webauthn.SessionData
	if err := json.Unmarshal(state, &session); err != nil {
		return Passkey{}, fmt.Errorf("read a ceremony: %w", err)
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes(answer)
	if err != nil {
		return Passkey{}, errors.Join(ErrAnswer, err)
	}
	used, err := p.check(who, session, parsed)
	if err != nil {
		return Passkey{}, errors.Join(ErrAnswer, err)
	}
	return passkey(used)
}

func (p *Party) check(who person, session webauthn.SessionData, parsed *protocol.ParsedCredentialAssertionData) (*webauthn.Credential, error) {
	if len(session.UserID) > 0 {
		return p.web.ValidateLogin(who, session, parsed)
	}
	find := func(_, handle []byte) (webauthn.User, error) {
		if !bytes.Equal(handle, who.Handle) {
			return nil, ErrAnswer
		}
		return who, nil
	}
	return p.web.ValidateDiscoverableLogin(find, session, parsed)
}

func passkey(c *webauthn.Credential) (Passkey, error) {
	cloned := c.Authenticator.CloneWarning
	c.Authenticator.CloneWarning = false
	record, err := json.Marshal(c)
	return Passkey{ID: c.ID, Record: record, Count: c.Authenticator.SignCount, Cloned: cloned}, err
}

func pack(options any, session *webauthn.SessionData) (json.RawMessage, []byte, error) {
	out, err1 := json.Marshal(options)
	state, err2 := json.Marshal(session)
	return out, state, errors.Join(err1, err2)
}
