package alert

import (
	"context"
	"encoding/json"
	"fmt"

	"panah/hub/people"
	"panah/hub/store"
)

// Version is one version of an alert.
type Version struct {
	EventID string
	Sender  string
	At      int64 // Unix milliseconds
	Block   Block
}

// Detail is all that a reader may know of an alert.
type Detail struct {
	Entry
	Versions      []Version // the first one first
	Organisations []Reached
	Translations  []Translation
	Timeline      []Moment
	Delivery      []Delivery // for the sender's organisation and for stewards; nil for others
}

// Detail reads one alert in full.
func (a *Alerts) Detail(ctx context.Context, caller people.Caller, id, language string) (d Detail, err error) {
	err = a.db.Read(ctx, func(tx *store.Tx) error {
		al, err := a.readableTx(tx, caller, id)
		if err != nil {
			return err
		}
		d, err = a.detailTx(tx, caller, al, language)
		return err
	})
	return d, err
}

func (a *Alerts) detailTx(tx *store.Tx, caller people.Caller, al Alert, language string) (d Detail, err error) {
	if d.Entry, err = a.entryTx(tx, caller, al, language); err != nil {
		return d, err
	}
	if d.Versions, err = a.versionsTx(tx, al.ID); err != nil {
		return d, err
	}
	if d.Organisations, err = a.standingsTx(tx, al); err != nil {
		return d, err
	}
	if d.Translations, err = translationsTx(tx, al); err != nil {
		return d, err
	}
	if d.Timeline, err = a.timelineTx(tx, al, d.Versions); err != nil {
		return d, err
	}
	if al.OrganisationID == caller.OrganisationID || caller.Require(people.ActManageAlerts) == nil {
		d.Delivery, err = a.deliveryTx(tx, al, d.Organisations)
	}
	return d, err
}

func (a *Alerts) versionsTx(tx *store.Tx, alertID string) ([]Version, error) {
	return store.All(tx, func(row store.Scanner) (v Version, err error) {
		var raw string
		if err := row.Scan(&v.EventID, &v.Sender, &v.At, &raw); err != nil {
			return v, err
		}
		if err := json.Unmarshal([]byte(raw), &v.Block); err != nil {
			return v, fmt.Errorf("read a version of an alert: %w", err)
		}
		v.Block = v.Block.full()
		return v, nil
	}, `SELECT event_id, sender, at, block FROM alert_versions WHERE alert_id = $1 ORDER BY position`, alertID)
}
