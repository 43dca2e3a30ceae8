package alert

import (
	"slices"
	"strings"

	"panah/hub/store"
)

// Moment is one thing that happened to an alert.
type Moment struct {
	At             int64  `json:"at"`   // Unix milliseconds
	Kind           string `json:"kind"` // sent, update, cancel, expired, answer, translation, step
	UserID         string `json:"user_id,omitempty"`
	OrganisationID string `json:"organisation_id,omitempty"`
	EventID        string `json:"event_id,omitempty"`
	Answer         Said   `json:"answer,omitempty"`
	Language       string `json:"language,omitempty"`
	Step           string `json:"step,omitempty"`   // duty, next, admin, coordinator, steward
	Called         int    `json:"called,omitempty"` // how many were asked by a step
}

// timelineTx is all that happened to an alert, in order.
func (a *Alerts) timelineTx(tx *store.Tx, al Alert, versions []Version) (all []Moment, err error) {
	kinds := map[string]string{MsgAlert: "sent", MsgUpdate: "update", MsgCancel: "cancel"}
	for _, v := range versions {
		all = append(all, Moment{At: v.At, Kind: kinds[v.Block.MsgType], UserID: v.Sender, EventID: v.EventID})
	}
	answers, err := store.All(tx, scanAnswer, `SELECT `+answerColumns+` FROM alert_answers n WHERE n.alert_id = $1`, al.ID)
	if err != nil {
		return nil, err
	}
	for _, n := range answers {
		all = append(all, Moment{At: n.At, Kind: "answer", UserID: n.UserID, OrganisationID: n.OrganisationID, EventID: n.EventID, Answer: n.Answer})
	}
	translations, err := store.All(tx, scanTranslation, `SELECT `+translationColumns+` FROM alert_translations t WHERE t.alert_id = $1`, al.ID)
	if err != nil {
		return nil, err
	}
	for _, t := range translations {
		all = append(all, Moment{At: t.At, Kind: "translation", UserID: t.Sender, EventID: t.EventID, Language: t.Language})
	}
	fired, err := store.All(tx, func(row store.Scanner) (m Moment, err error) {
		var step Step
		var called string
		err = row.Scan(&m.OrganisationID, &step, &m.At, &called)
		m.Kind, m.Step, m.Called = "step", string(steps[step].kind), len(strings.Fields(called))
		return m, err
	}, `SELECT organisation_id, step, fired_at, called FROM alert_steps WHERE alert_id = $1 AND fired_at > 0 AND called <> ''`, al.ID)
	if err != nil {
		return nil, err
	}
	all = append(all, fired...)
	if now := tx.Now.UnixMilli(); al.State(now) == Expired {
		all = append(all, Moment{At: al.Block.Expires * 1000, Kind: "expired"})
	}
	slices.SortStableFunc(all, func(x, y Moment) int {
		if x.At != y.At {
			return int(min(max(x.At-y.At, -1), 1))
		}
		return strings.Compare(x.EventID, y.EventID)
	})
	return all, nil
}
