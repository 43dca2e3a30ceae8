package media_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"panah/hub/fault"
	"panah/hub/media"
)

// shelf is what another homeserver has, and how often it was asked.
type shelf struct {
	mu    sync.Mutex
	files map[string][]byte
	asked int
}

// Media is media.Remote's.
func (s *shelf) Media(_ context.Context, _, mediaID string, most int64) ([]byte, string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked++
	raw, there := s.files[mediaID]
	if !there || int64(len(raw)) > most {
		return nil, "", fault.NotFound("error.federation_not_found")
	}
	return raw, `..\a` + mediaID, nil
}

// fetches asks for a file of another homeserver, and reports whether it is here then.
func (h *house) fetches(user, mediaID string) bool {
	h.t.Helper()
	id, err := h.media.Fetch(h.t.Context(), caller(user, ""), "far.example", mediaID)
	if f := fault.From(err); err != nil && f.Status != 404 {
		h.t.Fatalf("fetch: %v", err)
	}
	return err == nil && h.reads(user, id)
}

// TestCopies: a file of another homeserver is fetched once, for those who may see a post with it, and goes with the post.
func TestCopies(t *testing.T) {
	each(t, usual, func(h *house) {
		there := &shelf{files: map[string][]byte{"one": h.picture(20), "text": {0, 1, 2}}}
		h.media.Federate(there)
		room := h.room(bob)
		post := h.mustPost(room, alice, M{"url": "mxc://far.example/one", "info": M{"thumbnail_url": "mxc://far.example/text"}})
		if h.fetches(carol, "one") || h.fetches(bob, "two") || h.fetches(bob, "one/two") || there.asked > 0 {
			t.Errorf("somebody got what is not theirs to see, or the other was asked for it: %d times", there.asked)
		}
		for range 2 {
			if !h.fetches(bob, "one") || there.asked != 1 {
				t.Errorf("bob does not get the file, or it was asked for %d times", there.asked)
			}
		}
		if _, err := h.media.Fetch(t.Context(), caller(bob, ""), "far.example", "text"); fault.From(err).Status != 403 {
			t.Errorf("what cannot be cleaned: %v", err)
		}
		c, err := h.media.Open(t.Context(), caller(bob, ""), "far.example/one")
		if err != nil || c.Name != "aone.png" {
			t.Fatalf("opened %q, %v", c.Name, err)
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		if _, err := h.media.OpenFor(t.Context(), media.Visitor{Server: "else.example"}, "far.example/one"); !errors.Is(err, fault.NotFound("error.media_unknown")) {
			t.Errorf("a third server got a copy: %v", err)
		}
		*h.ahead += 25 * time.Hour
		h.sweep()
		if !h.fetches(bob, "one") || there.asked != 2 {
			t.Error("a file that a post uses was swept")
		}
		h.redact(room, alice, post)
		h.sweep()
		if h.fetches(bob, "one") || h.files() > 0 {
			t.Errorf("the copy outlives its post, or %d blobs do", h.files())
		}
	})
}

// TestCopiesMakeRoom: the oldest goes, and can be had again.
func TestCopiesMakeRoom(t *testing.T) {
	each(t, media.Options{Quota: 60_000, Limit: 50_000}, func(h *house) {
		there := &shelf{files: map[string][]byte{}}
		h.media.Federate(there)
		room := h.room(bob)
		for i := range 6 {
			name := fmt.Sprint("f", i)
			there.files[name] = h.picture(90)
			h.mustPost(room, alice, M{"url": "mxc://far.example/" + name})
			if *h.ahead += time.Second; !h.fetches(bob, name) {
				t.Errorf("file %d is not here", i)
			}
		}
		if h.sweep(); h.files() > 4 {
			t.Errorf("%d blobs are kept", h.files())
		}
		if !h.fetches(bob, "f0") {
			t.Error("the first cannot be had again")
		}
	})
}
