package whence_test

import (
	"net/netip"
	"testing"

	"panah/hub/whence"
)

func TestCountry(t *testing.T) {
	for address, want := range map[string]string{
		"127.0.0.1": whence.Near, "10.1.2.3": whence.Near, "::1": whence.Near, "fe80::1": whence.Near, "192.168.0.9": whence.Near,
		"::ffff:192.168.0.9": whence.Near,
		"91.218.160.1":       "TJ", // Babilon
		"103.5.172.1":        "AF", // Afghan Telecom
		"84.54.64.1":         "UZ", // Uzbektelekom
		"39.32.0.1":          "PK", // PTCL
		"95.85.96.1":         "TM", // Turkmentelecom
		"0.0.0.0":            "",
	} {
		if got := whence.Country(netip.MustParseAddr(address)); got != want {
			t.Errorf("%s: got %q, want %q", address, got, want)
		}
	}
	if got := whence.Country(netip.Addr{}); got != "" {
		t.Errorf("no address: got %q", got)
	}
}
