package feed_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
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
		for seed := range uint64(4) {
			t.Run(fmt.Sprint("seed", seed), func(t *testing.T) {
				brk := broker.InProcess()
				t.Cleanup(func() { closeBroker(t, brk) })
				tellStories(t, feedtest.Open(t, db, brk), seed)
			})
		}
	})
}

func closeBroker(t *testing.T, b broker.Broker) {
	if err := b.Close(); err != nil {
		t.Errorf("close the broker: %v", err)
	}
}

// story makes things happen at random and has devices listen to it.
type story struct {
	*feedtest.Hub
	random *rand.Rand
	users  []string
	rooms  []string
	posts  []room.Event
	seed   uint64
	n      int
}

// listener is one device.
type listener struct {
	user, filter string
	line         *feedtest.Line // nil for one that asks /sync
	picture      *feedtest.Picture
}

func tellStories(t *testing.T, h *feedtest.Hub, seed uint64) {
	s := &story{Hub: h, random: rand.New(rand.NewPCG(seed, 7)), seed: seed}
	for _, name := range []string{"gulnora", "hamid", "parwin", "zainab"} {
		s.users = append(s.users, fmt.Sprintf("@%s%d:hub.example", name, seed))
	}
	var devices []*listener
	for _, user := range s.users {
		devices = append(devices,
			&listener{user: user, picture: feedtest.NewPicture()},
			&listener{user: user, picture: feedtest.NewPicture(), line: h.Attach(user, "", "")},
			&listener{user: user, picture: feedtest.NewPicture(), line: h.Attach(user, "", `{"room":{"timeline":{"limit":3}}}`), filter: `{"room":{"timeline":{"limit":3}}}`})
	}
	for range 25 {
		for range 1 + s.random.IntN(12) {
			s.happen()
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
	switch s.random.IntN(16) {
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
		d.picture.Apply(t, s.Sync(d.user, feed.Request{Since: d.picture.Next, Filter: d.filter}))
		return
	}
	if breaks {
		d.line.Detach()
		frames := d.line.Take()
		for _, f := range frames[:s.random.IntN(len(frames)+1)] {
			d.picture.Apply(t, feedtest.Decode(t, f.JSON))
		}
		d.line = s.Attach(d.user, d.picture.Next, d.filter)
	}
	s.Caught(d.line)
	for _, f := range d.line.Take() {
		d.picture.Apply(t, feedtest.Decode(t, f.JSON))
	}
}

func (s *story) compare(t *testing.T, d *listener) {
	t.Helper()
	fresh := feedtest.NewPicture()
	fresh.Apply(t, s.Sync(d.user, feed.Request{Filter: `{"room":{"timeline":{"limit":100}}}`}))
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
			alike(g, w, d.line == nil)
		}
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(), ignoreSeen); diff != "" {
		t.Errorf("%s: the picture differs (-fresh +told):\n%s", who, diff)
	}
}

var ignoreSeen = cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".seen" }, cmp.Ignore())

// alike leaves of two pictures of a room what both must have: as much of the timeline as both reach back to, names only where the
// room has none of its own, and counts of unread posts only where they are told.
func alike(got, want *feedtest.Room, counts bool) {
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
	if !counts {
		got.Unread, want.Unread = nil, nil
	}
}
