package people_test

import (
	"bytes"
	"fmt"
	"testing"

	"panah/hub/fault"
	"panah/hub/people"
	"panah/hub/store"
)

// renewable signs the steward in at a device whose tokens can be renewed.
func (r *register) renewable() people.Session {
	r.t.Helper()
	s, err := r.SignIn(r.t.Context(), people.SignIn{User: "steward", Passphrase: passphrase, DeviceID: "ELEMENT", Address: "10.0.0.1", Refresh: true})
	if err != nil {
		r.t.Fatal(err)
	}
	return s
}

func (r *register) renew(token string) people.Renewed {
	r.t.Helper()
	renewed, err := r.Refresh(r.t.Context(), token, "10.0.0.1")
	if err != nil {
		r.t.Fatal(err)
	}
	return renewed
}

// lets fails unless a token lets its device in.
func (r *register) lets(token string) {
	r.t.Helper()
	if c, err := r.Authenticate(r.t.Context(), token); err != nil || c.DeviceID != "ELEMENT" {
		r.t.Errorf("device %q, %v", c.DeviceID, err)
	}
}

// softlyOut fails unless err says that the session goes on after signing in again.
func (r *register) softlyOut(err error) {
	r.t.Helper()
	wants(r.t, err, "error.unknown_token")
	if fault.From(err).Extra["soft_logout"] != true {
		r.t.Errorf("not a soft logout: %v", fault.From(err).Extra)
	}
}

func TestTokensAreRenewed(t *testing.T) {
	each(t, func(t *testing.T, r *register) {
		r.steward()
		first := r.renewable()
		r.lets(first.Token)
		r.clock.forward(people.AccessLife + 1e9)
		_, err := r.Authenticate(t.Context(), first.Token) // also where it is remembered
		r.softlyOut(err)
		second := r.renew(first.Refresh)
		r.lets(second.Token)
		_, err = r.Authenticate(t.Context(), first.Token)
		r.softlyOut(err)
		third := r.renew(second.Refresh)
		r.lets(third.Token)
		if third.Refresh == second.Refresh || third.Token == second.Token {
			t.Error("a token was given twice")
		}
	})
}

// An answer may be lost on its way: the link holds until its successor is seen.
func TestARenewalMayBeAskedForAgain(t *testing.T) {
	each(t, func(t *testing.T, r *register) {
		r.steward()
		first := r.renewable()
		r.renew(first.Refresh)
		second := r.renew(first.Refresh)
		r.lets(second.Token)
		third := r.renew(second.Refresh)
		r.lets(third.Token)
	})
}

// Whoever copied a refresh token and its rightful holder both come with it: neither keeps the session, and the device stays.
func TestAReplacedLinkEndsTheTokens(t *testing.T) {
	each(t, func(t *testing.T, r *register) {
		r.steward()
		first := r.renewable()
		second := r.renew(first.Refresh)
		r.lets(second.Token)
		var ended []string
		r.OnSessionEnd(func(userID, device string) { ended = append(ended, userID+" "+device) })
		for range 2 { // the second time changes nothing
			_, err := r.Refresh(t.Context(), first.Refresh, "10.0.0.1")
			r.softlyOut(err)
			_, err = r.Authenticate(t.Context(), second.Token)
			r.softlyOut(err)
			_, err = r.Refresh(t.Context(), second.Refresh, "10.0.0.1")
			r.softlyOut(err)
		}
		if fmt.Sprint(ended) != "[@steward:hub.example ELEMENT]" {
			t.Errorf("ended: %v", ended)
		}
		if _, err := r.Device(t.Context(), "@steward:hub.example", "ELEMENT"); err != nil {
			t.Errorf("the device is gone: %v", err)
		}
		again := r.renewable()
		r.lets(again.Token)
		_, err := r.Refresh(t.Context(), second.Refresh, "10.0.0.1")
		wants(t, err, "error.unknown_token")
		r.lets(again.Token)
	})
}

func TestRefreshTokensEndWithTheirSession(t *testing.T) {
	each(t, func(t *testing.T, r *register) {
		r.steward()
		s := r.renewable()
		for _, token := range []string{"", "panah-refresh_", s.Token, s.Refresh + "x", s.Refresh[:len(s.Refresh)-65] + s.Refresh[len(s.Refresh)-64:] + "A"} {
			_, err := r.Refresh(t.Context(), token, "10.0.0.1")
			wants(t, err, "error.unknown_token")
		}
		r.lets(s.Token)
		if err := r.SignOut(t.Context(), s.UserID, s.DeviceID); err != nil {
			t.Fatal(err)
		}
		_, err := r.Refresh(t.Context(), s.Refresh, "10.0.0.1")
		wants(t, err, "error.unknown_token")
		if fault.From(err).Extra["soft_logout"] != nil {
			t.Error("a session that was ended is said to go on")
		}
	})
}

// Only hashes are kept: a stolen database lets nobody in.
func TestRefreshTokensAreKeptAsHashes(t *testing.T) {
	each(t, func(t *testing.T, r *register) {
		r.steward()
		s := r.renew(r.renewable().Refresh)
		err := r.db.Read(t.Context(), func(tx *store.Tx) error {
			rows := make([][]byte, 4)
			err := tx.QueryRow(`SELECT chain_hash, token_hash, next_hash, former_hash FROM refresh_tokens`).Scan(&rows[0], &rows[1], &rows[2], &rows[3])
			for _, kept := range rows {
				if len(kept) != 32 || bytes.Contains([]byte(s.Refresh), kept) {
					t.Errorf("kept: %q", kept)
				}
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	})
}
