package room

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/matrix-org/gomatrixserverlib"
	"github.com/matrix-org/gomatrixserverlib/spec"
	"github.com/tidwall/gjson"

	"panah/hub/fault"
	"panah/hub/store"
)

// Received is what became of an event that came in signed.
type Received struct {
	Event      Event
	SoftFailed bool  // right where it was made, refused by the room's present state: kept, but not in the log, and without a position
	Known      bool  // it was here before; nothing was written
	Refusal    error // why the rules reject it: kept so that what builds on it is judged rightly, and without a position
}

// Bounds of an event's lists (Matrix specification, "PDU": prev_events and auth_events).
const (
	maxPrev = 20
	maxAuth = 10
)

// ReceiveTx takes in an event of this hub's own server that is signed already, wherever in the room's history it was built, by the checks of
// Matrix Server-Server API, "Checks performed on receipt of a PDU". If it forks the room, the room's state becomes what the state
// resolution of the room version makes of the branches, and the next Append joins them. It is error.bad_json for what is no event of this
// hub (M_FORBIDDEN when the signature is wrong), error.unknown_event when an event that it builds on is not here, and a refusal as Append's
// when the rules forbid it. What it returns holds only if tx commits.
func (r *Rooms) ReceiveTx(ctx context.Context, tx *store.Tx, raw []byte) (Received, error) {
	pdu, err := r.read(raw)
	if err != nil {
		return Received{}, err
	}
	// This hub never signs a wrong hash, so such an event of its own is a forgery and no reason to keep the rest of it.
	if !r.isOurs(pdu.SenderID()) || pdu.Redacted() {
		return Received{}, badEvent(errors.New("it is not as this hub made it"))
	}
	if err := r.checkSigned(ctx, r.ring, pdu); err != nil {
		return Received{}, err
	}
	got, lacks, err := r.judgeTx(ctx, tx, pdu, judging{})
	switch {
	case err != nil:
		return Received{}, err
	case lacks.any():
		return Received{}, fault.NotFound("error.unknown_event")
	}
	return got, got.Refusal
}

func deref(known *Received) Received {
	if known == nil {
		return Received{}
	}
	return *known
}

// read parses what a stranger sent and checks its shape and its hash (checks 1 and 3). Of an event with a wrong hash it gives the redacted form.
func (r *Rooms) read(raw []byte) (gomatrixserverlib.PDU, error) {
	if len(raw) > maxEvent {
		return nil, fault.TooLarge(maxEvent)
	}
	if !utf8.Valid(raw) {
		return nil, fault.NotJSON()
	}
	if Nested(raw) > NestingMost {
		return nil, badEvent(errors.New("it nests too deep"))
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(raw, &members); err != nil || members == nil { // the library trips over null
		return nil, badEvent(err)
	}
	untrusted, err := gomatrixserverlib.MustGetRoomVersion(Version).NewEventFromUntrustedJSON(raw) // a constant: it cannot panic
	if err != nil {
		return nil, badEvent(err)
	}
	// Parsed again from its canonical form, so that the library and we read the same where members come twice.
	pdu, err := gomatrixserverlib.MustGetRoomVersion(Version).NewEventFromTrustedJSONWithEventID(untrusted.EventID(), untrusted.JSON(), untrusted.Redacted())
	if err != nil {
		return nil, badEvent(err)
	}
	pdu.EventID() // writes a field at its first use: before the event is shared
	if err := checkShape(pdu); err != nil {
		return nil, badEvent(err)
	}
	return pdu, nil
}

// checkSigned checks the signatures that an event must have (check 2).
func (r *Rooms) checkSigned(ctx context.Context, keys gomatrixserverlib.JSONVerifier, pdu gomatrixserverlib.PDU) error {
	if err := gomatrixserverlib.VerifyEventSignatures(ctx, pdu, keys, senderIsUser); err != nil {
		return fault.New(403, "M_FORBIDDEN", "error.bad_json").Because(err)
	}
	return nil
}

// isOurs tells whether an id of a person is of this hub.
func (r *Rooms) isOurs(sender spec.SenderID) bool {
	_, domain, _ := strings.Cut(string(sender), ":")
	return domain == string(r.server)
}

func badEvent(cause error) error {
	return fault.BadJSON().Because(cause)
}

// checkShape looks at what will be written into columns or asked of the library, which panics on a room id that is none.
func checkShape(pdu gomatrixserverlib.PDU) error {
	e := Event{ID: pdu.EventID(), PDU: pdu.JSON()}
	if err := e.decode(); err != nil {
		return err
	}
	if _, err := spec.NewRoomID(e.RoomID); err != nil || len(e.RoomID) > maxID || !roomID.MatchString(e.RoomID) {
		return errors.New("the room's id is none")
	}
	d := Draft{RoomID: e.RoomID, Sender: e.Sender, Type: e.Type, StateKey: e.StateKey, Redacts: e.Redacts, Content: e.Content}
	if _, err := d.check(); err != nil {
		return err
	}
	if err := checkSpelling(gjson.ParseBytes(e.PDU), eventMembers); err != nil {
		return err
	}
	if e.Depth < 0 || e.Depth > maxDepth {
		return fmt.Errorf("depth %d is out of bounds", e.Depth)
	}
	least := 1
	if e.Type == spec.MRoomCreate {
		least = 0
	}
	return errors.Join(checkIDs(pdu.PrevEventIDs(), least, maxPrev), checkIDs(pdu.AuthEventIDs(), least, maxAuth))
}

func checkIDs(ids []string, least, most int) error {
	if len(ids) < least || len(ids) > most {
		return fmt.Errorf("%d events are named where %d to %d must be", len(ids), least, most)
	}
	for _, id := range ids {
		if len(id) > maxID || !eventID.MatchString(id) {
			return errors.New("an event is named that has no event's id")
		}
	}
	return nil
}

// known finds an event that was received before.
func (r *Rooms) known(tx *store.Tx, pdu gomatrixserverlib.PDU) (*Received, error) {
	e, err := r.EventByID(tx, pdu.EventID())
	if err == nil && e.Position > asideFrom {
		return &Received{Event: *e, Known: true}, nil
	}
	if err != nil && !errors.Is(err, fault.NotFound("error.unknown_event")) {
		return nil, err
	}
	var raw []byte
	var rejected bool
	err = tx.QueryRow(`SELECT pdu, FALSE FROM soft_failed WHERE event_id = $1 UNION ALL
		SELECT pdu, TRUE FROM outliers WHERE event_id = $1 AND rejected`, pdu.EventID()).Scan(&raw, &rejected)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("look for an event beside the log: %w", err)
	}
	got := &Received{Event: Event{ID: pdu.EventID(), PDU: raw}, SoftFailed: !rejected, Known: true}
	if rejected {
		got.Refusal = errRejected
	}
	return got, got.Event.decode()
}

// errRejected answers for an event that was rejected before.
var errRejected = fault.Forbidden("error.not_allowed")

// checkRoom: the room is here, and it was created once.
func (r *Rooms) checkRoom(tx *store.Tx, pdu gomatrixserverlib.PDU) error {
	found, err := r.Exists(tx, pdu.RoomID().String())
	switch {
	case err != nil:
		return err
	case !found:
		return fault.NotFound("error.unknown_room")
	case pdu.Type() == spec.MRoomCreate:
		return badEvent(errors.New("the room was created already"))
	}
	return nil
}

// authorise tells why the events that the event names for it, or the state before it, refuse it (checks 4 and 5); nil when they do not.
func (a archive) authorise(before stateMap) (refusal, err error) {
	if refusal, err = a.refusalByNamed(); refusal != nil || err != nil {
		return refusal, err
	}
	standing, err := a.providerOf(before)
	if err != nil {
		return nil, err
	}
	if err := allowed(a.own, standing); err != nil {
		return a.r.refusal(standing, a.own, err), nil
	}
	return nil, nil
}

// namedAuth are the events that the event names as its authority. Each must be one that the rules ask for, and of this room
// (Matrix, room version 11, "Authorization rules", rule 2).
func (a archive) namedAuth() (*authState, error) {
	auth := &authState{byKey: map[gomatrixserverlib.StateKeyTuple]gomatrixserverlib.PDU{}}
	needed := neededBy(a.own)
	for _, id := range a.own.AuthEventIDs() {
		pdu, err := a.pdu(id)
		if err != nil {
			return nil, err
		}
		if pdu.StateKey() == nil || pdu.RoomID() != a.own.RoomID() || a.isRejected(id) {
			return nil, badEvent(errors.New("an event names what cannot authorise it"))
		}
		if key := keyTuple(pdu); auth.byKey[key] != nil || !slices.Contains(needed.Tuples(), key) {
			return nil, badEvent(errors.New("an event names authority that it does not need, or twice"))
		}
		auth.byKey[keyTuple(pdu)] = pdu
	}
	return auth, nil
}

// place puts the event into the log, or, if the room's present state refuses it, beside the log (check 6).
func (r *Rooms) place(ctx context.Context, a archive, state stateMap, how judging) (Received, error) {
	needed := neededBy(a.own)
	now, err := r.authState(a.tx, a.own.RoomID().String(), needed)
	if err != nil {
		return Received{}, err
	}
	stands, err := a.stands()
	if err != nil {
		return Received{}, err
	}
	guarded := r.refuse(a.tx, a.own, r.standing(a.tx, a.own.RoomID().String()))
	if guarded != nil && !isFault(guarded) {
		return Received{}, guarded
	}
	declined := how.beside || guarded != nil
	if refused := allowed(a.own, now) != nil && !stands; refused || declined {
		return a.softFail(state, declined)
	}
	written, err := a.accept(state)
	if err != nil {
		return Received{}, err
	}
	a.tx.OnCommit(func() { r.tell(ctx, written) })
	return Received{Event: written[len(written)-1]}, nil
}

// stands tells whether the event is of the room's present state already: a state that another server told of had it, and it comes itself only now. What it
// made of the room is no reason to refuse it.
func (a archive) stands() (stands bool, err error) {
	key := a.own.StateKey()
	if key == nil {
		return false, nil
	}
	err = a.tx.QueryRow(`SELECT EXISTS (SELECT 1 FROM room_state WHERE room_id = $1 AND type = $2 AND state_key = $3 AND event_id = $4 AND until_position IS NULL)`,
		a.own.RoomID().String(), a.own.Type(), *key, a.own.EventID()).Scan(&stands)
	if err != nil {
		return false, fmt.Errorf("look whether %s stands: %w", a.own.EventID(), err)
	}
	return stands, nil
}

func (a archive) softFail(state stateMap, declined bool) (Received, error) {
	e := Event{ID: a.own.EventID(), PDU: a.own.JSON()}
	if err := e.decode(); err != nil {
		return Received{}, err
	}
	_, err := a.tx.Exec(`INSERT INTO soft_failed (event_id, room_id, pdu, at, declined) VALUES ($1, $2, $3, $4, $5)`,
		e.ID, e.RoomID, e.PDU, a.tx.Now.UnixMilli(), declined)
	if err != nil {
		return Received{}, err
	}
	head, err := a.tx.Head()
	if err != nil {
		return Received{}, err
	}
	now, err := ruledIDs(a.tx, e.RoomID, head)
	if err != nil {
		return Received{}, err
	}
	return Received{Event: e, SoftFailed: true}, errors.Join(a.clearOutlier(), saveState(a.tx, &e, head, now, state))
}

// accept writes the event and what resolving all of the room's branches makes of its state. It gives what came into the log:
// soft-failed events that the resolution lets stand, then the event.
func (a archive) accept(state stateMap) ([]Event, error) {
	room := a.own.RoomID().String()
	replaced, err := a.replaced()
	if err != nil {
		return nil, err
	}
	ruled, err := a.settle(room, state, replaced)
	if err != nil {
		return nil, err
	}
	changes, here, err := a.turn(room, ruled)
	if err != nil {
		return nil, err
	}
	written, err := a.promote(changes)
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
	err = errors.Join(a.r.moveEnds(a.tx, e, replaced), a.moveTo(e, changes), a.moveRefused(e, here, ruled), a.noteTurn(e, changes),
		saveIfDifferent(a.tx, e, ruled, state))
	if err != nil {
		return nil, err
	}
	if err := a.r.appended(a.tx, e); err != nil { // before what it redacts is gone: a follower may refuse that
		return nil, declined{err, e.ID}
	}
	return append(written, *e), a.redactIfAllowed(e)
}

// maxBeside bounds how many events beside the log are followed from one event to the room's ends before it.
const maxBeside = 500

// replaced are the events in whose place the event comes to stand at the room's end: those that it names, and through those of them that are beside
// the log those that these name. An end that only what was soft-failed follows would else stay an end of a branch that went on.
func (a archive) replaced() ([]string, error) {
	all := slices.Clone(a.own.PrevEventIDs())
	seen, followed := map[string]bool{}, 0
	for n := 0; n < len(all) && followed < maxBeside; n++ {
		if seen[all[n]] {
			continue
		}
		seen[all[n]] = true
		var raw []byte
		err := a.tx.QueryRow(`SELECT pdu FROM soft_failed WHERE event_id = $1 UNION ALL SELECT pdu FROM outliers WHERE event_id = $1 AND rejected`,
			all[n]).Scan(&raw)
		if errors.Is(err, sql.ErrNoRows) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("look for %s beside the log: %w", all[n], err)
		}
		pdu, err := parse(raw, all[n])
		if err != nil {
			return nil, err
		}
		all, followed = append(all, pdu.PrevEventIDs()...), followed+1
	}
	return all, nil
}

// settle resolves the event's branch, whose state is given, with the room's other ones.
func (a archive) settle(room string, state stateMap, replaced []string) (stateMap, error) {
	if err := a.r.tips.settle(a.tx, room); err != nil {
		return nil, err
	}
	ends, err := column(a.tx, `SELECT event_id FROM extremities WHERE room_id = $1 ORDER BY depth DESC, event_id LIMIT $2`, room, maxPrev+1)
	if err != nil {
		return nil, err
	}
	branches := []stateMap{state}
	if len(ends) > maxPrev { // a server can make as many as it likes: what stands now is what came of them all
		head, err := a.tx.Head()
		if err != nil {
			return nil, err
		}
		now, err := ruledIDs(a.tx, room, head)
		if err != nil {
			return nil, err
		}
		branches, ends = append(branches, now), ends[:maxPrev]
	}
	for _, end := range ends {
		if slices.Contains(replaced, end) {
			continue
		}
		branch, err := a.stateAfter(room, end)
		if err != nil {
			return nil, err
		}
		branches = append(branches, branch)
	}
	return a.resolve(branches)
}

// promote brings soft-failed events that come to stand after all into the log, so that people see what holds in their room.
func (a archive) promote(changes []change) (written []Event, err error) {
	beside, err := softFailed(a.tx, changes)
	if err != nil {
		return nil, err
	}
	for _, c := range changes {
		if _, soft := beside[c.id]; !soft {
			continue
		}
		e, err := a.promoteOne(c.id)
		if err != nil {
			return nil, err
		}
		written = append(written, *e)
	}
	return written, nil
}

func (a archive) promoteOne(id string) (*Event, error) {
	pdu, err := a.pdu(id)
	if err != nil {
		return nil, err
	}
	if err := a.clear(id); err != nil { // it may have stood once
		return nil, err
	}
	e, err := a.r.insert(a.tx, pdu)
	if err != nil {
		return nil, err
	}
	if _, err := a.tx.Exec(`DELETE FROM soft_failed WHERE event_id = $1`, id); err != nil {
		return nil, err
	}
	if err := a.r.appended(a.tx, e); err != nil {
		return nil, declined{err, id}
	}
	return e, nil
}

// moveTo has the room's state change from the event's position on.
func (a archive) moveTo(e *Event, changes []change) error {
	for _, c := range changes {
		if err := a.stand(e, c); err != nil {
			return err
		}
	}
	return nil
}

func (a archive) stand(e *Event, c change) error {
	isMember := c.EventType == spec.MRoomMember
	if c.id == "" { // the resolution lets nothing stand under this key
		if err := a.r.endState(a.tx, e.RoomID, e.Position, c.StateKeyTuple); err != nil || !isMember {
			return err
		}
		// Not taken away, so that whoever was a member is told that they are none.
		_, err := a.tx.Exec(`UPDATE memberships SET membership = $3, position = $4 WHERE room_id = $1 AND user_id = $2`, e.RoomID, c.StateKey, spec.Leave, e.Position)
		return err
	}
	if err := a.setAside(c.id); err != nil {
		return err
	}
	pdu, err := a.pdu(c.id)
	if err != nil {
		return err
	}
	if err := a.r.setState(a.tx, e.RoomID, e.Position, pdu); err != nil || !isMember {
		return err
	}
	return setMembership(a.tx, e.Position, pdu)
}

// redactIfAllowed carries a received redaction out if its sender may redact; otherwise it is an event without effect
// (Matrix, room version 11, "Handling redactions").
func (a archive) redactIfAllowed(e *Event) error {
	if e.Type != spec.MRoomRedaction {
		return nil
	}
	err := a.r.checkTarget(a.tx, Draft{RoomID: e.RoomID, Sender: e.Sender, Type: e.Type, Redacts: e.Redacts})
	var refused *fault.Fault
	if errors.As(err, &refused) {
		return nil
	}
	if err != nil {
		return err
	}
	return a.r.redact(a.tx, e)
}
