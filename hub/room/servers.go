package room

import (
	"encoding/json"
	"net"
	"slices"
	"strings"

	"panah/hub/fault"
	"panah/hub/store"
)

// ServerOf is the part of an id after its first colon.
func ServerOf(id string) string {
	_, server, _ := strings.Cut(id, ":")
	return server
}

// Servers are the servers whose people are members of a room now, this hub's among them if it is, in order.
func (r *Rooms) Servers(tx *store.Tx, roomID string) ([]string, error) {
	members, err := r.JoinedMembers(tx, roomID)
	for i := range members {
		members[i] = ServerOf(members[i])
	}
	slices.Sort(members)
	return slices.Compact(members), err
}

// HasServer tells whether somebody of a server is a member of a room now.
func (r *Rooms) HasServer(tx *store.Tx, roomID, server string) (has bool, err error) {
	err = tx.QueryRow(`SELECT EXISTS (SELECT 1 FROM memberships WHERE room_id = $1 AND membership = 'join'
		AND substr(user_id, length(user_id) - length($2)) = ':' || $2)`, roomID, server).Scan(&has)
	return has, err
}

// CheckServer refuses a server that the room's access list keeps out (Matrix, "Server Access Control Lists"). This hub itself is never
// kept out by it here.
func (r *Rooms) CheckServer(tx *store.Tx, roomID, server string) error {
	if server == string(r.server) {
		return nil
	}
	e, err := r.StateEvent(tx, roomID, "m.room.server_acl", "")
	if err != nil || e == nil {
		return err
	}
	if !aclAllows(e.Content, server) {
		return fault.Forbidden("error.hub_kept_out")
	}
	return nil
}

// aclAllows reads an access list. One that is malformed lets everybody in, as one that is missing.
func aclAllows(content json.RawMessage, server string) bool {
	var acl struct {
		IPs   *bool    `json:"allow_ip_literals"`
		Allow []string `json:"allow"`
		Deny  []string `json:"deny"`
	}
	if json.Unmarshal(content, &acl) != nil {
		return true
	}
	name := strings.ToLower(server)
	if host, _, err := net.SplitHostPort(name); err == nil && !strings.HasSuffix(name, "]") {
		name = host
	}
	if acl.IPs != nil && !*acl.IPs && net.ParseIP(strings.Trim(name, "[]")) != nil {
		return false
	}
	return !matchesAny(acl.Deny, name) && matchesAny(acl.Allow, name)
}

func matchesAny(globs []string, name string) bool {
	for _, glob := range globs {
		if matches(strings.ToLower(glob), name) {
			return true
		}
	}
	return false
}

// matches tells whether a glob of * and ? fits a name. It goes back to the last star alone, so it needs no more than the product of both lengths.
func matches(glob, name string) bool {
	g, n, star, mark := 0, 0, -1, 0
	for n < len(name) {
		switch {
		case g < len(glob) && (glob[g] == '?' || glob[g] == name[n]) && glob[g] != '*':
			g, n = g+1, n+1
		case g < len(glob) && glob[g] == '*':
			star, mark = g, n
			g++
		case star >= 0:
			mark++
			g, n = star+1, mark
		default:
			return false
		}
	}
	return strings.Trim(glob[g:], "*") == ""
}
