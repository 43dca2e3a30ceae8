//go:build unix

package interop

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"panah/hub/node/nodetest"
)

// bothWays runs a test with somebody of the hub as the host and somebody of Dendrite as the guest, and the other way round.
func bothWays(t *testing.T, f func(t *testing.T, host, guest *person)) {
	t.Helper()
	each(t, func(t *testing.T, p pair) { p.bothWays(t, f) })
}

func (p pair) bothWays(t *testing.T, f func(t *testing.T, host, guest *person)) {
	t.Helper()
	ours, theirs := p.hub.enlist(t, "zuhra"), p.dendrite.enlist(t, "bakhyt")
	t.Run("hub's room", func(t *testing.T) { f(t, ours, theirs) })
	t.Run("Dendrite's room", func(t *testing.T) { f(t, theirs, ours) })
}

// meet has the guest come into a new room of the host's, and waits until both know.
func meet(t *testing.T, host, guest *person, alias string) (room string) {
	t.Helper()
	room = host.open(t, alias)
	if got := guest.join(t, "#"+alias+":"+host.server(), ""); got != room {
		t.Fatalf("joined %s, want %s", got, room)
	}
	host.sees(t, room, guest, "join")
	guest.sees(t, room, guest, "join")
	return room
}

// TestTalk: by alias into the room, messages both ways, an edit, a reaction.
func TestTalk(t *testing.T) {
	bothWays(t, func(t *testing.T, host, guest *person) {
		room := meet(t, host, guest, "talk")
		for i := range 3 {
			host.say(t, room, fmt.Sprint("салом ", i))
			guest.hears(t, room, host, fmt.Sprint("салом ", i))
			guest.say(t, room, fmt.Sprint("ва алейкум ", i))
			host.hears(t, room, guest, fmt.Sprint("ва алейкум ", i))
		}
		first := guest.say(t, room, "ду ҷой")
		host.hears(t, room, guest, "ду ҷой")
		guest.put(t, room, "m.room.message", nodetest.M{
			"msgtype": "m.text", "body": "* се ҷой", "m.new_content": nodetest.M{"msgtype": "m.text", "body": "се ҷой"},
			"m.relates_to": nodetest.M{"rel_type": "m.replace", "event_id": first},
		})
		host.hears(t, room, guest, "* се ҷой")
		reaction := host.put(t, room, "m.reaction", nodetest.M{"m.relates_to": nodetest.M{"rel_type": "m.annotation", "event_id": first, "key": "👍"}})
		guest.await(t, "the reaction", func(e event) bool { return e.ID == reaction })
		takenBack(t, room, guest, host)
		takenBack(t, room, host, guest)
	})
}

// TestPresence: who shares a room sees how the other is there, and in which words.
func TestPresence(t *testing.T) {
	told := func(t *testing.T, host, guest *person) {
		meet(t, host, guest, "presence")
		words := "дар роҳ " + host.UserID
		host.OK(t, "PUT", "/_matrix/client/v3/presence/"+url.PathEscape(host.UserID)+"/status", nodetest.M{"presence": "unavailable", "status_msg": words})
		guest.await(t, words, func(e event) bool {
			return e.section == "presence" && e.Sender == host.UserID && e.text("presence") == "unavailable" && e.text("status_msg") == words
		})
	}
	each(t, func(t *testing.T, p pair) {
		p.dendrite.tellPresence(t)
		p.bothWays(t, told)
	})
}

// takenBack: what somebody takes back is gone at the other's server too.
func takenBack(t *testing.T, room string, from, to *person) {
	t.Helper()
	slip := from.say(t, room, "суроғаи мо")
	to.hears(t, room, from, "суроғаи мо")
	from.sent++
	gone := from.OK(t, "PUT", from.at(room, fmt.Sprintf("redact/%s/t%d", url.PathEscape(slip), from.sent)), nodetest.M{}).Text("event_id")
	to.await(t, "the redaction", func(e event) bool { return e.ID == gone })
	if left := to.OK(t, "GET", to.at(room, "event/"+url.PathEscape(slip)), nil).Value("content"); left != nil && len(left.(map[string]any)) > 0 {
		t.Errorf("%s can still read %v", to.UserID, left)
	}
}

// TestInvitedAndGone: invited into a private room, in, out again, invited and declined, kicked, banned, invited again.
func TestInvitedAndGone(t *testing.T) {
	bothWays(t, func(t *testing.T, host, guest *person) {
		room := host.OK(t, "POST", "/_matrix/client/v3/createRoom", nodetest.M{"preset": "private_chat", "name": "Пинҳон"}).Text("room_id")
		invite := func() {
			host.act(t, room, "invite", name(guest))
			guest.sees(t, room, guest, "invite")
			guest.forget()
		}
		invite()
		guest.join(t, room, "")
		host.sees(t, room, guest, "join")
		guest.say(t, room, "дар инҷо")
		host.hears(t, room, guest, "дар инҷо")
		guest.act(t, room, "leave", nodetest.M{})
		host.sees(t, room, guest, "leave")
		host.forget()
		invite()
		guest.act(t, room, "leave", nodetest.M{})
		host.sees(t, room, guest, "leave")
		invite()
		guest.join(t, room, "")
		host.sees(t, room, guest, "join")
		guest.sees(t, room, guest, "join")
		guest.forget() // how they left before
		host.act(t, room, "kick", name(guest))
		guest.sees(t, room, guest, "leave")
		host.act(t, room, "ban", name(guest))
		guest.Refused(t, "POST", "/_matrix/client/v3/join/"+url.PathEscape(room)+"?via="+host.server()+"&server_name="+host.server(), nodetest.M{}, 403, "M_FORBIDDEN")
		told := strings.HasSuffix(t.Name(), "hub's_room") // the hub tells a banned person's server so, Dendrite does not
		if told {
			guest.sees(t, room, guest, "ban")
			guest.forget()
		}
		host.act(t, room, "unban", name(guest))
		if told {
			guest.sees(t, room, guest, "leave")
		}
		guest.forget()
		invite()
	})
}

// TestEarlierHistory: a guest of Dendrite reads back to before they came, by what their server fetches from the hub.
func TestEarlierHistory(t *testing.T) {
	each(t, func(t *testing.T, p pair) {
		host, guest := p.hub.enlist(t, "zuhra"), p.dendrite.enlist(t, "bakhyt")
		room := host.open(t, "history")
		const said = 40
		for i := range said {
			host.say(t, room, fmt.Sprint("пештар ", i))
		}
		guest.join(t, "#history:"+host.server(), "")
		guest.sees(t, room, guest, "join")
		next := said - 1
		for from, pages := "", 0; next >= 0; pages++ {
			if pages == 20 {
				t.Fatalf("%d pages of history, and message %d was not among them", pages, next)
			}
			query := url.Values{"dir": {"b"}, "limit": {"20"}}
			if from != "" {
				query.Set("from", from)
			}
			page := guest.OK(t, "GET", guest.at(room, "messages?"+query.Encode()), nil)
			for _, one := range page.List("chunk") {
				content, _ := one.(map[string]any)["content"].(map[string]any)
				if content["body"] == fmt.Sprint("пештар ", next) {
					next--
				}
			}
			from = page.Text("end")
		}
	})
}

// TestTypingAndReceipts: both pass by, and leave nothing in the log.
func TestTypingAndReceipts(t *testing.T) {
	bothWays(t, func(t *testing.T, host, guest *person) {
		room := meet(t, host, guest, "passing")
		for _, ends := range [][2]*person{{host, guest}, {guest, host}} {
			from, to := ends[0], ends[1]
			from.OK(t, "PUT", from.at(room, "typing/"+url.PathEscape(from.UserID)), nodetest.M{"typing": true, "timeout": 30000})
			to.await(t, "typing of "+from.UserID, func(e event) bool { return e.room == room && e.Type == "m.typing" && e.mentions(from.UserID) })
			id := to.say(t, room, "хондӣ?")
			from.hears(t, room, to, "хондӣ?")
			from.act(t, room, "receipt/m.read/"+url.PathEscape(id), nodetest.M{})
			to.await(t, "receipt of "+from.UserID, func(e event) bool {
				return e.room == room && e.Type == "m.receipt" && e.mentions(id) && e.mentions(from.UserID)
			})
		}
	})
}
