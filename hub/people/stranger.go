package people

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"net/netip"
)

// newMarkKey is made anew with every start: what stands in the database tells nobody an address, not even to whoever tries all of them.
func newMarkKey() []byte {
	key := make([]byte, sha256.Size)
	rand.Read(key) // never fails (crypto/rand)
	return key
}

// markOf stands for where a stranger's request comes from: an IPv4 address, or the network of an IPv6 one, which is what one household or
// office is given. Several nodes mark the same address differently, so the bound on one address is one for each of them.
func (p *People) markOf(address string) string {
	if addr, err := netip.ParseAddr(address); err == nil && addr.Is6() && !addr.Is4In6() {
		if network, err := addr.WithZone("").Prefix(64); err == nil {
			address = network.String()
		}
	}
	mac := hmac.New(sha256.New, p.markKey)
	mac.Write([]byte(address))
	return "from:" + base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:12])
}
