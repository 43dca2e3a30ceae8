package exchange

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestAddressesAreNotLogged(t *testing.T) {
	request, err := http.NewRequestWithContext(context.Background(), http.MethodGet, "https://feeds.invalid/?key=secret", nil)
	if err != nil {
		t.Fatal(err)
	}
	_, err = http.DefaultClient.Do(request)
	if err == nil || !strings.Contains(err.Error(), "secret") || strings.Contains(withoutAddress(err).Error(), "secret") {
		t.Errorf("got %v", withoutAddress(err))
	}
}

func TestWait(t *testing.T) {
	for _, test := range []struct {
		failures int
		chance   float64
		want     time.Duration
	}{
		{0, 0.5, 5 * time.Minute}, {0, 0, 270 * time.Second}, {1, 0.5, 10 * time.Minute}, {3, 0.5, 40 * time.Minute},
		{7, 0.5, 6 * time.Hour}, {1 << 40, 0.5, 6 * time.Hour},
	} {
		if got := wait(test.failures, test.chance); got != test.want {
			t.Errorf("after %d failures: got %v, want %v", test.failures, got, test.want)
		}
	}
}
