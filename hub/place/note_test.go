package place

import (
	"bytes"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"panah/hub/people"
	"panah/hub/place/allot"
	"panah/hub/store/storetest"
)

// key makes a key on somebody's device and tells the hub its public part.
func (c *cast) key(who people.Caller) *age.X25519Identity {
	c.t.Helper()
	identity, err := age.GenerateX25519Identity()
	c.must(err)
	c.must(c.places.SetKey(c.t.Context(), who, identity.Recipient().String()))
	return identity
}

func (c *cast) seal(text string, to ...age.Recipient) []byte {
	c.t.Helper()
	var out bytes.Buffer
	w, err := age.Encrypt(&out, to...)
	c.must(err)
	_, err = io.WriteString(w, text)
	c.must(err)
	c.must(w.Close())
	return out.Bytes()
}

// TestSealedNote: what is sealed to the devices of both sides is opened by them; the hub, others and those who come later read nothing; and it is gone with
// the request, from the file too.
func TestSealedNote(t *testing.T) {
	c := gather(open(t, storetest.SQLiteAddress(t), &clock{at: start}))
	worker, intake := c.key(c.kunduzWorker), c.key(c.intake)
	c.key(c.termezWorker)
	id := c.ask(c.kunduzWorker, wish(c.shelter))[0]
	keys, err := c.places.Keys(t.Context(), c.intake, id)
	c.must(err)
	var to []age.Recipient
	var owners []string
	for _, k := range keys {
		r, err := age.ParseX25519Recipient(k.Recipient)
		c.must(err)
		to, owners = append(to, r), append(owners, k.UserID)
	}
	if !slices.Equal(owners, []string{c.intake.UserID, c.kunduzWorker.UserID}) {
		t.Fatalf("it would be sealed to %v", owners)
	}
	sealed := c.seal("Chumaki 5, ring twice", to...)
	_, err = c.places.AddNote(t.Context(), c.intake, newID(), id, sealed)
	c.wantFault("before it is accepted", err, "error.place_state")
	c.take(c.intake, id, allot.Accept, "")
	for range 2 {
		_, err = c.places.AddNote(t.Context(), c.intake, "n", id, sealed)
		c.must(err)
	}
	if got, want := c.said(c.request(id).RoomID), []string{"kunduz held", "intake accepted", "intake accepted"}; !slices.Equal(got, want) {
		t.Errorf("its channel says %v, want %v: who has it open learns of the note, once", got, want)
	}
	notes, err := c.places.Notes(t.Context(), c.kunduzWorker, id)
	c.must(err)
	if len(notes) != 1 || notes[0].UserID != c.intake.UserID {
		t.Fatalf("notes: %+v", notes)
	}
	for name, identity := range map[string]*age.X25519Identity{"worker": worker, "intake": intake} {
		r, err := age.Decrypt(bytes.NewReader(notes[0].Sealed), identity)
		c.must(err)
		if text, err := io.ReadAll(r); err != nil || string(text) != "Chumaki 5, ring twice" {
			t.Errorf("%s reads %q, %v", name, text, err)
		}
	}
	_, err = c.places.Notes(t.Context(), c.termezWorker, id)
	c.wantFault("another", err, "unknown_place_request")
	_, err = c.places.Keys(t.Context(), c.other, id)
	c.wantFault("not of the staff", err, "unknown_place_request")

	scrypt, err := age.NewScryptRecipient("a passphrase")
	c.must(err)
	scrypt.SetWorkFactor(10)
	for name, bad := range map[string][]byte{
		"in clear": []byte("Chumaki 5"), "nearly in clear": []byte("age-encryption.org/v1\nChumaki 5\n"), "no keys": []byte("age-encryption.org/v1\n--- x\n" + strings.Repeat("x", 40)),
		"nothing sealed": []byte("age-encryption.org/v1\n-> X25519 a\nb\n--- x\n"), "in clear between the stanzas": []byte("age-encryption.org/v1\n-> X25519 a\nHouse 12, third floor\n--- x\n" + strings.Repeat("x", 40)),
		"with words among sound stanzas": bytes.Replace(sealed, []byte("\n--- "), []byte("\nHouse 12\n--- "), 1),
		"with grease":                    bytes.Replace(sealed, []byte("\n--- "), []byte("\n-> House-grease 12\nHouse 12\n--- "), 1),
		"cut off":                        sealed[:len(sealed)/3], "by a passphrase": c.seal("x", scrypt),
		"too large": c.seal(strings.Repeat("x", sealedMost), to...), "nothing": nil,
	} {
		if _, err := c.places.AddNote(t.Context(), c.intake, newID(), id, bad); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
	for _, bad := range []string{"", "age1", strings.ToUpper(keys[0].Recipient), keys[0].Recipient[:61] + "b", "AGE-SECRET-KEY-1" + strings.Repeat("Q", 46)} {
		if c.places.SetKey(t.Context(), c.intake, bad) == nil {
			t.Errorf("the key %q is taken", bad)
		}
	}
	tail := sealed[len(sealed)-20:]
	lies := func() bool { return bytes.Contains(c.files(), tail) }
	if !lies() {
		t.Fatal("it should lie there before")
	}
	c.take(c.kunduzWorker, id, allot.Withdraw, "too_far")
	c.clock.pass(24 * time.Hour)
	c.due()
	if lies() {
		t.Error("the note lies in the file after a day")
	}
	c.must(c.people.SignOut(t.Context(), c.intake.UserID, c.intake.DeviceID))
	next := c.ask(c.kunduzWorker, wish(c.shelter))[0]
	if keys, err := c.places.Keys(t.Context(), c.kunduzWorker, next); err != nil || len(keys) != 1 {
		t.Errorf("a device that was signed out has still a key: %v, %v", keys, err)
	}
}

// TestDanger: one act, and whoever holds a phone of the organisation reads nothing; its shelters are seen by nobody; who waited for it is asked for at the
// partner's; what it asked for itself is the partner's. Only a steward says that it is over.
func TestDanger(t *testing.T) {
	eachHouse(t, func(t *testing.T, c *cast) {
		hope := c.organisation(c.steward, "Hope", "shelter", "TJ")
		helper := c.join(c.steward, hope, "helper", people.Admin)
		theirs, err := c.places.Register(t.Context(), helper, newID(), profile("Navruz"))
		c.must(err)
		c.must(c.places.Count(t.Context(), helper, newID(), theirs, map[string]allot.Units{"women": {Total: 5}}))
		c.wantFault("oneself", c.places.SetPartner(t.Context(), c.head, c.khatlon.ID), "error.invalid_param")
		c.wantFault("a ministry", c.places.SetPartner(t.Context(), c.head, c.ministry.ID), "error.invalid_param")
		c.must(c.places.SetPartner(t.Context(), c.head, hope.ID))
		held, lives := c.ask(c.kunduzWorker, wish(c.shelter))[0], c.ask(c.termezWorker, wish(c.shelter))[0]
		c.take(c.intake, lives, allot.Accept, "")
		own := c.ask(c.intake, wish(theirs))[0]
		roomID := c.request(own).RoomID

		c.wantFault("not confirmed", c.places.Danger(t.Context(), c.other, false), "error.missing_param")
		c.must(c.places.Danger(t.Context(), c.other, true))
		for name, who := range map[string]people.Caller{"head": c.head, "intake": c.intake, "other": c.other} {
			if devices, err := c.people.Devices(t.Context(), who.UserID); err != nil || len(devices) != 0 {
				t.Errorf("%s has still a session: %v", name, devices)
			}
		}
		all, err := c.places.Shelters(t.Context(), c.kunduzWorker)
		c.must(err)
		if len(all) != 1 || all[0].ID != theirs {
			t.Errorf("seen are %+v", all)
		}
		if got := c.boardSays(""); got != "{}" {
			t.Errorf("the board still says %s", got)
		}
		if r := c.request(held); r.State != allot.Declined || r.Reason != "closed" {
			t.Errorf("who waited: %+v", r)
		}
		entries, err := c.places.Asked(t.Context(), c.kunduzWorker, c.request(held).AskID)
		c.must(err)
		if len(entries) != 2 || entries[0].State != allot.Held && entries[1].State != allot.Held {
			t.Errorf("asked for them: %+v", entries)
		}
		c.wantState("who was accepted", lives, allot.Accepted)
		if got := c.members(roomID); !slices.Equal(got, []string{"helper"}) {
			t.Errorf("in the channel of what it asked for are %v", got)
		}
		c.wantTold("the partner", helper, own, "asked", "passed")
		c.wantFault("arriving", c.places.Take(t.Context(), c.intake, newID(), lives, Step{Kind: allot.Arrive}), "error.place_frozen")
		c.wantFault("opening again", c.places.Reopen(t.Context(), c.head, newID(), c.shelter), "error.place_frozen")
		c.clock.pass(30 * time.Hour)
		c.due()
		c.wantState("nothing ends", lives, allot.Accepted)
		if err := c.places.Safe(t.Context(), c.head, c.khatlon.ID); err == nil {
			t.Error("the organisation itself says that it is over")
		}
		c.must(c.places.Safe(t.Context(), c.steward, c.khatlon.ID))
		c.take(c.intake, lives, allot.Arrive, "")
		c.ledgerAgrees()
	})
}

// files is all that lies in the database's files.
func (c *cast) files() (all []byte) {
	c.t.Helper()
	for _, raw := range c.eachFile() {
		all = append(all, raw...)
	}
	return all
}
