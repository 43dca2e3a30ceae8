package media_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"testing"
	"time"

	"panah/hub/fault"
	"panah/hub/media"
	"panah/hub/media/clean"
	"panah/hub/room"
	"panah/hub/store"
)

const (
	day = 24 * time.Hour
	// dara never comes into a room by herself.
	dara = "@dara:h"
)

// ciphertext is as good as an encrypted file: nobody can tell what it is.
func ciphertext(t *testing.T) []byte {
	t.Helper()
	raw := make([]byte, 5000)
	for rand.Read(raw); !clean.Formless(raw); { // chance makes a file of a known kind of one in some million
		rand.Read(raw)
	}
	return raw
}

// takeOpaque uploads as other Matrix apps upload what they have encrypted.
func (h *house) takeOpaque(user string, raw []byte) media.File {
	h.t.Helper()
	f, err := h.media.Take(h.t.Context(), caller(user, "o"), media.Wish{Name: "list of names.pdf", Length: int64(len(raw)), Opaque: true}, bytes.NewReader(raw))
	if err != nil {
		h.t.Fatalf("take: %v", err)
	}
	return f
}

// encrypt has a room of alice's be one in which what is said is encrypted.
func (h *house) encrypt(roomID string) string {
	h.state(roomID, "m.room.encryption", M{"algorithm": "m.megolm.v1.aes-sha2"})
	return roomID
}

func (h *house) state(roomID, kind string, content M) {
	h.t.Helper()
	key := ""
	err := h.write(func(tx *store.Tx) error {
		_, err := h.rooms.Append(h.t.Context(), tx, room.Draft{RoomID: roomID, Sender: alice, Type: kind, StateKey: &key, Content: content})
		return err
	})
	if err != nil {
		h.t.Fatalf("%s: %v", kind, err)
	}
}

// turn has somebody come or go.
func (h *house) turn(roomID, user, membership string) {
	h.t.Helper()
	if err := h.write(func(tx *store.Tx) error { return h.join(tx, roomID, user, membership) }); err != nil {
		h.t.Fatalf("%s: %v", membership, err)
	}
}

func (h *house) invite(roomID, by, user string) {
	h.t.Helper()
	err := h.write(func(tx *store.Tx) error {
		_, err := h.rooms.Append(h.t.Context(), tx,
			room.Draft{RoomID: roomID, Sender: by, Type: "m.room.member", StateKey: &user, Content: M{"membership": "invite"}})
		return err
	})
	if err != nil {
		h.t.Fatalf("invite: %v", err)
	}
}

// readers checks who of the house may read a file.
func (h *house) readers(when, id string, want ...string) {
	h.t.Helper()
	for _, user := range []string{alice, bob, carol, dara} {
		may := false
		for _, one := range want {
			may = may || one == user
		}
		if h.reads(user, id) != may {
			h.t.Errorf("%s: %s may read it is %v", when, user, !may)
		}
	}
}

// TestWhoMayReadAnOpaqueFile: its uploader, and who is in an encrypted channel in which it can have been sent.
func TestWhoMayReadAnOpaqueFile(t *testing.T) {
	each(t, usual, func(h *house) {
		clear := h.room(bob, carol)
		raw := ciphertext(h.t)
		f := h.takeOpaque(alice, raw)
		h.readers("in a channel that is not encrypted", f.ID, alice)
		sealed := h.encrypt(h.room(bob))
		h.readers("in one that is", f.ID, alice, bob)
		c, err := h.media.Open(h.t.Context(), caller(bob, ""), f.ID)
		if err != nil {
			h.t.Fatal(err)
		}
		got := make([]byte, c.Size())
		if _, err := c.ReadAt(got, 0); err != nil || !bytes.Equal(got, raw) || c.Type != "application/octet-stream" || c.Name != "" || c.Close() != nil {
			h.t.Errorf("it came back as %d bytes of %s, called %q, %v", len(got), c.Type, c.Name, err)
		}
		if _, err := h.media.OpenThumbnail(h.t.Context(), caller(bob, ""), f.ID, clean.Size{Width: 10, Height: 10}); fault.From(err).Key != "error.media_no_thumbnail" {
			h.t.Errorf("a thumbnail: %v", err)
		}
		h.invite(sealed, alice, dara)
		h.readers("an invitation is not enough", f.ID, alice, bob)
		h.turn(sealed, dara, "join")
		h.readers("who came later", f.ID, alice, bob, dara)
		h.turn(sealed, bob, "leave")
		h.readers("who left", f.ID, alice, dara)
		h.turn(sealed, alice, "leave")
		h.readers("when its uploader has left, it can still be read", f.ID, alice, dara)
		later := h.takeOpaque(alice, ciphertext(h.t))
		h.readers("what she uploads after she left", later.ID, alice)
		h.encrypt(clear)
		h.readers("the other channel is encrypted now", later.ID, alice, bob, carol)
	})
}

// TestAnInvitationThatWasDeclinedGivesNothing: nobody reads somebody's files by calling them into a channel of their own.
func TestAnInvitationThatWasDeclinedGivesNothing(t *testing.T) {
	each(t, usual, func(h *house) {
		f := h.takeOpaque(bob, ciphertext(h.t))
		trap := h.encrypt(h.room(carol))
		h.invite(trap, alice, bob)
		h.readers("invited", f.ID, bob)
		h.turn(trap, bob, "leave")
		h.readers("declined", f.ID, bob)
		h.invite(trap, alice, bob)
		h.turn(trap, bob, "join")
		h.turn(trap, bob, "leave")
		h.invite(trap, alice, bob)
		h.readers("joined, left and called again", f.ID, alice, bob, carol)
	})
}

// TestNothingInClearUsesAnOpaqueFile: what was not cleaned is never posted as if it had been, and no post makes it readable.
func TestNothingInClearUsesAnOpaqueFile(t *testing.T) {
	each(t, usual, func(h *house) {
		channel, sealed := h.room(bob), h.encrypt(h.room(carol))
		f := h.takeOpaque(alice, ciphertext(h.t))
		uri := h.media.URI(f.ID)
		for name, content := range map[string]M{
			"a file": {"msgtype": "m.file", "url": uri}, "a thumbnail": {"info": M{"thumbnail_url": uri}}, "an encrypted file in clear": {"file": M{"url": uri, "key": M{}}},
			"a later wording": {"m.new_content": M{"url": uri}},
		} {
			for _, in := range []string{channel, sealed} {
				if _, err := h.post(in, alice, content); !errors.Is(err, fault.Forbidden("error.media_opaque")) {
					h.t.Errorf("%s: %v", name, err)
				}
			}
		}
		if _, err := h.post(sealed, carol, M{"url": uri}); !errors.Is(err, fault.Forbidden("error.media_opaque")) {
			h.t.Errorf("who may read it passes it on: %v", err)
		}
		if _, err := h.post(channel, bob, M{"url": uri}); !errors.Is(err, fault.NotFound("error.media_unknown")) {
			h.t.Errorf("who may not read it learns of it: %v", err)
		}
		if err := h.media.MayUse(h.t.Context(), caller(alice, ""), uri); !errors.Is(err, fault.Forbidden("error.media_opaque")) {
			h.t.Errorf("as a picture of her: %v", err)
		}
		h.readers("after all that", f.ID, alice, carol)
		// One that is posted before it comes does not become one.
		id, _, err := h.media.Reserve(h.t.Context(), caller(alice, "o"))
		if err != nil {
			h.t.Fatal(err)
		}
		fill := func() error {
			_, err := h.media.Take(h.t.Context(), caller(alice, "o"), media.Wish{Length: media.Unsized, MediaID: id, Opaque: true}, bytes.NewReader(ciphertext(h.t)))
			return err
		}
		post := h.mustPost(channel, alice, M{"url": h.media.URI(id)})
		if err := fill(); !errors.Is(err, fault.Forbidden("error.media_opaque")) {
			h.t.Errorf("a file to come that is posted already: %v", err)
		}
		h.redact(channel, alice, post)
		if id, _, err = h.media.Reserve(h.t.Context(), caller(alice, "o")); err != nil {
			h.t.Fatal(err)
		}
		if _, err := h.media.Open(h.t.Context(), caller(carol, ""), id); fault.From(err).Errcode != "M_NOT_YET_UPLOADED" {
			h.t.Errorf("carol waits for it: %v", err)
		}
		if err := fill(); err != nil || !h.reads(carol, id) || h.reads(bob, id) {
			h.t.Errorf("filled: %v", err)
		}
	})
}

// TestWhatIsOpaque: only bytes that are said to be of no kind and are of none. What is of a kind is cleaned or refused, whatever is said of it.
func TestWhatIsOpaque(t *testing.T) {
	each(t, usual, func(h *house) {
		take := func(raw []byte, said bool) (string, error) {
			f, err := h.media.Take(h.t.Context(), caller(alice, "o"), media.Wish{Length: int64(len(raw)), Opaque: said}, bytes.NewReader(raw))
			return f.Type, err
		}
		long := bytes.Repeat([]byte("words "), 10)
		for name, test := range map[string]struct {
			raw  []byte
			said bool
			want string
		}{
			"encrypted":              {ciphertext(h.t), true, clean.Opaque},
			"not said to be so":      {ciphertext(h.t), false, ""},
			"a picture":              {h.picture(20), true, "image/png"},
			"a text":                 {long, true, "text/plain"},
			"a text by chance":       {[]byte("q"), true, clean.Opaque},
			"a short text":           {[]byte("q"), false, "text/plain"},
			"nothing":                {nil, true, ""},
			"a page":                 {[]byte("<html><script>"), true, ""},
			"a photograph of others": {[]byte("\x00\x00\x00\x18ftypheic\x00\x00\x00\x00"), true, ""},
			"a scan":                 {[]byte("II*\x00\x08\x00\x00\x00"), true, ""},
			"a video":                {[]byte("RIFF\x00\x00\x00\x00AVI "), true, ""},
			"a document in pieces":   {[]byte("PK\x03\x04broken"), true, ""},
		} {
			got, err := take(test.raw, test.said)
			if got != test.want || (err == nil) != (test.want != "") {
				h.t.Errorf("%s became %q, want %q; %v", name, got, test.want, err)
			}
		}
	})
}

// TestOpaqueFilesAreKeptAsLongAsPosts: nobody sees which posts use them, so they are kept as long as the channel that keeps longest, and at once go
// with their uploader.
func TestOpaqueFilesAreKeptAsLongAsPosts(t *testing.T) {
	each(t, usual, func(h *house) {
		short, long := h.encrypt(h.room(bob)), h.encrypt(h.room(bob))
		keeps := func(roomID string, days int) {
			h.state(roomID, room.RetentionType, M{"max_lifetime": days * int(day/time.Millisecond)})
		}
		keeps(short, 3)
		keeps(long, 10)
		f, lonely := h.takeOpaque(alice, ciphertext(h.t)), h.takeOpaque(carol, ciphertext(h.t))
		at := func(days int, want bool) {
			h.t.Helper()
			*h.ahead = time.Duration(days)*day + time.Hour
			h.sweep()
			if h.reads(alice, f.ID) != want {
				h.t.Errorf("after %d days it is here: %v", days, !want)
			}
		}
		at(1, true)
		if h.reads(carol, lonely.ID) {
			h.t.Error("that of somebody who is in no encrypted channel is kept")
		}
		h.turn(long, alice, "leave") // and is asked for there still
		at(4, true)
		at(9, true)
		at(10, false)
		if h.files() != 0 || h.used("o") != 0 {
			h.t.Errorf("%d blobs and %d bytes are left", h.files(), h.used("o"))
		}
		f = h.takeOpaque(alice, ciphertext(h.t))
		if err := h.write(func(tx *store.Tx) error { return h.media.EraseTx(tx, alice) }); err != nil {
			h.t.Fatal(err)
		}
		h.readers("once she left the network", f.ID)
	})
}

// TestOpaqueFilesOfOtherServers: they come as they are to who shares an encrypted channel with somebody there, and for a post in clear not at all.
func TestOpaqueFilesOfOtherServers(t *testing.T) {
	each(t, usual, func(h *house) {
		there := &shelf{files: map[string][]byte{"secret": ciphertext(h.t), "picture": h.picture(20)}}
		h.media.Federate(there)
		h.mustPost(h.room(carol), alice, M{"url": "mxc://far.example/secret"})
		h.encrypt(h.room(bob))
		if h.fetches(bob, "secret") || there.asked > 0 {
			t.Errorf("bob shares no encrypted channel with far.example, which was asked %d times", there.asked)
		}
		if _, err := h.media.Fetch(t.Context(), caller(carol, ""), "far.example", "secret"); fault.From(err).Key != "error.media_type" {
			t.Errorf("carol sees a post with it in clear: %v", err)
		}
	})
}
