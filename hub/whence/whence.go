// Package whence tells from which country an address comes, as coarsely as that, from a table inside the program: nothing is asked
// of anybody.
package whence

import (
	"net/netip"

	"github.com/phuslu/iploc"
)

// Near stands for an address of the hub's own network, which belongs to no country. It is no code that ISO 3166-1 will ever give out.
const Near = "XN"

// Country is the country of an address (ISO 3166-1 alpha-2), Near for private, loopback and link-local ones, or "" where nobody knows.
func Country(addr netip.Addr) string {
	addr = addr.Unmap()
	switch {
	case !addr.IsValid():
		return ""
	case addr.IsPrivate(), addr.IsLoopback(), addr.IsLinkLocalUnicast():
		return Near
	}
	code := iploc.IPCountry(addr)
	if len(code) != 2 || code == "ZZ" || code == "XX" {
		return ""
	}
	return code
}
