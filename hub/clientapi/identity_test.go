package clientapi

import (
	"net/http/httptest"
	"net/netip"
	"testing"
)

func TestAddressOfTheCaller(t *testing.T) {
	a := New(Deps{Proxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("::1/128")}})
	tests := []struct{ name, peer, forwarded, want string }{
		{"straight", "203.0.113.5:4000", "", "203.0.113.5"},
		{"a stranger's word", "203.0.113.5:4000", "198.51.100.1", "203.0.113.5"},
		{"through our proxy", "10.1.2.3:4000", "198.51.100.1", "198.51.100.1"},
		{"through two of ours", "10.1.2.3:4000", "198.51.100.1, 10.9.9.9", "198.51.100.1"},
		{"a lie before the truth", "10.1.2.3:4000", "192.0.2.7, 198.51.100.1", "198.51.100.1"},
		{"words that are no address", "10.1.2.3:4000", "unknown", "10.1.2.3"},
		{"IPv6", "[::1]:4000", "2001:db8::1", "2001:db8::1"},
		{"IPv4 in IPv6", "[::ffff:203.0.113.5]:4000", "", "203.0.113.5"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := httptest.NewRequest("GET", "/", nil)
			r.RemoteAddr = test.peer
			if test.forwarded != "" {
				r.Header.Set("X-Forwarded-For", test.forwarded)
			}
			if got := a.address(r); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}
