package alert

import (
	"encoding/json"
	"net/http"
	"testing"

	"panah/hub/fault"
	"panah/hub/network"
	"panah/hub/people"
	"panah/hub/room"
	"panah/hub/store"
)

// channelOf makes a private channel of some people, or one that anybody may enter.
func (c *cast) channelOf(preset string, maker people.Caller, others ...people.Caller) string {
	c.T.Helper()
	var roomID string
	c.Must(c.DB.Write(c.T.Context(), func(tx *store.Tx) (err error) {
		invite := []string{}
		for _, one := range others {
			invite = append(invite, one.UserID)
		}
		roomID, _, err = c.Rooms.CreateTx(c.T.Context(), tx, room.Create{Creator: maker.UserID, Preset: preset, Name: "x", Invite: invite})
		return err
	}))
	return roomID
}

// TestAQuoteGoesNoFurtherThanItsLabel: who posts, where, and in which way they quote, for each label.
func TestAQuoteGoesNoFurtherThanItsLabel(t *testing.T) {
	eachHouse(t, func(t *testing.T, c *cast) {
		rooms := map[string]string{
			"with a colleague who has it":     c.channelOf("private_chat", c.first, c.second),
			"with a colleague who has it not": c.channelOf("private_chat", c.first, c.admin),
			"with the sender":                 c.channelOf("private_chat", c.first, c.sender),
			"with an invited stranger":        c.channelOf("private_chat", c.first, c.lahoreAsks),
			"alone where anybody may enter":   c.channelOf("public_chat", c.first),
			"where the strangers may enter":   c.restricted(c.first, c.channelOf("private_chat", c.first, c.lahoreAsks)),
			"where who enters a space may":    c.restricted(c.first, c.channelOf("public_chat", c.first)),
			"where the world may read":        c.worldReadable(c.first),
			"where only colleagues may enter": c.restricted(c.first, c.channelOf("private_chat", c.first, c.second)),
		}
		own := []string{"with a colleague who has it", "with a colleague who has it not", "where only colleagues may enter"}
		may := map[Label][]string{AmberStrict: own, Amber: append([]string{"with the sender"}, own...)}
		for _, label := range Labels() {
			w := transitTo(c.dushanbe)
			if label == Red {
				w = transitTo()
				w.Audience.People = []string{c.first.UserID, c.second.UserID}
			}
			w.TLP = label
			id := c.send(c.sender, w)
			answer, err := c.alerts.Answer(t.Context(), c.first, id, Reply{Answer: CanAct, Note: "x"})
			c.Must(err)
			for name, roomID := range rooms {
				want := label.Allows(UseQuote)
				for _, one := range may[label] {
					want = want || one == name
				}
				ways := quotings(id, answer)
				ways["a card"] = c.card(id)
				for how, content := range ways {
					_, err := c.Network.Send(t.Context(), c.first, room.Draft{RoomID: roomID, Type: "m.room.message", Content: content})
					if want && err != nil || !want && !fault.From(err).Is(fault.Forbidden("error.alert_quote")) {
						t.Errorf("%s, %s, %s: %v, allowed is %v", label, name, how, err, want)
					}
				}
			}
			_, err = c.Network.Send(t.Context(), c.first, room.Draft{RoomID: c.roomOf(id), Type: "m.room.message", Content: quotings(id, answer)["a reply"]})
			if err != nil {
				t.Errorf("%s: a reply in its own channel: %v", label, err)
			}
		}
	})
}

// quotings are the ways of quoting an alert, or an answer to it.
func quotings(id, answer string) map[string]map[string]any {
	body := func(name string, relates any) map[string]any {
		return map[string]any{"msgtype": "m.text", "body": "> x", name: relates}
	}
	reply := map[string]any{"m.in_reply_to": map[string]any{"event_id": id}}
	return map[string]map[string]any{
		"a reply":              body("m.relates_to", reply),
		"a reply to an answer": body("m.relates_to", map[string]any{"m.in_reply_to": map[string]any{"event_id": answer}}),
		"a reference":          body("m.relates_to", map[string]any{"rel_type": "m.reference", "event_id": id}),
		"hidden by case": {"msgtype": "m.text", "body": "x", "m.relates_to": reply,
			"M.relates_to": map[string]any{"m.in_reply_to": map[string]any{"event_id": "$none"}}},
		"another wording": body("m.new_content", body("m.relates_to", reply)),
	}
}

// restricted makes a channel into which the members of another one may come by themselves.
func (c *cast) restricted(maker people.Caller, parent string) string {
	c.T.Helper()
	roomID := c.channelOf("private_chat", maker)
	key := ""
	rule := map[string]any{"join_rule": "restricted", "allow": []any{map[string]any{"type": "m.room_membership", "room_id": parent}}}
	c.Must(c.DB.Write(c.T.Context(), func(tx *store.Tx) error {
		_, err := c.Rooms.Append(c.T.Context(), tx, room.Draft{RoomID: roomID, Sender: maker.UserID, Type: "m.room.join_rules", StateKey: &key, Content: rule})
		return err
	}))
	return roomID
}

// worldReadable makes a private channel of which anybody may read the history.
func (c *cast) worldReadable(maker people.Caller) string {
	c.T.Helper()
	roomID, key := c.channelOf("private_chat", maker), ""
	c.Must(c.DB.Write(c.T.Context(), func(tx *store.Tx) error {
		_, err := c.Rooms.Append(c.T.Context(), tx, room.Draft{RoomID: roomID, Sender: maker.UserID, Type: "m.room.history_visibility", StateKey: &key,
			Content: map[string]any{"history_visibility": "world_readable"}})
		return err
	}))
	return roomID
}

// TestAForwardedAlert: an alert's channel lets nothing be passed on, and a channel that did would not change what the label says.
func TestAForwardedAlert(t *testing.T) {
	eachHouse(t, func(t *testing.T, c *cast) {
		id := c.send(c.sender, transitTo(c.dushanbe))
		from, to := c.roomOf(id), c.channelOf("private_chat", c.first, c.lahoreAsks)
		forward := func() error {
			_, err := c.Network.Send(t.Context(), c.first, room.Draft{RoomID: to, Type: "m.room.message", Content: map[string]any{
				"msgtype": "m.text", "body": "x", "network.panah.forwarded": map[string]any{"room_id": from, "event_id": id, "sender": c.sender.UserID},
			}})
			return err
		}
		if err := forward(); !fault.From(err).Is(fault.Forbidden("error.forward_not_allowed")) {
			t.Errorf("forwarded: %v", err)
		}
		key := ""
		c.Must(c.DB.Write(t.Context(), func(tx *store.Tx) error {
			_, err := c.Rooms.Append(t.Context(), tx, room.Draft{RoomID: from, Sender: c.People.HubUser(), Type: network.SharingType, StateKey: &key,
				Content: json.RawMessage(`{"forward":true}`)})
			return err
		}))
		if err := forward(); !fault.From(err).Is(fault.Forbidden("error.alert_quote")) {
			t.Errorf("forwarded where posts may be: %v", err)
		}
	})
}

// TestAQuoteGoesWhenSomebodyComesWhomItsLabelExcludes: by an invitation, by another way in, by a tighter label; and stays when a colleague comes.
func TestAQuoteGoesWhenSomebodyComesWhomItsLabelExcludes(t *testing.T) {
	eachHouse(t, func(t *testing.T, c *cast) {
		id := c.send(c.sender, transitTo(c.dushanbe)) // AMBER, as its code proposes
		quote := func(where, alert string) string {
			id, err := c.Network.Send(t.Context(), c.first, room.Draft{RoomID: where, Type: "m.room.message", Content: c.card(alert)})
			c.Must(err)
			return id
		}
		alone := func() string { return c.channelOf("private_chat", c.first) }
		set := func(where, kind, content string) {
			key := ""
			c.Must(c.DB.Write(t.Context(), func(tx *store.Tx) error {
				_, err := c.Rooms.Append(t.Context(), tx, room.Draft{RoomID: where, Sender: c.first.UserID, Type: kind, StateKey: &key, Content: json.RawMessage(content)})
				return err
			}))
		}
		parent := alone()
		for name, act := range map[string]struct {
			where string
			stays bool
			act   func(where string)
		}{
			"a colleague is invited":         {alone(), true, func(where string) { c.Must(c.Network.Invite(t.Context(), c.first, where, c.second.UserID, "")) }},
			"a stranger is invited":          {alone(), false, func(where string) { c.Must(c.Network.Invite(t.Context(), c.first, where, c.lahoreAsks.UserID, "")) }},
			"anybody may come in":            {alone(), false, func(where string) { set(where, "m.room.join_rules", `{"join_rule":"public"}`) }},
			"the world may read":             {alone(), false, func(where string) { set(where, "m.room.history_visibility", `{"history_visibility":"world_readable"}`) }},
			"a stranger comes to the way in": {c.restricted(c.first, parent), false, func(string) { c.Must(c.Network.Invite(t.Context(), c.first, parent, c.lahoreAsks.UserID, "")) }},
			"another way in, with a stranger": {alone(), false, func(where string) {
				set(where, "m.room.join_rules", `{"join_rule":"restricted","allow":[{"type":"m.room_membership","room_id":"`+c.channelOf("private_chat", c.first, c.lahoreAsks)+`"}]}`)
			}},
			"a way in by which colleagues come": {alone(), true, func(where string) {
				set(where, "m.room.join_rules", `{"join_rule":"restricted","allow":[{"type":"m.room_membership","room_id":"`+c.channelOf("private_chat", c.first, c.second)+`"}]}`)
			}},
		} {
			quoted := quote(act.where, id)
			act.act(act.where)
			if c.stands(quoted) != act.stays {
				t.Errorf("%s: the quote stands: %v", name, !act.stays)
			}
		}

		w := transitTo(c.dushanbe)
		w.TLP = Green
		green := c.send(c.sender, w)
		with := c.channelOf("private_chat", c.first, c.lahoreAsks)
		quoted := quote(with, green)
		_, err := c.alerts.Send(t.Context(), c.sender, newID(), Wish{Update: green, Block: Block{TLP: Amber}})
		c.Must(err)
		if c.stands(quoted) {
			t.Error("a quote under GREEN still stands for a stranger after the alert became AMBER")
		}
	})
}

// stands tells whether a post still says something.
func (c *cast) stands(id string) (stands bool) {
	c.T.Helper()
	c.Must(c.DB.Read(c.T.Context(), func(tx *store.Tx) error {
		found, err := c.Rooms.EventsByID(tx, []string{id})
		stands = len(found) == 1 && !found[0].Purged
		return err
	}))
	return stands
}

// card is what a client posts to show an alert.
func (c *cast) card(id string) map[string]any {
	c.T.Helper()
	d, err := c.alerts.Detail(c.T.Context(), c.first, id, "")
	c.Must(err)
	b := d.Block
	return map[string]any{"msgtype": "m.text", "body": "x", quotedMember: map[string]any{"alert_id": id, "room_id": d.RoomID, "alert": map[string]any{
		"code": b.Code, "slots": b.Slots, "status": b.Status, "msg_type": b.MsgType, "urgency": b.Urgency, "severity": b.Severity, "certainty": b.Certainty,
		"areas": b.Areas, "expires": b.Expires, "tlp": b.TLP,
	}}}
}

// TestNobodyMakesAnAlertByShowingOne: a card shows an alert that there is, as it stands or stood, and nothing besides.
func TestNobodyMakesAnAlertByShowingOne(t *testing.T) {
	eachHouse(t, func(t *testing.T, c *cast) {
		w := transitTo(c.dushanbe)
		w.TLP, w.Text, w.Language = Green, "x", "en"
		id := c.send(c.sender, w)
		to := c.channelOf("private_chat", c.first, c.second)
		show := func(change func(quoted, alert map[string]any)) error {
			content := c.card(id)
			quoted := content[quotedMember].(map[string]any)
			change(quoted, quoted["alert"].(map[string]any))
			_, err := c.Network.Send(t.Context(), c.first, room.Draft{RoomID: to, Type: "m.room.message", Content: content})
			return err
		}
		for name, change := range map[string]func(quoted, alert map[string]any){
			"as it is": func(_, _ map[string]any) {},
			"as on the wire": func(_, alert map[string]any) {
				delete(alert, "areas")
				delete(alert, "urgency")
				delete(alert, "status")
			},
		} {
			if err := show(change); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		for name, change := range map[string]func(quoted, alert map[string]any){
			"another alert":   func(quoted, _ map[string]any) { quoted["alert_id"] = "$none" },
			"another channel": func(quoted, _ map[string]any) { quoted["room_id"] = to },
			"another code":    func(_, alert map[string]any) { alert["code"] = "threat" },
			"other slots":     func(_, alert map[string]any) { alert["slots"] = map[string]any{"count": 9, "from": "AF-HER"} },
			"more haste":      func(_, alert map[string]any) { alert["urgency"] = "Future" },
			"longer":          func(_, alert map[string]any) { alert["expires"] = 1999999999 },
			"a looser label":  func(_, alert map[string]any) { alert["tlp"] = "CLEAR" },
			"other places":    func(_, alert map[string]any) { alert["areas"] = []string{"PK"} },
			"words":           func(_, alert map[string]any) { alert["text"] = "x" },
			"nonsense":        func(quoted, _ map[string]any) { quoted["alert"] = 7 },
		} {
			if err := show(change); err == nil || fault.From(err).Status >= http.StatusInternalServerError {
				t.Errorf("%s: %v", name, err)
			}
		}
		old := c.card(id)
		_, err := c.alerts.Send(t.Context(), c.sender, newID(), Wish{Update: id, Block: Block{Severity: "Minor"}})
		c.Must(err)
		send := func() error {
			_, err := c.Network.Send(t.Context(), c.first, room.Draft{RoomID: to, Type: "m.room.message", Content: old})
			return err
		}
		c.Must(send()) // it waited for a line
		_, err = c.alerts.Send(t.Context(), c.sender, newID(), Wish{Update: id, Block: Block{TLP: Amber}})
		c.Must(err)
		if err := send(); fault.From(err).Key != "error.alert_changed" {
			t.Errorf("under a label that it has no more: %v", err)
		}
	})
}
