// Package federationtest gives a test's servers a name, a certificate and a way in on loopback, over real TLS.
package federationtest

import (
	"path/filepath"
	"testing"

	"panah/hub/loopback"
)

// Authority signs the certificates of a test's servers.
type Authority struct{ *loopback.Authority }

// Front is a server's way in.
type Front = loopback.Front

// NewAuthority makes an authority for one test.
func NewAuthority(t testing.TB) *Authority {
	t.Helper()
	a, err := loopback.NewAuthority(filepath.Join(t.TempDir(), "authority.pem"))
	if err != nil {
		t.Fatal(err)
	}
	return &Authority{a}
}

// NewFront opens a way in until the test ends, with nothing behind it yet.
func (a *Authority) NewFront(t testing.TB) *Front {
	t.Helper()
	f, err := a.Open(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}
