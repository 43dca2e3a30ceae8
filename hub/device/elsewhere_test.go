package device

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/matrix-org/gomatrixserverlib"

	"panah/hub/broker"
	"panah/hub/fault"
	"panah/hub/people"
	"panah/hub/store"
	"panah/hub/store/storetest"
)

type m = map[string]any

// servers are other homeservers, of which each says what a test has it say. A server that is not in it does not answer.
type servers struct {
	mu    sync.Mutex
	lists map[string]any // what is answered of a person's devices
	asked map[string]int // how often, by person
	hang  map[string]bool
}

func (s *servers) Devices(ctx context.Context, server, userID string) (json.RawMessage, error) {
	s.mu.Lock()
	s.asked[userID]++
	list, hangs := s.lists[userID], s.hang[server]
	s.mu.Unlock()
	if hangs {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	if list == nil {
		return nil, errors.New("nobody answers")
	}
	return json.Marshal(list)
}

func (s *servers) QueryKeys(ctx context.Context, server string, wish any) (json.RawMessage, error) {
	s.mu.Lock()
	hangs, answers := s.hang[server], false
	devices := m{}
	for user := range wish.(map[string]any)["device_keys"].(map[string][]string) {
		list, has := s.lists[user].(m)
		if answers = answers || has; !has {
			continue
		}
		of := m{}
		for _, d := range list["devices"].([]m) {
			of[d["device_id"].(string)] = d["keys"]
		}
		devices[user] = of
	}
	s.mu.Unlock()
	if hangs {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	if !answers {
		return nil, errors.New("nobody answers")
	}
	return json.Marshal(m{"device_keys": devices})
}

func (s *servers) ClaimKeys(context.Context, string, any) (json.RawMessage, error) {
	return nil, errors.New("nobody answers")
}

// desk is a hub's devices, with others around it.
type desk struct {
	*Devices
	t       *testing.T
	servers *servers
	posted  []string // server and content
}

const own = "here.example"

func open(t *testing.T, db *store.DB) *desk {
	t.Helper()
	brk := broker.InProcess()
	t.Cleanup(func() { _ = brk.Close() })
	d := &desk{t: t, Devices: New(db, people.New(db, own, people.Options{}), brk)}
	d.servers = &servers{lists: map[string]any{}, asked: map[string]int{}, hang: map[string]bool{}}
	d.Federate(own, d.servers)
	d.PostBy(func(_ *store.Tx, server, key, kind string, content any) error {
		raw, err := json.Marshal(content)
		d.posted = append(d.posted, fmt.Sprintf("%s %s %s", server, key, raw))
		return err
	})
	return d
}

func (d *desk) write(fn func(tx *store.Tx) error) {
	d.t.Helper()
	if err := d.db.Write(d.t.Context(), fn); err != nil {
		d.t.Fatal(err)
	}
}

func (d *desk) exec(query string, args ...any) {
	d.t.Helper()
	d.write(func(tx *store.Tx) error {
		_, err := tx.Exec(query, args...)
		return err
	})
}

// share has people be in a room together, from the next position on.
func (d *desk) share(room string, users ...string) {
	d.t.Helper()
	d.write(func(tx *store.Tx) error {
		at, err := tx.Next()
		for _, user := range users {
			if err == nil {
				_, err = tx.Exec(`INSERT INTO memberships (room_id, user_id, membership, event_id, position) VALUES ($1, $2, 'join', $3, $4)
					ON CONFLICT (room_id, user_id) DO UPDATE SET membership = 'join', position = excluded.position`, room, user, "$"+room+user, at)
			}
		}
		return err
	})
}

func (d *desk) signIn(user, device string) {
	d.t.Helper()
	d.exec(`INSERT INTO devices (user_id, device_id, token_hash, created_at, seen_at) VALUES ($1, $2, $3, 0, 0)`, user, device, []byte(user+device))
}

// take hands in what a server says, and gives the error code with which it is refused.
func (d *desk) take(origin, kind string, content any, may ...string) string {
	d.t.Helper()
	raw, err := json.Marshal(content)
	if err != nil {
		d.t.Fatal(err)
	}
	err = d.Take(d.t.Context(), origin, kind, raw, func(_ *store.Tx, userID string) (bool, error) {
		return len(may) == 0 || slices.Contains(may, userID), nil
	})
	var f *fault.Fault
	if errors.As(err, &f) {
		return f.Errcode
	}
	if err != nil {
		d.t.Fatal(err)
	}
	return ""
}

// inbox is what waits for a device, by its words.
func (d *desk) inbox(user, device string) (words []string) {
	d.t.Helper()
	err := d.db.Read(d.t.Context(), func(tx *store.Tx) error {
		box, err := InboxTx(tx, user, device, 0, 100)
		for _, raw := range box.Events {
			var e struct{ Content struct{ Word string } }
			if err := json.Unmarshal(raw, &e); err != nil {
				return err
			}
			words = append(words, e.Content.Word)
		}
		return err
	})
	if err != nil {
		d.t.Fatal(err)
	}
	return words
}

// told are those of whom a viewer is told that their devices changed after a position.
func (d *desk) told(viewer string, after store.Position) (users []string) {
	d.t.Helper()
	err := d.db.Read(d.t.Context(), func(tx *store.Tx) (err error) {
		users, err = ChangedTx(tx, viewer, after)
		return err
	})
	if err != nil {
		d.t.Fatal(err)
	}
	return users
}

func (d *desk) head() (head store.Position) {
	d.t.Helper()
	err := d.db.Read(d.t.Context(), func(tx *store.Tx) (err error) {
		head, err = tx.Head()
		return err
	})
	if err != nil {
		d.t.Fatal(err)
	}
	return head
}

// keysOf are a device's keys as it signs them.
func keysOf(t *testing.T, user, device string) m {
	t.Helper()
	seed := sha256.Sum256([]byte(user + device))
	key, id := ed25519.NewKeyFromSeed(seed[:]), "ed25519:"+device
	raw, err := json.Marshal(m{"user_id": user, "device_id": device, "algorithms": []string{"m.olm"},
		"keys": m{id: base64.RawStdEncoding.EncodeToString(key.Public().(ed25519.PublicKey))}})
	if err != nil {
		t.Fatal(err)
	}
	if raw, err = gomatrixserverlib.SignJSON(user, gomatrixserverlib.KeyID(id), key, raw); err != nil {
		t.Fatal(err)
	}
	var out m
	if err := json.Unmarshal(raw, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// listOf is what a server answers of a person's devices.
func listOf(t *testing.T, user string, stream int64, devices ...string) m {
	t.Helper()
	list := []m{}
	for _, device := range devices {
		list = append(list, m{"device_id": device, "keys": keysOf(t, user, device)})
	}
	return m{"user_id": user, "stream_id": stream, "devices": list}
}

// says sets what a server answers from now on.
func (d *desk) says(user string, stream int64, devices ...string) {
	d.servers.mu.Lock()
	defer d.servers.mu.Unlock()
	d.servers.lists[user] = listOf(d.t, user, stream, devices...)
}

func (d *desk) silent(user string) {
	d.servers.mu.Lock()
	defer d.servers.mu.Unlock()
	delete(d.servers.lists, user)
}

// settle asks for every list that is due, once.
func (d *desk) settle() {
	var asking sync.WaitGroup
	r := &resync{Devices: d.Devices, asking: &asking, busy: map[string]bool{}}
	r.round(d.t.Context())
	asking.Wait()
}

// finds are the devices that somebody finds of somebody, and whether anybody did not answer.
func (d *desk) finds(user string) (devices []string, failed bool) {
	d.t.Helper()
	found, err := d.Query(d.t.Context(), "@anna:"+own, time.Second, map[string][]string{user: {}})
	if err != nil {
		d.t.Fatal(err)
	}
	return slices.Sorted(maps.Keys(found.Devices[user])), len(found.Failures) > 0
}

// wants checks what is found, and whether it is kept: that is what is found when nobody answers.
func (d *desk) wants(user string, kept bool, devices ...string) {
	d.t.Helper()
	if kept {
		d.servers.mu.Lock()
		list := d.servers.lists[user]
		delete(d.servers.lists, user)
		d.servers.mu.Unlock()
		defer func() {
			d.servers.mu.Lock()
			defer d.servers.mu.Unlock()
			d.servers.lists[user] = list
		}()
	}
	if got, failed := d.finds(user); failed || !slices.Equal(got, devices) {
		d.t.Errorf("found %v, want %v; failed: %v", got, devices, failed)
	}
}

// update is one m.device_list_update.
func update(t *testing.T, user, device string, stream int64, previous ...int64) m {
	t.Helper()
	return m{"user_id": user, "device_id": device, "stream_id": stream, "prev_id": append([]int64{}, previous...), "keys": keysOf(t, user, device)}
}

const (
	anna  = "@anna:" + own
	cyrus = "@cyrus:" + own
	boris = "@boris:there.example"
)

func TestMessagesFromElsewhere(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		d := open(t, db)
		d.signIn(anna, "A")
		d.signIn(cyrus, "C")
		message := func(id, word string) m {
			return m{"sender": boris, "type": "m.test", "message_id": id, "messages": m{anna: m{"*": m{"word": word}}, cyrus: m{"C": m{"word": word}, "GONE": m{}}, "@nobody:" + own: m{"*": m{}}}}
		}
		for range 2 {
			d.take("there.example", TypeToDevice, message("1", "one"))
		}
		d.take("there.example", TypeToDevice, message("2", "two"), anna)
		refused := func(name string, origin string, change func(m)) {
			t.Helper()
			content := message("3", "never")
			change(content)
			if got := d.take(origin, TypeToDevice, content); got == "" {
				t.Errorf("%s was taken", name)
			}
		}
		refused("another server's person", "else.example", func(m) {})
		refused("one of this hub", "there.example", func(c m) { c["sender"] = anna })
		refused("no id", "there.example", func(c m) { delete(c, "message_id") })
		refused("an id that no database holds", "there.example", func(c m) { c["message_id"] = "a\x00" })
		refused("an endless type", "there.example", func(c m) { c["type"] = strings.Repeat("x", 300) })
		refused("words that are no object", "there.example", func(c m) { c["messages"] = m{anna: m{"*": "word"}} })
		refused("too much for one", "there.example", func(c m) { c["messages"] = m{anna: m{"*": m{"word": strings.Repeat("x", messageSize)}}} })
		refused("too much", "there.example", func(c m) { c["more"] = strings.Repeat("x", tookSize) })
		refused("too many", "there.example", func(c m) {
			many := m{}
			for i := range addressedMost + 1 {
				many[fmt.Sprint(i)] = m{}
			}
			c["messages"] = m{anna: many}
		})
		if got := d.inbox(anna, "A"); !slices.Equal(got, []string{"one", "two"}) {
			t.Errorf("anna has %v", got)
		}
		if got := d.inbox(cyrus, "C"); !slices.Equal(got, []string{"one"}) {
			t.Errorf("cyrus, of whom the server may not know any more, has %v", got)
		}
	})
}

// TestMessagesOfAServerWithManyPeople: a server that makes people up fills no inbox, and what others sent stays.
func TestMessagesOfAServerWithManyPeople(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		d := open(t, db)
		d.signIn(anna, "A")
		send := func(sender, id, word string) {
			d.take(serverOf(sender), TypeToDevice, m{"sender": sender, "type": "m.test", "message_id": id, "messages": m{anna: m{"A": m{"word": word}}}})
		}
		send("@dora:else.example", "1", "kept")
		waits := func(like string) (n int) {
			err := db.Read(t.Context(), func(tx *store.Tx) error {
				return tx.QueryRow(`SELECT count(*) FROM device_messages WHERE user_id = $1 AND sender LIKE $2`, anna, like).Scan(&n)
			})
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		err := db.Write(t.Context(), func(tx *store.Tx) error {
			for i := range inboxServer {
				if err := putTx(tx, anna, "A", store.Position(-1-i), fmt.Sprintf("@p%d:there.example", i), "m.test", json.RawMessage(`{"word":"flood"}`)); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		send(boris, "2", "last")
		send("@p1:there.example", "3", "very last")
		if got := waits("%:there.example"); got != inboxServer {
			t.Errorf("%d messages of the server wait, want %d", got, inboxServer)
		}
		if waits("@dora:%") != 1 || waits(boris) != 1 || waits("@p1:%") != 2 {
			t.Errorf("dora's, boris's and p1's are %d, %d and %d", waits("@dora:%"), waits(boris), waits("@p1:%"))
		}
	})
}

// TestListsOfPeopleElsewhere: what is kept follows the updates, a gap has it be asked for anew, and nothing of it is believed that cannot be.
func TestListsOfPeopleElsewhere(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		d := open(t, db)
		d.share("!room", anna, boris)
		d.says(boris, 5, "A")
		d.wants(boris, false, "A")
		d.settle()
		d.wants(boris, true, "A")
		d.take("there.example", TypeList, update(t, boris, "B", 6, 5))
		d.wants(boris, true, "A", "B")
		before := d.head()
		d.take("there.example", TypeList, update(t, boris, "B", 6, 5))
		if got := d.told(anna, before); len(got) > 0 {
			t.Errorf("told twice of %v", got)
		}
		d.take("there.example", TypeList, m{"user_id": boris, "device_id": "A", "stream_id": 7, "prev_id": []int64{6}, "deleted": true})
		d.wants(boris, true, "B")
		for name, breaks := range map[string]m{
			"a gap":                           update(t, boris, "C", 9, 8),
			"another device, the same number": update(t, boris, "D", 7, 6),
			"a device that did not sign":      {"user_id": boris, "device_id": "E", "stream_id": 8, "prev_id": []int64{7}, "keys": keysOf(t, boris, "F")},
			"a list that begins anew":         update(t, boris, "G", 1),
		} {
			before := d.head()
			d.says(boris, 7, "B")
			d.take("there.example", TypeList, breaks)
			if got := d.told(anna, before); !slices.Equal(got, []string{boris}) {
				t.Errorf("%s: anna is told of %v", name, got)
			}
			d.silent(boris)
			if _, failed := d.finds(boris); !failed {
				t.Errorf("%s: what is kept is still believed", name)
			}
			before = d.head()
			d.says(boris, 7, "B")
			d.settle()
			d.wants(boris, true, "B")
			if got := d.told(anna, before); !slices.Equal(got, []string{boris}) {
				t.Errorf("%s: when the list is whole, anna is told of %v", name, got)
			}
		}
		before = d.head()
		d.take("there.example", TypeSigning, m{"user_id": boris})
		d.settle()
		if got := d.told(anna, before); !slices.Equal(got, []string{boris}) || len(d.told(cyrus, before)) > 0 {
			t.Errorf("of cross-signing keys anna is told of %v, and cyrus of %v", got, d.told(cyrus, before))
		}
		refusedLists(t, d)
	})
}

// refusedLists: what is malformed or not that server's to say changes nothing.
func refusedLists(t *testing.T, d *desk) {
	t.Helper()
	before := d.head()
	many := update(t, boris, "B", 8, slices.Repeat([]int64{7}, previousMost+1)...)
	for name, content := range map[string]any{
		"nobody": m{}, "no object": "x", "no device": m{"user_id": boris, "stream_id": 8}, "too many before": many, "too much": strings.Repeat("x", tookSize),
	} {
		if d.take("there.example", TypeList, content) == "" {
			t.Errorf("%s was taken", name)
		}
	}
	if d.take("else.example", TypeList, update(t, boris, "B", 8, 7)) == "" || d.take("else.example", TypeSigning, m{"user_id": boris}) == "" {
		t.Error("a server spoke for another's person")
	}
	d.take("else.example", TypeList, update(t, "@far:else.example", "F", 1)) // with whom nobody shares anything
	if after := d.head(); after != before {
		t.Errorf("the log went from %d to %d", before, after)
	}
	d.wants(boris, true, "B")
}

// TestListsAreBelievedWhileTheirServerTells: not of those with whom nobody shared a channel in between, and not for ever.
func TestListsAreBelievedWhileTheirServerTells(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		d := open(t, db)
		d.says(boris, 5, "A")
		d.wants(boris, false, "A")
		d.settle()
		d.silent(boris)
		if _, failed := d.finds(boris); !failed {
			t.Error("a list is kept of whose changes nobody would hear")
		}
		keep := func() {
			t.Helper()
			d.says(boris, 5, "A")
			d.share("!room", anna, boris)
			d.wants(boris, false, "A")
			d.settle()
			d.wants(boris, true, "A")
			d.silent(boris)
		}
		for name, loss := range map[string]string{
			"anna left and came back":  `UPDATE memberships SET position = (SELECT head FROM counter) + 1 WHERE user_id = '` + anna + `'`,
			"boris left and came back": `UPDATE memberships SET position = (SELECT head FROM counter) + 1 WHERE user_id = '` + boris + `'`,
			"anna left":                `UPDATE memberships SET membership = 'leave' WHERE user_id = '` + anna + `'`,
			"a day has passed":         `UPDATE far_lists SET whole_at = 1`,
		} {
			keep()
			d.exec(loss + ` /* reads all */`)
			if _, failed := d.finds(boris); !failed {
				t.Errorf("%s, and the list is believed", name)
			}
		}
		keep()
		d.exec(`UPDATE far_lists SET whole_at = 1`)
		d.settle()
		var rows int
		d.write(func(tx *store.Tx) error {
			return tx.QueryRow(`SELECT (SELECT COUNT(*) FROM far_lists) + (SELECT COUNT(*) FROM far_devices)`).Scan(&rows)
		})
		if rows != 0 {
			t.Errorf("%d rows of old lists are left", rows)
		}
	})
}

// TestServersThatDoNotAnswer: their lists are asked for again and again, later and later, and at once when they are heard; a silent one holds up nobody.
func TestServersThatDoNotAnswer(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		d := open(t, db)
		dora, ella := "@dora:slow.example", "@ella:lies.example"
		d.share("!room", anna, boris, dora, ella)
		for _, user := range []string{boris, dora, ella} {
			d.says(user, 1, "A")
			d.wants(user, false, "A")
		}
		d.settle()
		for _, user := range []string{boris, dora, ella} {
			d.wants(user, true, "A")
			d.take(serverOf(user), TypeSigning, m{"user_id": user})
		}
		d.servers.mu.Lock()
		d.servers.hang["slow.example"] = true
		d.servers.lists[ella] = listOf(t, boris, 2, "B")
		d.servers.mu.Unlock()
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- d.Run(ctx) }()
		for !d.whole(boris) || !d.waits(ella) { // the test's own deadline ends this
		}
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if d.whole(dora) || d.whole(ella) {
			t.Error("what was not answered, or was of somebody else, is believed")
		}
		d.settle()
		if !d.waits(ella) {
			t.Error("who does not answer is asked again at once, or never")
		}
		d.says(ella, 2, "B")
		if err := d.Heard(t.Context(), "lies.example"); err != nil {
			t.Fatal(err)
		}
		d.settle()
		d.wants(ella, true, "B")
		d.servers.mu.Lock()
		delete(d.servers.lists, boris)
		d.servers.mu.Unlock()
		found, err := d.Query(t.Context(), anna, 10*time.Millisecond, map[string][]string{boris: {}, dora: {}, ella: {}})
		if err != nil || len(found.Devices[boris])*len(found.Devices[ella]) != 1 || found.Failures["slow.example"] == nil || len(found.Failures) != 1 {
			t.Errorf("found %+v, %v", found, err)
		}
	})
}

// waits tells whether a list could not be had and is asked for again later.
func (d *desk) waits(user string) (waits bool) {
	d.t.Helper()
	err := d.db.Read(d.t.Context(), func(tx *store.Tx) error {
		return tx.QueryRow(`SELECT due_at > 0 AND failed > 0 FROM far_lists WHERE user_id = $1`, user).Scan(&waits)
	})
	if err != nil {
		d.t.Fatal(err)
	}
	return waits
}

// whole tells whether a list is kept whole.
func (d *desk) whole(user string) (is bool) {
	d.t.Helper()
	err := d.db.Read(d.t.Context(), func(tx *store.Tx) error {
		l, err := farListTx(tx, user)
		is = l.whole
		return err
	})
	if err != nil {
		d.t.Fatal(err)
	}
	return is
}

// TestOthersAreToldOfDevices: only servers that share a channel, each update with the number of the one before; large messages are parted.
func TestOthersAreToldOfDevices(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		d := open(t, db)
		upload := func(device string) {
			t.Helper()
			raw, err := json.Marshal(keysOf(t, anna, device))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := d.Upload(t.Context(), people.Caller{Person: people.Person{UserID: anna}, DeviceID: device}, Upload{Device: raw}); err != nil {
				t.Fatal(err)
			}
		}
		upload("A") // nobody is near
		d.share("!room", anna, boris)
		d.share("!other", cyrus, "@far:else.example")
		upload("B")
		d.write(func(tx *store.Tx) error { return d.endTx(tx, anna, "A") })
		if len(d.posted) != 2 || !strings.Contains(d.posted[0], `"stream_id":2,"prev_id":[1]`) || !strings.Contains(d.posted[1], `"stream_id":3,"prev_id":[2],"deleted":true`) {
			t.Errorf("posted %v", d.posted)
		}
		if list, err := d.List(t.Context(), anna); err != nil || list.Stream != 3 || len(list.Devices) != 1 {
			t.Errorf("listed %+v, %v", list, err)
		}
		d.posted = nil
		large := json.RawMessage(`{"word":"` + strings.Repeat("x", pieceSize/2) + `"}`)
		err := d.Send(t.Context(), people.Caller{Person: people.Person{UserID: anna}, DeviceID: "B"}, "m.test", "1", Messages{boris: {"A": large, "B": large, "C": large}})
		if err != nil || len(d.posted) != 3 {
			t.Errorf("%d pieces, %v", len(d.posted), err)
		}
		ids, keys := map[string]bool{}, map[string]bool{}
		for _, posted := range d.posted {
			server, rest, _ := strings.Cut(posted, " ")
			key, raw, _ := strings.Cut(rest, " {")
			var c toDevice
			if err := json.Unmarshal([]byte("{"+raw), &c); err != nil || server != "there.example" || c.Sender != anna || len(c.ID) > 32 {
				t.Errorf("posted %s to %s: %v", raw[:100], server, err)
			}
			ids[c.ID], keys[key] = true, true
		}
		if len(ids) != 3 || len(keys) != 3 {
			t.Errorf("%d ids and %d keys of 3 pieces", len(ids), len(keys))
		}
	})
}
