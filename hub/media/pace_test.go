package media_test

import (
	"bytes"
	"net/http"
	"testing"
	"time"

	"panah/hub/fault"
	"panah/hub/media"
)

// Whoever sends what is refused again and again waits; that they discard their uploads changes nothing, and others do not wait with them.
func TestRefusedFilesArePaced(t *testing.T) {
	each(t, usual, func(h *house) {
		send := func(user string, raw []byte) int {
			_, err := h.media.Take(h.t.Context(), caller(user, "o"), media.Wish{Name: "a", Length: int64(len(raw))}, bytes.NewReader(raw))
			if err == nil {
				return http.StatusOK
			}
			return fault.From(err).Status
		}
		none := []byte{0, 1, 2}
		for i := range 20 {
			if got := send(alice, none); got != http.StatusForbidden {
				h.t.Fatalf("file %d: %d", i, got)
			}
		}
		if got := send(alice, []byte("words")); got != http.StatusTooManyRequests {
			h.t.Errorf("after twenty refusals: %d", got)
		}
		if got := send(bob, []byte("words")); got != http.StatusOK {
			h.t.Errorf("somebody else: %d", got)
		}
		*h.ahead += 11 * time.Minute
		if got := send(alice, []byte("words")); got != http.StatusOK {
			h.t.Errorf("ten minutes later: %d", got)
		}
	})
}
