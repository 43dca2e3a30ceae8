//go:build unix

package interop

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"panah/hub/node/nodetest"
)

// person is somebody's device on either server, and all that it has heard.
type person struct {
	*nodetest.Client
	since string
	heard []event
	sent  int
	// Whose devices are said to have changed.
	changed []string
}

// event is what /sync told of a room.
type event struct {
	room    string
	section string // "timeline", "state", "ephemeral", "invite_state", or "to_device" and "presence" outside rooms
	Type    string
	Sender  string
	Key     *string        `json:"state_key"`
	ID      string         `json:"event_id"`
	Content map[string]any // what it says
	Redacts string
}

func (e event) text(name string) string {
	s, _ := e.Content[name].(string)
	return s
}

func newPerson(c *nodetest.Client) *person { return &person{Client: c} }

// patience is how long one thing may take to come from the one server to the other.
const patience = 40 * time.Second

// await gives the first event that fits, of what was heard or comes.
func (p *person) await(t *testing.T, what string, fits func(e event) bool) event {
	t.Helper()
	looked := 0
	for end := time.Now().Add(patience); ; {
		for ; looked < len(p.heard); looked++ {
			if fits(p.heard[looked]) {
				return p.heard[looked]
			}
		}
		if time.Now().After(end) {
			t.Fatalf("%s does not hear of %s; heard: %s", p.UserID, what, p.story())
		}
		p.listen(t, 5*time.Second)
	}
}

// listen asks for what is new and waits a while for it.
func (p *person) listen(t *testing.T, wait time.Duration) {
	t.Helper()
	query := url.Values{"timeout": {fmt.Sprint(wait.Milliseconds())}, "filter": {`{"room":{"timeline":{"limit":100}}}`}}
	if p.since != "" {
		query.Set("since", p.since)
	}
	answer := p.OK(t, "GET", "/_matrix/client/v3/sync?"+query.Encode(), nil)
	var news struct {
		Next  string                     `json:"next_batch"`
		Lists struct{ Changed []string } `json:"device_lists"`
		Rooms map[string]map[string]json.RawMessage
	}
	if err := json.Unmarshal(answer.Raw, &news); err != nil {
		t.Fatalf("read /sync: %v", err)
	}
	p.since, p.changed = news.Next, append(p.changed, news.Lists.Changed...)
	p.hear(t, "", answer.Raw)
	for _, rooms := range news.Rooms {
		for room, raw := range rooms {
			p.hear(t, room, raw)
		}
	}
}

func (p *person) hear(t *testing.T, room string, raw json.RawMessage) {
	t.Helper()
	var sections map[string]json.RawMessage
	if err := json.Unmarshal(raw, &sections); err != nil {
		t.Fatalf("read a room of /sync: %v", err)
	}
	for _, section := range []string{"to_device", "presence", "invite_state", "state", "timeline", "ephemeral"} {
		var list struct{ Events []event }
		if sections[section] == nil {
			continue
		}
		if err := json.Unmarshal(sections[section], &list); err != nil {
			t.Fatalf("read %s of /sync: %v", section, err)
		}
		for _, e := range list.Events {
			e.room, e.section = room, section
			p.heard = append(p.heard, e)
		}
	}
}

// story is what was heard of people and what they say, in short.
func (p *person) story() (story string) {
	for _, e := range p.heard {
		if e.section != "ephemeral" && e.Type != "m.room.member" && e.Type != "m.room.message" {
			continue
		}
		story += fmt.Sprintf("\n  %s %s %s %s %v", e.section, e.room, e.Type, e.Sender, e.Content)
	}
	return story
}

// says finds a message.
func says(room, sender, body string) func(e event) bool {
	return func(e event) bool {
		return e.room == room && e.Type == "m.room.message" && e.Sender == sender && e.text("body") == body
	}
}

// member finds how somebody stands to a room.
func member(room, user, membership string) func(e event) bool {
	return func(e event) bool {
		return e.room == room && e.Type == "m.room.member" && e.Key != nil && *e.Key == user && e.text("membership") == membership
	}
}

// hears waits for a message of somebody.
func (p *person) hears(t *testing.T, room string, sender *person, body string) event {
	t.Helper()
	return p.await(t, fmt.Sprintf("%q of %s", body, sender.UserID), says(room, sender.UserID, body))
}

// sees waits until somebody stands to a room in some way.
func (p *person) sees(t *testing.T, room string, who *person, membership string) event {
	t.Helper()
	return p.await(t, fmt.Sprintf("%s: %s", who.UserID, membership), member(room, who.UserID, membership))
}

func (p *person) at(room, rest string) string {
	return "/_matrix/client/v3/rooms/" + url.PathEscape(room) + "/" + rest
}

// say sends a message and gives its id.
func (p *person) say(t *testing.T, room, body string) string {
	t.Helper()
	return p.put(t, room, "m.room.message", nodetest.M{"msgtype": "m.text", "body": body})
}

// put sends an event of some type and gives its id.
func (p *person) put(t *testing.T, room, kind string, content nodetest.M) string {
	t.Helper()
	p.sent++
	return p.OK(t, "PUT", p.at(room, fmt.Sprintf("send/%s/t%d", kind, p.sent)), content).Text("event_id")
}

// open makes a room that everybody may join, with an alias, and gives its id.
func (p *person) open(t *testing.T, alias string) string {
	t.Helper()
	return p.OK(t, "POST", "/_matrix/client/v3/createRoom", nodetest.M{"preset": "public_chat", "name": alias, "room_alias_name": alias}).Text("room_id")
}

// join comes into a room by its alias or its id, by way of a server where that is not empty, and gives its id.
func (p *person) join(t *testing.T, room, via string) string {
	t.Helper()
	path := "/_matrix/client/v3/join/" + url.PathEscape(room)
	if via != "" {
		path += "?" + url.Values{"server_name": {via}, "via": {via}}.Encode()
	}
	return p.OK(t, "POST", path, nodetest.M{}).Text("room_id")
}

// act does something in a room.
func (p *person) act(t *testing.T, room, what string, content nodetest.M) {
	t.Helper()
	p.OK(t, "POST", p.at(room, what), content)
}

func name(who *person) nodetest.M { return nodetest.M{"user_id": who.UserID} }

// server is where somebody's account is.
func (p *person) server() string {
	_, server, _ := strings.Cut(p.UserID, ":")
	return server
}

// forget what was heard so far, so that only news counts.
func (p *person) forget() { p.heard = nil }

// mentions tells whether something stands anywhere in what an event says.
func (e event) mentions(what string) bool {
	raw, err := json.Marshal(e.Content)
	return err == nil && strings.Contains(string(raw), what)
}
