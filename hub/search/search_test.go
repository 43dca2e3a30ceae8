package search_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"panah/hub/broker"
	"panah/hub/fault"
	"panah/hub/keyring"
	"panah/hub/room"
	"panah/hub/search"
	"panah/hub/store"
	"panah/hub/store/storetest"
)

const (
	alice = "@alice:hub.example"
	bob   = "@bob:hub.example"
	carol = "@carol:hub.example"
)

// M is a JSON object.
type M = map[string]any

// house is a hub's rooms with their searching, which nothing follows but the searches themselves.
type house struct {
	t      testing.TB
	db     *store.DB
	rooms  *room.Rooms
	search *search.Search
	brk    broker.Broker
}

func open(t testing.TB, db *store.DB) *house {
	t.Helper()
	ring, err := keyring.Open(t.Context(), db, "hub.example")
	if err != nil {
		t.Fatal(err)
	}
	brk := broker.InProcess()
	t.Cleanup(func() { brk.Close() })
	rooms := room.New(db, ring, brk, nil, search.Follower{})
	return &house{t, db, rooms, search.New(db, rooms, brk, search.Options{Deadline: time.Minute}), brk}
}

func each(t *testing.T, f func(t *testing.T, h *house)) {
	storetest.Each(t, func(t *testing.T, db *store.DB) { f(t, open(t, db)) })
}

func (h *house) create(c room.Create) (id string) {
	h.t.Helper()
	err := h.db.Write(h.t.Context(), func(tx *store.Tx) (err error) {
		id, _, err = h.rooms.CreateTx(h.t.Context(), tx, c)
		return err
	})
	if err != nil {
		h.t.Fatalf("create: %v", err)
	}
	return id
}

func (h *house) append(d room.Draft) (id string) {
	h.t.Helper()
	err := h.db.Write(h.t.Context(), func(tx *store.Tx) error {
		events, err := h.rooms.Append(context.Background(), tx, d)
		if err == nil {
			id = events[0].ID
		}
		return err
	})
	if err != nil {
		h.t.Fatalf("append: %v", err)
	}
	return id
}

func (h *house) post(roomID, sender, body string) string {
	h.t.Helper()
	return h.append(room.Draft{RoomID: roomID, Sender: sender, Type: "m.room.message", Content: M{"msgtype": "m.text", "body": body}})
}

func (h *house) edit(roomID, sender, of, body string) string {
	h.t.Helper()
	return h.append(room.Draft{RoomID: roomID, Sender: sender, Type: "m.room.message", Content: M{"msgtype": "m.text", "body": "* " + body,
		"m.new_content": M{"msgtype": "m.text", "body": body}, "m.relates_to": M{"rel_type": "m.replace", "event_id": of}}})
}

func (h *house) redact(roomID, sender, id string) {
	h.t.Helper()
	h.append(room.Draft{RoomID: roomID, Sender: sender, Type: "m.room.redaction", Redacts: id, Content: M{}})
}

func (h *house) member(roomID, sender, user, membership string) {
	h.t.Helper()
	h.append(room.Draft{RoomID: roomID, Sender: sender, Type: "m.room.member", StateKey: &user, Content: M{"membership": membership}})
}

func (h *house) find(reader string, q search.Question) *search.Answer {
	h.t.Helper()
	if q.Limit == 0 {
		q.Limit = 20
	}
	a, err := h.search.Find(h.t.Context(), reader, q)
	if err != nil {
		h.t.Fatalf("find %q: %v", q.Text, err)
	}
	return a
}

// found are the texts that are found, in the order of the answer.
func (h *house) found(reader string, q search.Question) []string {
	h.t.Helper()
	return texts(h.find(reader, q))
}

func texts(a *search.Answer) []string {
	list := []string{}
	for _, hit := range a.Hits {
		list = append(list, hit.Fields[0].Text)
	}
	return list
}

func (h *house) want(reader, text string, want ...string) {
	h.t.Helper()
	if got := h.found(reader, search.Question{Text: text}); !slices.Equal(got, want) {
		h.t.Errorf("%s looks for %q and finds %q, want %q", reader, text, got, want)
	}
}

// TestBriefChannels: what is said about a request for a place is in no index.
func TestBriefChannels(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		usual := h.create(room.Create{Creator: alice, Preset: "private_chat"})
		request := h.create(room.Create{Creator: alice, Preset: "private_chat", InitialState: []room.Draft{{Type: "network.panah.channel", Content: M{"kind": "place"}}}})
		h.post(usual, alice, "the red suitcase")
		h.edit(request, alice, h.post(request, alice, "another red suitcase"), "a green suitcase")
		h.want(alice, "suitcase", "the red suitcase")
	})
}

// TestSpellings: what was sent is found at once, however it is spelt.
func TestSpellings(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		r := h.create(room.Create{Creator: alice, Preset: "private_chat"})
		tests := []struct{ posted, looked string }{
			{"این کتاب است", "كتاب"}, {"علي كريم", "علی کریم"}, {"مُحَمَّد آمد", "محمد"}, {"لڑکی ٹھیک ہے", "لرکی تهیک هے"},
			{"پښتو ژبه", "پشتو"}, {"شماره ۱۲ است", "12"}, {"number 34", "۳۴"}, {"ما می‌رویم", "میرویم"}, {"خانه‌ها", "خانه ها"},
			{"ایشان می آیند", "می‌آیند"}, {"کتابخانهٔ شهر", "كتابخانه"}, {"Фёдор приехал", "федор"}, {"забони тоҷикӣ", "точики"},
			{"ҳамсояи мо", "хамсоя"}, {"Oʻzbek tilida", "o'zbek"}, {"bog‘ togʻ", "tog'"}, {"Şemşat geldi", "semsat"}, {"türkmençe", "turkmen"},
			{"مهاجر", "مهاجرت"[:len("مهاج")]},
		}
		for _, tt := range tests {
			id := h.post(r, alice, tt.posted)
			a := h.find(alice, search.Question{Text: tt.looked})
			if len(a.Hits) != 1 || a.Hits[0].Event.ID != id {
				t.Errorf("%q is not found by %q but %q", tt.posted, tt.looked, texts(a))
			}
		}
	})
}

func TestQuestions(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		r := h.create(room.Create{Creator: alice, Preset: "private_chat"})
		h.post(r, alice, "safe house in Herat")
		h.post(r, alice, "house near the safe border")
		h.post(r, alice, "کتاب‌خانه باز است")
		h.want(alice, "house safe", "house near the safe border", "safe house in Herat")
		h.want(alice, `"safe house"`, "safe house in Herat")
		h.want(alice, `“safe house” her`, "safe house in Herat")
		h.want(alice, `«house safe»`)
		h.want(alice, `"کتاب خانه باز"`, "کتاب‌خانه باز است")
		h.want(alice, `"کتابخانه باز"`, "کتاب‌خانه باز است")
		h.want(alice, "saf hous")     // only the last word may be unfinished
		h.want(alice, "h")            // and one letter is no beginning
		h.want(alice, `"safe" "her"`) // nor is a word between quotation marks
		h.want(alice, "— …")          // nothing to look for
		h.want(alice, `"safe ho`, "house near the safe border", "safe house in Herat")
		for _, tt := range []struct{ text, key string }{
			{strings.Repeat("x", 401), "error.search_too_long"}, {strings.Repeat("a b ", 7), "error.search_too_many_words"},
		} {
			_, err := h.search.Find(t.Context(), alice, search.Question{Text: tt.text, Limit: 1})
			var f *fault.Fault
			if !errors.As(err, &f) || f.Key != tt.key {
				t.Errorf("%.10q gives %v, want %s", tt.text, err, tt.key)
			}
		}
	})
}

// TestWhatIsSaidNow: later wordings take the place of earlier ones, and what was taken back is gone at once.
func TestWhatIsSaidNow(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		r := h.create(room.Create{Creator: alice, Preset: "private_chat", Invite: []string{bob}, Name: "Шелтерҳо"})
		h.member(r, bob, bob, "join")
		id := h.post(r, alice, "first words")
		h.want(alice, "first", "first words")
		second := h.edit(r, alice, id, "second words")
		h.want(alice, "first")
		h.want(alice, "second", "second words")
		h.edit(r, bob, id, "foreign words") // another one's wording counts for nothing
		h.want(alice, "foreign")
		h.redact(r, alice, second)
		h.want(alice, "second")
		h.want(alice, "first", "first words")
		h.redact(r, alice, id)
		h.want(alice, "words")
		h.want(alice, "шелтерхо", "Шелтерҳо") // a channel's name
		h.append(room.Draft{RoomID: r, Sender: alice, Type: "m.room.encrypted", Content: M{"body": "cipher"}})
		h.append(room.Draft{RoomID: r, Sender: alice, Type: "network.unknown", Content: M{"body": "unknown"}})
		h.append(room.Draft{RoomID: r, Sender: alice, Type: "m.room.message", Content: M{"msgtype": "m.text", "body": 5}})
		h.want(alice, "cipher")
		h.want(alice, "unknown")
	})
}

// TestNoWordOutlivesItsPost: the index forgets in the transaction that empties the post, before anything has read the log.
func TestNoWordOutlivesItsPost(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		r := h.create(room.Create{Creator: alice, Preset: "private_chat"})
		id := h.post(r, alice, "plain")
		edit := h.edit(r, alice, id, "secret")
		h.want(alice, "secret", "secret")
		h.redact(r, alice, edit)
		var left []store.Position
		err := h.db.Read(t.Context(), func(tx *store.Tx) (err error) {
			left, err = tx.Words().Find(store.Match{All: []store.AnyForm{{{{Word: "secret"}}}}, Before: 1 << 40, Limit: 9})
			return err
		})
		if err != nil || len(left) != 0 {
			t.Errorf("the index still has %v, %v", left, err)
		}
		h.want(alice, "plain", "plain")
	})
}

// TestNothingKeptNoLongerIsFound: purging takes the words with it, and nothing brings them back.
func TestNothingKeptNoLongerIsFound(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		r := h.create(room.Create{Creator: alice, Preset: "private_chat"})
		h.edit(r, alice, h.post(r, alice, "plain"), "secret")
		h.want(alice, "secret", "secret")
		if n, err := h.rooms.Sweep(t.Context(), -time.Hour); err != nil || n < 1 {
			t.Fatalf("%d were purged, %v", n, err)
		}
		err := h.db.Write(t.Context(), func(tx *store.Tx) error { // as if the index began anew
			left, err := tx.Words().Find(store.Match{All: []store.AnyForm{{{{Word: "secret"}}}}, Before: 1 << 40, Limit: 9})
			if len(left) != 0 {
				t.Errorf("the index still has %v", left)
			}
			if err != nil {
				return err
			}
			_, err = tx.Exec(`UPDATE search_progress SET begun = 0, live = 0, back = 0`)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		h.want(alice, "secret")
		h.want(alice, "plain")
	})
}

// TestOnlyWhatOneMaySee: other people's channels, what was said before one came and after one left.
func TestOnlyWhatOneMaySee(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		closed := h.create(room.Create{Creator: alice, Preset: "private_chat"})
		h.post(closed, alice, "treasure in the private channel")
		shared := h.create(room.Create{Creator: alice, Preset: "private_chat", Invite: []string{bob, carol}})
		sinceJoin := h.create(room.Create{Creator: alice, Preset: "private_chat", Invite: []string{bob},
			InitialState: []room.Draft{{Type: "m.room.history_visibility", Content: M{"history_visibility": "joined"}}}})
		for _, r := range []string{shared, sinceJoin} {
			h.post(r, alice, "treasure before")
			h.want(bob, "treasure")
			h.member(r, bob, bob, "join")
			h.post(r, alice, "treasure during")
			h.member(r, bob, bob, "leave")
			h.post(r, alice, "treasure after")
			if r == shared {
				h.want(bob, "treasure", "treasure during", "treasure before")
				h.want(carol, "treasure") // invited, and no more
				if err := h.db.Write(t.Context(), func(tx *store.Tx) error { return h.rooms.Forget(tx, r, bob) }); err != nil {
					t.Fatal(err)
				}
				h.want(bob, "treasure")
			}
		}
		h.want(bob, "treasure", "treasure during")
		if got := len(h.find(alice, search.Question{Text: "treasure"}).Hits); got != 7 {
			t.Errorf("alice finds %d, want 7", got)
		}
		if got := h.found(bob, search.Question{Text: "treasure", Rooms: &[]string{closed}}); len(got) != 0 {
			t.Errorf("bob finds %q in a channel that he names", got)
		}
	})
}

// TestWordingsAfterLeaving: who left a channel neither finds nor reads how a post was worded after that.
func TestWordingsAfterLeaving(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		r := h.create(room.Create{Creator: alice, Preset: "private_chat", Invite: []string{bob}})
		h.member(r, bob, bob, "join")
		id := h.post(r, alice, "meeting on Monday")
		h.edit(r, alice, id, "meeting on Tuesday")
		h.member(r, bob, bob, "leave")
		h.edit(r, alice, id, "meeting on Tuesday in the orchard")
		h.want(bob, "orchard")
		h.want(bob, "meeting", "meeting on Tuesday")
		if a := h.find(bob, search.Question{Text: "meeting"}); len(a.Hits) != 1 || strings.Contains(string(a.Hits[0].Wording.Content), "orchard") {
			t.Errorf("what was worded later comes along: %+v", a.Hits)
		}
		h.want(alice, "orchard", "meeting on Tuesday in the orchard")
	})
}

func TestNarrower(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		one := h.create(room.Create{Creator: alice, Preset: "private_chat", Invite: []string{bob}})
		h.member(one, bob, bob, "join")
		two := h.create(room.Create{Creator: alice, Preset: "private_chat"})
		h.post(one, alice, "word one alice")
		h.post(one, bob, "word one bob")
		h.post(two, alice, "word two")
		h.append(room.Draft{RoomID: two, Sender: alice, Type: "m.room.message", Content: M{"msgtype": "m.file", "body": "word of a file", "filename": "report۱۲.pdf", "url": "mxc://h/x"}})
		tests := []struct {
			name string
			q    search.Question
			want []string
		}{
			{"in one channel", search.Question{Rooms: &[]string{one}}, []string{"word one bob", "word one alice"}},
			{"not in one", search.Question{NotRooms: []string{one}}, []string{"word of a file", "word two"}},
			{"in none", search.Question{Rooms: &[]string{}}, []string{}},
			{"by one person", search.Question{Senders: &[]string{bob}}, []string{"word one bob"}},
			{"files", search.Question{Files: true}, []string{"word of a file"}},
			{"in the file's name", search.Question{Text: "report12", Keys: []string{"filename"}}, []string{"report۱۲.pdf"}},
			{"since tomorrow", search.Question{Since: time.Now().Add(24 * time.Hour)}, []string{}},
			{"until yesterday", search.Question{Until: time.Now().Add(-24 * time.Hour)}, []string{}},
			{"since yesterday", search.Question{Since: time.Now().Add(-24 * time.Hour), Rooms: &[]string{two}}, []string{"word of a file", "word two"}},
			{"what else", search.Question{Lets: func(e *room.Event) bool { return e.Sender == bob }}, []string{"word one bob"}},
		}
		for _, tt := range tests {
			if tt.q.Text == "" {
				tt.q.Text = "word"
			}
			if got := h.found(alice, tt.q); !slices.Equal(got, tt.want) {
				t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
			}
		}
	})
}

// TestPages: following the pages gives the same as one long one, by either order, with ties, and while others post.
func TestPages(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		r := h.create(room.Create{Creator: alice, Preset: "private_chat"})
		for i := range 23 {
			h.post(r, alice, fmt.Sprintf("%s %02d", []string{"қалам", "калам", "каламдон"}[i%3], i))
		}
		for _, byRank := range []bool{false, true} {
			want := h.found(alice, search.Question{Text: "қалам", ByRank: byRank, Limit: 100})
			if len(want) != 23 {
				t.Fatalf("%d are found, want 23", len(want))
			}
			var got []string
			for cursor, page := "", 0; page == 0 || cursor != ""; page++ {
				a := h.find(alice, search.Question{Text: "қалам", ByRank: byRank, Limit: 5, Cursor: cursor})
				got, cursor = append(got, texts(a)...), a.Next
				h.post(r, alice, "қалам posted meanwhile")
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("by rank %v (-long +pages)\n%s", byRank, diff)
			}
			if byRank && (got[0] != "қалам 21" || got[8] != "калам 22" || got[16] != "каламдон 20") {
				t.Errorf("by rank: %q", got)
			}
			for _, id := range texts(h.find(alice, search.Question{Text: "meanwhile", Limit: 100})) {
				if !strings.Contains(id, "meanwhile") {
					t.Errorf("found %q", id)
				}
			}
			h.forgetMeanwhile(r)
		}
		for _, cursor := range []string{"x", "1.2", "-1.0.0", "5.1.7x", "01.0.0"} {
			if _, err := h.search.Find(t.Context(), alice, search.Question{Text: "a b", Cursor: cursor}); err == nil {
				t.Errorf("the cursor %q was taken", cursor)
			}
		}
	})
}

// forgetMeanwhile takes back what a test posted between two pages.
func (h *house) forgetMeanwhile(r string) {
	h.t.Helper()
	for _, hit := range h.find(alice, search.Question{Text: "meanwhile", Limit: 100}).Hits {
		h.redact(r, alice, hit.Event.ID)
	}
}

func TestMarks(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		r := h.create(room.Create{Creator: alice, Preset: "private_chat"})
		h.post(r, alice, "👍 كتاب نو، کتاب‌ها و کِتاب")
		a := h.find(alice, search.Question{Text: "کتاب"})
		want := [][2]int{{3, 7}, {12, 19}, {22, 27}}
		if diff := cmp.Diff(want, a.Hits[0].Fields[0].Marks); diff != "" {
			t.Errorf("marks (-want +got)\n%s", diff)
		}
		if diff := cmp.Diff([]string{"كتاب", "کتاب‌ها", "کِتاب"}, a.Highlights); diff != "" {
			t.Errorf("highlights (-want +got)\n%s", diff)
		}
	})
}

// TestWhatWasThereBefore: a hub that searching is new to finds new posts at once, reads the old ones in batches, and goes on where it
// was stopped. Two nodes at once do no harm.
func TestWhatWasThereBefore(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		r := h.create(room.Create{Creator: alice, Preset: "private_chat"})
		old := make([]string, 0, 350)
		for i := range 350 {
			old = append(old, h.post(r, alice, fmt.Sprintf("word %d", i)))
		}
		h.edit(r, alice, old[3], "other wording")
		h.redact(r, alice, old[4])
		err := h.db.Write(t.Context(), func(tx *store.Tx) error { // as the migration leaves it
			_, err := tx.Exec(`UPDATE search_progress SET begun = (SELECT head FROM counter), live = (SELECT head FROM counter), back = (SELECT head FROM counter)`)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		h.post(r, alice, "word of today")
		if a := h.find(alice, search.Question{Text: "word"}); len(a.Hits) != 1 || !a.Partial {
			t.Errorf("before the old ones were read: %q, partial %v", texts(a), a.Partial)
		}
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 2)
		for range 2 {
			node := search.New(h.db, h.rooms, h.brk, search.Options{})
			go func() { ended <- node.Run(ctx) }()
		}
		for read, of := store.Position(0), store.Position(1); read < of; {
			if err := h.db.Read(t.Context(), func(tx *store.Tx) (err error) { read, of, err = search.Progress(tx); return err }); err != nil {
				t.Fatal(err)
			}
		}
		stop()
		if err := errors.Join(<-ended, <-ended); err != nil {
			t.Errorf("run: %v", err)
		}
		a := h.find(alice, search.Question{Text: "word", Limit: 100})
		count := len(a.Hits)
		for a.Next != "" {
			a = h.find(alice, search.Question{Text: "word", Limit: 100, Cursor: a.Next})
			count += len(a.Hits)
		}
		if count != 350 || a.Partial { // "wording" begins with it as well
			t.Errorf("%d are found, want 350; partial %v", count, a.Partial)
		}
		h.want(alice, "wording", "other wording")
	})
}

// TestBounds: a search that looks at more than it may says so, and the next page goes on.
func TestBounds(t *testing.T) {
	h := open(t, storetest.SQLite(t))
	if _, err := search.New(h.db, h.rooms, h.brk, search.Options{Deadline: time.Nanosecond}).Find(t.Context(), alice, search.Question{Text: "word"}); err == nil {
		t.Error("a search without time gave an answer")
	}
}
