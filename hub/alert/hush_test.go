package alert

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"panah/hub/notice"
	"panah/hub/people"
	"panah/hub/room"
	"panah/hub/store"
)

// carry writes the notices of an alert that are open as whoever tells people outside the app does, and gives those who would be told.
func (c *cast) carry(id string) (told []string) {
	c.T.Helper()
	c.Must(c.DB.Write(c.T.Context(), func(tx *store.Tx) error {
		users, err := store.Column(tx, `SELECT user_id FROM alert_recipients WHERE alert_id = $1`, id)
		if err != nil {
			return err
		}
		for _, user := range users {
			if err := notice.AddTx(tx, notice.Notice{UserID: user, Key: id, Kind: notice.Alert}); err != nil {
				return err
			}
		}
		open, err := store.All(tx, scanNotice, `SELECT `+noticeColumns+` FROM alert_notices WHERE alert_id = $1 AND settled_at = 0`, id)
		if err != nil {
			return err
		}
		for i := range open {
			if !open[i].Kind.Asks() {
				continue
			}
			if err := notice.AddTx(tx, notice.Notice{UserID: open[i].UserID, Key: open[i].Key(), Kind: notice.Alert}); err != nil {
				return err
			}
		}
		return nil
	}))
	return c.untold(id)
}

// untold are those who would still be told something of an alert, each as what and who.
func (c *cast) untold(id string) (all []string) {
	c.T.Helper()
	c.Must(c.DB.Read(c.T.Context(), func(tx *store.Tx) (err error) {
		all, err = store.All(tx, func(row store.Scanner) (string, error) {
			var key, user string
			err := row.Scan(&key, &user)
			kind, _, asked := strings.Cut(key, " ")
			if !asked {
				kind = "alert"
			}
			return kind + " " + strings.TrimPrefix(strings.TrimSuffix(user, ":hub.example"), "@"), err
		}, `SELECT key, user_id FROM push_notices WHERE done_at = 0 AND (key = $1 OR key LIKE '% ' || $1 || ' %') ORDER BY key DESC, user_id`, id)
		return err
	}))
	return all
}

// TestNobodyIsToldOfWhatIsOver: whoever has answered is told no more, and nobody of an alert that was cancelled, has expired or was taken back;
// not even when the one who carries notices comes later.
func TestNobodyIsToldOfWhatIsOver(t *testing.T) {
	eachHouse(t, func(t *testing.T, c *cast) {
		c.rota()
		want := func(what, id string, want ...string) {
			t.Helper()
			if got := c.untold(id); !slices.Equal(got, want) {
				t.Errorf("%s: %v would be told, want %v", what, got, want)
			}
		}
		id := c.send(c.sender, transitTo(c.dushanbe))
		c.answer(c.second, id, Reply{Answer: Seen}) // before anything was carried
		c.carry(id)
		want("one has answered", id, "duty first", "alert admin", "alert first", "alert herat-admin")
		c.answer(c.first, id, Reply{Answer: Seen})
		want("the one on duty has seen it", id, "alert admin", "alert herat-admin")
		cancelled, err := c.alerts.Cancel(t.Context(), c.sender, id, "", "")
		c.Must(err)
		c.carry(id)
		want("cancelled", id)
		c.Must(c.DB.Write(t.Context(), func(tx *store.Tx) error {
			return notice.AddTx(tx, notice.Notice{UserID: c.first.UserID, Key: cancelled.EventID, Kind: notice.Alert})
		}))
		want("that it is cancelled", cancelled.EventID, "alert first")

		acted, expired, gone := c.send(c.sender, transitTo(c.dushanbe)), c.send(c.sender, transitTo(c.dushanbe)), c.send(c.sender, transitTo(c.dushanbe))
		for _, id := range []string{acted, expired, gone} {
			if told := c.carry(id); len(told) != 5 {
				t.Fatalf("%v would be told", told)
			}
		}
		c.answer(c.second, acted, Reply{Answer: CanAct})
		want("somebody else of them acts", acted, "alert admin", "alert first", "alert herat-admin")
		_, err = c.Network.Redact(context.WithValue(t.Context(), doorKey{}, true), c.sender, room.Draft{RoomID: c.roomOf(gone), Redacts: gone, Content: map[string]any{}})
		c.Must(err)
		want("taken back", gone)
		c.clock.Pass(49 * time.Hour)
		c.due()
		want("expired", expired)
	})
}

func (c *cast) roomOf(id string) string {
	c.T.Helper()
	var al Alert
	c.Must(c.DB.Read(c.T.Context(), func(tx *store.Tx) (err error) {
		al, err = alertTx(tx, id)
		return err
	}))
	return al.RoomID
}

// TestHowADraftEndedIsPutAway: its author is told how it ended until they put that away, once for all devices; nobody else can.
func TestHowADraftEndedIsPutAway(t *testing.T) {
	eachHouse(t, func(t *testing.T, c *cast) {
		missing := transitTo(c.dushanbe)
		missing.Code, missing.Slots = "missing", []byte(`{"count":1,"area":"AF-HER"}`)
		open := func(who people.Caller) (all []Notice) {
			c.Must(c.DB.Read(t.Context(), func(tx *store.Tx) (err error) {
				all, err = store.All(tx, scanNotice, `SELECT `+noticeColumns+` FROM alert_notices WHERE user_id = $1 AND settled_at = 0 ORDER BY kind`, who.UserID)
				return err
			}))
			return all
		}
		for _, decide := range []func(id string) error{
			func(id string) error { _, err := c.alerts.Approve(t.Context(), c.senderAdmin, id); return err },
			func(id string) error { return c.alerts.Refuse(t.Context(), c.senderAdmin, id, "without the age") },
		} {
			s, err := c.alerts.Send(t.Context(), c.sender, newID(), missing)
			c.Must(err)
			asks := open(c.senderAdmin)
			if len(asks) == 0 || asks[len(asks)-1].Kind != NoticeApprove {
				t.Fatalf("the administrator is told %+v", asks)
			}
			ask := asks[len(asks)-1]
			c.Must(c.alerts.SettleNotice(t.Context(), c.senderAdmin.UserID, ask.ID))
			if got := open(c.senderAdmin); len(got) != len(asks) {
				t.Error("what waits for somebody was put away undone")
			}
			c.Must(decide(s.DraftID))
			told := open(c.sender)
			if len(told) != 1 {
				t.Fatalf("the author is told %+v", told)
			}
			c.Must(c.alerts.SettleNotice(t.Context(), c.senderAdmin.UserID, told[0].ID))
			if len(open(c.sender)) != 1 {
				t.Error("somebody else put it away")
			}
			for range 2 {
				c.Must(c.alerts.SettleNotice(t.Context(), c.sender.UserID, told[0].ID))
			}
			if got := open(c.sender); len(got) != 0 {
				t.Errorf("still told: %+v", got)
			}
		}
	})
}
