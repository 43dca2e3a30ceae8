package media

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"panah/hub/fault"
	"panah/hub/people"
	"panah/hub/store"
)

// Usage is how much of its quota an organisation uses, in bytes.
type Usage struct {
	Used    int64
	Allowed int64
}

// Usage tells how much an organisation's files and uploads take, to those who look after it.
func (m *Media) Usage(ctx context.Context, by people.Caller, organisationID string) (Usage, error) {
	act := people.ActSeeOverview
	if by.OrganisationID == organisationID {
		act = people.ActSeeMediaUsage
	}
	if err := by.Require(act); err != nil {
		return Usage{}, err
	}
	u := Usage{Allowed: m.quota}
	err := m.db.Read(ctx, func(tx *store.Tx) (err error) {
		u.Used, err = usedTx(tx, organisationID)
		return err
	})
	return u, err
}

// usedTx adds up files, thumbnails and what open uploads have asked for.
func usedTx(tx *store.Tx, organisationID string) (int64, error) {
	var files, thumbnails, uploads int64
	err := errors.Join(
		tx.QueryRow(`SELECT CAST(COALESCE(SUM(size), 0) AS BIGINT) FROM media WHERE organisation_id = $1`, organisationID).Scan(&files),
		tx.QueryRow(`SELECT CAST(COALESCE(SUM(size), 0) AS BIGINT) FROM media_thumbnails WHERE organisation_id = $1`, organisationID).Scan(&thumbnails),
		tx.QueryRow(`SELECT CAST(COALESCE(SUM(length), 0) AS BIGINT) FROM uploads WHERE organisation_id = $1 AND state = 'open'`, organisationID).Scan(&uploads),
	)
	if err != nil {
		return 0, fmt.Errorf("add up an organisation's files: %w", err)
	}
	return files + thumbnails + uploads, nil
}

// roomTx refuses more bytes than the organisation has left. Transactions run one after the other, so that two cannot share what is left.
func (m *Media) roomTx(tx *store.Tx, organisationID string, more int64) error {
	used, err := usedTx(tx, organisationID)
	if err == nil && used+more > m.quota {
		err = fault.New(http.StatusRequestEntityTooLarge, "M_TOO_LARGE", "error.media_quota")
	}
	return err
}
