package loopback

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"syscall"
)

// Ports of this range are had by their number alone. Those above it the kernel gives out by itself, to connections as well: whoever is to listen there
// later, or again, may find the port taken.
const (
	portsFrom = 20_000
	portsTo   = 32_768
	portTries = 100
)

// FreePort gives a port of 127.0.0.1 on which nobody listens just now, and which nobody is given by chance until a server listens there, or while it is
// away.
func FreePort() (string, error) {
	for range portTries {
		port := strconv.Itoa(portsFrom + rand.IntN(portsTo-portsFrom))
		listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", port))
		if errors.Is(err, syscall.EADDRINUSE) {
			continue
		}
		if err != nil {
			return "", fmt.Errorf("look for a free port: %w", err)
		}
		return port, listener.Close()
	}
	return "", errors.New("no free port was found")
}
