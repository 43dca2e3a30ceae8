package room

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/matrix-org/gomatrixserverlib"
	"github.com/matrix-org/gomatrixserverlib/spec"

	"panah/hub/fault"
	"panah/hub/store"
)

// serversMost is how many servers are asked in turn to let somebody in.
const serversMost = 10

// Enter brings one of this hub's people into a room that is on other servers, through the first of them that lets them in. content is what
// their membership says beside that they join. It is M_INCOMPATIBLE_ROOM_VERSION where the room is of a version that this hub does not
// know, and else the last server's refusal.
func (r *Rooms) Enter(ctx context.Context, roomID, user string, content map[string]any, servers []string) (Event, error) {
	if r.remote == nil {
		return Event{}, fault.NotFound("error.unknown_room")
	}
	if err := checkAsked(string(r.server), roomID, user); err != nil {
		return Event{}, err
	}
	last := error(fault.NotFound("error.unknown_room"))
	for _, server := range r.others(servers) {
		e, err := r.enterBy(ctx, server, roomID, user, content)
		if err == nil || ctx.Err() != nil {
			return e, err
		}
		r.log.Info("a server did not let somebody in", "server", server, "room", roomID, "err", err)
		if last = err; !isFault(err) {
			last = fault.New(502, "M_UNKNOWN", "error.hub_unreachable").Because(err)
		}
	}
	return Event{}, last
}

// others are the first of some servers, each once, without this hub.
func (r *Rooms) others(servers []string) []string {
	var all []string
	seen := map[string]bool{string(r.server): true, "": true}
	for _, server := range servers {
		if !seen[server] && len(all) < serversMost {
			seen[server] = true
			all = append(all, server)
		}
	}
	return all
}

func (r *Rooms) enterBy(ctx context.Context, server, roomID, user string, content map[string]any) (Event, error) {
	pdu, err := r.askedMembership(ctx, server, spec.Join, roomID, user, content)
	if err != nil {
		return Event{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, enterTime)
	defer cancel()
	way, err := r.arrive(ctx, roomID)
	defer r.end(ctx, way)
	if err != nil {
		return Event{}, err
	}
	w, err := r.remote.SendMembership(ctx, server, spec.Join, roomID, pdu.EventID(), pdu.JSON())
	if err != nil {
		return Event{}, err
	}
	if w.Omitted || len(w.State)+len(w.Auth) > stateMost {
		return Event{}, badEvent(fmt.Errorf("%s did not give the whole state", server))
	}
	if pdu, err = r.returned(ctx, pdu, w.Event); err != nil {
		return Event{}, err
	}
	return r.moveIn(ctx, way, pdu, r.genuine(ctx, roomID, w.State), r.genuine(ctx, roomID, without(w.Auth, w.State)))
}

// without gives those of some events that are not among others: most of what authorises a state stands in it, and is checked once.
func without(some, others []json.RawMessage) (rest []json.RawMessage) {
	among := make(map[string]bool, len(others))
	for _, raw := range others {
		among[string(raw)] = true
	}
	for _, raw := range some {
		if !among[string(raw)] {
			rest = append(rest, raw)
		}
	}
	return rest
}

// askedMembership has a server give the form of a membership, fills it in and signs it. Of the form only what it builds on is taken.
func (r *Rooms) askedMembership(ctx context.Context, server, membership, roomID, user string, content map[string]any) (gomatrixserverlib.PDU, error) {
	t, err := r.remote.MakeMembership(ctx, server, membership, roomID, user)
	if err != nil {
		return nil, err
	}
	if t.Version != string(Version) && (membership != spec.Leave || t.Version != "") {
		return nil, fault.New(400, "M_INCOMPATIBLE_ROOM_VERSION", "error.channel_version", "Version", string(Version)).With("room_version", t.Version)
	}
	var form struct {
		Prev    []string `json:"prev_events"`
		Auth    []string `json:"auth_events"`
		Depth   int64    `json:"depth"`
		Content struct {
			Via string `json:"join_authorised_via_users_server"`
		} `json:"content"`
	}
	if err := json.Unmarshal(t.Event, &form); err != nil {
		return nil, badEvent(err)
	}
	if err := errors.Join(checkIDs(form.Prev, 1, maxPrev), checkIDs(form.Auth, 1, maxAuth)); err != nil {
		return nil, badEvent(err)
	}
	full := maps.Clone(content)
	if full == nil {
		full = map[string]any{}
	}
	full["membership"] = membership
	if form.Content.Via != "" && membership == spec.Join {
		full["join_authorised_via_users_server"] = form.Content.Via
	}
	return r.signForm(ctx, roomID, user, full, form.Prev, form.Auth, min(max(form.Depth, 1), maxDepth))
}

func (r *Rooms) signForm(ctx context.Context, roomID, user string, content map[string]any, prev, auth []string, depth int64) (gomatrixserverlib.PDU, error) {
	raw, err := json.Marshal(content)
	if err != nil {
		return nil, fmt.Errorf("write a membership: %w", err)
	}
	proto := &gomatrixserverlib.ProtoEvent{SenderID: user, RoomID: roomID, Type: spec.MRoomMember, StateKey: &user, Content: raw,
		PrevEvents: prev, AuthEvents: auth, Depth: depth}
	builder := gomatrixserverlib.MustGetRoomVersion(Version).NewEventBuilderFromProtoEvent(proto) // a constant: it cannot panic
	var now time.Time
	if err := r.db.Read(ctx, func(tx *store.Tx) error { now = tx.Now; return nil }); err != nil {
		return nil, err
	}
	id, key := r.ring.Current()
	pdu, err := builder.Build(now, r.server, id, key)
	if err != nil {
		return nil, buildFault(err)
	}
	pdu.EventID()
	return pdu, nil
}

// returned is the event as the other server gives it back, with its own signature where the rules ask for it. It must be the same event.
func (r *Rooms) returned(ctx context.Context, own gomatrixserverlib.PDU, raw json.RawMessage) (gomatrixserverlib.PDU, error) {
	if len(raw) > 0 {
		pdu, err := r.read(raw)
		if err != nil {
			return nil, err
		}
		if pdu.EventID() != own.EventID() || pdu.Redacted() {
			return nil, badEvent(errors.New("another event came back"))
		}
		own = pdu
	}
	return own, r.checkSigned(ctx, r.keys, own)
}

// moveIn puts a room into the database as it stands at somebody's join: what authorises the state beside the log, the state, and the join as
// the first event of the log here. What can go before it does, in parts, so that nobody else who writes waits for all of a large room.
func (r *Rooms) moveIn(ctx context.Context, way *arrival, join gomatrixserverlib.PDU, state, auth []gomatrixserverlib.PDU) (e Event, err error) {
	before, err := r.stateGiven(ctx, way, join, state, auth)
	if err != nil {
		return Event{}, err
	}
	err = r.db.Write(ctx, func(tx *store.Tx) error {
		noted, err := r.arrivedTx(ctx, tx, way)
		if err != nil {
			return err
		}
		if known, err := r.known(tx, join); err != nil || known != nil && known.Event.Position > 0 {
			e = deref(known).Event
			return err
		}
		a := archive{r, tx, join}
		if !noted { // it was taken for a lost node's, and what was kept on it may have been dropped
			err := r.keep(tx, slices.Concat(auth, state))
			if err == nil {
				before, err = a.stateOf(eventIDs(state))
			}
			if err != nil {
				return err
			}
		}
		if err := a.settleKept(); err != nil {
			return err
		}
		here, err := r.IsHere(tx, way.roomID)
		if err != nil {
			return err
		}
		if here {
			e, err = r.followIn(ctx, tx, join, before)
			return err
		}
		refusal, err := a.authorise(before)
		if refusal != nil || err != nil {
			return errors.Join(refusal, err)
		}
		written, err := a.begin(before)
		if err != nil {
			return err
		}
		e = *written
		tx.OnCommit(func() { r.tell(ctx, []Event{e}) })
		return nil
	})
	return e, err
}

// followIn takes a join in behind another one with which the room came meanwhile, by whatever node: the state before it need not have that one, and
// does not undo it.
func (r *Rooms) followIn(ctx context.Context, tx *store.Tx, join gomatrixserverlib.PDU, before stateMap) (Event, error) {
	got, lacks, err := r.judgeTx(ctx, tx, join, judging{given: before})
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

// stateGiven keeps the events of a state that somebody gave on a way into a room, with what authorises them, and gives it. All of it must hold by the
// rules. It is nil where the note of the way is gone.
func (r *Rooms) stateGiven(ctx context.Context, way *arrival, join gomatrixserverlib.PDU, state, auth []gomatrixserverlib.PDU) (given stateMap, err error) {
	if err := r.keepInParts(ctx, slices.Concat(auth, state)); err != nil {
		return nil, err
	}
	err = r.db.Read(ctx, func(tx *store.Tx) error {
		var noted bool // as long as it is, nothing that was kept is dropped
		err := tx.QueryRow(`SELECT EXISTS (SELECT 1 FROM room_arrivals WHERE id = $1)`, way.id).Scan(&noted)
		if err == nil && noted {
			given, err = archive{r, tx, join}.stateOf(eventIDs(state))
		}
		return err
	})
	return given, err
}

func eventIDs(pdus []gomatrixserverlib.PDU) []string {
	ids := make([]string, 0, len(pdus))
	for _, pdu := range pdus {
		ids = append(ids, pdu.EventID())
	}
	return ids
}

// begin makes a join the end of the room's log, with the state before it as it was given. If the hub was in the room before, what it knew then
// stays where it is.
func (a archive) begin(before stateMap) (*Event, error) {
	room := a.own.RoomID().String()
	create, err := a.pdu(before[gomatrixserverlib.StateKeyTuple{EventType: spec.MRoomCreate}])
	if err != nil {
		return nil, err
	}
	_, err = a.tx.Exec(`INSERT INTO rooms (room_id, version, creator, created_at) VALUES ($1, $2, $3, $4) ON CONFLICT (room_id) DO NOTHING`,
		room, string(Version), string(create.SenderID()), a.tx.Now.UnixMilli())
	if err != nil {
		return nil, err
	}
	ruled := after(before, a.own)
	if err := a.r.refuse(a.tx, a.own, a.standingIn(ruled)); err != nil {
		return nil, err
	}
	changes, here, err := a.turn(room, ruled)
	if err != nil {
		return nil, err
	}
	if err := a.clear(a.own.EventID()); err != nil {
		return nil, err
	}
	e, err := a.r.insert(a.tx, a.own)
	if err != nil {
		return nil, err
	}
	if err := a.learn(e, before); err != nil {
		return nil, err
	}
	err = errors.Join(a.onlyEnd(e), a.edge(room), a.moveTo(e, changes), a.moveRefused(e, here, ruled), a.noteTurn(e, changes))
	if err != nil { // an invitation may stand before it
		return nil, err
	}
	return e, a.r.appended(a.tx, e)
}

// learn takes the state before a join for the state after the one event that it builds on, where that was not known: it may be the invitation, and
// others build on it too.
func (a archive) learn(join *Event, before stateMap) error {
	prev := a.own.PrevEventIDs()
	if len(prev) != 1 {
		return nil
	}
	n, err := a.tx.Exec(`DELETE FROM event_states WHERE event_id = $1 AND room_id = $2 AND base = $3`, prev[0], join.RoomID, unknownState)
	if err != nil || n == 0 {
		return err
	}
	at := join.Position - 1
	was, err := ruledIDs(a.tx, join.RoomID, at)
	if err != nil {
		return err
	}
	return saveState(a.tx, &Event{ID: prev[0], RoomID: join.RoomID}, at, was, before)
}

// onlyEnd makes an event the room's one end.
func (a archive) onlyEnd(e *Event) error {
	if err := a.r.tips.forget(a.tx, e.RoomID); err != nil {
		return err
	}
	if _, err := a.tx.Exec(`DELETE FROM extremities WHERE room_id = $1`, e.RoomID); err != nil {
		return err
	}
	if _, err := a.tx.Exec(`DELETE FROM invite_states WHERE room_id = $1`, e.RoomID); err != nil {
		return err
	}
	return putEnd(a.tx, e.RoomID, end{e.ID, e.Depth})
}

// edge notes where the log of a room begins, for asking back from there. A hub that comes back keeps the edge that it had.
func (a archive) edge(room string) error {
	_, err := a.tx.Exec(`INSERT INTO room_edges (room_id, event_id) SELECT $1, $2 WHERE NOT EXISTS
		(SELECT 1 FROM events WHERE room_id = $1 AND position > $3 AND event_id <> $2 AND type <> 'm.room.member')`, room, a.own.EventID(), asideFrom)
	return err
}
