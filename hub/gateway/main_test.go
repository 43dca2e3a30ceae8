package gateway_test

import (
	"net/http"
	"testing"

	"go.uber.org/goleak"
)

// TestMain looks whether all that sessions began has ended with them.
func TestMain(m *testing.M) { goleak.VerifyTestMain(tests{m}) }

type tests struct{ all *testing.M }

// Run runs them, and ends what the tests' own client keeps for later.
func (t tests) Run() int {
	defer http.DefaultClient.CloseIdleConnections()
	return t.all.Run()
}
