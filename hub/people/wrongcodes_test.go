package people_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"panah/hub/people"
	"panah/hub/store"
)

// Whoever has the passphrase and tries codes is told of to the owner, however slowly they try; an owner's own slips are not.
func TestWrongCodesAreToldToTheOwner(t *testing.T) {
	each(t, func(t *testing.T, r *register) {
		steward := r.steward()
		_, codes := r.app(steward)
		var open []people.Notice
		r.OnNotice(func(_ *store.Tx, _ string, now []people.Notice) error { open = now; return nil })
		told := func() bool {
			return slices.ContainsFunc(open, func(n people.Notice) bool { return n.Kind == people.NoticeWrongCodes })
		}
		wrong := func(challenge string) {
			t.Helper()
			_, err := r.SignInWithCode(t.Context(), challenge, "000000", "10.9.9.9", "TM")
			wants(t, err, "error.wrong_code")
		}
		slip := r.challenge("steward")
		wrong(slip)
		wrong(slip)
		if _, err := r.SignInWithCode(t.Context(), slip, codes[0], "10.0.0.1", "TJ"); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			wrong(r.challenge("steward"))
			r.clock.forward(24 * time.Hour)
		}
		if told() {
			t.Fatal("told of slips")
		}
		wrong(r.challenge("steward"))
		if !told() {
			t.Fatalf("not told: %v", open)
		}
		n := open[slices.IndexFunc(open, func(n people.Notice) bool { return n.Kind == people.NoticeWrongCodes })]
		if n.Detail["count"] != "3" || n.Detail["country"] != "TM" {
			t.Errorf("told %v", n.Detail)
		}
		if _, err := r.SignInWithCode(t.Context(), r.challenge("steward"), codes[1], "10.0.0.1", "TJ"); err != nil {
			t.Fatal(err)
		}
		if !told() {
			t.Error("coming in takes the notice away")
		}
		if err := r.ChangePassphrase(t.Context(), steward, "another passphrase altogether", false); err != nil {
			t.Fatal(err)
		}
		if told() {
			t.Error("a new passphrase does not settle it")
		}
	})
}

// Whoever has the passphrase alone does not push out the sign-in of its owner that waits for a code: neither from one address nor from the many
// that one IPv6 network has.
func TestAWaitingSignInIsNotPushedOut(t *testing.T) {
	each(t, func(t *testing.T, r *register) {
		_, codes := r.app(r.steward())
		begin := func(address string) string {
			t.Helper()
			_, c, err := r.BeginSignIn(t.Context(), people.SignIn{User: "steward", Passphrase: passphrase, Address: address})
			if err != nil || c == nil {
				t.Fatalf("no challenge: %v", err)
			}
			r.clock.forward(time.Millisecond)
			return c.Token
		}
		owner, thief := begin("10.0.0.1"), begin("2001:db8::1")
		for n := range 12 {
			begin("10.9.9.9")
			begin(fmt.Sprintf("2001:db8::%d", n+2))
		}
		_, err := r.SignInWithCode(t.Context(), thief, "000000", "2001:db8::1", "")
		wants(t, err, "error.challenge_over") // the oldest of its own network makes room
		if _, err := r.SignInWithCode(t.Context(), owner, codes[0], "10.0.0.1", "TJ"); err != nil {
			t.Errorf("the owner's sign-in: %v", err)
		}
	})
}
