package alert

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"panah/hub/fault"
	"panah/hub/guard"
	"panah/hub/people"
	"panah/hub/room"
	"panah/hub/store"
)

// Wanted is an alert's words that somebody could not read yet.
type Wanted struct {
	Alert
	To           string // language
	Outdated     bool   // there is a translation, of an earlier version
	ClaimedBy    string // who is at it, or ""
	ClaimedUntil int64  // Unix milliseconds
}

const (
	// claimTime is how long one who said that they translate is left alone with it.
	claimTime   = 30 * time.Minute
	wantedLimit = 200
)

// Wanting gives what waits for a translator among the alerts that the caller may open, the most urgent first: the words of each live alert,
// in each language in which somebody of its recipients reads the hub. from and to may be "".
func (a *Alerts) Wanting(ctx context.Context, caller people.Caller, from, to string) (all []Wanted, err error) {
	if err := caller.Require(people.ActTranslate); err != nil {
		return nil, err
	}
	err = a.db.Read(ctx, func(tx *store.Tx) error {
		alerts, err := store.All(tx, scanAlert, `SELECT `+alertColumns+` FROM alerts a JOIN memberships m ON m.room_id = a.room_id AND m.user_id = $1
			AND m.membership = 'join' WHERE a.words <> '' AND a.msg_type <> 'Cancel' AND a.expires_at > $2 AND ($3 = '' OR a.language = $3)
			ORDER BY a.sent_at DESC, a.alert_id LIMIT $4`, caller.UserID, tx.Now.UnixMilli(), from, wantedLimit)
		if err != nil {
			return err
		}
		for _, al := range alerts {
			wanted, err := wantedTx(tx, al)
			if err != nil {
				return err
			}
			all = append(all, wanted...)
		}
		return nil
	})
	all = slices.DeleteFunc(all, func(w Wanted) bool { return to != "" && w.To != to })
	slices.SortStableFunc(all, func(x, y Wanted) int {
		return slices.Index(urgencies, x.Block.Urgency) - slices.Index(urgencies, y.Block.Urgency)
	})
	return all, err
}

// wantedTx are the languages that an alert's words lack.
func wantedTx(tx *store.Tx, al Alert) (all []Wanted, err error) {
	languages, err := store.Column(tx, `SELECT DISTINCT p.language FROM alert_recipients r JOIN people p ON p.user_id = r.user_id
		WHERE r.alert_id = $1 AND p.language <> '' AND p.language <> $2 ORDER BY p.language`, al.ID, al.Block.Language)
	if err != nil {
		return nil, err
	}
	done, err := translationsTx(tx, al)
	if err != nil {
		return nil, err
	}
	for _, language := range languages {
		w := Wanted{Alert: al, To: language}
		i := slices.IndexFunc(done, func(t Translation) bool { return t.Language == language })
		if i >= 0 && !done[i].Outdated {
			continue
		}
		w.Outdated = i >= 0
		if w.ClaimedBy, w.ClaimedUntil, err = claimTx(tx, al.LastEventID, language); err != nil {
			return nil, err
		}
		all = append(all, w)
	}
	return all, nil
}

func claimTx(tx *store.Tx, versionID, language string) (user string, until int64, err error) {
	type claim struct {
		user  string
		until int64
	}
	found, err := store.All(tx, func(row store.Scanner) (c claim, err error) { return c, row.Scan(&c.user, &c.until) },
		`SELECT user_id, until_at FROM alert_claims WHERE version_id = $1 AND language = $2 AND until_at > $3`, versionID, language, tx.Now.UnixMilli())
	if err != nil || len(found) == 0 {
		return "", 0, err
	}
	return found[0].user, found[0].until, nil
}

// translatableTx reads the alert whose version somebody wants to translate.
func (a *Alerts) translatableTx(tx *store.Tx, caller people.Caller, versionID, language string) (Alert, error) {
	if !languageForm.MatchString(language) {
		return Alert{}, bad("language")
	}
	alertID, err := alertOfVersion(tx, versionID)
	if err != nil {
		return Alert{}, err
	}
	al, err := a.readableTx(tx, caller, alertID)
	if err != nil {
		return al, err
	}
	said, err := saidSo(tx, al, versionID)
	switch {
	case err != nil:
		return al, err
	case !said || al.Block.Text == "":
		return al, fault.New(http.StatusConflict, "M_FORBIDDEN", "error.alert_changed")
	case al.Block.Language == language:
		return al, bad("language")
	}
	return al, nil
}

// Claim tells others that the caller translates a version into a language now.
func (a *Alerts) Claim(ctx context.Context, caller people.Caller, versionID, language string) (until int64, err error) {
	if err := caller.Require(people.ActTranslate); err != nil {
		return 0, err
	}
	err = a.db.Write(ctx, func(tx *store.Tx) error {
		if _, err := a.translatableTx(tx, caller, versionID, language); err != nil {
			return err
		}
		user, _, err := claimTx(tx, versionID, language)
		if err != nil {
			return err
		}
		if user != "" && user != caller.UserID {
			return fault.New(http.StatusConflict, "M_FORBIDDEN", "error.translation_claimed")
		}
		until = tx.Now.Add(claimTime).UnixMilli()
		_, err = tx.Exec(`INSERT INTO alert_claims (version_id, language, user_id, until_at) VALUES ($1, $2, $3, $4)
			ON CONFLICT (version_id, language) DO UPDATE SET user_id = excluded.user_id, until_at = excluded.until_at`, versionID, language, caller.UserID, until)
		return err
	})
	return until, err
}

// Release gives a claim of the caller's back.
func (a *Alerts) Release(ctx context.Context, caller people.Caller, versionID, language string) error {
	return a.db.Write(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(`DELETE FROM alert_claims WHERE version_id = $1 AND language = $2 AND user_id = $3`, versionID, language, caller.UserID)
		return err
	})
}

// Translate hangs a translation on the version that it translates. Somebody else's claim does not hinder: two translations harm nobody, and
// the last one stands. confirmed are kinds of findings that the translator was shown, and sends all the same.
func (a *Alerts) Translate(ctx context.Context, caller people.Caller, versionID, language, text string, confirmed ...string) (eventID string, err error) {
	if err := caller.Require(people.ActTranslate); err != nil {
		return "", err
	}
	text = strings.TrimSpace(text)
	if text == "" {
		return "", fault.MissingParam("text")
	}
	if err := checkText("text", text, 2*textLimit); err != nil {
		return "", err
	}
	err = a.write(ctx, func(tx *store.Tx) error {
		al, err := a.translatableTx(tx, caller, versionID, language)
		if err != nil {
			return err
		}
		// What stands in the original was asked about when that was sent.
		if err := unconfirmed(guard.Names(text), append(guard.Names(al.Block.Text), confirmed...)); err != nil {
			return err
		}
		done, err := translationTx(tx, al, language)
		if err != nil {
			return err
		}
		if done != nil && !done.Outdated && done.Text == text && done.Sender == caller.UserID {
			eventID = done.EventID // the same again
			return nil
		}
		events, err := a.rooms.Append(ctx, tx, room.Draft{RoomID: al.RoomID, Sender: caller.UserID, Type: TranslationType, Content: map[string]any{
			"language": language, "text": text, "m.relates_to": map[string]string{"rel_type": relReference, "event_id": versionID},
		}})
		if err != nil {
			return err
		}
		eventID = events[0].ID
		_, err = tx.Exec(`DELETE FROM alert_claims WHERE version_id = $1 AND language = $2`, versionID, language)
		return err
	})
	return eventID, err
}
