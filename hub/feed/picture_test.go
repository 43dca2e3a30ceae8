package feed_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"panah/hub/broker"
	"panah/hub/feed"
	"panah/hub/feed/feedtest"
	"panah/hub/room"
	"panah/hub/store"
	"panah/hub/store/storetest"
)

// TestDeltasEqualFreshPicture is the promise of the feed: whoever takes in all that changed knows what someone knows who asks for
// everything now. It holds for /sync and for the stream, whenever the line breaks, over random histories.
func TestDeltasEqualFreshPicture(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		for seed := range uint64(3) {
			t.Run(fmt.Sprint("seed", seed), func(t *testing.T) {
				brk := broker.InProcess()
				t.Cleanup(func() { closeBroker(t, brk) })
				tellStories(t, seed, feedtest.Open(t, db, brk))
			})
		}
	})
}

// TestTwoNodesTellTheSame: it holds as well when things happen on several nodes, and devices come back to another one than they left.
func TestTwoNodesTellTheSame(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		tellStories(t, 11, feedtest.Open(t, db, redis(t)), feedtest.Open(t, db, redis(t)))
	})
}

// redis opens a node's own connection to the Redis that `make test` starts.
func redis(t *testing.T) broker.Broker {
	t.Helper()
	address := os.Getenv("PANAH_TEST_REDIS")
	if address == "" {
		t.Fatal("PANAH_TEST_REDIS is not set: run the tests with `make test`, which starts a Redis server for them")
	}
	brk, err := broker.Redis(t.Context(), address)
	if err != nil {
		t.Fatalf("open Redis: %v", err)
	}
	t.Cleanup(func() { closeBroker(t, brk) })
	return brk
}

func closeBroker(t *testing.T, b broker.Broker) {
	if err := b.Close(); err != nil {
		t.Errorf("close the broker: %v", err)
	}
}

// story makes things happen at random and has devices listen to it.
type story struct {
	*feedtest.Hub // the node at which things happen now
	nodes         []*feedtest.Hub
	random        *rand.Rand
	users         []string
	rooms         []string
	posts         []room.Event
	seed          uint64
	n             int
}

// listener is one device.
type listener struct {
	user, filter string
	line         *feedtest.Line // nil for one that asks /sync
	node         *feedtest.Hub
	picture      *feedtest.Picture
}

// filters are those with which the devices of a story listen.
var filters = []string{
	``,
	`{"room":{"timeline":{"limit":3}}}`,
	`{"room":{"timeline":{"not_types":["m.room.message"]},"ephemeral":{"not_types":["m.typing"]}}}`,
	`{"room":{"state":{"lazy_load_members":true},"timeline":{"limit":50}}}`,
}

func tellStories(t *testing.T, seed uint64, nodes ...*feedtest.Hub) {
	s := &story{Hub: nodes[0], nodes: nodes, random: rand.New(rand.NewPCG(seed, 7)), seed: seed}
	for _, name := range []string{"gulnora", "hamid", "parwin", "zainab"} {
		s.users = append(s.users, fmt.Sprintf("@%s%d:hub.example", name, seed))
	}
	var devices []*listener
	lines := rand.New(rand.NewPCG(seed, 8)) // whose devices take nothing for a while
	for _, user := range s.users {
		for _, filter := range filters {
			for _, stream := range []bool{false, true} {
				d := &listener{user: user, filter: filter, picture: feedtest.NewPicture(), node: s.node()}
				if stream {
					d.line = d.node.Attach(user, "", filter)
				}
				devices = append(devices, d)
			}
		}
	}
	for range 12 {
		for range 1 + s.random.IntN(12) {
			s.Hub = s.node()
			s.happen()
			if d := devices[lines.IntN(len(devices))]; d.line != nil {
				d.line.Slow(lines.IntN(2) == 0)
			}
		}
		for _, d := range devices {
			if s.random.IntN(3) > 0 {
				s.listen(t, d, s.random.IntN(3) == 0)
			}
		}
	}
	for _, d := range devices {
		s.listen(t, d, false)
		s.compare(t, d)
		if d.line != nil {
			d.line.Detach()
		}
	}
}

func (s *story) node() *feedtest.Hub { return s.nodes[s.random.IntN(len(s.nodes))] }

func (s *story) pick(from []string) string { return from[s.random.IntN(len(from))] }

// happen does one thing. What somebody may not do does not happen, which is part of the story.
func (s *story) happen() {
	s.n++
	user := s.pick(s.users)
	if len(s.rooms) == 0 || s.random.IntN(40) == 0 {
		name := []string{"", "Suhbat"}[s.random.IntN(2)]
		s.rooms = append(s.rooms, s.Room(user, room.Create{Name: name, Invite: []string{s.other(user)}}))
		return
	}
	id := s.pick(s.rooms)
	ctx := s.T.Context()
	data := json.RawMessage(fmt.Sprintf(`{"n":%d}`, s.n))
	switch s.random.IntN(17) {
	case 0, 1, 2, 3, 4, 5:
		s.try(feedtest.Message(id, user, fmt.Sprint("салом ", s.n)))
	case 6, 7:
		s.try(feedtest.Member(id, user, user, "join"))
	case 8:
		s.try(feedtest.Member(id, user, user, "leave"))
	case 9:
		s.try(feedtest.Member(id, user, s.other(user), []string{"invite", "leave", "ban"}[s.random.IntN(3)]))
	case 10:
		d := feedtest.Member(id, user, user, "join")
		d.Content = map[string]any{"membership": "join", "displayname": fmt.Sprint("Name ", s.n)}
		s.try(d)
	case 11:
		empty := ""
		s.try(room.Draft{RoomID: id, Sender: user, Type: s.pick([]string{"m.room.topic", "m.room.name"}), StateKey: &empty,
			Content: map[string]any{"topic": fmt.Sprint(s.n), "name": s.pick([]string{"", "Гап"})}})
	case 12:
		_ = s.Feed.SetAccountData(ctx, user, s.pick([]string{"", id}), "network.panah.settings", data)
	case 13:
		_ = s.Feed.SetTag(ctx, user, id, "m.favourite", feed.Tag{})
	case 14:
		if len(s.posts) > 0 {
			post := s.posts[s.random.IntN(len(s.posts))]
			kind := s.pick([]string{"m.read", "m.read.private", "m.fully_read"})
			_ = s.Feed.SetReceipts(ctx, user, post.RoomID, feed.Marker{Kind: kind, Event: post.ID})
		}
	case 15:
		if len(s.posts) > 0 {
			post := s.posts[s.random.IntN(len(s.posts))]
			s.try(room.Draft{RoomID: post.RoomID, Sender: post.Sender, Type: "m.room.redaction", Redacts: post.ID, Content: map[string]any{"redacts": post.ID}})
		}
	case 16:
		if len(s.posts) > 0 {
			post := s.posts[s.random.IntN(len(s.posts))]
			s.Purge(post.RoomID, post.ID)
		}
	}
}

func (s *story) other(user string) string {
	for {
		if other := s.pick(s.users); other != user {
			return other
		}
	}
}

func (s *story) try(d room.Draft) {
	event, err := s.Try(d)
	if err == nil && event.Type == "m.room.message" {
		s.posts = append(s.posts, event)
	}
}

// listen brings a device up to date: one that asks, asks; a line is read, and broken off in the middle first if it breaks.
func (s *story) listen(t *testing.T, d *listener, breaks bool) {
	t.Helper()
	if d.line == nil {
		d.picture.Apply(t, s.node().Sync(d.user, feed.Request{Since: d.picture.Next, Filter: d.filter}))
		return
	}
	if breaks {
		d.line.Detach()
		frames := d.line.Take()
		for _, f := range frames[:s.random.IntN(len(frames)+1)] {
			d.picture.Apply(t, feedtest.Decode(t, f.JSON))
		}
		d.node = s.node()
		d.line = d.node.Attach(d.user, d.picture.Next, d.filter)
	}
	d.line.Slow(false)
	d.node.Caught(d.line)
	for _, f := range d.line.Take() {
		d.picture.Apply(t, feedtest.Decode(t, f.JSON))
	}
}

func (s *story) compare(t *testing.T, d *listener) {
	t.Helper()
	fresh := feedtest.NewPicture()
	fresh.Apply(t, s.Sync(d.user, feed.Request{Filter: d.filter}))
	who := fmt.Sprintf("seed %d, %s, stream %t, filter %q", s.seed, d.user, d.line != nil, d.filter)
	if len(d.picture.Doubled) > 0 {
		t.Errorf("%s was told twice of %v", who, d.picture.Doubled)
	}
	got, want := d.picture, fresh
	got.Next, want.Next, got.Doubled = "", "", nil
	delete(want.Account, "m.push_rules") // the stream leaves out the rules that everybody has
	delete(got.Account, "m.push_rules")
	for id, w := range want.Rooms {
		if g := got.Rooms[id]; g != nil {
			alike(g, w, d)
		}
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(), ignoreSeen); diff != "" {
		t.Errorf("%s: the picture differs (-fresh +told):\n%s", who, diff)
	}
}

var ignoreSeen = cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".seen" || p.Last().String() == ".emptied" }, cmp.Ignore())

// alike leaves of two pictures of a room what both must have: as much of the timeline as both reach back to, names only where the
// room has none of its own, and counts of unread posts only where they are told.
func alike(got, want *feedtest.Room, d *listener) {
	n := min(len(got.Timeline), len(want.Timeline))
	got.Timeline, want.Timeline = got.Timeline[len(got.Timeline)-n:], want.Timeline[len(want.Timeline)-n:]
	if name, ok := want.State["m.room.name|"]; ok && name.Content != "" {
		var content struct {
			Name string `json:"name"`
		}
		if json.Unmarshal([]byte(name.Content), &content) == nil && content.Name != "" {
			got.Heroes, want.Heroes = nil, nil
		}
	}
	slices.Sort(got.Heroes)
	slices.Sort(want.Heroes)
	if d.line != nil {
		got.Unread, want.Unread = nil, nil
	}
	if strings.Contains(d.filter, "lazy") {
		aboutSpeakers(got, want)
	}
}

// aboutSpeakers leaves of the members those whom a lazy device must know: who speaks in what both remember.
func aboutSpeakers(rooms ...*feedtest.Room) {
	speaks := map[string]bool{}
	for _, e := range rooms[0].Timeline {
		speaks["m.room.member|"+e.Sender] = true
	}
	for _, r := range rooms {
		for key := range r.State {
			if strings.HasPrefix(key, "m.room.member|") && !speaks[key] {
				delete(r.State, key)
			}
		}
	}
}
