package people_test

import (
	"testing"
	"time"

	"panah/hub/people"
)

func (r *register) briefly(user string) people.Session {
	r.t.Helper()
	s, err := r.SignIn(r.t.Context(), people.SignIn{User: user, Passphrase: passphrase, DeviceName: "Internet cafe", Address: "10.0.0.1", Brief: true})
	if err != nil {
		r.t.Fatal(err)
	}
	return s
}

func TestABriefSessionEndsByItself(t *testing.T) {
	each(t, func(t *testing.T, r *register) {
		r.steward()
		s := r.briefly("steward")
		for range 4 { // as long as somebody touches the device it goes on
			r.clock.forward(people.BriefIdle - time.Minute)
			c, err := r.Authenticate(t.Context(), s.Token)
			if err != nil || !c.Brief {
				t.Fatalf("brief %t, %v", c.Brief, err)
			}
			r.Stay(t.Context(), c)
		}
		r.clock.forward(people.BriefIdle - time.Minute)
		if _, err := r.Authenticate(t.Context(), s.Token); err != nil {
			t.Errorf("within the time: %v", err)
		}
		r.clock.forward(2 * time.Minute) // asking alone does not keep it
		_, err := r.Authenticate(t.Context(), s.Token)
		wants(t, err, "error.unknown_token")
		if left, err := r.Devices(t.Context(), s.UserID); err != nil || len(left) != 1 {
			t.Errorf("%d devices left, %v, want 1", len(left), err)
		}
	})
}

func TestABriefSessionLastsADayAtMost(t *testing.T) {
	each(t, func(t *testing.T, r *register) {
		r.steward()
		s := r.briefly("steward")
		var last error
		for passed := time.Duration(0); passed <= people.BriefMost; passed += 20 * time.Minute {
			var c people.Caller
			if c, last = r.Authenticate(t.Context(), s.Token); last == nil {
				r.Stay(t.Context(), c)
			}
			r.clock.forward(20 * time.Minute)
		}
		if last != nil {
			t.Errorf("before its end: %v", last)
		}
		_, err := r.Authenticate(t.Context(), s.Token)
		wants(t, err, "error.unknown_token")
	})
}

// An open connection asks for nothing: the node ends it.
func TestIdleBriefSessionsAreFoundAndEnded(t *testing.T) {
	each(t, func(t *testing.T, r *register) {
		steward := r.steward()
		s := r.briefly("steward")
		var ended []string
		r.OnSessionEnd(func(_, device string) { ended = append(ended, device) })
		r.clock.forward(people.BriefIdle - time.Minute)
		if err := r.EndBrief(t.Context()); err != nil || len(ended) != 0 {
			t.Errorf("too early: %v, %v", ended, err)
		}
		r.clock.forward(2 * time.Minute)
		if err := r.EndBrief(t.Context()); err != nil || len(ended) != 1 || ended[0] != s.DeviceID {
			t.Errorf("ended %v, %v, want %s", ended, err, s.DeviceID)
		}
		if left, err := r.Devices(t.Context(), steward.UserID); err != nil || len(left) != 1 || left[0].DeviceID != steward.DeviceID {
			t.Errorf("left %v, %v", left, err)
		}
	})
}
