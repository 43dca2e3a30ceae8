package alert

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"

	"panah/hub/fault"
	"panah/hub/room"
	"panah/hub/store"
)

// quotedMember is the part of a post that shows an alert in another channel (docs/alerts.md).
const quotedMember = "network.panah.quoted_alert"

// quotedTx refuses a post that quotes an alert, or what was said about it, in another channel, if somebody could read it there whom the alert's
// label excludes; and one that shows an alert otherwise than it is. A post quotes what it shows, answers, relates to, or says that it passes on; what
// is retyped by hand nobody can see.
func quotedTx(tx *store.Tx, rooms *room.Rooms, e *room.Event) error {
	if !mayName(e.Content) {
		return nil
	}
	for _, path := range [][]string{{quotedMember}, {"m.new_content", quotedMember}} {
		if shown := at(e.Content, path); shown != nil {
			if err := shownTx(tx, shown); err != nil {
				return err
			}
		}
	}
	for _, id := range namedIn(e.Content) {
		al, known, err := alertNamedTx(tx, id)
		if err != nil {
			return err
		}
		if !known || al.RoomID == e.RoomID {
			continue
		}
		may, err := mayQuoteTx(tx, rooms, al, e)
		if err != nil {
			return err
		}
		if !may {
			return fault.Forbidden("error.alert_quote")
		}
		if err := keepQuoteTx(tx, rooms, al, e); err != nil {
			return err
		}
	}
	return nil
}

// shownTx refuses what a post shows as an alert unless it is one as it stands or stood, under no looser label than it has now and without its words:
// nobody makes an alert by showing one.
func shownTx(tx *store.Tx, raw json.RawMessage) error {
	var shown struct {
		AlertID string `json:"alert_id"`
		RoomID  string `json:"room_id"`
		Alert   Block  `json:"alert"`
	}
	if json.Unmarshal(raw, &shown) != nil || !storable(shown.AlertID) {
		return bad(quotedMember)
	}
	al, err := alertTx(tx, shown.AlertID)
	if err != nil {
		return err
	}
	if al.RoomID != shown.RoomID {
		return errUnknown()
	}
	blocks, err := store.Column(tx, `SELECT block FROM alert_versions WHERE alert_id = $1`, al.ID)
	if err != nil {
		return err
	}
	for _, raw := range blocks {
		var b Block
		if json.Unmarshal([]byte(raw), &b) == nil && shown.Alert.shows(b) && !shown.Alert.TLP.loosens(al.Block.TLP) {
			return nil
		}
	}
	return fault.New(http.StatusConflict, "M_FORBIDDEN", "error.alert_changed")
}

// shows tells whether a block is a version of an alert without its words. Areas may be missing, as they are on the wire.
func (b Block) shows(version Block) bool {
	b, version = b.full(), version.full()
	areas := len(b.Areas) == 0 || slices.Equal(b.Areas, version.Areas)
	slots := string(compact(b.Slots)) == string(compact(version.Slots))
	return areas && slots && b.Text == "" && b.Code == version.Code && b.Status == version.Status && b.MsgType == version.MsgType &&
		b.Urgency == version.Urgency && b.Severity == version.Severity && b.Certainty == version.Certainty && b.Expires == version.Expires && b.TLP == version.TLP
}

// namedIn are the events that a post names. Members are found by their exact names: another spelling of one means nothing to any reader.
func namedIn(content json.RawMessage) (ids []string) {
	for _, path := range [][]string{
		{"m.relates_to", "event_id"},
		{"m.relates_to", "m.in_reply_to", "event_id"},
		{"m.new_content", "m.relates_to", "event_id"},
		{"m.new_content", "m.relates_to", "m.in_reply_to", "event_id"},
		{"network.panah.forwarded", "event_id"},
		{quotedMember, "alert_id"},
		{"m.new_content", quotedMember, "alert_id"},
	} {
		if id := textAt(content, path); id != "" {
			ids = append(ids, id)
		}
	}
	return ids
}

// naming are the members under which a post can name another event.
var naming = []string{"m.relates_to", "m.new_content", "network.panah.forwarded", quotedMember}

// mayName tells most posts, which name nothing, from the few that have to be looked at closely, by reading them once.
func mayName(content json.RawMessage) bool {
	var members map[string]json.RawMessage
	if json.Unmarshal(content, &members) != nil {
		return false
	}
	return slices.ContainsFunc(naming, func(name string) bool { return members[name] != nil })
}

// at is what stands at a path of members; nil where nothing does.
func at(raw json.RawMessage, path []string) json.RawMessage {
	for _, name := range path {
		var members map[string]json.RawMessage
		if json.Unmarshal(raw, &members) != nil {
			return nil
		}
		raw = members[name]
	}
	return raw
}

// textAt is the text at a path of members; "" where there is none.
func textAt(raw json.RawMessage, path []string) (text string) {
	if json.Unmarshal(at(raw, path), &text) != nil {
		return ""
	}
	return text
}

// alertNamedTx finds the alert of which an event is a version, an answer or a translation.
func alertNamedTx(tx *store.Tx, eventID string) (al Alert, known bool, err error) {
	ids, err := store.Column(tx, `SELECT alert_id FROM alert_versions WHERE event_id = $1 UNION SELECT alert_id FROM alert_answers WHERE event_id = $1
		UNION SELECT alert_id FROM alert_translations WHERE event_id = $1`, eventID)
	if err != nil || len(ids) == 0 {
		return al, false, err
	}
	al, err = alertTx(tx, ids[0])
	return al, err == nil, err
}

// mayQuoteTx: CLEAR goes anywhere, and GREEN round the network. AMBER goes to the organisation of whoever quotes it and to those who have the alert
// anyway, AMBER+STRICT to that organisation alone, and RED stays where it is. All who are in the channel count, and all whom its join rule lets in.
// The hub's own account keeps channels and reads nothing.
func mayQuoteTx(tx *store.Tx, rooms *room.Rooms, al Alert, e *room.Event) (may bool, err error) {
	const person, had = `EXISTS (SELECT 1 FROM people p WHERE p.user_id = m.user_id AND ($2 = '' OR p.organisation_id = $2))`,
		`EXISTS (SELECT 1 FROM memberships h WHERE h.room_id = $3 AND h.user_id = m.user_id AND h.membership = 'join')`
	fits := map[Label]string{Green: person, Amber: person + ` OR ` + had, AmberStrict: person}[al.Block.TLP]
	if fits == "" {
		return al.Block.TLP == Clear, nil
	}
	own := ""
	if al.Block.TLP != Green {
		if own, err = organisationOf(tx, e.Sender); err != nil || own == "" {
			return false, err
		}
	}
	readers, closed, err := readersTx(tx, rooms, e.RoomID)
	if err != nil || !closed && al.Block.TLP != Green {
		return false, err
	}
	created, err := rooms.StateEvent(tx, al.RoomID, "m.room.create", "")
	if err != nil || created == nil {
		return false, err
	}
	for _, from := range readers {
		var excluded bool
		err := tx.QueryRow(`SELECT EXISTS (SELECT 1 FROM memberships m WHERE m.room_id = $1 AND m.membership IN ('join', 'invite')
			AND m.user_id <> $4 AND $3 <> '' AND NOT (`+fits+`))`, from, own, al.RoomID, created.Sender).Scan(&excluded)
		if err != nil {
			return false, fmt.Errorf("look who would read a quote: %w", err)
		}
		if excluded {
			return false, nil
		}
	}
	return true, nil
}

// readersTx are the rooms whose members read a channel or may come in by themselves; closed is false where anybody may read it or come in: also by way
// of a room that people enter without being invited, and where its history is for the world.
func readersTx(tx *store.Tx, rooms *room.Rooms, roomID string) (all []string, closed bool, err error) {
	all = []string{roomID}
	seen, err := rooms.StateEvent(tx, roomID, "m.room.history_visibility", "")
	if err != nil || seen != nil && textAt(seen.Content, []string{"history_visibility"}) == "world_readable" {
		return all, false, err
	}
	rule, allow, err := joinRuleTx(tx, rooms, roomID)
	if err != nil || rule == "" || rule == "public" {
		return all, false, err
	}
	if rule != "restricted" && rule != "knock_restricted" {
		return all, true, nil
	}
	for _, from := range allow {
		if rule, _, err := joinRuleTx(tx, rooms, from); err != nil || rule != "invite" && rule != "knock" {
			return all, false, err
		}
		all = append(all, from)
	}
	return all, true, nil
}

// joinRuleTx is how people come into a room, and by way of which others; "" where nothing sound tells.
func joinRuleTx(tx *store.Tx, rooms *room.Rooms, roomID string) (rule string, allow []string, err error) {
	e, err := rooms.StateEvent(tx, roomID, "m.room.join_rules", "")
	if err != nil || e == nil {
		return "", nil, err
	}
	var c struct {
		Rule  string `json:"join_rule"`
		Allow []struct {
			RoomID string `json:"room_id"`
		} `json:"allow"`
	}
	if json.Unmarshal(e.Content, &c) != nil {
		return "", nil, nil
	}
	for _, one := range c.Allow {
		allow = append(allow, one.RoomID)
	}
	return c.Rule, allow, nil
}
