package room

import (
	"context"
	"encoding/json"
	"errors"
	"slices"

	"github.com/matrix-org/gomatrixserverlib"
	"github.com/matrix-org/gomatrixserverlib/spec"

	"panah/hub/fault"
	"panah/hub/store"
)

// IsHere tells whether this hub is in a room, so that what happens in it is decided here. A room into which one of its people was only invited
// is not.
func (r *Rooms) IsHere(tx *store.Tx, roomID string) (bool, error) {
	return r.HasServer(tx, roomID, string(r.server))
}

// Decline takes back an invitation or a knock of one of this hub's people at a room that this hub is not in. The servers that told of it are told; where
// none can be reached the person is rid of it all the same.
func (r *Rooms) Decline(ctx context.Context, roomID, user string, content map[string]any) (Event, error) {
	var invite *Event
	err := r.db.Read(ctx, func(tx *store.Tx) (err error) {
		invite, err = r.StateEvent(tx, roomID, spec.MRoomMember, user)
		if err == nil && (invite == nil || membershipIn(invite.Content) != spec.Invite && membershipIn(invite.Content) != spec.Knock) {
			err = fault.Forbidden("error.not_member")
		}
		return err
	})
	if err != nil {
		return Event{}, err
	}
	pdu, err := r.declineBy(ctx, roomID, user, content, r.others([]string{ServerOf(invite.Sender), ServerOf(roomID)}))
	if err != nil {
		r.log.Info("no server took the refusal of an invitation", "room", roomID, "err", err)
		if pdu, err = r.declineAlone(ctx, roomID, user, content, invite); err != nil {
			return Event{}, err
		}
	}
	return r.standOutside(ctx, pdu, nil)
}

func (r *Rooms) declineBy(ctx context.Context, roomID, user string, content map[string]any, servers []string) (pdu gomatrixserverlib.PDU, err error) {
	err = errors.New("nobody can be asked")
	if r.remote == nil {
		return nil, err
	}
	for _, server := range servers {
		if pdu, err = r.askedMembership(ctx, server, spec.Leave, roomID, user, content); err != nil {
			continue
		}
		if _, err = r.remote.SendMembership(ctx, server, spec.Leave, roomID, pdu.EventID(), pdu.JSON()); err == nil {
			return pdu, nil
		}
	}
	return nil, err
}

// declineAlone makes an event that no other server will see: the person's own devices learn from it that the invitation is gone.
func (r *Rooms) declineAlone(ctx context.Context, roomID, user string, content map[string]any, invite *Event) (gomatrixserverlib.PDU, error) {
	full := map[string]any{}
	for key, value := range content {
		full[key] = value
	}
	full["membership"] = spec.Leave
	return r.signForm(ctx, roomID, user, full, []string{invite.ID}, []string{invite.ID}, min(invite.Depth+1, maxDepth))
}

// Invited is who is invited where, by whom, and what the inviting server tells of the room, of which nothing is proven.
type Invited struct {
	RoomID, Sender, User string
	Stripped             []json.RawMessage
}

// ServeInvite takes in the invitation of one of this hub's people (PUT …/invite, version 2), and gives it with this hub's signature. may
// looks whether the person may be invited. What the inviting server tells of the room is kept for the person to see; nothing of it is proven.
func (r *Rooms) ServeInvite(ctx context.Context, server, roomID, id string, i Invitation, may func(tx *store.Tx, i Invited) error) (json.RawMessage, error) {
	if i.Version != string(Version) {
		return nil, fault.New(400, "M_INCOMPATIBLE_ROOM_VERSION", "error.channel_version", "Version", string(Version)).With("room_version", i.Version)
	}
	pdu, err := r.readInvite(server, roomID, id, i.Event)
	if err != nil {
		return nil, err
	}
	told, err := checkStripped(i.Stripped)
	if err != nil {
		return nil, err
	}
	if pdu, err = r.signed(pdu); err != nil {
		return nil, err
	}
	if err := r.checkSigned(ctx, r.keys, pdu); err != nil {
		return nil, err
	}
	var here bool
	err = r.db.Read(ctx, func(tx *store.Tx) (err error) {
		if err = may(tx, Invited{roomID, string(pdu.SenderID()), *pdu.StateKey(), told}); err != nil {
			return err
		}
		if here, err = r.IsHere(tx, roomID); err == nil && here {
			err = r.CheckServer(tx, roomID, server)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	if !here { // else it comes with the room's other events
		_, err = r.standOutside(ctx, pdu, told)
	}
	return pdu.JSON(), err
}

// readInvite reads an invitation that a server's person gives one of this hub's.
func (r *Rooms) readInvite(server, roomID, id string, raw []byte) (gomatrixserverlib.PDU, error) {
	pdu, err := r.read(raw)
	if err != nil {
		return nil, err
	}
	switch {
	case pdu.EventID() != id:
		return nil, fault.InvalidParam("error.bad_event_id")
	case pdu.Redacted() || pdu.Type() != spec.MRoomMember || pdu.RoomID().String() != roomID || membershipIn(pdu.Content()) != spec.Invite:
		return nil, badEvent(errors.New("it is no invitation"))
	case ServerOf(string(pdu.SenderID())) != server || pdu.StateKey() == nil || !r.isOurs(spec.SenderID(*pdu.StateKey())):
		return nil, fault.Forbidden("error.not_your_person")
	}
	return pdu, nil
}

// Bounds of what another server tells of a room.
const (
	strippedMost  = 100
	strippedBytes = 256 << 10
)

// checkStripped leaves of what was told only what stripped state has.
func checkStripped(raws []json.RawMessage) ([]json.RawMessage, error) {
	list, size := []json.RawMessage{}, 0
	for _, raw := range raws {
		var s stripped
		if size += len(raw); len(list) == strippedMost || size > strippedBytes {
			return nil, fault.TooLarge(strippedBytes)
		}
		if json.Unmarshal(raw, &s) != nil || s.StateKey == nil || s.Type == "" || !text(s.Type) || !text(*s.StateKey) || len(s.Content) == 0 {
			return nil, badEvent(errors.New("it is no stripped state"))
		}
		out, err := json.Marshal(s)
		if err != nil {
			return nil, badEvent(err)
		}
		list = append(list, out)
	}
	return list, nil
}

// standOutside has one of this hub's people stand to a room that this hub is not in as an event says: the rules cannot be asked, since the room's
// state is not here. The event is in the log, so that the person's devices are told.
func (r *Rooms) standOutside(ctx context.Context, pdu gomatrixserverlib.PDU, told []json.RawMessage) (e Event, err error) {
	roomID, user := pdu.RoomID().String(), *pdu.StateKey()
	err = r.db.Write(ctx, func(tx *store.Tx) error {
		here, err := r.IsHere(tx, roomID)
		if err != nil || here {
			return err
		}
		if known, err := r.known(tx, pdu); known != nil || err != nil {
			e = deref(known).Event
			return err
		}
		if err := r.refuse(tx, pdu, r.standing(tx, roomID)); err != nil {
			return err
		}
		written, err := r.insert(tx, pdu)
		if err != nil {
			return err
		}
		if err := errors.Join(r.moveState(tx, written, pdu), saveUnknown(tx, written), tell(tx, roomID, user, told)); err != nil {
			return err
		}
		e = *written
		tx.OnCommit(func() { r.tell(ctx, []Event{e}) })
		return r.appended(tx, written)
	})
	return e, err
}

// receiveOutside takes in that an invitation, a knock or a ban of one of this hub's people was taken back, at a room that this hub is not in. The
// rules cannot be asked, since the room's state is not here. But the id of what is taken back is known only to who is in the room, so an event
// that names it among its authority comes from there. All else of such a room is error.unknown_room.
func (r *Rooms) receiveOutside(ctx context.Context, pdu gomatrixserverlib.PDU) (Received, error) {
	unknown := fault.NotFound("error.unknown_room")
	user := pdu.StateKey()
	ends := slices.Contains([]string{spec.Leave, spec.Ban}, membershipIn(pdu.Content()))
	if pdu.Type() != spec.MRoomMember || pdu.Redacted() || !ends || user == nil || !r.isOurs(spec.SenderID(*user)) || r.isOurs(pdu.SenderID()) {
		return Received{}, unknown
	}
	var stands *Event
	err := r.db.Read(ctx, func(tx *store.Tx) (err error) {
		stands, err = r.StateEvent(tx, pdu.RoomID().String(), spec.MRoomMember, *user)
		return err
	})
	if err != nil {
		return Received{}, err
	}
	if stands == nil || membershipIn(stands.Content) == spec.Join || !slices.Contains(pdu.AuthEventIDs(), stands.ID) {
		return Received{}, unknown
	}
	if err := r.checkSigned(ctx, r.keys, pdu); err != nil {
		return Received{}, err
	}
	e, err := r.standOutside(ctx, pdu, nil)
	return Received{Event: e}, err
}

// tell keeps what another server told of a room; nil takes it away.
func tell(tx *store.Tx, roomID, user string, told []json.RawMessage) error {
	if told == nil {
		_, err := tx.Exec(`DELETE FROM invite_states WHERE room_id = $1 AND user_id = $2`, roomID, user)
		return err
	}
	raw, err := json.Marshal(told)
	if err != nil {
		return err
	}
	_, err = tx.Exec(`INSERT INTO invite_states (room_id, user_id, state) VALUES ($1, $2, $3)
		ON CONFLICT (room_id, user_id) DO UPDATE SET state = excluded.state`, roomID, user, string(raw))
	return err
}
