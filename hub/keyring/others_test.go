package keyring

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/matrix-org/gomatrixserverlib"
	"github.com/matrix-org/gomatrixserverlib/spec"

	"panah/hub/store"
	"panah/hub/store/storetest"
)

const peer = "peer.example"

// world is what other servers publish, and a clock. A server that publishes nothing does not answer.
type world struct {
	mu        sync.Mutex
	now       time.Time
	published map[spec.ServerName]gomatrixserverlib.ServerKeys
	asked     int
}

func (w *world) GetServerKeys(_ context.Context, name spec.ServerName) (gomatrixserverlib.ServerKeys, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked++
	keys, answers := w.published[name]
	if !answers {
		return keys, errors.New("nobody answers")
	}
	return keys, nil
}

func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

func newWorld() *world {
	return &world{now: time.UnixMilli(1_800_000_000_000), published: map[spec.ServerName]gomatrixserverlib.ServerKeys{}}
}

func (w *world) ring(t *testing.T, db *store.DB) *Ring {
	t.Helper()
	r, err := OpenWith(t.Context(), db, "here.example", Options{Fetch: w, Now: w.clock, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// keyNamed is a key that is drawn from its name.
func keyNamed(name string) (gomatrixserverlib.KeyID, ed25519.PrivateKey) {
	seed := make([]byte, ed25519.SeedSize)
	copy(seed, name)
	return gomatrixserverlib.KeyID("ed25519:" + name), ed25519.NewKeyFromSeed(seed)
}

func public(name string) string {
	_, key := keyNamed(name)
	return base64.RawStdEncoding.EncodeToString(key.Public().(ed25519.PublicKey))
}

type m = map[string]any

// publish has a server say what its keys are: those that sign until a time, and old ones since when they do not. change may alter what is said before
// it is signed.
func (w *world) publish(t *testing.T, name string, until time.Time, current []string, old map[string]time.Time, change ...func(m)) {
	t.Helper()
	verify, before := m{}, m{}
	for _, k := range current {
		verify["ed25519:"+k] = m{"key": public(k)}
	}
	for k, at := range old {
		before["ed25519:"+k] = m{"key": public(k), "expired_ts": at.UnixMilli()}
	}
	said := m{"server_name": name, "valid_until_ts": until.UnixMilli(), "verify_keys": verify, "old_verify_keys": before}
	for _, c := range change {
		c(said)
	}
	raw, err := json.Marshal(said)
	for _, k := range current {
		id, key := keyNamed(k)
		if err == nil {
			raw, err = gomatrixserverlib.SignJSON(said["server_name"].(string), id, key, raw)
		}
	}
	var keys gomatrixserverlib.ServerKeys
	if err == nil {
		err = json.Unmarshal(raw, &keys)
	}
	if err != nil {
		t.Fatal(err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.published[spec.ServerName(name)] = keys
}

// holds tells whether what a server signed at a time is believed.
func holds(t *testing.T, r *Ring, server, signer string, at time.Time) bool {
	t.Helper()
	id, key := keyNamed(signer)
	raw, err := gomatrixserverlib.SignJSON(server, id, key, []byte(`{"said":"so"}`))
	if err != nil {
		t.Fatal(err)
	}
	results, err := r.VerifyJSONs(t.Context(), []gomatrixserverlib.VerifyJSONRequest{{ServerName: spec.ServerName(server), AtTS: spec.AsTimestamp(at), Message: raw}})
	if err != nil {
		t.Fatal(err)
	}
	return results[0].Error == nil
}

// TestKeysHoldForAWhile: as long as their server says, a week ahead at the most, and old ones for what they signed before they became old.
func TestKeysHoldForAWhile(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newWorld()
		start := w.clock()
		w.publish(t, peer, start.Add(365*24*time.Hour), []string{"new"}, map[string]time.Time{"old": start.Add(-time.Hour)})
		r := w.ring(t, db)
		for _, c := range []struct {
			signer string
			at     time.Time
			want   bool
		}{
			{"new", start, true}, {"new", start.Add(furthest), true}, {"new", start.Add(furthest + time.Second), false},
			{"old", start.Add(-2 * time.Hour), true}, {"old", start, false}, {"other", start, false},
		} {
			if got := holds(t, r, peer, c.signer, c.at); got != c.want {
				t.Errorf("signed by %s after %v: believed %v, want %v", c.signer, c.at.Sub(start), got, c.want)
			}
		}
		w.mu.Lock()
		delete(w.published, peer)
		w.mu.Unlock()
		w.pass(furthest + time.Hour)
		if !holds(t, w.ring(t, db), peer, "new", start) {
			t.Error("what was signed in time is not believed later, after a restart")
		}
		if holds(t, r, peer, "new", w.clock()) {
			t.Error("a key is believed that its server has not confirmed for more than a week")
		}
		w.publish(t, peer, w.clock().Add(time.Hour), []string{"new"}, nil)
		w.pass(askLatest)
		if !holds(t, r, peer, "new", w.clock()) {
			t.Error("a key is not believed that its server has confirmed again")
		}
	})
}

// TestServersThatLieAboutKeys: nothing of what they say is believed.
func TestServersThatLieAboutKeys(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newWorld()
		until := w.clock().Add(time.Hour)
		many, old := []string{"k"}, map[string]time.Time{}
		for i := range maxKeys {
			many = append(many, fmt.Sprint("k", i))
		}
		for i := range maxOldKeys + 1 {
			old[fmt.Sprint("o", i)] = w.clock()
		}
		lies := map[string]func(name string){
			"another's name": func(name string) {
				w.publish(t, name, until, []string{"k"}, nil, func(said m) { said["server_name"] = "another.example" })
			},
			"a key that it does not hold": func(name string) {
				w.publish(t, name, until, []string{"k"}, nil, func(said m) { said["verify_keys"].(m)["ed25519:k"] = m{"key": public("victim")} })
			},
			"too many keys":     func(name string) { w.publish(t, name, until, many, nil) },
			"too many old keys": func(name string) { w.publish(t, name, until, []string{"k"}, old) },
			"nothing":           func(string) {},
		}
		for lie, tell := range lies {
			tell(fmt.Sprintf("s%d.example", len(lie)))
		}
		r := w.ring(t, db)
		for lie := range lies {
			name := fmt.Sprintf("s%d.example", len(lie))
			for _, signer := range []string{"k", "victim"} {
				if holds(t, r, name, signer, w.clock()) {
					t.Errorf("%s: what %s signed is believed", lie, signer)
				}
			}
		}
		id, key := keyNamed("k")
		w.publish(t, peer, until, []string{"k"}, nil)
		raw, err := gomatrixserverlib.SignJSON(peer, id, key, []byte(`{}`))
		for i := range maxSignatures {
			other, otherKey := keyNamed(fmt.Sprint("more", i))
			if err == nil {
				raw, err = gomatrixserverlib.SignJSON(peer, other, otherKey, raw)
			}
		}
		if err != nil {
			t.Fatal(err)
		}
		asked := w.asked
		results, err := r.VerifyJSONs(t.Context(), []gomatrixserverlib.VerifyJSONRequest{{ServerName: peer, AtTS: spec.AsTimestamp(w.clock()), Message: raw}})
		if err != nil || results[0].Error == nil || w.asked != asked {
			t.Errorf("%d signatures: %v, %v, asked %d times", maxSignatures+1, results, err, w.asked-asked)
		}
	})
}

// TestNobodyIsAskedAgainAndAgain: many made-up keys cost one question, and a silent server is asked ever more seldom. What is held in memory is bounded.
func TestNobodyIsAskedAgainAndAgain(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newWorld()
		w.publish(t, peer, w.clock().Add(time.Hour), []string{"k"}, nil)
		r := w.ring(t, db)
		var all sync.WaitGroup
		for i := range 30 {
			all.Go(func() {
				if holds(t, r, peer, fmt.Sprint("made-up", i), w.clock()) {
					t.Error("a made-up key is believed")
				}
			})
		}
		all.Wait()
		if w.asked != 1 {
			t.Errorf("made-up keys cost %d questions", w.asked)
		}
		w.asked = 0
		for range 60 { // an hour
			holds(t, r, "silent.example", "k", w.clock())
			w.pass(time.Minute)
		}
		if w.asked < 5 || w.asked > 12 {
			t.Errorf("a silent server was asked %d times in an hour", w.asked)
		}
		for i := range serversKept + 10 {
			r.others.mu.Lock()
			r.others.serverLocked(spec.ServerName(fmt.Sprintf("s%d.example", i)))
			kept := len(r.others.servers)
			r.others.mu.Unlock()
			if kept > serversKept {
				t.Fatalf("%d servers are held in memory", kept)
			}
		}
		if !holds(t, r, peer, "k", w.clock().Add(-time.Hour)) {
			t.Error("what made room in memory is not read again")
		}
	})
}
