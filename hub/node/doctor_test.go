package node

import (
	"testing"
	"time"

	"panah/hub/fault"
)

// TestClocksAgree: a clock is off by what it is outside of the time in which it was asked.
func TestClocksAgree(t *testing.T) {
	now := time.Now()
	for _, c := range []struct {
		told  time.Duration // after now
		began time.Duration // before now
		off   bool
	}{
		{0, 0, false},
		{-30 * time.Second, time.Minute, false}, // the answer took long
		{clocksApart / 2, 0, false},
		{10 * time.Second, time.Minute, true},
		{-10 * time.Second, 0, true},
	} {
		err := agrees("Redis", now.Add(c.told), now.Add(-c.began))
		if (err != nil) != c.off {
			t.Errorf("told %s off, asked %s ago: %v", c.told, c.began, err)
		}
		if err != nil && fault.From(err).Key != "cli.doctor.clocks_apart" {
			t.Errorf("the fault is %v", err)
		}
	}
}
