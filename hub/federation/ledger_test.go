package federation

import (
	"context"
	"net/http"
	"testing"

	"panah/hub/place/ledger"
)

// TestLedgersAreForServersThatProveThemselves: whoever asks is known by their signature, and says from where on.
func TestLedgersAreForServersThatProveThemselves(t *testing.T) {
	here, peer := pair(t)
	here.Ledger = func(_ context.Context, origin, shelter string, from int64) ([]ledger.Line, error) {
		if origin != peer.name || shelter != "lola" || from != 7 {
			t.Errorf("%s asks for %s from %d on", origin, shelter, from)
		}
		return nil, nil
	}
	const path = "/_matrix/federation/unstable/network.panah.ledger/lola"
	status, body := here.send(t, peer.signed(t, here.name, "GET", path+"?from=7", nil))
	if lines, is := body["lines"].([]any); status != 200 || !is || len(lines) != 0 {
		t.Errorf("answered %d %v", status, body)
	}
	for _, from := range []string{"", "?from=0", "?from=-1", "?from=x"} {
		here.refuses(t, peer.signed(t, here.name, "GET", path+from, nil), 400, "M_INVALID_PARAM")
	}
	unsigned, err := http.NewRequestWithContext(t.Context(), "GET", path+"?from=7", nil)
	if err != nil {
		t.Fatal(err)
	}
	here.refuses(t, unsigned, 401, "M_UNAUTHORIZED")
}
