package clientapi

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"panah/hub/fault"
	"panah/hub/room"
	"panah/hub/script"
	"panah/hub/store"
)

const directoryMost = 100 // rooms of one page of the directory

// resolve finds the room behind an alias, and the servers by which one can join it.
func (a *API) resolve(c *call, alias string) (roomID string, servers []string, err error) {
	if server, is := a.foreign(alias); is {
		return a.Federation.LookUpAlias(c.ctx(), server, alias)
	}
	var found room.Alias
	err = a.DB.Read(c.ctx(), func(tx *store.Tx) (err error) {
		found, err = a.Rooms.Alias(tx, alias)
		return err
	})
	return found.RoomID, []string{a.ServerName}, err
}

// alias ("Room aliases").
func (a *API) alias(c *call) (any, error) {
	id, servers, err := a.resolve(c, c.path("alias"))
	if err != nil {
		return nil, err
	}
	return map[string]any{"room_id": id, "servers": servers}, nil
}

// aliases are a room's names, for its members ("Room aliases").
func (a *API) aliases(c *call) (any, error) {
	names := []string{}
	err := a.DB.Read(c.ctx(), func(tx *store.Tx) error {
		if _, err := a.reach(tx, c); err != nil {
			return err
		}
		found, err := a.Rooms.Aliases(tx, c.path("roomId"))
		names = append(names, found...)
		return err
	})
	return map[string]any{"aliases": names}, err
}

// listing is a room as directories show it ("Listing rooms", "Spaces").
type listing struct {
	RoomID        string            `json:"room_id"`
	Name          string            `json:"name,omitempty"`
	Topic         string            `json:"topic,omitempty"`
	Alias         string            `json:"canonical_alias,omitempty"`
	Avatar        string            `json:"avatar_url,omitempty"`
	Type          string            `json:"room_type,omitempty"`
	JoinRule      string            `json:"join_rule,omitempty"`
	Members       int               `json:"num_joined_members"`
	WorldReadable bool              `json:"world_readable"`
	Guests        bool              `json:"guest_can_join"`
	Children      []json.RawMessage `json:"children_state,omitzero"`
}

// describe reads what a directory shows of a room.
func (a *API) describe(tx *store.Tx, roomID string) (l listing, err error) {
	l.RoomID = roomID
	members, err := a.Rooms.JoinedMembers(tx, roomID)
	if err != nil {
		return l, err
	}
	l.Members = len(members)
	events, err := a.Rooms.State(tx, roomID)
	for i := range events {
		if *events[i].StateKey == "" {
			l.take(&events[i])
		}
	}
	return l, err
}

func (l *listing) take(e *room.Event) {
	switch e.Type {
	case "m.room.name":
		l.Name = contentText(e, "name")
	case "m.room.topic":
		l.Topic = contentText(e, "topic")
	case "m.room.canonical_alias":
		l.Alias = contentText(e, "alias")
	case "m.room.avatar":
		l.Avatar = contentText(e, "url")
	case "m.room.create":
		l.Type = contentText(e, "type")
	case "m.room.join_rules":
		l.JoinRule = contentText(e, "join_rule")
	case "m.room.history_visibility":
		l.WorldReadable = contentText(e, "history_visibility") == "world_readable"
	case "m.room.guest_access":
		l.Guests = contentText(e, "guest_access") == "can_join"
	}
}

// directoryRequest is a wish for a page of the directory, by query or by body.
type directoryRequest struct {
	Server string `json:"server"`
	Limit  *int   `json:"limit"`
	Since  string `json:"since"`
	Filter struct {
		Term  string    `json:"generic_search_term,omitempty"`
		Types []*string `json:"room_types,omitempty"`
	} `json:"filter"`
}

func (c *call) directoryRequest() (in directoryRequest, err error) {
	if err = c.read(&in); err != nil {
		return in, err
	}
	if server := c.query("server"); server != "" {
		in.Server = server
	}
	if since := c.query("since"); since != "" {
		in.Since = since
	}
	limit := directoryMost
	if in.Limit != nil {
		limit = *in.Limit
	}
	if limit, err = c.queryInt("limit", limit, directoryMost); err != nil {
		return in, err
	}
	limit = max(1, min(limit, directoryMost))
	in.Limit = &limit
	return in, nil
}

// offset reads a place in a list from a token of ours.
func offset(token string) (int, error) {
	if token == "" {
		return 0, nil
	}
	n, err := strconv.ParseUint(strings.TrimPrefix(token, "n"), 10, 31)
	if err != nil || !strings.HasPrefix(token, "n") {
		return 0, fault.InvalidParam("error.bad_token")
	}
	return int(n), nil
}

// publicRooms is the directory of published channels, the largest first ("Listing rooms").
func (a *API) publicRooms(c *call) (any, error) {
	in, err := c.directoryRequest()
	if err != nil {
		return nil, err
	}
	if in.Server != "" && in.Server != a.ServerName {
		return a.remoteRooms(c, &in)
	}
	return a.page(c.ctx(), &in)
}

// Directory is a page of this hub's published channels for another server. wish is its body, which may be empty.
func (a *API) Directory(ctx context.Context, wish []byte, query url.Values) (any, error) {
	r := (&http.Request{URL: &url.URL{RawQuery: query.Encode()}}).WithContext(ctx)
	in, err := (&call{r: r, body: wish}).directoryRequest()
	if err != nil {
		return nil, err
	}
	return a.page(ctx, &in)
}

func (a *API) page(ctx context.Context, in *directoryRequest) (any, error) {
	begin, err := offset(in.Since)
	if err != nil {
		return nil, err
	}
	rooms, err := a.published(ctx, in)
	if err != nil {
		return nil, err
	}
	end := min(begin+*in.Limit, len(rooms))
	answer := map[string]any{"chunk": rooms[min(begin, end):end], "total_room_count_estimate": len(rooms)}
	if end < len(rooms) {
		answer["next_batch"] = "n" + strconv.Itoa(end)
	}
	if begin > 0 {
		answer["prev_batch"] = "n" + strconv.Itoa(max(begin-*in.Limit, 0))
	}
	return answer, nil
}

// published are the rooms of the directory that fit the wish.
func (a *API) published(ctx context.Context, in *directoryRequest) ([]listing, error) {
	rooms := []listing{}
	err := a.DB.Read(ctx, func(tx *store.Tx) error {
		ids, err := a.Rooms.Published(tx)
		if err != nil {
			return err
		}
		for _, id := range ids {
			l, err := a.describe(tx, id)
			if err != nil {
				return err
			}
			if in.fits(&l) {
				rooms = append(rooms, l)
			}
		}
		return nil
	})
	slices.SortStableFunc(rooms, func(x, y listing) int { return cmp.Compare(y.Members, x.Members) })
	return rooms, err
}

func (in *directoryRequest) fits(l *listing) bool {
	if in.Filter.Types != nil && !slices.ContainsFunc(in.Filter.Types, func(t *string) bool {
		return t == nil && l.Type == "" || t != nil && *t == l.Type
	}) {
		return false
	}
	term := script.Fold(in.Filter.Term, true)
	return term == "" || strings.Contains(script.Fold(l.Name+"\n"+l.Topic+"\n"+l.Alias, true), term)
}

// visibility tells whether a room is in the directory ("Listing rooms").
func (a *API) visibility(c *call) (any, error) {
	public := false
	err := a.DB.Read(c.ctx(), func(tx *store.Tx) error {
		known, err := a.Rooms.Exists(tx, c.path("roomId"))
		if err == nil && !known {
			err = fault.NotFound("error.unknown_room")
		}
		if err == nil {
			public, err = a.Rooms.IsPublished(tx, c.path("roomId"))
		}
		return err
	})
	if public {
		return map[string]string{"visibility": "public"}, err
	}
	return map[string]string{"visibility": "private"}, err
}

// setVisibility puts a room into the directory, or takes it out ("Listing rooms").
func (a *API) setVisibility(c *call) (any, error) {
	in := struct {
		Visibility string `json:"visibility"`
	}{"public"}
	if err := c.read(&in); err != nil {
		return nil, err
	}
	if in.Visibility != "public" && in.Visibility != "private" {
		return nil, fault.InvalidParam("error.invalid_param", "Name", "visibility")
	}
	return map[string]any{}, a.Network.Publish(c.ctx(), c.caller, c.path("roomId"), in.Visibility == "public")
}

// setAlias gives a room another name ("Room aliases").
func (a *API) setAlias(c *call) (any, error) {
	var in struct {
		RoomID string `json:"room_id"`
	}
	if err := c.read(&in); err != nil {
		return nil, err
	}
	if in.RoomID == "" {
		return nil, fault.MissingParam("room_id")
	}
	if !strings.HasSuffix(c.path("alias"), ":"+a.ServerName) {
		return nil, fault.InvalidParam("error.foreign_alias")
	}
	return map[string]any{}, a.Network.GiveAlias(c.ctx(), c.caller, c.path("alias"), in.RoomID)
}

// deleteAlias takes a room's name away ("Room aliases").
func (a *API) deleteAlias(c *call) (any, error) {
	return map[string]any{}, a.Network.TakeAlias(c.ctx(), c.caller, c.path("alias"))
}
