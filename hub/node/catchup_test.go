package node_test

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"unicode/utf8"

	"github.com/gorilla/websocket"

	"panah/hub/node/nodetest"
	"panah/hub/store/storetest"
	"panah/locales"
)

// dayBudget is what coming back after an ordinary day may cost, in bytes on the wire with everything that HTTP and websockets add.
const dayBudget = 30_000

// day is an ordinary one: what happens in eight channels between two mornings.
type day struct {
	posts, edits, removals, reactions, newcomers int
}

// catchUpFilter is what the web client sends along when it comes back (web/src/wire/line.ts).
const catchUpFilter = `{"room":{"timeline":{"limit":60}}}`

var ordinary = day{posts: 150, edits: 8, removals: 3, reactions: 40, newcomers: 2}

type M = nodetest.M

// village is a hub with people who speak the eight languages, all of them in eight channels.
type village struct {
	t            *testing.T
	hub          *nodetest.Hub
	steward      *nodetest.Client
	organisation string
	people       []*nodetest.Client
	rooms        []string
	random       *rand.Rand
	texts        []words
	n            int
}

type words struct{ language, text string }

func settle(t *testing.T) *village {
	hub := nodetest.Start(t, storetest.SQLiteAddress(t))
	v := &village{t: t, hub: hub, steward: hub.SignUp(t, hub.FirstToken(t), "samira"), random: rand.New(rand.NewPCG(3, 21))}
	v.organisation = v.steward.Organisation(t, "Меҳрубон", "ngo", "TJ")
	v.texts = v.sentences()
	for i := range 12 {
		v.people = append(v.people, hub.SignUp(t, v.steward.Invite(t, v.organisation, "member"), fmt.Sprintf("person%02d", i)))
	}
	for i := range 8 {
		v.rooms = append(v.rooms, v.steward.OK(t, "POST", v3+"/createRoom", M{"name": fmt.Sprint("Канал ", i)}).Text("room_id"))
	}
	for _, p := range v.people {
		v.enter(p)
	}
	return v
}

func (v *village) enter(p *nodetest.Client) {
	for _, id := range v.rooms {
		v.steward.OK(v.t, "POST", v3+"/rooms/"+url.PathEscape(id)+"/invite", M{"user_id": p.UserID})
		p.OK(v.t, "POST", v3+"/rooms/"+url.PathEscape(id)+"/join", M{})
	}
}

var holes = regexp.MustCompile(`\{\{[^}]*\}\}`)

// sentences are those of the catalogs, each once: the languages as people write them, and nothing that was said before.
func (v *village) sentences() (all []words) {
	for _, tag := range locales.Tags() {
		var catalog map[string]any
		if err := json.Unmarshal(locales.Catalog("active", tag), &catalog); err != nil {
			v.t.Fatal(err)
		}
		for _, key := range slices.Sorted(maps.Keys(catalog)) {
			text, plain := catalog[key].(string)
			text = holes.ReplaceAllString(text, "12")
			if n := utf8.RuneCountInString(text); plain && n >= 25 && n <= 160 {
				all = append(all, words{tag, text})
			}
		}
	}
	v.random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all
}

func (v *village) text() words {
	v.n++
	return v.texts[v.n]
}

func (v *village) somebody() *nodetest.Client { return v.people[1+v.random.IntN(len(v.people)-1)] }

func (v *village) post(by *nodetest.Client, room string, content M) string {
	v.n++
	return by.OK(v.t, "PUT", fmt.Sprintf("%s/rooms/%s/send/m.room.message/t%d", v3, url.PathEscape(room), v.n), content).Text("event_id")
}

func body(w words) M { return M{"msgtype": "m.text", "body": w.text, "network.panah.lang": w.language} }

// pass makes a day pass. It gives the ids of the posts.
func (v *village) pass(d day) (posts []string) {
	type post struct {
		by       *nodetest.Client
		room, id string
	}
	var all []post
	for range d.posts {
		p := post{by: v.somebody(), room: v.rooms[v.random.IntN(len(v.rooms))]}
		p.id = v.post(p.by, p.room, body(v.text()))
		all = append(all, p)
		posts = append(posts, p.id)
	}
	for i := range d.edits {
		p := all[i*7]
		wording := body(v.text())
		edit := M{"msgtype": "m.text", "body": "* " + wording["body"].(string), "m.new_content": wording, "m.relates_to": M{"rel_type": "m.replace", "event_id": p.id}}
		posts = append(posts, v.post(p.by, p.room, edit))
	}
	for i := range d.removals {
		p := all[3+i*11]
		v.n++
		p.by.OK(v.t, "PUT", fmt.Sprintf("%s/rooms/%s/redact/%s/t%d", v3, url.PathEscape(p.room), url.PathEscape(p.id), v.n), M{})
	}
	for i := range d.reactions {
		p := all[40+i*2]
		relates := M{"m.relates_to": M{"rel_type": "m.annotation", "event_id": p.id, "key": []string{"👍", "✅", "🙏"}[i%3]}}
		v.n++
		v.somebody().OK(v.t, "PUT", fmt.Sprintf("%s/rooms/%s/send/m.reaction/t%d", v3, url.PathEscape(p.room), v.n), relates)
	}
	for i := range d.newcomers {
		v.enter(v.hub.SignUp(v.t, v.steward.Invite(v.t, v.organisation, "member"), fmt.Sprintf("newcomer%d", i)))
	}
	last := map[string]string{}
	for _, p := range all {
		last[p.room] = p.id
	}
	for _, p := range v.people[1:] { // all have read everything, but for the one who was away
		for room, id := range last {
			p.OK(v.t, "POST", v3+"/rooms/"+url.PathEscape(room)+"/read_markers", M{"m.read": id, "m.fully_read": id})
		}
	}
	return posts
}

// meter counts what a connection carries to the client.
type meter struct {
	net.Conn
	bytes *atomic.Int64
}

func (m meter) Read(b []byte) (int, error) {
	n, err := m.Conn.Read(b)
	m.bytes.Add(int64(n))
	return n, err
}

func metered(bytes *atomic.Int64) func(ctx context.Context, network, address string) (net.Conn, error) {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, network, address)
		return meter{conn, bytes}, err
	}
}

func (v *village) head(p *nodetest.Client) string {
	return p.OK(v.t, "GET", v3+"/sync", nil).Text("next_batch")
}

// overTheStream catches up by websocket, as the web client does.
func (v *village) overTheStream(p *nodetest.Client, since string) (cost int64, told string) {
	v.t.Helper()
	var bytes atomic.Int64
	dialer := websocket.Dialer{Subprotocols: []string{"m.json"}, EnableCompression: true, NetDialContext: metered(&bytes)}
	address := strings.Replace(v.hub.URL, "http:", "ws:", 1) + "/_panah/v1/stream?filter=" + url.QueryEscape(catchUpFilter) + "&since=" + url.QueryEscape(since)
	conn, answer, err := dialer.DialContext(v.t.Context(), address, http.Header{"Authorization": {"Bearer " + p.Token}})
	if err != nil {
		v.t.Fatal(err)
	}
	defer conn.Close()
	if got := answer.Header.Get("Sec-Websocket-Extensions"); !strings.Contains(got, "permessage-deflate") {
		v.t.Errorf("the stream is not compressed: %q", got)
	}
	_, frame, err := conn.ReadMessage()
	if err != nil {
		v.t.Fatal(err)
	}
	return bytes.Load(), string(frame)
}

// overSync catches up by /sync, as the web client does where websockets are cut.
func (v *village) overSync(p *nodetest.Client, since, encoding string) (cost int64, told string) {
	v.t.Helper()
	var bytes atomic.Int64
	client := &http.Client{Transport: &http.Transport{DialContext: metered(&bytes), DisableCompression: true}}
	request, err := http.NewRequestWithContext(v.t.Context(), "GET", v.hub.URL+v3+"/sync?filter="+url.QueryEscape(catchUpFilter)+"&since="+url.QueryEscape(since), nil)
	if err != nil {
		v.t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+p.Token)
	request.Header.Set("Accept-Encoding", encoding)
	answer, err := client.Do(request)
	if err != nil {
		v.t.Fatal(err)
	}
	defer answer.Body.Close()
	unpacked, err := gzip.NewReader(answer.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	raw, err := io.ReadAll(unpacked)
	if err != nil {
		v.t.Fatal(err)
	}
	return bytes.Load(), string(raw)
}

func TestADayOfCatchingUpIsSmall(t *testing.T) {
	v := settle(t)
	away := v.people[0]
	since := v.head(away)
	posts := v.pass(ordinary)
	ways := map[string]func() (int64, string){
		"the stream": func() (int64, string) { return v.overTheStream(away, since) },
		"/sync":      func() (int64, string) { return v.overSync(away, since, "gzip") },
	}
	for name, way := range ways {
		cost, told := way()
		t.Logf("a day over %s: %d bytes on the wire, %d before compression", name, cost, len(told))
		if cost > dayBudget {
			t.Errorf("a day over %s costs %d bytes, at most %d", name, cost, dayBudget)
		}
		for _, id := range posts {
			if !strings.Contains(told, `"event_id":"`+id+`"`) {
				t.Errorf("%s left %s out", name, id)
			}
		}
	}
}

// cut is a connection that breaks after so many bytes.
type cut struct {
	net.Conn
	left int
}

func (c *cut) Read(b []byte) (int, error) {
	if c.left <= 0 {
		return 0, errors.Join(net.ErrClosed, c.Close())
	}
	n, err := c.Conn.Read(b[:min(len(b), c.left)])
	c.left -= n
	return n, err
}

func (v *village) dial(p *nodetest.Client, since string, bytes int) *websocket.Conn {
	v.t.Helper()
	dialer := websocket.Dialer{Subprotocols: []string{"m.json"}, EnableCompression: true, NetDial: func(network, address string) (net.Conn, error) {
		conn, err := net.Dial(network, address)
		return &cut{conn, bytes}, err
	}}
	address := strings.Replace(v.hub.URL, "http:", "ws:", 1) + "/_panah/v1/stream?filter=" + url.QueryEscape(catchUpFilter) + "&since=" + url.QueryEscape(since)
	conn, _, err := dialer.DialContext(v.t.Context(), address, http.Header{"Authorization": {"Bearer " + p.Token}})
	if err != nil {
		v.t.Fatal(err)
	}
	return conn
}

// A line that breaks in the middle of catching up costs what was on its way and no more: the client goes on from the last whole frame.
func TestCatchingUpGoesOnWhereItStood(t *testing.T) {
	v := settle(t)
	away := v.people[0]
	at := v.head(away)
	var seen []string
	var told []string
	for range 3 { // three mornings, and each time the line breaks first
		told = append(told, v.pass(day{posts: 20})...)
		broken := v.dial(away, at, 2_000)
		if _, frame, err := broken.ReadMessage(); err == nil {
			t.Fatalf("the line was to break, and carried %d bytes", len(frame))
		}
		broken.Close()
		whole := v.dial(away, at, 1<<20)
		_, frame, err := whole.ReadMessage()
		if err != nil {
			t.Fatal(err)
		}
		whole.Close()
		for _, found := range regexp.MustCompile(`"event_id":"(\$[^"]+)"[^{}]*"m.room.message"|"m.room.message"[^{}]*"event_id":"(\$[^"]+)"`).FindAllStringSubmatch(string(frame), -1) {
			seen = append(seen, found[1]+found[2])
		}
		var answer struct {
			Next string `json:"next_batch"`
		}
		if err := json.Unmarshal(frame, &answer); err != nil {
			t.Fatal(err)
		}
		at = answer.Next
	}
	slices.Sort(seen)
	slices.Sort(told)
	if !slices.Equal(seen, told) {
		t.Errorf("told %d posts, %d were written; twice or never: %v", len(seen), len(told), difference(seen, told))
	}
}

func difference(a, b []string) (d []string) {
	count := map[string]int{}
	for _, s := range a {
		count[s]++
	}
	for _, s := range b {
		count[s]--
	}
	for s, n := range count {
		if n != 0 {
			d = append(d, fmt.Sprint(s, " ", n))
		}
	}
	return d
}
