package alert

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"testing"
	"time"

	"panah/hub/fault"
	"panah/hub/people"
	"panah/hub/room"
	"panah/hub/store"
)

// TestReplay: whatever happens, replaying the log gives the tables that stand.
func TestReplay(t *testing.T) {
	eachHouse(t, func(t *testing.T, c *cast) {
		const seed = 1
		r := rand.New(rand.NewPCG(seed, seed))
		w := &walk{cast: c, r: r}
		for range 150 {
			w.step()
		}
		c.Must(c.DB.Write(context.WithValue(t.Context(), doorKey{}, true), func(tx *store.Tx) error {
			before, err := standing(tx)
			if err != nil {
				return err
			}
			for _, table := range []string{"alerts", "alert_versions", "alert_answers", "alert_translations"} {
				if _, err := tx.Exec(`DELETE FROM ` + table); err != nil {
					return err
				}
			}
			head, err := tx.Head()
			if err != nil {
				return err
			}
			events, err := c.Rooms.FollowEvents(tx, 0, head, 1<<30)
			if err != nil {
				return err
			}
			for i := range events {
				if err := (Log{}).AppendedTx(tx, c.Rooms, &events[i]); err != nil {
					return err
				}
			}
			after, err := standing(tx)
			if err != nil {
				return err
			}
			if len(before) < 25 {
				t.Errorf("only %d rows stand", len(before))
			}
			for _, line := range before {
				if !slices.Contains(after, line) {
					t.Errorf("the replay lacks %s", line)
				}
			}
			for _, line := range after {
				if !slices.Contains(before, line) {
					t.Errorf("the replay has %s", line)
				}
			}
			return nil
		}))
	})
}

// standing is all that the tables say, a line a row, but for when an end was noted.
func standing(tx *store.Tx) (lines []string, err error) {
	for _, text := range []string{
		`SELECT 'alert ' || alert_id || ' ' || room_id || ' ' || organisation_id || ' ' || sender || ' ' || sent_at || ' ' || position || ' ' || last_event_id
			|| ' ' || updated_at || ' ' || last_position || ' ' || msg_type || ' ' || status || ' ' || code || ' ' || slots || ' ' || urgency || ' ' || severity
			|| ' ' || certainty || ' ' || tlp || ' ' || areas || ' ' || expires_at || ' ' || words || ' ' || language FROM alerts`,
		`SELECT 'version ' || event_id || ' ' || alert_id || ' ' || position || ' ' || sender || ' ' || at || ' ' || block FROM alert_versions`,
		`SELECT 'answer ' || event_id || ' ' || alert_id || ' ' || user_id || ' ' || organisation_id || ' ' || position || ' ' || answer || ' ' || why || ' ' || note FROM alert_answers`,
		`SELECT 'translation ' || event_id || ' ' || alert_id || ' ' || version_id || ' ' || language || ' ' || sender || ' ' || words FROM alert_translations`,
	} {
		found, err := store.Column(tx, text)
		if err != nil {
			return nil, err
		}
		lines = append(lines, found...)
	}
	return lines, nil
}

type said struct {
	by people.Caller
	id string
}

// walk does one random thing after another.
type walk struct {
	*cast
	r      *rand.Rand
	events []said
	alerts []string
	n      int
}

func (w *walk) add(by people.Caller, id string, err error) {
	w.T.Helper()
	if err != nil {
		if fault.From(err).Status >= http.StatusInternalServerError {
			w.T.Fatal(err)
		}
		return // refused, as it may be
	}
	if id != "" {
		w.events = append(w.events, said{by, id})
	}
}

func (w *walk) step() {
	w.T.Helper()
	w.n++
	w.clock.Pass(time.Duration(w.r.IntN(600)) * time.Second)
	ctx, alerts := w.T.Context(), w.cast.alerts
	who := []people.Caller{w.sender, w.first, w.second, w.admin, w.lahoreAsks}[w.r.IntN(5)]
	if len(w.alerts) < 2 {
		wish := transitTo(w.dushanbe, w.lahore)
		wish.Text, wish.Language = fmt.Sprintf("متن %d", w.n), "fa-AF"
		s, err := alerts.Send(ctx, w.sender, newID(), wish)
		w.Must(err)
		w.alerts = append(w.alerts, s.AlertID)
		w.add(w.sender, s.AlertID, nil)
		return
	}
	id := w.alerts[w.r.IntN(len(w.alerts))]
	switch w.r.IntN(12) {
	case 0:
		w.alerts = w.alerts[:1]
	case 1, 2:
		s, err := alerts.Send(ctx, w.sender, newID(), Wish{Update: id, Block: Block{Text: fmt.Sprintf("نو %d", w.n), Language: "fa-AF"}})
		w.add(w.sender, s.EventID, err)
	case 3:
		if w.r.IntN(4) == 0 {
			s, err := alerts.Cancel(ctx, w.sender, id, "", "")
			w.add(w.sender, s.EventID, err)
		}
	case 4, 5, 6, 7:
		reply := []Reply{{Answer: Seen}, {Answer: CanAct, Note: "x"}, {Answer: Cannot, Why: "other"}, {Answer: Done}}[w.r.IntN(4)]
		event, err := alerts.Answer(ctx, who, id, reply)
		w.add(who, event, err)
	case 8:
		d, err := alerts.Detail(ctx, who, id, "")
		if err == nil {
			event, err := alerts.Translate(ctx, who, d.LastEventID, []string{"en", "ru"}[w.r.IntN(2)], fmt.Sprintf("text %d", w.n))
			w.add(who, event, err)
		}
	case 9:
		w.redact()
	case 10:
		w.purge()
	case 11:
		w.Must(alerts.Due(ctx))
	}
}

// redact takes one of the events back.
func (w *walk) redact() {
	one := w.events[w.r.IntN(len(w.events))]
	var e *room.Event
	w.Must(w.DB.Read(w.T.Context(), func(tx *store.Tx) (err error) {
		e, err = w.Rooms.EventByID(tx, one.id)
		return err
	}))
	_, err := w.Network.Redact(w.T.Context(), one.by, room.Draft{RoomID: e.RoomID, Redacts: e.ID, Content: map[string]any{}})
	w.add(one.by, "", err)
}

// purge empties one of the events as retention does.
func (w *walk) purge() {
	one := w.events[w.r.IntN(len(w.events))]
	w.Must(w.DB.Write(w.T.Context(), func(tx *store.Tx) error {
		e, err := w.Rooms.EventByID(tx, one.id)
		if err != nil {
			return err
		}
		return w.Rooms.EmptyTx(tx, e.RoomID, e.ID)
	}))
}
