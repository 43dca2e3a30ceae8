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

// ServeTemplate gives a server the form of a membership event of one of its people: "join", "leave" or "knock" (GET …/make_join and the like).
// versions are the room versions that it knows. It is M_INCOMPATIBLE_ROOM_VERSION where the room's is not among them, error.unknown_room
// where this hub is not in the room, and a refusal where the rules would refuse the event. authoriser is who of this hub's people is asked
// first to let somebody into a restricted room.
func (r *Rooms) ServeTemplate(ctx context.Context, server, membership, roomID, user string, versions []string, authoriser string) (t Template, err error) {
	if err := checkAsked(server, roomID, user); err != nil {
		return t, err
	}
	err = r.db.Read(ctx, func(tx *store.Tx) error {
		if err := r.isHost(tx, server, roomID); err != nil {
			return err
		}
		if membership != spec.Leave && !slices.Contains(versions, string(Version)) {
			return fault.New(400, "M_INCOMPATIBLE_ROOM_VERSION", "error.channel_version", "Version", string(Version)).With("room_version", string(Version))
		}
		t, err = r.template(tx, membership, roomID, user, authoriser)
		return err
	})
	return t, err
}

// checkAsked: a server asks for its own people alone.
func checkAsked(server, roomID, user string) error {
	d := Draft{RoomID: roomID, Sender: user, Type: "m.room.member", StateKey: &user, Content: map[string]string{"membership": spec.Join}}
	if _, err := d.check(); err != nil {
		return err
	}
	if _, err := spec.NewRoomID(roomID); err != nil {
		return fault.InvalidParam("error.bad_room_id")
	}
	if ServerOf(user) != server {
		return fault.Forbidden("error.not_your_person")
	}
	return nil
}

// isHost: this hub is in the room, and the room lets the server take part.
func (r *Rooms) isHost(tx *store.Tx, server, roomID string) error {
	in, err := r.HasServer(tx, roomID, string(r.server))
	if err != nil {
		return err
	}
	if !in {
		return fault.NotFound("error.unknown_room")
	}
	return r.CheckServer(tx, roomID, server)
}

func (r *Rooms) template(tx *store.Tx, membership, roomID, user, authoriser string) (Template, error) {
	content := map[string]string{"membership": membership}
	if membership == spec.Join {
		via, err := r.Authoriser(tx, roomID, user, authoriser)
		if err != nil {
			return Template{}, err
		}
		if via != "" {
			content["join_authorised_via_users_server"] = via
		}
	}
	raw, err := json.Marshal(content)
	if err != nil {
		return Template{}, err
	}
	// Built as if it were ours, so that the rules can be asked; the signature is thrown away.
	pdu, err := r.build(tx, Draft{RoomID: roomID, Sender: user, Type: spec.MRoomMember, StateKey: &user}, raw)
	if err != nil {
		return Template{}, err
	}
	event, err := json.Marshal(map[string]any{"type": pdu.Type(), "room_id": roomID, "sender": user, "state_key": user, "content": json.RawMessage(raw),
		"prev_events": pdu.PrevEventIDs(), "auth_events": pdu.AuthEventIDs(), "depth": pdu.Depth(), "origin": ServerOf(user),
		"origin_server_ts": tx.Now.UnixMilli()})
	return Template{Version: string(Version), Event: event}, err
}

// ServeMembership takes in a membership event that a server signed for one of its people: "join", "leave" or "knock" (PUT …/send_join and the
// like). For a join it gives the state before it and what authorises that; for a knock the stripped state.
func (r *Rooms) ServeMembership(ctx context.Context, server, membership, roomID, id string, raw []byte) (Welcome, error) {
	pdu, err := r.readMembership(membership, roomID, raw)
	if err != nil {
		return Welcome{}, err
	}
	if pdu.EventID() != id {
		return Welcome{}, fault.InvalidParam("error.bad_event_id")
	}
	if err := checkAsked(server, roomID, string(pdu.SenderID())); err != nil {
		return Welcome{}, err
	}
	if err := r.db.Read(ctx, func(tx *store.Tx) error { return r.isHost(tx, server, roomID) }); err != nil {
		return Welcome{}, err
	}
	if pdu, err = r.countersign(ctx, pdu); err != nil {
		return Welcome{}, err
	}
	if err := r.checkSigned(ctx, r.keys, pdu); err != nil {
		return Welcome{}, err
	}
	return r.welcome(ctx, membership, pdu)
}

// readMembership reads a membership event that somebody made for themselves.
func (r *Rooms) readMembership(membership, roomID string, raw []byte) (gomatrixserverlib.PDU, error) {
	pdu, err := r.read(raw)
	if err != nil {
		return nil, err
	}
	own := pdu.StateKeyEquals(string(pdu.SenderID()))
	if pdu.Type() != spec.MRoomMember || !own || pdu.RoomID().String() != roomID || membershipIn(pdu.Content()) != membership || pdu.Redacted() {
		return nil, badEvent(errors.New("it is not the membership that was asked for"))
	}
	return pdu, nil
}

// countersign signs a join that one of this hub's people authorises (Matrix, room version 8, "Restricted rooms"), after asking whether they would.
func (r *Rooms) countersign(ctx context.Context, pdu gomatrixserverlib.PDU) (gomatrixserverlib.PDU, error) {
	var c struct {
		Via string `json:"join_authorised_via_users_server"`
	}
	if json.Unmarshal(pdu.Content(), &c) != nil || c.Via == "" || !r.isOurs(spec.SenderID(c.Via)) {
		return pdu, nil
	}
	err := r.db.Read(ctx, func(tx *store.Tx) error {
		via, err := r.Authoriser(tx, pdu.RoomID().String(), string(pdu.SenderID()), c.Via)
		if err == nil && via == "" {
			err = fault.Forbidden("error.not_invited")
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return r.signed(pdu)
}

// signed adds this hub's signature to an event.
func (r *Rooms) signed(pdu gomatrixserverlib.PDU) (gomatrixserverlib.PDU, error) {
	id, key := r.ring.Current()
	return parse(pdu.Sign(string(r.server), id, key).JSON(), pdu.EventID())
}

func (r *Rooms) welcome(ctx context.Context, membership string, pdu gomatrixserverlib.PDU) (Welcome, error) {
	got, lacks, err := r.judge(ctx, pdu, judging{})
	switch {
	case err != nil:
		return Welcome{}, err
	case lacks.any():
		return Welcome{}, fault.NotFound("error.unknown_event")
	case got.Refusal != nil:
		return Welcome{}, got.Refusal
	case got.SoftFailed:
		return Welcome{}, fault.Forbidden("error.not_allowed")
	}
	w := Welcome{Event: pdu.JSON(), Origin: string(r.server)}
	err = r.db.Read(ctx, func(tx *store.Tx) error {
		switch membership {
		case spec.Join:
			return r.fillJoin(tx, pdu, &w)
		case spec.Knock:
			w.Stripped, err = r.Stripped(tx, pdu.RoomID().String(), string(pdu.SenderID()))
		}
		return err
	})
	return w, err
}

func (r *Rooms) fillJoin(tx *store.Tx, pdu gomatrixserverlib.PDU, w *Welcome) error {
	a := archive{r, tx, pdu}
	before, err := a.stateAt()
	if err != nil {
		return err
	}
	state, auth, err := a.withChain(before)
	w.State, w.Auth = bodies(state), bodies(auth)
	return err
}

// bodies are events without their ids, as they federate.
func bodies(all []Known) []json.RawMessage {
	raws := make([]json.RawMessage, 0, len(all))
	for _, k := range all {
		raws = append(raws, k.PDU)
	}
	return raws
}
