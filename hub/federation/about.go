package federation

import (
	"net"
	"net/url"

	"panah/hub/fault"
)

// program is what hubs as this one call themselves among servers.
const program = "Panah"

// version ("Server Implementation").
func (s *Server) version(*Call) (any, error) {
	return map[string]any{"server": map[string]string{"name": program, "version": s.Version}}, nil
}

// wellKnown tells other servers where this one listens ("Resolving server names", step 3). It can only where the operator has said by
// which public address the hub is reached.
func (s *Server) wellKnown(*Call) (any, error) {
	u, err := url.Parse(s.PublicURL)
	if err != nil || u.Scheme != "https" || u.Host == "" {
		return nil, fault.Unrecognized(404)
	}
	port := u.Port()
	if port == "" {
		port = "443"
	}
	return map[string]string{"m.server": net.JoinHostPort(u.Hostname(), port)}, nil
}
