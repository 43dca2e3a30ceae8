package room

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"

	"panah/hub/fault"
	"panah/hub/store"
)

// Create is a wish for a new room (Matrix Client-Server API, POST /createRoom).
type Create struct {
	Creator         string
	Preset          string // private_chat, trusted_private_chat, public_chat; "" follows Visibility
	Visibility      string // public puts it into the directory
	Name            string
	Topic           string
	Alias           string // localpart of an alias
	Version         string // "" or "11"
	RoomType        string // m.space for a space
	IsDirect        bool
	Invite          []string
	Profiles        map[string]Profile // of the creator and those invited, for their memberships
	InitialState    []Draft            // type, state key and content; nil as state key stands for ""
	CreationContent json.RawMessage    // an object, or nil
	PowerLevels     json.RawMessage    // an object whose members override those of the default power levels, or nil
	// Parent is a space that the room becomes a child of; ParentSender writes that into the space ("" for Creator).
	Parent       string
	ParentSender string
	// Restricted lets the members of Parent join without an invitation.
	Restricted bool
}

// Profile is how a member is shown.
type Profile struct {
	Name   string
	Avatar string // mxc:// or ""
}

// member is the content of a membership, with the person's profile where it is known.
func (c *Create) member(user, membership string) map[string]any {
	content := map[string]any{"membership": membership}
	if p := c.Profiles[user]; p.Name != "" {
		content["displayname"] = p.Name
	}
	if p := c.Profiles[user]; p.Avatar != "" {
		content["avatar_url"] = p.Avatar
	}
	return content
}

// inviteLimit bounds how many people one creation may invite.
const inviteLimit = 200

// CreateTx makes a room with all its first events, in the order that the specification gives.
func (r *Rooms) CreateTx(ctx context.Context, tx *store.Tx, c Create) (roomID string, events []Event, err error) {
	if err := c.check(); err != nil {
		return "", nil, err
	}
	if roomID, err = r.newID(); err != nil {
		return "", nil, err
	}
	_, err = tx.Exec(`INSERT INTO rooms (room_id, version, creator, created_at) VALUES ($1, $2, $3, $4)`,
		roomID, string(Version), c.Creator, tx.Now.UnixMilli())
	if err != nil {
		return "", nil, err
	}
	alias, err := r.newAlias(tx, c, roomID)
	if err != nil {
		return "", nil, err
	}
	if events, err = r.Append(ctx, tx, c.drafts(roomID, alias, r.ServerName())...); err != nil {
		return "", nil, err
	}
	if c.Visibility == "public" {
		err = r.Publish(tx, roomID, true)
	}
	return roomID, events, err
}

func (c *Create) check() error {
	switch {
	case c.Version != "" && c.Version != string(Version):
		return fault.New(400, "M_UNSUPPORTED_ROOM_VERSION", "error.unsupported_room_version")
	case c.Preset != "" && presets[c.Preset] == nil:
		return fault.InvalidParam("error.bad_preset")
	case c.Visibility != "" && c.Visibility != "public" && c.Visibility != "private":
		return fault.InvalidParam("error.bad_visibility")
	case len(c.Invite) > inviteLimit:
		return fault.InvalidParam("error.too_many_invites", "Limit", inviteLimit)
	case len(c.InitialState) > inviteLimit:
		return fault.InvalidParam("error.too_much_state", "Limit", inviteLimit)
	case !objectOrNothing(c.CreationContent) || !objectOrNothing(c.PowerLevels):
		return fault.BadJSON()
	}
	return nil
}

func objectOrNothing(raw json.RawMessage) bool {
	var members map[string]json.RawMessage
	return len(raw) == 0 || json.Unmarshal(raw, &members) == nil
}

func (r *Rooms) newID() (string, error) {
	var raw [16]byte
	if _, err := rand.Read(raw[:]); err != nil {
		return "", fmt.Errorf("make a room id: %w", err)
	}
	return "!" + base64.RawURLEncoding.EncodeToString(raw[:]) + ":" + string(r.server), nil
}

func (r *Rooms) newAlias(tx *store.Tx, c Create, roomID string) (string, error) {
	if c.Alias == "" {
		return "", nil
	}
	alias := "#" + c.Alias + ":" + string(r.server)
	return alias, r.AddAlias(tx, alias, roomID, c.Creator)
}

// presets are the first join rule, history visibility and guest access (Matrix Client-Server API, "Presets").
var presets = map[string][]string{
	"private_chat":         {"invite", "shared", "can_join"},
	"trusted_private_chat": {"invite", "shared", "can_join"},
	"public_chat":          {"public", "shared", "forbidden"},
}

func (c *Create) preset() []string {
	switch {
	case c.Preset != "":
		return presets[c.Preset]
	case c.Visibility == "public":
		return presets["public_chat"]
	}
	return presets["private_chat"]
}

func (c *Create) drafts(roomID, alias, server string) []Draft {
	drafts := []Draft{
		c.state(roomID, "m.room.create", "", c.creation()),
		c.state(roomID, "m.room.member", c.Creator, c.member(c.Creator, "join")),
		c.state(roomID, "m.room.power_levels", "", c.powerLevels()),
	}
	if alias != "" {
		drafts = append(drafts, c.state(roomID, "m.room.canonical_alias", "", map[string]any{"alias": alias}))
	}
	preset := c.preset()
	first := map[string]any{
		"m.room.join_rules":         c.joinRules(preset[0]),
		"m.room.history_visibility": map[string]any{"history_visibility": preset[1]},
		"m.room.guest_access":       map[string]any{"guest_access": preset[2]},
	}
	for _, s := range c.InitialState {
		if keyOf(s) == "" {
			delete(first, s.Type)
		}
	}
	for _, t := range []string{"m.room.join_rules", "m.room.history_visibility", "m.room.guest_access"} {
		if first[t] != nil {
			drafts = append(drafts, c.state(roomID, t, "", first[t]))
		}
	}
	for _, s := range c.InitialState {
		drafts = append(drafts, c.state(roomID, s.Type, keyOf(s), s.Content))
	}
	return append(drafts, c.named(roomID, server)...)
}

// named are the events that come after the initial state: name, topic, the place in a space, invitations.
func (c *Create) named(roomID, server string) []Draft {
	var drafts []Draft
	if c.Name != "" {
		drafts = append(drafts, c.state(roomID, "m.room.name", "", map[string]any{"name": c.Name}))
	}
	if c.Topic != "" {
		drafts = append(drafts, c.state(roomID, "m.room.topic", "", map[string]any{"topic": c.Topic}))
	}
	if c.Parent != "" {
		via := []string{server}
		drafts = append(drafts, c.state(roomID, "m.space.parent", c.Parent, map[string]any{"via": via, "canonical": true}))
		child := c.state(c.Parent, "m.space.child", roomID, map[string]any{"via": via})
		if c.ParentSender != "" {
			child.Sender = c.ParentSender
		}
		drafts = append(drafts, child)
	}
	for _, user := range c.Invite {
		content := c.member(user, "invite")
		if c.IsDirect {
			content["is_direct"] = true
		}
		drafts = append(drafts, c.state(roomID, "m.room.member", user, content))
	}
	return drafts
}

func (c *Create) state(roomID, eventType, key string, content any) Draft {
	return Draft{RoomID: roomID, Sender: c.Creator, Type: eventType, StateKey: &key, Content: content}
}

func keyOf(d Draft) string {
	if d.StateKey == nil {
		return ""
	}
	return *d.StateKey
}

// override copies the members of a JSON object into content. check has seen that it is one.
func override(content map[string]any, with json.RawMessage) {
	var members map[string]json.RawMessage
	if json.Unmarshal(with, &members) == nil {
		for name, value := range members {
			content[name] = value
		}
	}
}

func (c *Create) creation() map[string]any {
	content := map[string]any{}
	override(content, c.CreationContent)
	content["room_version"] = string(Version)
	if c.RoomType != "" {
		content["type"] = c.RoomType
	}
	return content
}

func (c *Create) joinRules(rule string) map[string]any {
	if !c.Restricted || c.Parent == "" {
		return map[string]any{"join_rule": rule}
	}
	return map[string]any{"join_rule": "restricted", "allow": []any{map[string]any{"type": "m.room_membership", "room_id": c.Parent}}}
}

func (c *Create) powerLevels() map[string]any {
	users := map[string]any{c.Creator: 100}
	if c.Preset == "trusted_private_chat" {
		for _, user := range c.Invite {
			users[user] = 100
		}
	}
	levels := map[string]any{
		"users": users, "users_default": 0, "events_default": 0, "state_default": 50,
		"ban": 50, "kick": 50, "redact": 50, "invite": 0,
		"events": map[string]any{
			"m.room.name": 50, "m.room.power_levels": 100, "m.room.history_visibility": 100, "m.room.canonical_alias": 50,
			"m.room.avatar": 50, "m.room.tombstone": 100, "m.room.server_acl": 100, "m.room.encryption": 100,
		},
	}
	if c.RoomType == "m.space" {
		levels["events_default"], levels["invite"] = 100, 50
	}
	override(levels, c.PowerLevels)
	return levels
}
