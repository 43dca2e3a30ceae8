package media_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"image"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"panah/hub/broker"
	"panah/hub/fault"
	"panah/hub/keyring"
	"panah/hub/media"
	"panah/hub/media/blob"
	"panah/hub/people"
	"panah/hub/room"
	"panah/hub/store"
	"panah/hub/store/storetest"
)

// M is an event's content.
type M = map[string]any

const (
	alice = "@alice:h"
	bob   = "@bob:h"
	carol = "@carol:h"
)

// house is a hub of three people, on a clock that the test moves.
type house struct {
	t      *testing.T
	db     *store.DB
	rooms  *room.Rooms
	media  *media.Media
	folder string
	ahead  *time.Duration
}

func open(t *testing.T, address string, o media.Options) *house {
	t.Helper()
	h := &house{t: t, folder: t.TempDir(), ahead: new(time.Duration)}
	var err error
	h.db, err = store.Open(t.Context(), address, store.Options{Now: func() time.Time { return time.Now().Add(*h.ahead) }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		storetest.NoScans(t, h.db)
		if err := h.db.Close(); err != nil {
			t.Error(err)
		}
	})
	ring, err := keyring.Open(t.Context(), h.db, "h")
	if err != nil {
		t.Fatal(err)
	}
	h.rooms = room.New(h.db, ring, broker.InProcess(), nil, media.Uses{Server: "h"})
	disk, err := blob.NewDisk(h.folder)
	if err != nil {
		t.Fatal(err)
	}
	h.media = media.New(h.db, h.rooms, disk, o)
	return h
}

func each(t *testing.T, o media.Options, f func(h *house)) {
	storetest.EachAddress(t, func(t *testing.T, address string) { f(open(t, address, o)) })
}

var usual = media.Options{Quota: 10 << 20, Limit: 1 << 20, Retention: 365 * 24 * time.Hour}

func caller(user, organisation string) people.Caller {
	return people.Caller{Person: people.Person{UserID: user, OrganisationID: organisation, Role: people.Member, Standing: people.Active}, DeviceID: "D"}
}

// picture is one of random pixels, so that no two are the same and none packs well.
func (h *house) picture(side int) []byte {
	h.t.Helper()
	m := image.NewNRGBA(image.Rect(0, 0, side, side))
	rand.Read(m.Pix)
	var out bytes.Buffer
	if err := png.Encode(&out, m); err != nil {
		h.t.Fatal(err)
	}
	return out.Bytes()
}

func (h *house) take(by people.Caller, raw []byte) media.File {
	h.t.Helper()
	f, err := h.media.Take(h.t.Context(), by, media.Wish{Name: "a.png", Length: int64(len(raw))}, bytes.NewReader(raw))
	if err != nil {
		h.t.Fatalf("take: %v", err)
	}
	return f
}

func (h *house) write(f func(tx *store.Tx) error) error { return h.db.Write(h.t.Context(), f) }

// room makes a channel of alice's with members.
func (h *house) room(members ...string) string {
	h.t.Helper()
	var id string
	err := h.write(func(tx *store.Tx) (err error) {
		id, _, err = h.rooms.CreateTx(h.t.Context(), tx, room.Create{Creator: alice, Preset: "private_chat", Invite: members})
		if err != nil {
			return err
		}
		for _, user := range members {
			if err := h.join(tx, id, user, "join"); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return id
}

func (h *house) join(tx *store.Tx, roomID, user, membership string) error {
	_, err := h.rooms.Append(h.t.Context(), tx, room.Draft{RoomID: roomID, Sender: user, Type: "m.room.member", StateKey: &user, Content: M{"membership": membership}})
	return err
}

func (h *house) post(roomID, sender string, content M) (string, error) {
	var id string
	err := h.write(func(tx *store.Tx) error {
		events, err := h.rooms.Append(h.t.Context(), tx, room.Draft{RoomID: roomID, Sender: sender, Type: "m.room.message", Content: content})
		if err == nil {
			id = events[0].ID
		}
		return err
	})
	return id, err
}

func (h *house) mustPost(roomID, sender string, content M) string {
	h.t.Helper()
	id, err := h.post(roomID, sender, content)
	if err != nil {
		h.t.Fatalf("post: %v", err)
	}
	return id
}

func (h *house) redact(roomID, sender, eventID string) {
	h.t.Helper()
	err := h.write(func(tx *store.Tx) error {
		_, err := h.rooms.Append(h.t.Context(), tx, room.Draft{RoomID: roomID, Sender: sender, Type: "m.room.redaction", Redacts: eventID, Content: M{}})
		return err
	})
	if err != nil {
		h.t.Fatalf("redact: %v", err)
	}
}

func (h *house) reads(user, id string) bool {
	h.t.Helper()
	c, err := h.media.Open(h.t.Context(), caller(user, ""), id)
	if err != nil {
		if !errors.Is(err, fault.NotFound("error.media_unknown")) {
			h.t.Fatalf("open: %v", err)
		}
		return false
	}
	if err := c.Close(); err != nil {
		h.t.Error(err)
	}
	return true
}

// files counts the blobs on the disk.
func (h *house) files() int {
	h.t.Helper()
	n := 0
	err := filepath.WalkDir(h.folder, func(_ string, entry os.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			n++
		}
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return n
}

func (h *house) sweep() {
	h.t.Helper()
	if err := h.media.Sweep(h.t.Context()); err != nil {
		h.t.Fatalf("sweep: %v", err)
	}
}

func (h *house) used(organisation string) int64 {
	h.t.Helper()
	admin := caller(alice, organisation)
	admin.Role = people.Admin
	u, err := h.media.Usage(h.t.Context(), admin, organisation)
	if err != nil {
		h.t.Fatalf("usage: %v", err)
	}
	return u.Used
}

func TestWhoeverSeesAPostReadsItsFile(t *testing.T) {
	each(t, usual, func(h *house) {
		f := h.take(caller(alice, "o"), h.picture(20))
		uri := h.media.URI(f.ID)
		if !h.reads(alice, f.ID) || h.reads(bob, f.ID) {
			h.t.Error("before it is used, its uploader alone reads it")
		}
		channel := h.room(bob)
		first := h.mustPost(channel, alice, M{"msgtype": "m.image", "body": "a", "url": uri, "info": M{"thumbnail_url": uri}})
		if !h.reads(bob, f.ID) || h.reads(carol, f.ID) {
			h.t.Error("once it is posted, the channel reads it, and nobody else")
		}
		if _, err := h.post(h.room(carol), carol, M{"msgtype": "m.image", "body": "a", "url": uri}); err != nil && !errors.Is(err, fault.NotFound("error.media_unknown")) {
			h.t.Errorf("carol uses what she may not read: %v", err)
		} else if err == nil {
			h.t.Error("carol could use what she may not read")
		}
		for name, content := range map[string]M{
			"inside a list": {"a": []any{M{"url": uri}}}, "in a later wording": {"m.new_content": M{"file": M{"url": uri}}},
		} {
			if _, err := h.post(h.room(carol), carol, content); !errors.Is(err, fault.NotFound("error.media_unknown")) {
				h.t.Errorf("carol hides it %s: %v", name, err)
			}
		}
		// Words are words: what stands in a body is no use of a file.
		h.mustPost(h.room(carol), carol, M{"msgtype": "m.text", "body": uri})
		if h.reads(carol, f.ID) {
			h.t.Error("carol reads what she wrote the address of")
		}
		// bob passes it on, the first post goes, and it stays with the second.
		second := h.room(bob, carol)
		h.mustPost(second, bob, M{"msgtype": "m.image", "body": "a", "url": uri})
		h.redact(channel, alice, first)
		if !h.reads(carol, f.ID) {
			h.t.Error("a file went with one of two posts")
		}
	})
}

func TestAFileGoesWithItsLastPost(t *testing.T) {
	each(t, usual, func(h *house) {
		f := h.take(caller(alice, "o"), h.picture(200))
		channel := h.room(bob)
		post := h.mustPost(channel, alice, M{"msgtype": "m.image", "body": "a", "url": h.media.URI(f.ID)})
		*h.ahead = 48 * time.Hour
		h.sweep()
		if !h.reads(bob, f.ID) || h.files() < 2 {
			h.t.Fatal("a file in use went")
		}
		h.redact(channel, alice, post)
		if h.reads(alice, f.ID) || h.reads(bob, f.ID) {
			h.t.Error("it can still be read")
		}
		h.sweep()
		if n := h.files(); n != 0 || h.used("o") != 0 {
			h.t.Errorf("%d files and %d bytes are left", n, h.used("o"))
		}
	})
}

func TestWhatNobodyUsesGoesAfterADay(t *testing.T) {
	each(t, usual, func(h *house) {
		by := caller(alice, "o")
		f := h.take(by, h.picture(20))
		u, err := h.media.Begin(h.t.Context(), by, media.Wish{Length: 1000})
		if err != nil {
			h.t.Fatal(err)
		}
		if _, err := h.media.Append(h.t.Context(), by, u.ID, 0, strings.NewReader("half")); err != nil {
			h.t.Fatal(err)
		}
		empty, _, err := h.media.Reserve(h.t.Context(), by)
		if err != nil {
			h.t.Fatal(err)
		}
		*h.ahead = 23 * time.Hour
		h.sweep()
		if !h.reads(alice, f.ID) {
			h.t.Error("it went too early")
		}
		*h.ahead = 25 * time.Hour
		var all sync.WaitGroup
		for range 3 { // as on three nodes
			all.Go(h.sweep)
		}
		all.Wait()
		if h.reads(alice, f.ID) || h.reads(alice, empty) || h.files() != 0 || h.used("o") != 0 {
			h.t.Errorf("%d files and %d bytes are left", h.files(), h.used("o"))
		}
		if _, err := h.media.Upload(h.t.Context(), by, u.ID); fault.From(err).Status != 404 {
			h.t.Errorf("the upload: %v", err)
		}
	})
}

func TestTheQuotaHoldsWhenManyComeAtOnce(t *testing.T) {
	each(t, media.Options{Quota: 100_000, Limit: 50_000}, func(h *house) {
		var all sync.WaitGroup
		var mu sync.Mutex
		begun, full := 0, 0
		for i := range 16 {
			by := caller("@p"+string(rune('a'+i))+":h", "o")
			all.Go(func() {
				_, err := h.media.Begin(context.Background(), by, media.Wish{Length: 30_000})
				mu.Lock()
				defer mu.Unlock()
				switch {
				case err == nil:
					begun++
				case fault.From(err).Key == "error.media_quota":
					full++
				default:
					h.t.Errorf("begin: %v", err)
				}
			})
		}
		all.Wait()
		if begun != 3 || full != 13 || h.used("o") != 90_000 {
			h.t.Errorf("%d begun, %d refused, %d bytes", begun, full, h.used("o"))
		}
		if _, err := h.media.Begin(h.t.Context(), caller(bob, "another"), media.Wish{Length: 30_000}); err != nil {
			h.t.Errorf("another organisation: %v", err)
		}
	})
}

func TestOfTwoPiecesForOnePlaceOneIsTaken(t *testing.T) {
	each(t, usual, func(h *house) {
		by := caller(alice, "o")
		raw := h.picture(60)
		for range 10 {
			u, err := h.media.Begin(h.t.Context(), by, media.Wish{Length: int64(len(raw))})
			if err != nil {
				h.t.Fatal(err)
			}
			var all sync.WaitGroup
			for range 4 {
				all.Go(func() {
					_, err := h.media.Append(context.Background(), by, u.ID, 0, bytes.NewReader(raw))
					if err != nil && fault.From(err).Key != "error.upload_offset" {
						h.t.Errorf("append: %v", err)
					}
				})
			}
			all.Wait()
			var ids [4]string
			for i := range ids {
				all.Go(func() {
					f, err := h.media.Finish(context.Background(), by, u.ID)
					if err != nil {
						h.t.Errorf("finish: %v", err)
					}
					ids[i] = f.ID
				})
			}
			all.Wait()
			if ids[0] == "" || ids[0] != ids[1] || ids[0] != ids[2] || ids[0] != ids[3] {
				h.t.Errorf("it became %v", ids)
			}
		}
		*h.ahead = 2 * time.Hour // the blobs of those who were late are due
		h.sweep()
		if n := h.files(); n != 10 {
			h.t.Errorf("%d blobs for 10 pictures without thumbnails", n)
		}
	})
}

// A line that breaks keeps what has come.
func TestABrokenLineKeepsWhatHasCome(t *testing.T) {
	each(t, usual, func(h *house) {
		by := caller(alice, "o")
		u, err := h.media.Begin(h.t.Context(), by, media.Wish{Length: 1000})
		if err != nil {
			h.t.Fatal(err)
		}
		line := io.MultiReader(strings.NewReader(strings.Repeat("x", 600)), brokenLine{})
		if _, err := h.media.Append(h.t.Context(), by, u.ID, 0, line); err == nil {
			h.t.Error("the broken line went unnoticed")
		}
		if u, err = h.media.Upload(h.t.Context(), by, u.ID); err != nil || u.Received != 600 {
			h.t.Errorf("%d bytes were kept, %v", u.Received, err)
		}
	})
}

type brokenLine struct{}

func (brokenLine) Read([]byte) (int, error) { return 0, errors.New("the line broke") }

func TestAFileToComeIsFilledOnce(t *testing.T) {
	each(t, usual, func(h *house) {
		by := caller(alice, "o")
		id, _, err := h.media.Reserve(h.t.Context(), by)
		if err != nil {
			h.t.Fatal(err)
		}
		if _, err := h.media.Open(h.t.Context(), by, id); fault.From(err).Errcode != "M_NOT_YET_UPLOADED" {
			h.t.Errorf("before it came: %v", err)
		}
		fill := func(by people.Caller) error {
			raw := h.picture(20)
			_, err := h.media.Take(h.t.Context(), by, media.Wish{Length: media.Unsized, MediaID: id}, bytes.NewReader(raw))
			return err
		}
		if err := fill(caller(bob, "o")); fault.From(err).Status != 404 {
			h.t.Errorf("bob fills it: %v", err)
		}
		if err := fill(by); err != nil || !h.reads(alice, id) {
			h.t.Errorf("filled: %v", err)
		}
		if err := fill(by); fault.From(err).Errcode != "M_CANNOT_OVERWRITE_MEDIA" {
			h.t.Errorf("filled twice: %v", err)
		}
	})
}

// Whoever leaves takes along what no post shows, at once.
func TestErasing(t *testing.T) {
	each(t, usual, func(h *house) {
		by := caller(alice, "o")
		loose, posted := h.take(by, h.picture(20)), h.take(by, h.picture(20))
		others := h.take(caller(bob, "o"), h.picture(20))
		h.mustPost(h.room(bob), alice, M{"msgtype": "m.image", "body": "a", "url": h.media.URI(posted.ID)})
		u, err := h.media.Begin(h.t.Context(), by, media.Wish{Length: 1000})
		if err == nil {
			_, err = h.media.Append(h.t.Context(), by, u.ID, 0, strings.NewReader("half"))
		}
		if err != nil {
			h.t.Fatal(err)
		}
		if err := h.write(func(tx *store.Tx) error { return h.media.EraseTx(tx, alice) }); err != nil {
			h.t.Fatal(err)
		}
		h.sweep()
		if h.reads(alice, loose.ID) || !h.reads(bob, posted.ID) || !h.reads(bob, others.ID) || h.files() != 2 {
			h.t.Errorf("%d blobs are left, want the posted one and bob's", h.files())
		}
		if _, err := h.media.Upload(h.t.Context(), by, u.ID); fault.From(err).Status != 404 {
			h.t.Errorf("the upload: %v", err)
		}
	})
}

// The newest file tells whether the key of the store was changed.
func TestAChangedKeyIsSeen(t *testing.T) {
	each(t, usual, func(h *house) {
		disk, err := blob.NewDisk(h.t.TempDir())
		if err != nil {
			h.t.Fatal(err)
		}
		under := func(key byte) blob.Store {
			if key == 0 {
				return disk
			}
			s, err := blob.NewSealed(disk, bytes.Repeat([]byte{key}, 32))
			if err != nil {
				h.t.Fatal(err)
			}
			return s
		}
		check := func(key byte, want error) {
			h.t.Helper()
			if err := media.CheckNewest(h.t.Context(), h.db, under(key)); !errors.Is(err, want) {
				h.t.Errorf("key %d: %v, want %v", key, err, want)
			}
		}
		check(1, nil)
		for _, key := range []byte{0, 1} {
			h.media = media.New(h.db, h.rooms, under(key), usual)
			*h.ahead += time.Second
			h.take(caller(alice, "o"), h.picture(20))
			check(key, nil)
			check(1-key, media.ErrUnreadable)
			check(2, media.ErrUnreadable)
		}
		check(1, nil)
		if err := media.CheckNewest(h.t.Context(), h.db, blobless(h.t)); !errors.Is(err, blob.ErrNotFound) {
			h.t.Errorf("a lost file: %v", err)
		}
	})
}

func blobless(t *testing.T) blob.Store {
	t.Helper()
	disk, err := blob.NewDisk(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return disk
}

// Nobody has more open than the bound: uploads and files to come together. What is ended makes room.
func TestFewUploadsAreOpenAtATime(t *testing.T) {
	each(t, usual, func(h *house) {
		by := caller(alice, "o")
		var last media.Upload
		for n := range 20 {
			var err error
			if n%2 == 0 {
				last, err = h.media.Begin(h.t.Context(), by, media.Wish{Length: 10})
			} else {
				_, _, err = h.media.Reserve(h.t.Context(), by)
			}
			if err != nil {
				h.t.Fatalf("number %d: %v", n+1, err)
			}
		}
		begin := func(by people.Caller) error {
			_, err := h.media.Begin(h.t.Context(), by, media.Wish{Length: 10})
			return err
		}
		if err := begin(by); fault.From(err).Status != 429 || fault.From(err).Key != "error.upload_too_many" {
			h.t.Errorf("one more upload: %v", err)
		}
		if _, _, err := h.media.Reserve(h.t.Context(), by); fault.From(err).Status != 429 {
			h.t.Errorf("one more file to come: %v", err)
		}
		if err := begin(caller(bob, "o")); err != nil {
			h.t.Errorf("somebody else: %v", err)
		}
		if err := h.media.Discard(h.t.Context(), by, last.ID); err != nil {
			h.t.Fatal(err)
		}
		if err := begin(by); err != nil {
			h.t.Errorf("after one was ended: %v", err)
		}
	})
}

func TestNames(t *testing.T) {
	for given, want := range map[string]string{
		"report.pdf": "report.pdf", "../../etc/passwd": "passwd", `C:\Users\parvina\a.docx`: "a.docx", "a\r\nb.txt": "a b.txt",
		"": "", "/": "", "..": "", ".hidden": "hidden", "\u202egnp.exe": "gnp.exe", strings.Repeat("ж", 300) + ".pdf": strings.Repeat("ж", 98) + ".pdf",
	} {
		if got := media.CleanName(given); got != want {
			t.Errorf("%q: got %q, want %q", given, got, want)
		}
	}
}
