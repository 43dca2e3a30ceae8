package room

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/matrix-org/gomatrixserverlib"
	"github.com/matrix-org/gomatrixserverlib/spec"
	"github.com/tidwall/gjson"

	"panah/hub/fault"
	"panah/hub/store"
)

// Draft is an event that someone wants to happen.
type Draft struct {
	RoomID   string
	Sender   string
	Type     string
	StateKey *string // nil for what is not state
	Content  any     // marshals to a JSON object
	Redacts  string  // for m.room.redaction
	DeviceID string  // with TxnID: a second draft of the same device, room and TxnID gives the first one's event
	TxnID    string
}

// Append writes the drafts in order, each seeing the ones before it. It gives the events as they were written, or, for a draft
// that was appended before, as it is in the log. Its errors are faults for what the sender may not do or said wrongly.
// What it returns holds only if tx commits.
func (r *Rooms) Append(ctx context.Context, tx *store.Tx, drafts ...Draft) ([]Event, error) {
	var events, fresh []Event
	for _, d := range drafts {
		e, isNew, err := r.appendOne(tx, d)
		if err != nil {
			return nil, err
		}
		events = append(events, *e)
		if isNew {
			fresh = append(fresh, *e)
		}
	}
	if len(fresh) > 0 {
		tx.OnCommit(func() { r.tell(ctx, fresh) })
	}
	return events, nil
}

func (r *Rooms) appendOne(tx *store.Tx, d Draft) (e *Event, isNew bool, err error) {
	content, err := d.check()
	if err != nil {
		return nil, false, err
	}
	if e, err := r.earlier(tx, d); e != nil || err != nil {
		return e, false, err
	}
	if err := r.checkTarget(tx, d); err != nil {
		return nil, false, err
	}
	if err := r.checkTwice(tx, d, content); err != nil {
		return nil, false, err
	}
	pdu, err := r.build(tx, d, content)
	if err != nil {
		return nil, false, err
	}
	if e, err = r.write(tx, pdu); err != nil {
		return nil, false, err
	}
	return e, true, r.remember(tx, d, e)
}

// scope is within what a transaction id names one send: Matrix has it hold for the path of a request, in which room and type stand (Client-Server API,
// "Transaction identifiers"). Room ids hold no space; a message has the room alone, as it was kept from the beginning.
func (d Draft) scope() string {
	if d.Type == "m.room.message" {
		return d.RoomID
	}
	return d.RoomID + " " + d.Type
}

// earlier finds the event of an earlier draft with the same transaction id, unless the table is to refuse a second one.
func (r *Rooms) earlier(tx *store.Tx, d Draft) (*Event, error) {
	if d.TxnID == "" || tx.Assume() {
		return nil, nil
	}
	var id string
	err := tx.QueryRow(`SELECT event_id FROM transactions WHERE user_id = $1 AND device_id = $2 AND scope = $3 AND txn_id = $4`,
		d.Sender, d.DeviceID, d.scope(), d.TxnID).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("look for an earlier send: %w", err)
	}
	return r.EventByID(tx, id)
}

func (r *Rooms) remember(tx *store.Tx, d Draft, e *Event) error {
	if d.TxnID == "" {
		return nil
	}
	return tx.Put(`INSERT INTO transactions (user_id, device_id, scope, txn_id, event_id, at) VALUES ($1, $2, $3, $4, $5, $6)`,
		d.Sender, d.DeviceID, d.scope(), d.TxnID, e.ID, tx.Now.UnixMilli())
}

// build makes the signed event on top of the room's present end, and checks it against the room's present state.
func (r *Rooms) build(tx *store.Tx, d Draft, content json.RawMessage) (gomatrixserverlib.PDU, error) {
	proto := &gomatrixserverlib.ProtoEvent{SenderID: d.Sender, RoomID: d.RoomID, Type: d.Type, StateKey: d.StateKey, Content: spec.RawJSON(content),
		Redacts: d.Redacts} // beside the content, which room version 11 reads: there are servers that look here alone
	prev, depth, err := r.ends(tx, d.RoomID)
	if err != nil {
		return nil, err
	}
	if len(prev) == 0 && d.Type != spec.MRoomCreate {
		return nil, fault.NotFound("error.unknown_room")
	}
	proto.Depth = min(depth+1, maxDepth)
	needed := neededFor(proto)
	here, err := r.authState(tx, d.RoomID, needed)
	if err != nil {
		return nil, err
	}
	if len(prev) == maxPrev {
		return r.buildAmong(tx, proto, prev, here)
	}
	ruled, err := r.ruledAuth(tx, d.RoomID, here, needed)
	if err != nil {
		return nil, err
	}
	return r.sign(tx, proto, prev, here, ruled)
}

// sign names as authority what other servers find, and asks the rules by what stands here and by that: what others will reject is no success. Only who
// leaves is not kept by anything.
func (r *Rooms) sign(tx *store.Tx, proto *gomatrixserverlib.ProtoEvent, prev []string, here, ruled *authState) (gomatrixserverlib.PDU, error) {
	make := r.buildByLibrary
	if forgeable(proto) && simple(string(r.server)) {
		make = r.forge
	}
	pdu, err := make(tx, proto, prev, ruled)
	if err != nil {
		return nil, err
	}
	if err := allowed(pdu, here); err != nil {
		return nil, r.refusal(here, pdu, err)
	}
	if ruled == here || leavesAlone(pdu) {
		return pdu, nil
	}
	if err := allowed(pdu, ruled); err != nil {
		return nil, r.refusal(ruled, pdu, err)
	}
	return pdu, nil
}

func (r *Rooms) forge(tx *store.Tx, proto *gomatrixserverlib.ProtoEvent, prev []string, auth *authState) (gomatrixserverlib.PDU, error) {
	ids, err := neededFor(proto).AuthEventReferences(auth)
	if err != nil {
		return nil, fmt.Errorf("choose auth events: %w", err)
	}
	id, key := r.ring.Current()
	pdu, err := forge(proto, prev, ids, tx.Now, signer{r.server, id, key})
	if err != nil {
		return nil, buildFault(err)
	}
	return pdu, nil
}

func (r *Rooms) buildByLibrary(tx *store.Tx, proto *gomatrixserverlib.ProtoEvent, prev []string, auth *authState) (gomatrixserverlib.PDU, error) {
	proto.PrevEvents = prev
	builder := gomatrixserverlib.MustGetRoomVersion(Version).NewEventBuilderFromProtoEvent(proto) // a constant: it cannot panic
	ids, err := neededFor(proto).AuthEventReferences(auth)
	if err != nil {
		return nil, fmt.Errorf("choose auth events: %w", err)
	}
	builder.AuthEvents = ids
	id, key := r.ring.Current()
	pdu, err := builder.Build(tx.Now, r.server, id, key)
	if err != nil {
		return nil, buildFault(err)
	}
	pdu.EventID() // writes a field at its first use: before the event is shared
	return pdu, nil
}

func neededFor(proto *gomatrixserverlib.ProtoEvent) gomatrixserverlib.StateNeeded {
	return needed(proto.Type, proto.SenderID, proto.StateKey, gjson.ParseBytes(proto.Content))
}

// senderIsUser: up to room version 11 the sender id is the user id.
func senderIsUser(_ spec.RoomID, sender spec.SenderID) (*spec.UserID, error) {
	return spec.NewUserID(string(sender), true)
}

// buildFault tells an event that is too large from one that is not canonical JSON.
func buildFault(err error) error {
	var invalid gomatrixserverlib.EventValidationError
	if errors.As(err, &invalid) && invalid.Code == gomatrixserverlib.EventValidationTooLarge {
		return fault.TooLarge(maxEvent).Because(err)
	}
	return fault.BadJSON().Because(err)
}

// refusal says in a person's words why the rules of Matrix refuse an event.
func (r *Rooms) refusal(auth *authState, pdu gomatrixserverlib.PDU, cause error) error {
	switch auth.membership(string(pdu.SenderID())) {
	case spec.Join:
		return fault.Forbidden("error.not_allowed").Because(cause)
	case spec.Ban:
		return fault.Forbidden("error.banned").Because(cause)
	}
	if pdu.Type() == spec.MRoomMember && pdu.StateKeyEquals(string(pdu.SenderID())) && membershipIn(pdu.Content()) != spec.Leave {
		return fault.Forbidden("error.not_invited").Because(cause)
	}
	return fault.Forbidden("error.not_member").Because(cause)
}

// write puts the event into the log and moves the room's ends and state.
func (r *Rooms) write(tx *store.Tx, pdu gomatrixserverlib.PDU) (*Event, error) {
	if err := r.refuse(tx, pdu, r.standing(tx, pdu.RoomID().String())); err != nil {
		return nil, err
	}
	among, err := r.isAmong(tx, pdu.RoomID().String())
	if err != nil {
		return nil, err
	}
	if among {
		return r.writeAmong(tx, pdu)
	}
	e, err := r.insert(tx, pdu)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(r.moveEnds(tx, e, pdu.PrevEventIDs()), r.moveState(tx, e, pdu)); err != nil {
		return nil, err
	}
	if err := r.appended(tx, e); err != nil { // before what it redacts is gone: a follower may refuse that
		return nil, err
	}
	return e, r.redact(tx, e)
}

// insert takes the next position and puts the event into the log there.
func (r *Rooms) insert(tx *store.Tx, pdu gomatrixserverlib.PDU) (*Event, error) {
	at, err := tx.Next()
	if err != nil {
		return nil, err
	}
	return r.insertAt(tx, at, pdu)
}

// insertAt puts an event at a position that is free.
func (r *Rooms) insertAt(tx *store.Tx, at store.Position, pdu gomatrixserverlib.PDU) (*Event, error) {
	e := eventOf(at, pdu)
	e.RelatesTo, e.RelType = relation(e.Content)
	return e, tx.Put(`INSERT INTO events (position, event_id, room_id, type, state_key, sender, origin_ts, depth, pdu, relates_to, rel_type)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
		at, e.ID, e.RoomID, e.Type, e.StateKey, e.Sender, e.OriginTS, e.Depth, e.PDU, e.RelatesTo, e.RelType)
}

func (r *Rooms) moveState(tx *store.Tx, e *Event, pdu gomatrixserverlib.PDU) error {
	if e.StateKey == nil {
		return nil
	}
	r.parsed.put(e.ID, pdu)
	err := r.overrule(tx, e, pdu) // before the state has moved
	if err == nil {
		err = r.setState(tx, e.RoomID, e.Position, pdu)
	}
	if err != nil || e.Type != spec.MRoomMember {
		return err
	}
	return setMembership(tx, e.Position, pdu)
}

// setMembership has a membership event stand from a position on.
func setMembership(tx *store.Tx, from store.Position, pdu gomatrixserverlib.PDU) error {
	membership, err := pdu.Membership()
	if err != nil {
		return fault.BadJSON().Because(err)
	}
	return tx.Put(`INSERT INTO memberships (room_id, user_id, membership, event_id, position, forgotten) VALUES ($1, $2, $3, $4, $5, FALSE)
		ON CONFLICT (room_id, user_id) DO UPDATE SET membership = excluded.membership, event_id = excluded.event_id,
		position = excluded.position, forgotten = FALSE`, pdu.RoomID().String(), *pdu.StateKey(), membership, pdu.EventID(), from)
}

// checkTarget makes sure that a redaction names an event of the same room.
func (r *Rooms) checkTarget(tx *store.Tx, d Draft) error {
	if d.Type != spec.MRoomRedaction {
		return nil
	}
	target, err := r.EventByID(tx, d.Redacts)
	if err != nil {
		return err
	}
	if target.RoomID != d.RoomID {
		return fault.NotFound("error.unknown_event")
	}
	if target.Sender == d.Sender {
		return nil
	}
	return r.checkPower(tx, d)
}

// checkTwice refuses a reaction that its sender has given already (Matrix Client-Server API, "Event annotations and reactions").
func (r *Rooms) checkTwice(tx *store.Tx, d Draft, content json.RawMessage) error {
	if d.Type != "m.reaction" {
		return nil
	}
	target, key := annotation(content)
	if target == "" {
		return nil
	}
	earlier, err := queryEvents(tx, `SELECT `+eventColumns+` FROM events e WHERE e.relates_to = $1 AND e.room_id = $2 AND e.type = $3
		AND e.sender = $4 AND e.redacted_by = '' LIMIT $5`, target, d.RoomID, d.Type, d.Sender, pageLimit)
	if err != nil {
		return err
	}
	for i := range earlier {
		if _, said := annotation(earlier[i].Content); said == key {
			return fault.New(400, "M_DUPLICATE_ANNOTATION", "error.already_reacted")
		}
	}
	return nil
}

// checkPower: who redacts what another one wrote needs the room's power for it (Matrix, room version 11, "Handling redactions").
func (r *Rooms) checkPower(tx *store.Tx, d Draft) error {
	auth, err := r.authState(tx, d.RoomID, gomatrixserverlib.StateNeeded{Create: true, PowerLevels: true, Member: []string{d.Sender}})
	if err != nil {
		return err
	}
	if levels := auth.levels(); levels.of(d.Sender) < levels.named("redact", 50) {
		return fault.Forbidden("error.not_allowed")
	}
	return nil
}

// redact empties the event that a redaction names, by the library's rules, and keeps who did it.
func (r *Rooms) redact(tx *store.Tx, e *Event) error {
	if e.Type != spec.MRoomRedaction || e.Redacts == "" {
		return nil
	}
	target, err := r.EventByID(tx, e.Redacts)
	if errors.Is(err, fault.NotFound("error.unknown_event")) {
		return nil
	}
	if err != nil {
		return err
	}
	pdu, err := parse(target.PDU, target.ID)
	if err != nil {
		return err
	}
	pdu.Redact()
	_, err = tx.Exec(`UPDATE events SET pdu = $2, redacted_by = $3 WHERE event_id = $1`, target.ID, pdu.JSON(), e.ID)
	if err != nil {
		return err
	}
	if target.StateKey != nil {
		r.parsed.put(target.ID, pdu)
		if err := r.tips.forget(tx, target.RoomID); err != nil {
			return err
		}
	}
	return r.emptied(tx, target.RoomID, target.ID)
}

// parse reads an event of our own log.
func parse(raw []byte, id string) (gomatrixserverlib.PDU, error) {
	pdu, err := gomatrixserverlib.MustGetRoomVersion(Version).NewEventFromTrustedJSONWithEventID(id, raw, false)
	if err != nil {
		return nil, fmt.Errorf("parse event %s: %w", id, err)
	}
	pdu.EventID()
	return pdu, nil
}

// maxDepth is the greatest depth: the greatest integer of canonical JSON. Depth is only what a sender says, so a received event may
// have it, and the room must still go on.
const maxDepth = 1<<53 - 1

// maxEvent is the size of the largest event, in bytes (Matrix specification, "Size limits").
const maxEvent = 65_536
