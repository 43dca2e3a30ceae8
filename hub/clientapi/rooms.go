package clientapi

import (
	"encoding/json"
	"net/http"
	"slices"

	"panah/hub/fault"
	"panah/hub/room"
	"panah/hub/store"
	"panah/locales"
)

// createRequest is what a client may wish for in a new room ("POST /createRoom"). Space is ours: the space that the channel belongs to; the hub
// writes the link between the two in the same transaction.
type createRequest struct {
	Visibility      string            `json:"visibility"`
	AliasName       string            `json:"room_alias_name"`
	Name            string            `json:"name"`
	Topic           string            `json:"topic"`
	Invite          []string          `json:"invite"`
	InviteThird     []json.RawMessage `json:"invite_3pid"`
	Version         string            `json:"room_version"`
	CreationContent json.RawMessage   `json:"creation_content"`
	InitialState    []initialState    `json:"initial_state"`
	Preset          string            `json:"preset"`
	IsDirect        bool              `json:"is_direct"`
	PowerLevels     json.RawMessage   `json:"power_level_content_override"`
	Space           string            `json:"network.panah.space"`
}

type initialState struct {
	Type     string          `json:"type"`
	StateKey string          `json:"state_key"`
	Content  json.RawMessage `json:"content"`
}

const (
	maxInvites      = 200 // people invited while a room is made
	maxInitialState = 50  // state events that a client may add to a new room
)

func (in *createRequest) check() error {
	if in.Version != "" && in.Version != roomVersion {
		return fault.New(http.StatusBadRequest, "M_UNSUPPORTED_ROOM_VERSION", "error.room_version", "Version", roomVersion)
	}
	if in.Visibility != "" && in.Visibility != "public" && in.Visibility != "private" {
		return fault.InvalidParam("error.invalid_param", "Name", "visibility")
	}
	switch in.Preset {
	case "", "private_chat", "public_chat", "trusted_private_chat":
	default:
		return fault.InvalidParam("error.invalid_param", "Name", "preset")
	}
	if len(in.InviteThird) > 0 || len(in.Invite) > maxInvites {
		return fault.InvalidParam("error.invalid_param", "Name", "invite")
	}
	if len(in.InitialState) > maxInitialState {
		return fault.InvalidParam("error.invalid_param", "Name", "initial_state")
	}
	return nil
}

// roomType is the type that creation_content names, such as m.space.
func (in *createRequest) roomType() (string, error) {
	if len(in.CreationContent) == 0 {
		return "", nil
	}
	var content struct {
		Type string `json:"type"`
	}
	if err := json.Unmarshal(in.CreationContent, &content); err != nil {
		return "", fault.BadJSON().Because(err)
	}
	return content.Type, nil
}

func (a *API) createRoom(c *call) (any, error) {
	var in createRequest
	if err := c.read(&in); err != nil {
		return nil, err
	}
	if err := in.check(); err != nil {
		return nil, err
	}
	wish, err := in.wish()
	if err != nil {
		return nil, err
	}
	id, err := a.Network.CreateRoom(c.ctx(), c.caller, wish)
	if err != nil {
		return nil, err
	}
	return map[string]string{"room_id": id}, nil
}

func (in *createRequest) wish() (room.Create, error) {
	roomType, err := in.roomType()
	if err != nil {
		return room.Create{}, err
	}
	wish := room.Create{
		Preset: in.Preset, Name: in.Name, Topic: in.Topic, Alias: in.AliasName, Visibility: in.Visibility,
		Version: roomVersion, IsDirect: in.IsDirect, Invite: in.Invite, CreationContent: in.CreationContent,
		PowerLevels: in.PowerLevels, RoomType: roomType, Parent: in.Space,
	}
	for _, s := range in.InitialState {
		key := s.StateKey
		wish.InitialState = append(wish.InitialState, room.Draft{Type: s.Type, StateKey: &key, Content: s.Content})
	}
	return wish, nil
}

// joinByName takes an id or an alias ("POST /join").
func (a *API) joinByName(c *call) (any, error) {
	id, servers, err := a.named(c)
	if err != nil {
		return nil, err
	}
	return a.joinRoom(c, id, servers...)
}

// named is the room that an address names by its id or an alias, with the servers by which one may come in: those that the client names
// ("via", in older versions "server_name"), or those that the alias's server does.
func (a *API) named(c *call) (id string, servers []string, err error) {
	name := c.path("roomIdOrAlias")
	if name == "" || name[0] != '#' {
		query := c.r.URL.Query()
		return name, slices.Concat(query["via"], query["server_name"]), nil
	}
	return a.resolve(c, name)
}

// knock asks to be let in ("POST /knock").
func (a *API) knock(c *call) (any, error) {
	in, err := c.reason()
	if err != nil {
		return nil, err
	}
	id, servers, err := a.named(c)
	if err != nil {
		return nil, err
	}
	if err := a.Network.Knock(c.ctx(), c.caller, id, in.Reason, servers...); err != nil {
		return nil, err
	}
	return map[string]string{"room_id": id}, nil
}

// upgradeRoom replaces a room by one of the version that is asked for ("Room Upgrades"). There is one version alone; who needs a room anew, for
// instance because its members have lost all power in it, gets it in that one.
func (a *API) upgradeRoom(c *call) (any, error) {
	var in struct {
		Version string `json:"new_version"`
	}
	if err := c.read(&in); err != nil {
		return nil, err
	}
	if in.Version == "" {
		return nil, fault.MissingParam("new_version")
	}
	if in.Version != roomVersion {
		return nil, fault.New(http.StatusBadRequest, "M_UNSUPPORTED_ROOM_VERSION", "error.room_version", "Version", roomVersion)
	}
	words := locales.For(a.Language, a.Second).Text("room.replaced", nil)
	id, err := a.Network.Upgrade(c.ctx(), c.caller, c.path("roomId"), words)
	if err != nil {
		return nil, err
	}
	return map[string]string{"replacement_room": id}, nil
}

func (a *API) join(c *call) (any, error) { return a.joinRoom(c, c.path("roomId")) }

func (a *API) joinRoom(c *call, roomID string, servers ...string) (any, error) {
	in, err := c.reason()
	if err != nil {
		return nil, err
	}
	if err := a.Network.Join(c.ctx(), c.caller, roomID, in.Reason, servers...); err != nil {
		return nil, err
	}
	return map[string]string{"room_id": roomID}, nil
}

// aboutOther is what the endpoints take that change how somebody stands to a room.
type aboutOther struct {
	UserID string `json:"user_id"`
	Reason string `json:"reason"`
}

func (c *call) reason() (in aboutOther, err error) {
	err = c.read(&in)
	return in, err
}

func (c *call) other() (in aboutOther, err error) {
	if err = c.read(&in); err == nil && in.UserID == "" {
		err = fault.MissingParam("user_id")
	}
	return in, err
}

func (a *API) leaveRoom(c *call) (any, error) {
	in, err := c.reason()
	if err != nil {
		return nil, err
	}
	return map[string]any{}, a.Network.Leave(c.ctx(), c.caller, c.path("roomId"), in.Reason)
}

func (a *API) forget(c *call) (any, error) {
	return map[string]any{}, a.Network.Forget(c.ctx(), c.caller, c.path("roomId"))
}

func (a *API) invite(c *call) (any, error) {
	in, err := c.other()
	if err != nil {
		return nil, err
	}
	return map[string]any{}, a.Network.Invite(c.ctx(), c.caller, c.path("roomId"), in.UserID, in.Reason)
}

func (a *API) kick(c *call) (any, error) {
	in, err := c.other()
	if err != nil {
		return nil, err
	}
	return map[string]any{}, a.Network.Kick(c.ctx(), c.caller, c.path("roomId"), in.UserID, in.Reason)
}

func (a *API) ban(c *call) (any, error) {
	in, err := c.other()
	if err != nil {
		return nil, err
	}
	return map[string]any{}, a.Network.Ban(c.ctx(), c.caller, c.path("roomId"), in.UserID, in.Reason)
}

func (a *API) unban(c *call) (any, error) {
	in, err := c.other()
	if err != nil {
		return nil, err
	}
	return map[string]any{}, a.Network.Unban(c.ctx(), c.caller, c.path("roomId"), in.UserID, in.Reason)
}

func (a *API) joinedRooms(c *call) (any, error) {
	rooms := []string{}
	err := a.DB.Read(c.ctx(), func(tx *store.Tx) error {
		found, err := a.Rooms.JoinedRooms(tx, c.caller.UserID)
		rooms = append(rooms, found...)
		return err
	})
	return map[string]any{"joined_rooms": rooms}, err
}
