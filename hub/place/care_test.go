package place

import (
	"bytes"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"panah/hub/place/allot"
	"panah/hub/room"
	"panah/hub/store"
	"panah/hub/store/storetest"
)

// TestNobodyAnswers: a shelter's people are asked again, each step once, over a night without power too; the clock begins when they could decide.
func TestNobodyAnswers(t *testing.T) {
	eachHouse(t, func(t *testing.T, c *cast) {
		c.must(c.places.Count(t.Context(), c.head, newID(), c.shelter, map[string]allot.Units{"women": {Total: 2}}))
		id, late := c.ask(c.kunduzWorker, wish(c.shelter))[0], c.ask(c.termezWorker, wish(c.shelter))[0]
		for _, step := range []struct {
			after        time.Duration
			intake, head []string
		}{
			{59 * time.Minute, []string{"asked"}, []string{"asked"}},
			{time.Minute, []string{"again", "asked"}, []string{"again", "asked"}},
			{time.Hour, []string{"again", "asked"}, []string{"again", "asked", "organise"}},
		} {
			c.clock.pass(step.after)
			c.due()
			c.due()
			c.wantTold(step.after.String(), c.intake, id, step.intake...)
			c.wantTold(step.after.String(), c.head, id, step.head...)
		}
		c.take(c.intake, id, allot.Accept, "")
		c.wantTold("answered", c.intake, id)
		c.wantTold("answered", c.head, id)
		c.clock.pass(90 * time.Minute) // the power was gone for long
		c.due()
		c.wantTold("the other, after three and a half hours", c.intake, late, "again", "asked")
		if got := c.step(late); got != 3 {
			t.Errorf("at step %d", got)
		}
		c.clock.pass(30 * time.Minute)
		c.due()
		c.wantState("after four", late, allot.Expired)
		c.wantTold("back", c.termezWorker, late, "expired")
	})
}

func (c *cast) step(id string) (step int) {
	c.t.Helper()
	c.must(c.db.Read(c.t.Context(), func(tx *store.Tx) error {
		return tx.QueryRow(`SELECT step FROM place_requests WHERE request_id = $1`, id).Scan(&step)
	}))
	return step
}

// TestOldNumbers: whoever takes people in is asked at twelve hours and at a day, and no more once somebody has confirmed.
func TestOldNumbers(t *testing.T) {
	eachHouse(t, func(t *testing.T, c *cast) {
		c.clock.pass(11 * time.Hour)
		c.due()
		c.wantTold("too early", c.intake, c.shelter)
		c.clock.pass(time.Hour)
		c.due()
		c.wantTold("at twelve hours", c.intake, c.shelter, "confirm")
		c.must(c.places.Count(t.Context(), c.intake, newID(), c.shelter, nil))
		c.wantTold("confirmed", c.intake, c.shelter)
		c.due()
		c.wantTold("still", c.intake, c.shelter)
		c.clock.pass(24 * time.Hour)
		c.due()
		c.wantTold("at a day", c.intake, c.shelter, "confirm")
		c.wantTold("not of the staff", c.other, c.shelter)
	})
}

// secrets are words that stand in a request, in its channel and nowhere else.
const (
	secretNote = "brings-a-red-suitcase"
	secretPost = "waits-behind-the-old-mill"
)

func (c *cast) tellSecret(by string, roomID string) {
	c.t.Helper()
	c.must(c.db.Write(c.t.Context(), func(tx *store.Tx) error {
		_, err := c.rooms.Append(c.t.Context(), tx, room.Draft{RoomID: roomID, Sender: by, Type: "m.room.message", Content: map[string]any{"msgtype": "m.text", "body": secretPost}})
		return err
	}))
}

// eachFile is what lies in each of the database's files.
func (c *cast) eachFile() (all [][]byte) {
	c.t.Helper()
	path := strings.TrimPrefix(c.address, "sqlite:")
	for _, file := range []string{path, path + "-wal", path + "-journal"} {
		raw, err := os.ReadFile(file)
		if os.IsNotExist(err) {
			continue
		}
		c.must(err)
		all = append(all, raw)
	}
	return all
}

// legible tells which of the secrets lie in the database's files.
func (c *cast) legible() (found []string) {
	c.t.Helper()
	for _, secret := range []string{secretNote, secretPost, "behind", "AF-BDS"} {
		if slices.ContainsFunc(c.eachFile(), func(raw []byte) bool { return bytes.Contains(raw, []byte(secret)) }) {
			found = append(found, secret)
		}
	}
	return found
}

// secret asks for what can be found in the file.
func secret(shelter string) Asking {
	a := wish(shelter)
	a.Note, a.Language, a.From, a.Ages, a.Needs = secretNote, "en", "AF-BDS", []string{"18-24"}, []string{"legal", "psychological"}
	return a
}

// TestNothingIsLeft: a day after the end nobody finds what was asked or said, not in the tables and not in the file itself. The counts stay.
func TestNothingIsLeft(t *testing.T) {
	c := gather(open(t, storetest.SQLiteAddress(t), &clock{at: start}))
	var ids []string
	for range 12 { // so that pages of the file are filled, split and joined
		ids = append(ids, c.ask(c.kunduzWorker, secret(c.shelter))...)
	}
	for _, id := range ids {
		c.tellSecret(c.kunduzWorker.UserID, c.request(id).RoomID)
	}
	if got := c.legible(); len(got) != 4 {
		t.Fatalf("the file should say it before: %v", got)
	}
	for _, id := range ids {
		c.take(c.kunduzWorker, id, allot.Withdraw, "elsewhere")
	}
	c.clock.pass(23 * time.Hour)
	c.due()
	if e, err := c.places.Request(t.Context(), c.kunduzWorker, ids[0]); err != nil || e.Wish == nil {
		t.Errorf("after 23 hours: %+v, %v", e, err)
	}
	room := c.request(ids[0]).RoomID
	c.clock.pass(time.Hour)
	c.due()
	if got := c.legible(); len(got) != 0 {
		t.Errorf("after a day the file still says %v", got)
	}
	e, err := c.places.Request(t.Context(), c.kunduzWorker, ids[0])
	c.must(err)
	if e.Wish != nil || e.RoomID != "" || e.State != allot.Withdrawn || e.Places != 1 || e.Worker != "" {
		t.Errorf("what is left: %+v", e)
	}
	if got := c.members(room); len(got) != 0 {
		t.Errorf("still in its channel: %v", got)
	}
	c.ledgerAgrees()
}

// TestTakenBack: who takes consent back is forgotten at once; an asking that came to something goes on without its details.
func TestTakenBack(t *testing.T) {
	c := gather(open(t, storetest.SQLiteAddress(t), &clock{at: start}))
	given := secret(c.shelter)
	given.Consent = Consent{Given: "given", At: start.UnixMilli(), Words: "short-1", Language: "fa-AF"}
	open, lives := c.ask(c.kunduzWorker, given)[0], c.ask(c.kunduzWorker, given)[0]
	for _, id := range []string{open, lives} {
		c.tellSecret(c.intake.UserID, c.request(id).RoomID)
	}
	c.take(c.intake, lives, allot.Accept, "")
	c.take(c.intake, lives, allot.Arrive, "")
	c.wantFault("by another", c.places.Revoke(t.Context(), c.termezWorker, newID(), c.request(open).AskID), "unknown_place_request")
	for _, id := range []string{open, lives} {
		c.must(c.places.Revoke(t.Context(), c.kunduzColleague, newID(), c.request(id).AskID))
	}
	if got := c.legible(); len(got) != 0 {
		t.Errorf("the file still says %v", got)
	}
	c.wantState("not decided", open, allot.Withdrawn)
	c.wantState("arrived", lives, allot.Arrived)
	e, err := c.places.Request(t.Context(), c.intake, lives)
	c.must(err)
	if e.Wish != nil || e.Consent.Given != "withdrawn" {
		t.Errorf("what is left: %+v", e)
	}
	c.take(c.intake, lives, allot.Leave, "moved_on")
}
