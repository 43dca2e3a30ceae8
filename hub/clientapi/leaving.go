package clientapi

import (
	"archive/zip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	"panah/hub/people"
	"panah/hub/push"
	"panah/hub/room"
	"panah/hub/store"
)

// changePassphrase gives the caller a new passphrase ("POST /account/password"). It asks for the old one.
func (a *API) changePassphrase(c *call) (any, error) {
	var in struct {
		Auth   *proof `json:"auth"`
		New    string `json:"new_password"`
		Others *bool  `json:"logout_devices"` // absent means yes
	}
	if err := c.read(&in); err != nil {
		return nil, err
	}
	if err := a.prove(c, in.Auth); err != nil {
		return nil, err
	}
	return map[string]any{}, a.People.ChangePassphrase(c.ctx(), c.caller, in.New, in.Others == nil || *in.Others)
}

// deactivate ends the caller's account for good ("POST /account/deactivate"). With erase what they wrote is taken back as well. Sure is ours:
// also when an organisation loses its last administrator.
func (a *API) deactivate(c *call) (any, error) {
	var in struct {
		Auth  *proof `json:"auth"`
		Erase bool   `json:"erase"`
		Sure  bool   `json:"network.panah.sure"`
	}
	if err := c.read(&in); err != nil {
		return nil, err
	}
	if err := a.prove(c, in.Auth); err != nil {
		return nil, err
	}
	if err := a.Network.LeaveNetwork(c.ctx(), c.caller, in.Erase, in.Sure); err != nil {
		return nil, err
	}
	if c.cookie {
		a.setCookie(c, "", false)
	}
	return map[string]any{"id_server_unbind_result": "no-support"}, nil
}

// exportOwn gives the caller all that is kept of them as one archive, written while it is read: what is kept of the account, and what they
// wrote, channel by channel. Whoever finds a device open must not carry all of it away: it asks for a fresh proof.
func (a *API) exportOwn(c *call) (any, error) {
	if err := a.People.Fresh(c.ctx(), c.caller); err != nil {
		return nil, err
	}
	own, err := a.People.Own(c.ctx(), c.caller)
	if err != nil {
		return nil, err
	}
	if err := download(c.w, "panah-my-data.zip", "application/zip"); err != nil {
		return nil, err
	}
	archive := zip.NewWriter(c.w)
	err = errors.Join(a.writeOwn(c, archive, own), archive.Close())
	if err != nil {
		a.log.Debug("an export was not read to its end", "id", requestID(c.r), "err", err)
		panic(http.ErrAbortHandler) // half an archive must not look like a whole one
	}
	return answered{}, nil
}

func (a *API) writeOwn(c *call, archive *zip.Writer, own people.Own) error {
	if err := writeJSON(archive, "account.json", own); err != nil {
		return err
	}
	var memberships []room.Membership
	var told push.Own
	err := a.DB.Read(c.ctx(), func(tx *store.Tx) (err error) {
		if told, err = a.Push.OwnTx(tx, c.caller.UserID); err != nil {
			return err
		}
		memberships, err = a.Rooms.Memberships(tx, c.caller.UserID)
		return err
	})
	if err != nil {
		return err
	}
	if err := writeJSON(archive, "notices.json", told); err != nil {
		return err
	}
	channels, err := archive.Create("channels.jsonl")
	if err != nil {
		return fmt.Errorf("write an archive: %w", err)
	}
	for _, m := range memberships {
		if err := a.writeChannel(c, channels, m); err != nil {
			return err
		}
	}
	posts, err := archive.Create("posts.jsonl")
	if err != nil {
		return fmt.Errorf("write an archive: %w", err)
	}
	for _, m := range memberships {
		if err := a.writePosts(c, posts, m.RoomID); err != nil {
			return err
		}
	}
	return nil
}

// writeJSON writes one file of an archive, as people read it.
func writeJSON(archive *zip.Writer, name string, content any) error {
	file, err := archive.Create(name)
	if err != nil {
		return fmt.Errorf("write an archive: %w", err)
	}
	encoder := json.NewEncoder(file)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(content); err != nil {
		return fmt.Errorf("write an archive: %w", err)
	}
	return nil
}

// writeChannel names a channel as the caller knows it: one that they left as it was called then.
func (a *API) writeChannel(c *call, w io.Writer, m room.Membership) error {
	var name string
	err := a.DB.Read(c.ctx(), func(tx *store.Tx) (err error) {
		at := m.Position
		if m.Membership == "join" || m.Membership == "invite" {
			if at, err = tx.Head(); err != nil {
				return err
			}
		}
		e, err := a.Rooms.StateEventAt(tx, m.RoomID, "m.room.name", "", at)
		if err == nil && e != nil {
			name = contentText(e, "name")
		}
		return err
	})
	if err != nil {
		return err
	}
	return json.NewEncoder(w).Encode(map[string]string{"room_id": m.RoomID, "name": name, "membership": m.Membership})
}

// ownPage is how many of the caller's posts are read at once.
const ownPage = 500

// writePosts writes what the caller wrote in one room, one event a line.
func (a *API) writePosts(c *call, w io.Writer, roomID string) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	var after store.Position
	for {
		var page []room.Event
		err := a.DB.Read(c.ctx(), func(tx *store.Tx) (err error) {
			page, err = a.Rooms.OwnEvents(tx, roomID, c.caller.UserID, after, ownPage)
			return err
		})
		if err != nil || len(page) == 0 {
			return err
		}
		after = page[len(page)-1].Position
		if err := moreTime(c.w); err != nil {
			return err
		}
		for i := range page {
			if page[i].StateKey != nil { // settings of a channel are not the person's words
				continue
			}
			if err := encoder.Encode(page[i].ClientJSON(room.Format{})); err != nil {
				return err
			}
		}
	}
}
