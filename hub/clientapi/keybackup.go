package clientapi

import (
	"encoding/json"

	"panah/hub/device"
	"panah/hub/fault"
)

// keyBackupRoutes are the backups of keys ("Server-side key backups"). Clients need 404 with M_NOT_FOUND, and no other error, to go on without one.
func (a *API) keyBackupRoutes() []route {
	const versions, keys = v3 + "/room_keys/version", v3 + "/room_keys/keys"
	all := []route{
		{"GET", versions, signedIn, a.keyBackup},
		{"POST", versions, signedIn, a.newKeyBackup},
		{"GET", versions + "/{version}", signedIn, a.keyBackup},
		{"PUT", versions + "/{version}", signedIn, a.setKeyBackup},
		{"DELETE", versions + "/{version}", signedIn, a.deleteKeyBackup},
	}
	for path, put := range map[string]func(c *call) (device.Rooms, error){
		keys: readRooms, keys + "/{roomId}": readRoom, keys + "/{roomId}/{sessionId}": readSession,
	} {
		all = append(all, route{"GET", path, signedIn, a.backedUpKeys}, route{"PUT", path, uploading, a.backUpKeys(put)},
			route{"DELETE", path, signedIn, a.deleteBackedUpKeys})
	}
	return all
}

// backupInfo is what a client says of a backup.
type backupInfo struct {
	Algorithm string          `json:"algorithm"`
	AuthData  json.RawMessage `json:"auth_data"`
	Version   string          `json:"version"`
}

func (a *API) keyBackup(c *call) (any, error) {
	return a.Devices.Backup(c.ctx(), c.caller.UserID, c.path("version"))
}

func (a *API) newKeyBackup(c *call) (any, error) {
	var in backupInfo
	if err := c.read(&in); err != nil {
		return nil, err
	}
	version, err := a.Devices.NewBackup(c.ctx(), c.caller.UserID, in.Algorithm, in.AuthData)
	return map[string]string{"version": version}, err
}

func (a *API) setKeyBackup(c *call) (any, error) {
	var in backupInfo
	if err := c.read(&in); err != nil {
		return nil, err
	}
	if in.Version != "" && in.Version != c.path("version") {
		return nil, fault.InvalidParam("error.invalid_param", "Name", "version")
	}
	return map[string]any{}, a.Devices.SetBackup(c.ctx(), c.caller.UserID, c.path("version"), in.Algorithm, in.AuthData)
}

func (a *API) deleteKeyBackup(c *call) (any, error) {
	return map[string]any{}, a.Devices.DeleteBackup(c.ctx(), c.caller.UserID, c.path("version"))
}

func readRooms(c *call) (device.Rooms, error) {
	var in struct {
		Rooms device.Rooms `json:"rooms"`
	}
	err := c.read(&in)
	return in.Rooms, err
}

func readRoom(c *call) (device.Rooms, error) {
	var in device.Room
	err := c.read(&in)
	return device.Rooms{c.path("roomId"): in}, err
}

func readSession(c *call) (device.Rooms, error) {
	var in device.Session
	err := c.read(&in)
	return device.Rooms{c.path("roomId"): {Sessions: map[string]device.Session{c.path("sessionId"): in}}}, err
}

func (a *API) backUpKeys(read func(c *call) (device.Rooms, error)) func(c *call) (any, error) {
	return func(c *call) (any, error) {
		if err := c.takeBodyUpTo(manyKeys); err != nil {
			return nil, err
		}
		rooms, err := read(c)
		if err != nil {
			return nil, err
		}
		return a.Devices.PutSessions(c.ctx(), c.caller.UserID, c.query("version"), rooms)
	}
}

// backedUpKeys gives keys in the shape in which they were asked for: all, those of a channel, or one.
func (a *API) backedUpKeys(c *call) (any, error) {
	if c.query("version") == "" {
		return nil, fault.MissingParam("version")
	}
	room, session := c.path("roomId"), c.path("sessionId")
	rooms, err := a.Devices.Sessions(c.ctx(), c.caller.UserID, c.query("version"), room, session)
	switch {
	case err != nil:
		return nil, err
	case session != "":
		return rooms[room].Sessions[session], nil
	case room == "":
		return map[string]any{"rooms": rooms}, nil
	case rooms[room].Sessions == nil:
		return device.Room{Sessions: map[string]device.Session{}}, nil
	}
	return rooms[room], nil
}

func (a *API) deleteBackedUpKeys(c *call) (any, error) {
	if c.query("version") == "" {
		return nil, fault.MissingParam("version")
	}
	return a.Devices.DeleteSessions(c.ctx(), c.caller.UserID, c.query("version"), c.path("roomId"), c.path("sessionId"))
}
