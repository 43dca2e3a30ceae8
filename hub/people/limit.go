package people

import (
	"sync"
	"time"

	"golang.org/x/time/rate"

	"panah/hub/fault"
)

// limits slow down whoever tries too often, by address and by account. They are kept in memory: a restart forgives.
type limits struct {
	now func() time.Time
	mu  sync.Mutex
	by  map[string]*limit
}

type limit struct {
	bucket *rate.Limiter
	used   time.Time
}

const (
	limitKeys   = 50_000           // keys remembered at most, some 150 bytes each
	limitForget = 30 * time.Minute // a key that rested so long has a full bucket again
)

// pace is how many tries are allowed at once, and how often one more.
type pace struct {
	burst int
	every time.Duration
}

// The paces. An office of many people shares one address, so an address may try more than it may for one account. What all
// addresses together may try for one account is wider: a stranger who guesses must not keep its owner out.
var (
	perPair      = pace{10, 30 * time.Second}
	perAccount   = pace{100, 10 * time.Second}
	perAddress   = pace{60, 2 * time.Second}
	perSignUp    = pace{60, 5 * time.Second}
	perTokenLook = pace{120, time.Second}
	perSearch    = pace{30, time.Second} // by person: somebody who types looks again with every word
)

// MaySearch uses up one of a person's searches, or says how long to wait.
func (p *People) MaySearch(userID string) error { return p.limits.take("search "+userID, perSearch) }

func newLimits(now func() time.Time) *limits {
	return &limits{now: now, by: map[string]*limit{}}
}

// take uses up one try of key, or says how long to wait.
func (l *limits) take(key string, p pace) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	entry := l.by[key]
	if entry == nil {
		l.makeRoomLocked(now)
		entry = &limit{bucket: rate.NewLimiter(rate.Every(p.every), p.burst)}
		l.by[key] = entry
	}
	entry.used = now
	reservation := entry.bucket.ReserveN(now, 1)
	if wait := reservation.DelayFrom(now); wait > 0 {
		reservation.CancelAt(now)
		return fault.LimitExceeded(wait)
	}
	return nil
}

// makeRoomLocked forgets keys that rest. When an attacker fills the table with fresh ones, all are forgotten: that costs
// a few more tries, while growing would cost the hub.
func (l *limits) makeRoomLocked(now time.Time) {
	if len(l.by) < limitKeys {
		return
	}
	for key, entry := range l.by {
		if now.Sub(entry.used) > limitForget {
			delete(l.by, key)
		}
	}
	if len(l.by) >= limitKeys {
		clear(l.by)
	}
}

// forgive gives an account its tries back after the right passphrase.
func (l *limits) forgive(key string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.by, key)
}
