package exchange_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"panah/hub/alert/exchange"
	"panah/hub/cap"
	"panah/hub/cap/atom"
	"panah/hub/fault"
	"panah/hub/network/networktest"
	"panah/hub/outside"
	"panah/hub/people"
	"panah/hub/room"
	"panah/hub/store"
	"panah/hub/store/storetest"
)

// hub is a hub without its doors, with a steward in a channel of theirs.
type hub struct {
	*networktest.Hub
	steward people.Caller
	channel string
}

func newHub(t *testing.T, db *store.DB) *hub {
	t.Helper()
	h := &hub{Hub: networktest.On(t, db, people.Options{SecondFactor: people.FactorOffered}, exchange.Log{})}
	h.Found()
	h.steward = h.Steward("steward")
	err := db.Write(t.Context(), func(tx *store.Tx) (err error) {
		h.channel, _, err = h.Rooms.CreateTx(t.Context(), tx, room.Create{Creator: h.steward.UserID, Preset: "private_chat"})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func (h *hub) member() people.Caller {
	h.T.Helper()
	o, err := h.Network.CreateOrganisation(h.T.Context(), h.steward, "Lamp", "ngo", "TJ")
	if err != nil {
		h.T.Fatal(err)
	}
	_, token, err := h.Network.InvitePerson(h.T.Context(), h.steward, o.ID, people.Member, "tg")
	if err != nil {
		h.T.Fatal(err)
	}
	return h.SignUp("member", token)
}

// exchange is one node's.
func (h *hub) exchange(allowed ...string) *exchange.Exchange {
	h.T.Helper()
	door, err := outside.Open(allowed)
	if err != nil {
		h.T.Fatal(err)
	}
	return exchange.New(h.DB, h.People, h.Rooms, nil, exchange.Options{Door: door, Chance: func() float64 { return 0.5 }, Log: slog.New(slog.DiscardHandler)})
}

// began is the time that all files count from: made twice, a file is the same to the byte.
var began = time.Now()

// file is an alert that was sent a minute ago and holds for an hour.
func file(t *testing.T, identifier string, change func(a *cap.Alert)) []byte {
	t.Helper()
	a := &cap.Alert{Identifier: identifier, Sender: "desk@elsewhere.example", Sent: cap.At(began.Add(-time.Minute)), Status: "Actual", MsgType: "Alert", Scope: "Public",
		Infos: []cap.Info{{Language: "ur", Categories: []cap.Category{"Transport"}, Event: "سرحد بند", Urgency: "Immediate", Severity: "Severe", Certainty: "Observed",
			Expires: cap.At(began.Add(time.Hour)), Headline: "سرحد بند ہے", Areas: []cap.Area{{Description: "طورخم"}}}}}
	if change != nil {
		change(a)
	}
	var out bytes.Buffer
	if err := cap.Write(&out, a); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// posted are the posts of the channel that came from files, the oldest first.
func (h *hub) posted() (all []*room.Event) {
	h.T.Helper()
	err := h.DB.Read(h.T.Context(), func(tx *store.Tx) error {
		rows, err := tx.Query(`SELECT event_id FROM cap_imports ORDER BY at, identifier`)
		if err != nil {
			return err
		}
		defer rows.Close()
		var ids []string
		for rows.Next() {
			var id string
			if err := rows.Scan(&id); err != nil {
				return err
			}
			ids = append(ids, id)
		}
		for _, id := range ids {
			e, err := h.Rooms.EventByID(tx, id)
			if err != nil {
				return err
			}
			all = append(all, e)
		}
		return rows.Err()
	})
	if err != nil {
		h.T.Fatal(err)
	}
	return all
}

func wants(t *testing.T, err error, key string) {
	t.Helper()
	var f *fault.Fault
	if !errors.As(err, &f) || f.Key != key {
		t.Errorf("got %v, want %s", err, key)
	}
}

func TestImport(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		h := newHub(t, db)
		x := h.exchange()
		first, err := x.Import(t.Context(), h.steward, h.channel, bytes.NewReader(file(t, "a1", nil)))
		if err != nil || first.Again || first.EventID == "" {
			t.Fatalf("got %+v, %v", first, err)
		}
		again, err := h.exchange().Import(t.Context(), h.steward, h.channel, bytes.NewReader(file(t, "a1", nil)))
		if err != nil || !again.Again || again.EventID != first.EventID {
			t.Errorf("a second time: got %+v, %v", again, err)
		}
		update := file(t, "a2", func(a *cap.Alert) {
			a.MsgType, a.Status = "Update", "Exercise"
			a.References = []cap.Reference{{Sender: a.Sender, Identifier: "a1", Sent: a.Sent}}
		})
		if _, err := x.Import(t.Context(), h.steward, h.channel, bytes.NewReader(update)); err != nil {
			t.Fatal(err)
		}
		posts := h.posted()
		if len(posts) != 2 {
			t.Fatalf("got %d posts", len(posts))
		}
		var content struct {
			Body string
			Card exchange.Card `json:"network.panah.cap"`
			To   struct {
				EventID string `json:"event_id"`
			} `json:"m.relates_to"`
		}
		if err := json.Unmarshal(posts[1].Content, &content); err != nil {
			t.Fatal(err)
		}
		if content.To.EventID != first.EventID || content.Card.Identifier != "a2" || content.Card.Infos[0].Areas[0] != "طورخم" {
			t.Errorf("got %+v", content)
		}
		if !strings.Contains(content.Body, "سرحد بند ہے") || !strings.Contains(strings.SplitN(content.Body, "\n", 2)[0], "Exercise") {
			t.Errorf("the text is %q", content.Body)
		}
	})
}

func TestImportRefuses(t *testing.T) {
	h := newHub(t, storetest.SQLite(t))
	x := h.exchange()
	for key, bad := range map[string][]byte{
		"error.cap_not_xml": []byte("hello"),
		"error.cap_doctype": []byte(`<!DOCTYPE a [<!ENTITY b "c">]><a/>`),
		"error.cap_expired": file(t, "old", func(a *cap.Alert) { a.Infos[0].Expires = cap.At(time.Now().Add(-time.Second)) }),
		"error.cap_future":  file(t, "new", func(a *cap.Alert) { a.Sent = cap.At(time.Now().Add(3 * time.Hour)); a.Infos = nil }),
		"error.too_large":   bytes.Repeat([]byte(" "), cap.Usual.Bytes+1),
	} {
		_, err := x.Import(t.Context(), h.steward, h.channel, bytes.NewReader(bad))
		wants(t, err, key)
	}
	stranger := h.member()
	_, err := x.Import(t.Context(), stranger, h.channel, bytes.NewReader(file(t, "a1", nil)))
	wants(t, err, "error.not_member")
	if posts := h.posted(); len(posts) != 0 {
		t.Errorf("%d posts were made", len(posts))
	}
}

// TestALongFileFitsAnEvent: what an event cannot hold is counted, and the post is made.
func TestALongFileFitsAnEvent(t *testing.T) {
	h := newHub(t, storetest.SQLite(t))
	long := file(t, "long", func(a *cap.Alert) {
		info := a.Infos[0]
		info.Description, info.Instruction = strings.Repeat("ش", 5000), strings.Repeat("\u202eب", 5000)
		a.Infos = nil
		for range 10 {
			a.Infos = append(a.Infos, info)
		}
	})
	if _, err := h.exchange().Import(t.Context(), h.steward, h.channel, bytes.NewReader(long)); err != nil {
		t.Fatal(err)
	}
	content := string(h.posted()[0].Content)
	if strings.Contains(content, "\u202e") || !strings.Contains(content, `"more":`) {
		t.Errorf("got %.200s…", content)
	}
}

// elsewhere is somebody's feed.
type elsewhere struct {
	*httptest.Server
	mu       sync.Mutex
	files    map[string][]byte
	order    []string
	whole    atomic.Int64 // answers with the feed in them
	same     atomic.Int64 // answers that nothing changed
	fetched  atomic.Int64 // files
	unwilled atomic.Bool
}

func newElsewhere(t *testing.T) *elsewhere {
	e := &elsewhere{files: map[string][]byte{}}
	e.Server = httptest.NewServer(e)
	t.Cleanup(e.Close)
	return e
}

func (e *elsewhere) host() string { return strings.TrimPrefix(e.URL, "http://") }

func (e *elsewhere) add(name string, file []byte) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.files[name], e.order = file, append(e.order, name)
}

func (e *elsewhere) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.unwilled.Load() {
		http.Error(w, "no", http.StatusServiceUnavailable)
		return
	}
	if file, known := e.files[strings.TrimPrefix(r.URL.Path, "/")]; known {
		e.fetched.Add(1)
		_, _ = w.Write(file)
		return
	}
	f := &atom.Feed{ID: "urn:feed", Title: "Alerts", Author: "Elsewhere", Updated: time.Unix(1, 0)}
	for _, name := range e.order {
		f.Entries = append(f.Entries, atom.Entry{ID: "urn:" + name, Title: name, Updated: time.Unix(1, 0), Links: []atom.Link{{Type: cap.MediaType, Href: name}}})
	}
	body := atom.Write(f)
	w.Header().Set("ETag", atom.Tag(body))
	if r.Header.Get("If-None-Match") == atom.Tag(body) {
		e.same.Add(1)
		w.WriteHeader(http.StatusNotModified)
		return
	}
	e.whole.Add(1)
	_, _ = w.Write(body)
}

// dueNow makes all feeds due, as time would.
func (h *hub) dueNow() {
	h.T.Helper()
	err := h.DB.Write(h.T.Context(), func(tx *store.Tx) error {
		_, err := tx.Exec(`UPDATE cap_sources SET next_at = $1`, tx.Now.UnixMilli())
		return err
	})
	if err != nil {
		h.T.Fatal(err)
	}
}

func (h *hub) readDue(x *exchange.Exchange, want int) {
	h.T.Helper()
	if got, err := x.ReadDue(h.T.Context()); err != nil || got != want {
		h.T.Fatalf("read %d feeds, %v; want %d", got, err, want)
	}
}

func (h *hub) source(x *exchange.Exchange) exchange.Source {
	h.T.Helper()
	all, err := x.Sources(h.T.Context(), h.steward)
	if err != nil || len(all) != 1 {
		h.T.Fatalf("got %+v, %v", all, err)
	}
	return all[0]
}

func TestFeedIsReadOnceAndWhenItChanges(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		h, e := newHub(t, db), newElsewhere(t)
		x, other := h.exchange(e.host()), h.exchange(e.host())
		e.add("1", file(t, "a1", nil))
		e.add("2", []byte("<!DOCTYPE x><alert/>"))
		e.add("3", file(t, "a3", nil))
		if _, err := x.AddSource(t.Context(), h.steward, h.channel, e.URL+"/feed"); err != nil {
			t.Fatal(err)
		}
		h.readDue(x, 1)
		h.readDue(other, 0) // it is not due any more, on any node
		if got := len(h.posted()); got != 2 {
			t.Fatalf("got %d posts, want 2", got)
		}
		h.dueNow()
		h.readDue(other, 1)
		if e.same.Load() != 1 || e.whole.Load() != 1 || e.fetched.Load() != 3 {
			t.Errorf("the feed was sent %d times, unchanged %d times, and %d files", e.whole.Load(), e.same.Load(), e.fetched.Load())
		}
		e.add("4", file(t, "a4", nil))
		e.add("5", file(t, "a1", nil)) // the first one under another name
		h.dueNow()
		h.readDue(x, 1)
		if got := len(h.posted()); got != 3 || e.fetched.Load() != 5 {
			t.Errorf("got %d posts of %d files, want 3 of 5", got, e.fetched.Load())
		}
		if s := h.source(x); s.Failures != 0 || s.Trouble != "" || s.ReadAt == 0 {
			t.Errorf("got %+v", s)
		}
	})
}

// TestOneNodeTakesATurn: two nodes that look at the same moment read a feed once.
func TestOneNodeTakesATurn(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		h, e := newHub(t, db), newElsewhere(t)
		e.add("1", file(t, "a1", nil))
		if _, err := h.exchange(e.host()).AddSource(t.Context(), h.steward, h.channel, e.URL+"/feed"); err != nil {
			t.Fatal(err)
		}
		var nodes sync.WaitGroup
		var taken atomic.Int64
		for range 4 {
			nodes.Go(func() {
				n, err := h.exchange(e.host()).ReadDue(t.Context())
				if err != nil {
					t.Error(err)
				}
				taken.Add(int64(n))
			})
		}
		nodes.Wait()
		if taken.Load() != 1 || e.whole.Load() != 1 || len(h.posted()) != 1 {
			t.Errorf("%d nodes read it, %d times, %d posts", taken.Load(), e.whole.Load(), len(h.posted()))
		}
	})
}

func TestTroubleBacksOffAndEnds(t *testing.T) {
	h, e := newHub(t, storetest.SQLite(t)), newElsewhere(t)
	x := h.exchange(e.host())
	if _, err := x.AddSource(t.Context(), h.steward, h.channel, e.URL+"/feed"); err != nil {
		t.Fatal(err)
	}
	e.unwilled.Store(true)
	var last time.Duration
	for failures := 1; failures <= 3; failures++ {
		before := time.Now()
		h.dueNow()
		h.readDue(x, 1)
		s := h.source(x)
		pause := time.UnixMilli(s.NextAt).Sub(before)
		if s.Failures != failures || s.Trouble != "error.feed_unreachable" || pause < 2*last-time.Minute || pause < 9*time.Minute {
			t.Errorf("after %d failures: %+v, in %v", failures, s, pause)
		}
		last = pause
	}
	e.unwilled.Store(false)
	h.dueNow()
	h.readDue(x, 1)
	if s := h.source(x); s.Failures != 0 || s.Trouble != "" {
		t.Errorf("got %+v", s)
	}
}

func TestPrivateAddressesAreNeverRead(t *testing.T) {
	h, e := newHub(t, storetest.SQLite(t)), newElsewhere(t)
	x := h.exchange()
	for _, address := range []string{"https://127.0.0.1/feed", "https://[::1]/feed", "https://10.0.0.1/feed"} {
		_, err := x.AddSource(t.Context(), h.steward, h.channel, address)
		wants(t, err, "error.outside_private")
	}
	_, err := x.AddSource(t.Context(), h.steward, h.channel, e.URL+"/feed")
	wants(t, err, "error.outside_address")
	// The name tells nothing; what it leads to is seen when it is dialled.
	_, port, _ := strings.Cut(e.host(), ":")
	if _, err := x.AddSource(t.Context(), h.steward, h.channel, "https://localhost:"+port+"/feed"); err != nil {
		t.Fatal(err)
	}
	h.readDue(x, 1)
	if s := h.source(x); s.Trouble != "error.outside_private" {
		t.Errorf("got %+v", s)
	}
	// Nor does an entry of a feed that is allowed lead to what is not.
	inner := newElsewhere(t)
	inner.add("1", file(t, "inner", nil))
	_, innerPort, _ := strings.Cut(inner.host(), ":")
	allowed := h.exchange(e.host())
	e.mu.Lock()
	e.order = []string{inner.URL + "/1", "https://localhost:" + innerPort + "/1"}
	e.mu.Unlock()
	if _, err := allowed.AddSource(t.Context(), h.steward, h.channel, e.URL+"/feed"); err != nil {
		t.Fatal(err)
	}
	h.dueNow()
	h.readDue(allowed, 2)
	if inner.fetched.Load() != 0 || len(h.posted()) != 0 {
		t.Errorf("%d files were fetched from inside", inner.fetched.Load())
	}
}

func TestSourcesAreAStewardsToEnter(t *testing.T) {
	h, e := newHub(t, storetest.SQLite(t)), newElsewhere(t)
	x, member := h.exchange(e.host()), h.member()
	_, err := x.AddSource(t.Context(), member, h.channel, e.URL)
	wants(t, err, "error.role_may_not")
	_, err = x.Sources(t.Context(), member)
	wants(t, err, "error.role_may_not")
	wants(t, x.RemoveSource(t.Context(), member, "x"), "error.role_may_not")
	_, err = x.AddSource(t.Context(), h.steward, "!nowhere:hub.example", e.URL)
	wants(t, err, "error.not_member")
	s, err := x.AddSource(t.Context(), h.steward, h.channel, e.URL)
	if err != nil {
		t.Fatal(err)
	}
	_, err = x.AddSource(t.Context(), h.steward, h.channel, e.URL)
	wants(t, err, "error.feed_twice")
	for i := range 49 {
		if _, err := x.AddSource(t.Context(), h.steward, h.channel, fmt.Sprintf("%s/%d", e.URL, i)); err != nil {
			t.Fatal(err)
		}
	}
	_, err = x.AddSource(t.Context(), h.steward, h.channel, e.URL+"/more")
	wants(t, err, "error.feed_too_many")
	if err := x.RemoveSource(t.Context(), h.steward, s.ID); err != nil {
		t.Fatal(err)
	}
	wants(t, x.RemoveSource(t.Context(), h.steward, s.ID), "error.feed_unknown")
}

// TestASlowFeedHoldsUpNobody: the slow one, whose turn comes first, does not answer before the other was read.
func TestASlowFeedHoldsUpNobody(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		h, e := newHub(t, db), newElsewhere(t)
		e.add("1", file(t, "a1", nil))
		read := make(chan struct{})
		quick := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			defer close(read)
			_, _ = w.Write(file(t, "a2", nil))
		}))
		t.Cleanup(quick.Close)
		slow := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			select {
			case <-read:
				e.ServeHTTP(w, r)
			case <-r.Context().Done():
			}
		}))
		t.Cleanup(slow.Close)
		host := func(s *httptest.Server) string { return strings.TrimPrefix(s.URL, "http://") }
		x := h.exchange(host(slow), host(quick))
		for i, s := range []*httptest.Server{slow, quick} {
			added, err := x.AddSource(t.Context(), h.steward, h.channel, s.URL+"/feed")
			h.Must(err)
			h.Must(db.Write(t.Context(), func(tx *store.Tx) error {
				_, err := tx.Exec(`UPDATE cap_sources SET next_at = $1 WHERE source_id = $2`, i+1, added.ID)
				return err
			}))
		}
		h.readDue(x, 2)
		if got := len(h.posted()); got != 2 {
			t.Errorf("got %d posts, want one of each feed", got)
		}
	})
}

// TestNamesAreForgotten: of what came from outside nothing is remembered for longer than its post needs.
func TestNamesAreForgotten(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		h := newHub(t, db)
		x := h.exchange()
		for _, name := range []string{"old", "purged", "kept", "young"} {
			_, err := x.Import(t.Context(), h.steward, h.channel, bytes.NewReader(file(t, name, nil)))
			h.Must(err)
		}
		const day = 24 * time.Hour
		h.Must(db.Write(t.Context(), func(tx *store.Tx) error {
			for name, age := range map[string]time.Duration{"old": 366 * day, "purged": 40 * day, "kept": 40 * day, "young": 2 * day} {
				if _, err := tx.Exec(`UPDATE cap_imports SET at = $1 WHERE identifier = $2`, tx.Now.Add(-age).UnixMilli(), name); err != nil {
					return err
				}
			}
			_, err := tx.Exec(`UPDATE events SET purged = TRUE WHERE event_id IN (SELECT event_id FROM cap_imports WHERE identifier IN ('purged', 'young'))`)
			return err
		}))
		gone, err := x.Sweep(t.Context(), 365*day)
		h.Must(err)
		var names []string
		h.Must(db.Read(t.Context(), func(tx *store.Tx) error {
			rows, err := tx.Query(`SELECT identifier FROM cap_imports ORDER BY identifier`)
			if err != nil {
				return err
			}
			defer rows.Close()
			for rows.Next() {
				names = append(names, "")
				if err := rows.Scan(&names[len(names)-1]); err != nil {
					return err
				}
			}
			return rows.Err()
		}))
		if gone != 2 || strings.Join(names, " ") != "kept young" {
			t.Errorf("%d were forgotten, %v stay", gone, names)
		}
	})
}
