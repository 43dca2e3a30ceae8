package clientapi

import (
	"context"
	"encoding/json"
	"strings"

	"panah/hub/fault"
)

// Federation asks other homeservers. Its errors are faults that a person may see.
type Federation interface {
	// QueryProfile asks for somebody's name and picture, each of which may be "".
	QueryProfile(ctx context.Context, server, userID string) (name, avatarURL string, err error)
	// LookUpAlias asks which room a name leads to, and by which servers one can join it.
	LookUpAlias(ctx context.Context, server, alias string) (roomID string, servers []string, err error)
	// PublicRooms asks for a page of a server's directory and gives it as it came, within a bound. limit is 0 for any, since and filter may be empty.
	PublicRooms(ctx context.Context, server string, limit int, since string, filter json.RawMessage) (json.RawMessage, error)
	// Hierarchy asks for a space and what is right below it, and gives it as it came, within a bound.
	Hierarchy(ctx context.Context, server, roomID string, suggested bool) (json.RawMessage, error)
}

// foreign gives the server of an id when it is another one that can be asked.
func (a *API) foreign(id string) (server string, is bool) {
	_, server, found := strings.Cut(id, ":")
	return server, found && server != a.ServerName && a.Federation != nil
}

// known is what is shown of a person, of this hub or of another.
type known struct{ name, avatar string }

// shownPerson reads what a profile shows.
func (a *API) shownPerson(c *call) (known, error) {
	userID := c.path("userId")
	if server, is := a.foreign(userID); is && strings.HasPrefix(userID, "@") {
		name, avatar, err := a.Federation.QueryProfile(c.ctx(), server, userID)
		return known{name, avatar}, err
	}
	p, err := a.People.Person(c.ctx(), userID)
	return known{p.Name, p.AvatarURL}, err
}

// remoteRooms is a page of another server's directory.
func (a *API) remoteRooms(c *call, in *directoryRequest) (any, error) {
	if a.Federation == nil {
		return nil, fault.NotFound("error.unknown_server")
	}
	filter, err := json.Marshal(in.Filter)
	if err != nil {
		return nil, fault.BadJSON().Because(err)
	}
	return a.Federation.PublicRooms(c.ctx(), in.Server, *in.Limit, in.Since, filter)
}
