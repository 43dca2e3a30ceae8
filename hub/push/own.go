package push

import (
	"fmt"
	"time"

	"panah/hub/store"
)

// eraseTx deletes what is kept of somebody who leaves the network.
func (p *Push) eraseTx(tx *store.Tx, userID string) error {
	for _, table := range []string{"push_notices", "push_subscriptions", "push_people", "push_outbox"} {
		if _, err := tx.Exec(`DELETE FROM `+table+` WHERE user_id = $1`, userID); err != nil {
			return err
		}
	}
	return nil
}

// Own is what is kept of a person, as they take it away. The addresses and keys of their browsers are not in it: whoever finds the
// archive could write to them.
type Own struct {
	Preferences Preferences `json:"preferences"`
	Address     string      `json:"mail_address,omitempty"`
	Devices     []time.Time `json:"devices_told_since"`
}

// OwnTx gathers it.
func (p *Push) OwnTx(tx *store.Tx, userID string) (Own, error) {
	r, err := p.rowTx(tx, userID)
	if err != nil {
		return Own{}, err
	}
	own := Own{Preferences: r.preferences(), Address: r.address, Devices: []time.Time{}}
	rows, err := tx.Query(`SELECT created_at FROM push_subscriptions WHERE user_id = $1 ORDER BY created_at`, userID)
	if err != nil {
		return own, err
	}
	defer rows.Close()
	for rows.Next() {
		var at int64
		if err := rows.Scan(&at); err != nil {
			return own, fmt.Errorf("read devices that are told: %w", err)
		}
		own.Devices = append(own.Devices, time.UnixMilli(at).UTC())
	}
	return own, rows.Err()
}
