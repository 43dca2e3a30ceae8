package alert

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"panah/hub/fault"
	"panah/hub/people"
	"panah/hub/room"
	"panah/hub/store"
)

// TestNobodyBuriesWhoDecides: so many drafts of one author wait, and no more. What waits already is still answered again.
func TestNobodyBuriesWhoDecides(t *testing.T) {
	eachHouse(t, func(t *testing.T, c *cast) {
		limited := func(by people.Caller, txn string) bool {
			draft := transitTo(c.lahore)
			draft.Describes = true
			_, err := c.alerts.Send(t.Context(), by, txn, draft)
			if err != nil && fault.From(err).Errcode != "M_LIMIT_EXCEEDED" {
				t.Fatal(err)
			}
			return err != nil
		}
		for i := range draftsMost {
			if limited(c.sender, fmt.Sprint(i)) {
				t.Fatalf("only %d drafts wait", i)
			}
		}
		if !limited(c.sender, "more") || limited(c.sender, "0") || limited(c.first, "0") {
			t.Error("the limit is another one, or others have it too")
		}
	})
}

// TestNobodyShoutsTheNetworkDown: one person begins so many alerts within an hour, and no more. What belongs to them goes out all the same.
func TestNobodyShoutsTheNetworkDown(t *testing.T) {
	eachHouse(t, func(t *testing.T, c *cast) {
		send := func(by people.Caller, txn string) error {
			_, err := c.alerts.Send(t.Context(), by, txn, transitTo(c.lahore))
			return err
		}
		first := c.send(c.sender, transitTo(c.lahore))
		c.clock.Pass(10 * time.Minute)
		for i := range mostSent - 1 {
			c.Must(send(c.sender, fmt.Sprint(i)))
		}
		refused := fault.From(send(c.sender, "more"))
		if refused.Key != "error.alert_too_many" || refused.RetryAfter != 50*time.Minute {
			t.Errorf("one more: %v, after %v", refused, refused.RetryAfter)
		}
		c.Must(send(c.sender, "0")) // the same again
		c.Must(send(c.senderAdmin, "0"))
		_, err := c.alerts.Send(t.Context(), c.sender, newID(), Wish{Update: first, Block: Block{Urgency: "Expected"}})
		c.Must(err)
		_, err = c.alerts.Cancel(t.Context(), c.sender, first, "", "")
		c.Must(err)
		c.clock.Pass(50 * time.Minute)
		c.Must(send(c.sender, "more"))
	})
}

// TestOthersDraftsHideNothing: whoever decides sees the drafts of their own organisation, however many wait elsewhere.
func TestOthersDraftsHideNothing(t *testing.T) {
	eachHouse(t, func(t *testing.T, c *cast) {
		c.Must(c.DB.Write(t.Context(), func(tx *store.Tx) error {
			for range 250 {
				_, err := tx.Exec(`INSERT INTO alert_drafts (draft_id, organisation_id, author, device_id, wish, causes, at, until_at, standing)
					VALUES ($1, $2, $3, '', '{}', '', 0, $4, 'waiting')`, newID(), c.herat.ID, c.sender.UserID, tx.Now.Add(time.Hour).UnixMilli())
				if err != nil {
					return err
				}
			}
			return nil
		}))
		draft := transitTo(c.lahore)
		draft.Describes = true
		s, err := c.alerts.Send(t.Context(), c.first, newID(), draft)
		c.Must(err)
		decide, _, err := c.alerts.Waiting(t.Context(), c.admin)
		c.Must(err)
		if len(decide) != 1 || decide[0].ID != s.DraftID {
			t.Errorf("%d drafts, not the one of their own", len(decide))
		}
	})
}

// TestAnAlertThatWasTakenBackLeavesNothing: nobody is asked about it any more, and who was called to it no longer sees its channel.
func TestAnAlertThatWasTakenBackLeavesNothing(t *testing.T) {
	eachHouse(t, func(t *testing.T, c *cast) {
		id, other := c.send(c.sender, transitTo(c.lahore)), c.send(c.sender, transitTo(c.lahore))
		c.Must(c.alerts.SetLead(t.Context(), c.steward, "PK", c.khujand.ID))
		c.answer(c.lahoreAsks, other, Reply{Answer: CanAct})
		c.clock.Pass(10 * time.Minute)
		c.due()
		c.wantAsked("before", id, "admin lahore", "coordinator lead")
		if !c.reads(c.lead, other) {
			t.Fatal("the coordinator was not called in")
		}
		_, err := c.Network.Redact(context.WithValue(t.Context(), doorKey{}, true), c.sender, room.Draft{RoomID: c.roomOf(id), Redacts: id, Content: map[string]any{}})
		c.Must(err)
		c.due()
		c.wantAsked("after", id)
		if c.reads(c.lead, other) || !c.reads(c.lahoreAsks, other) {
			t.Error("who was called to it is still in the channel, or somebody else is not")
		}
		c.clock.Pass(24 * time.Hour)
		c.due()
	})
}

// TestAnOrganisationThatBecameOfficial: its feed reads no more than its people do.
func TestAnOrganisationThatBecameOfficial(t *testing.T) {
	eachHouse(t, func(t *testing.T, c *cast) {
		plain, chosen := transitTo(c.dushanbe), transitTo(c.dushanbe)
		plain.TLP, chosen.TLP, chosen.Audience.Officials = Green, Green, true
		ids := []string{c.send(c.sender, plain), c.send(c.sender, chosen)}
		shared := func() (all []string) {
			details, err := c.alerts.Shared(t.Context(), SharedQuery{OrganisationID: c.dushanbe.ID, Use: UseFeed, Limit: 10})
			c.Must(err)
			for i := range details {
				all = append(all, details[i].ID)
			}
			slices.Sort(all)
			return all
		}
		both := slices.Sorted(slices.Values(ids))
		if got := shared(); !slices.Equal(got, both) {
			t.Errorf("an NGO's feed has %v, want %v", got, both)
		}
		_, err := c.Network.EditOrganisation(t.Context(), c.steward, c.dushanbe.ID, "", "government", "")
		c.Must(err)
		if got := shared(); !slices.Equal(got, ids[1:]) || c.reads(c.first, ids[0]) {
			t.Errorf("an official's feed has %v, want what was sent to officials", got)
		}
	})
}
