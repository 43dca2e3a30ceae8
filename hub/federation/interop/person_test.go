//go:build unix

package interop

import (
	"strings"
	"testing"

	"panah/hub/node/nodetest"
)

// person is somebody's device on either server.
type person struct{ *nodetest.Client }

func newPerson(c *nodetest.Client) *person { return &person{Client: c} }

// server is where somebody's account is.
func (p *person) server() string {
	_, server, _ := strings.Cut(p.UserID, ":")
	return server
}

// open makes a room that everybody may join, with an alias, and gives its id.
func (p *person) open(t *testing.T, alias string) string {
	t.Helper()
	return p.OK(t, "POST", "/_matrix/client/v3/createRoom", nodetest.M{"preset": "public_chat", "name": alias, "room_alias_name": alias}).Text("room_id")
}
