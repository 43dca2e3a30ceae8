package clientapi

import (
	"crypto/rand"
	"encoding/hex"
	"net/http"

	"panah/hub/fault"
)

// Stages of user-interactive authentication that the hub knows ("User-Interactive Authentication API").
const (
	stageToken    = "m.login.registration_token"
	stagePassword = "m.login.password"
	stageCode     = "network.panah.code" // ours: a code of an app or a recovery code, as "code"
)

// stageAppToken is how an app signs in with a token that a device of the person's has made ("Token-based user login").
const stageAppToken = "m.login.token"

// proof is what a client sends as "auth" to show that it may do what it asks for.
type proof struct {
	Type       string     `json:"type"`
	Session    string     `json:"session"`
	Token      string     `json:"token"`
	Identifier identifier `json:"identifier"`
	User       string     `json:"user"`
	Password   string     `json:"password"`
	Code       string     `json:"code"`
}

// identifier names who signs in ("Identifier types").
type identifier struct {
	Type string `json:"type"`
	User string `json:"user"`
}

// challenge asks for a proof of one stage or of several. The hub keeps nothing for a session before its first good proof, so that strangers
// cannot fill it by opening sessions. A first challenge is no error and so carries no errcode ("User-interactive API in the
// REST API").
func challenge(stages ...string) *fault.Fault {
	return fault.New(http.StatusUnauthorized, "", "").
		With("flows", []map[string]any{{"stages": stages}}).
		With("params", map[string]any{}).
		With("completed", []string{}).
		With("session", newSession())
}

// again asks for the proof once more after one that did not hold, and says what was wrong with it.
func again(session string, wrong error, stages ...string) error {
	f := fault.From(wrong)
	if f.Status != http.StatusForbidden && f.Status != http.StatusUnauthorized {
		return wrong
	}
	asked := challenge(stages...).With("session", session)
	asked.Errcode, asked.Key, asked.Args = f.Errcode, f.Key, f.Args
	return asked.Because(wrong)
}

func newSession() string {
	var raw [12]byte
	rand.Read(raw[:]) // never fails (crypto/rand, Go 1.24)
	return hex.EncodeToString(raw[:])
}

// asked checks that a proof is there and is of the wanted stage.
func (p *proof) asked(stage string) error {
	if p == nil || p.Type == "" {
		return challenge(stage)
	}
	if p.Type != stage {
		return fault.New(http.StatusBadRequest, "M_UNRECOGNIZED", "error.proof_unknown")
	}
	return nil
}

// user is who the proof is about, in either of the two ways in which clients write it.
func (p *proof) user() string {
	if p.Identifier.User != "" {
		return p.Identifier.User
	}
	return p.User
}
