package room

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/matrix-org/gomatrixserverlib"
	"github.com/matrix-org/gomatrixserverlib/spec"

	"panah/hub/fault"
	"panah/hub/store"
)

// Federates tells whether other servers can be asked.
func (r *Rooms) Federates() bool { return r.remote != nil }

// IsForeign tells whether a person is of another server.
func (r *Rooms) IsForeign(user string) bool { return !r.isOurs(spec.SenderID(user)) }

// AskIn invites somebody of another server, who stands under the draft's state key. Their server signs the invitation first (Matrix
// Server-Server API, "Inviting to a room"), so that it is asked while nothing is written. It is a refusal as Append's, or that server's.
func (r *Rooms) AskIn(ctx context.Context, d Draft) (Event, error) {
	if r.remote == nil {
		return Event{}, fault.NotFound("error.unknown_person")
	}
	content, err := d.check()
	if err != nil {
		return Event{}, err
	}
	var pdu gomatrixserverlib.PDU
	i := Invitation{Version: string(Version)}
	err = r.db.Read(ctx, func(tx *store.Tx) (err error) {
		if err = r.CheckServer(tx, d.RoomID, ServerOf(*d.StateKey)); err != nil {
			return err
		}
		if pdu, err = r.build(tx, d, content); err != nil {
			return err
		}
		i.Event = pdu.JSON()
		i.Stripped, err = r.invitingState(tx, d.RoomID, d.Sender)
		return err
	})
	if err != nil {
		return Event{}, err
	}
	raw, err := r.remote.Invite(ctx, ServerOf(*d.StateKey), d.RoomID, pdu.EventID(), i)
	if err != nil {
		return Event{}, err
	}
	if pdu, err = r.returned(ctx, pdu, raw); err != nil {
		return Event{}, err
	}
	got, lacks, err := r.judge(ctx, pdu, judging{})
	switch {
	case err != nil:
		return Event{}, err
	case got.Refusal != nil:
		return Event{}, got.Refusal
	case lacks.any() || got.SoftFailed:
		return Event{}, fault.Forbidden("error.not_allowed")
	}
	return got.Event, nil
}

// invitingState is what somebody who is about to be invited is shown of a room.
func (r *Rooms) invitingState(tx *store.Tx, roomID, inviter string) (list []json.RawMessage, err error) {
	list = []json.RawMessage{}
	add := func(kind, key string) error {
		e, err := r.StateEvent(tx, roomID, kind, key)
		if err == nil && e != nil {
			list = append(list, strip(e))
		}
		return err
	}
	for _, kind := range strippedTypes {
		err = errors.Join(err, add(kind, ""))
	}
	return list, errors.Join(err, add(spec.MRoomMember, inviter))
}

// Knock has one of this hub's people ask to be let into a room that is on other servers. content is what their membership says beside that.
func (r *Rooms) Knock(ctx context.Context, roomID, user string, content map[string]any, servers []string) (e Event, err error) {
	if r.remote == nil {
		return Event{}, fault.NotFound("error.unknown_room")
	}
	if err := checkAsked(string(r.server), roomID, user); err != nil {
		return Event{}, err
	}
	err = fault.NotFound("error.unknown_room")
	for _, server := range r.others(servers) {
		if e, err = r.knockBy(ctx, server, roomID, user, content); err == nil || ctx.Err() != nil {
			return e, err
		}
	}
	return Event{}, err
}

func (r *Rooms) knockBy(ctx context.Context, server, roomID, user string, content map[string]any) (Event, error) {
	pdu, err := r.askedMembership(ctx, server, spec.Knock, roomID, user, content)
	if err != nil {
		return Event{}, err
	}
	w, err := r.remote.SendMembership(ctx, server, spec.Knock, roomID, pdu.EventID(), pdu.JSON())
	if err != nil {
		return Event{}, err
	}
	told, err := checkStripped(w.Stripped)
	if err != nil {
		return Event{}, err
	}
	return r.standOutside(ctx, pdu, told)
}
