package gateway_test

import (
	"os"
	"testing"

	"panah/hub/broker"
)

// redis opens a node's own connection to the Redis that `make test` starts.
func redis(t *testing.T) broker.Broker {
	t.Helper()
	address := os.Getenv("PANAH_TEST_REDIS")
	if address == "" {
		t.Fatal("PANAH_TEST_REDIS is not set: run the tests with `make test`, which starts a Redis server for them")
	}
	brk, err := broker.Redis(t.Context(), address)
	if err != nil {
		t.Fatalf("open Redis: %v", err)
	}
	t.Cleanup(func() {
		if err := brk.Close(); err != nil {
			t.Errorf("close the broker: %v", err)
		}
	})
	return brk
}
