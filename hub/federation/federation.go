// Package federation is the Matrix server-server API: the doors through which other homeservers reach this hub, and the way to
// theirs. It owns who may federate at all, the proof that a request comes from the server it says it comes from, and the guarded way
// out. What events mean is room's.
//
// The order of effects at a door: the path and the method are known; the origin that the request names is on the operator's list; the
// body is read, within bounds of size and time; the signature over method, address, origin, destination and body is checked against
// the origin's published keys; only then does the door see anything. Citations are of the Matrix server-server specification, v1.11.
package federation

import (
	"fmt"
	"maps"
	"slices"

	"github.com/matrix-org/gomatrixserverlib/spec"
)

// everyone on the list opens the hub to all servers.
const everyone = "*"

// Allow is with whom this hub federates. The zero value is nobody.
type Allow struct {
	all   bool
	names map[string]bool
}

// ParseAllow reads a list of server names; "*" among them stands for all servers.
func ParseAllow(names []string) (Allow, error) {
	a := Allow{all: slices.Contains(names, everyone), names: map[string]bool{}}
	for _, name := range names {
		if name != everyone && !validServer(name) {
			return Allow{}, fmt.Errorf("no server name: %q", name)
		}
		a.names[name] = true
	}
	return a, nil
}

// Anybody tells whether there is federation at all.
func (a Allow) Anybody() bool { return len(a.names) > 0 }

// Admits tells whether a server may come in, and may be asked.
func (a Allow) Admits(server string) bool { return a.names[server] || a.all && validServer(server) }

// Names tells whether the operator has named a server, and not only let all in.
func (a Allow) Names(server string) bool { return a.names[server] }

// Named are the servers that the operator has named, in order.
func (a Allow) Named() []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(a.names)), func(name string) bool { return name == everyone })
}

// maxServer bounds a server name, in bytes (Matrix specification, appendices, "Server name").
const maxServer = 255

func validServer(name string) bool {
	if name == "" || len(name) > maxServer {
		return false
	}
	_, _, valid := spec.ParseAndValidateServerName(spec.ServerName(name))
	return valid
}
