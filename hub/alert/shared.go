package alert

import (
	"context"
	"slices"
	"strings"

	"panah/hub/store"
)

// SharedQuery chooses alerts for something that is no person: a feed.
type SharedQuery struct {
	OrganisationID string // in whose audiences
	RoomID         string // of one audience; "" for all
	AlertID        string // one alert; "" for all
	Use            Use    // which the label must allow
	Limit          int
}

// Shared gives the alerts that live and were sent to an organisation, those changed last first. Of each there are its versions, so that updates and
// cancels are found, and its translations. Nobody's answers are among them.
func (a *Alerts) Shared(ctx context.Context, q SharedQuery) (all []Detail, err error) {
	labels := labelsFor(q.Use)
	err = a.db.Read(ctx, func(tx *store.Tx) error {
		found, err := store.All(tx, scanAlert, `SELECT `+alertColumns+` FROM alerts a
			WHERE EXISTS (SELECT 1 FROM alert_channel_organisations o WHERE o.room_id = a.room_id AND o.organisation_id = $1)
			AND ($2 = '' OR a.room_id = $2) AND ($3 = '' OR a.alert_id = $3) AND a.expires_at > $4 AND $5 LIKE '% ' || a.tlp || ' %'
			ORDER BY a.last_position DESC LIMIT $6`, q.OrganisationID, q.RoomID, q.AlertID, tx.Now.UnixMilli(), labels, q.Limit)
		if err != nil {
			return err
		}
		o, err := a.people.OrganisationTx(tx, q.OrganisationID)
		if err != nil {
			return err
		}
		for _, al := range found {
			c, err := readChannel(tx, al.RoomID)
			if err != nil {
				return err
			}
			if official(o) && !c.audience.Officials { // it became one since: its people are no longer in the channel either
				continue
			}
			d := Detail{Entry: Entry{Alert: al, Stage: al.State(tx.Now.UnixMilli())}}
			if d.Versions, err = a.versionsTx(tx, al.ID); err != nil {
				return err
			}
			if d.Translations, err = translationsTx(tx, al); err != nil {
				return err
			}
			all = append(all, d)
		}
		return nil
	})
	return all, err
}

// labelsFor are the labels that allow a use, with a space on both sides of each.
func labelsFor(use Use) string {
	allowed := slices.DeleteFunc(Labels(), func(l Label) bool { return !l.Allows(use) })
	words := make([]string, 0, len(allowed))
	for _, l := range allowed {
		words = append(words, string(l))
	}
	return " " + strings.Join(words, " ") + " "
}
