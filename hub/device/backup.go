package device

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"panah/hub/fault"
	"panah/hub/store"
)

// Backup is one version of a person's backup of keys (Matrix C-S API, "Server-side key backups").
type Backup struct {
	Algorithm string          `json:"algorithm"`
	AuthData  json.RawMessage `json:"auth_data"`
	Count     int64           `json:"count"`
	ETag      string          `json:"etag"`
	Version   string          `json:"version"`
}

func noBackup() error { return fault.NotFound("error.no_key_backup") }

// wrongVersion refuses to put keys into a backup that is not the newest.
func wrongVersion(current int64) error {
	return fault.New(http.StatusForbidden, "M_WRONG_ROOM_KEYS_VERSION", "error.wrong_key_backup").With("current_version", strconv.FormatInt(current, 10))
}

// checkBackup bounds what a backup says of itself.
func checkBackup(algorithm string, auth json.RawMessage) error {
	if err := named(algorithm, "algorithm"); err != nil {
		return err
	}
	var members map[string]json.RawMessage
	if len(auth) > authSize || json.Unmarshal(auth, &members) != nil || members == nil {
		return invalid("auth_data")
	}
	return nil
}

// NewBackup begins a backup, which takes the place of the one before, and gives its version. Of one person backupsMost are kept.
func (d *Devices) NewBackup(ctx context.Context, userID, algorithm string, auth json.RawMessage) (version string, err error) {
	if err := checkBackup(algorithm, auth); err != nil {
		return "", err
	}
	err = d.db.Write(ctx, func(tx *store.Tx) error {
		var last int64
		if err := tx.QueryRow(`SELECT COALESCE(MAX(version), 0) FROM key_backups WHERE user_id = $1`, userID).Scan(&last); err != nil {
			return fmt.Errorf("look for backups: %w", err)
		}
		version = strconv.FormatInt(last+1, 10)
		_, err := tx.Exec(`INSERT INTO key_backups (user_id, version, algorithm, auth_data) VALUES ($1, $2, $3, $4)`, userID, last+1, algorithm, string(auth))
		if err != nil {
			return err
		}
		return dropBackupTx(tx, userID, last+1-backupsMost)
	})
	return version, err
}

// dropBackupTx deletes a backup with all its keys. There may be none of the number.
func dropBackupTx(tx *store.Tx, userID string, version int64) error {
	if _, err := tx.Exec(`UPDATE key_backups SET gone = TRUE, count = 0, auth_data = '{}' WHERE user_id = $1 AND version = $2`, userID, version); err != nil {
		return err
	}
	_, err := tx.Exec(`DELETE FROM key_backup_sessions WHERE user_id = $1 AND version = $2`, userID, version)
	return err
}

// Backup gives a backup, or the newest for "". There is a fault of status 404 when there is none.
func (d *Devices) Backup(ctx context.Context, userID, version string) (b Backup, err error) {
	err = d.db.Read(ctx, func(tx *store.Tx) error {
		b, _, err = backupTx(tx, userID, version)
		return err
	})
	return b, err
}

func backupTx(tx *store.Tx, userID, version string) (b Backup, number int64, err error) {
	if version != "" {
		if number, err = strconv.ParseInt(version, 10, 64); err != nil || strconv.FormatInt(number, 10) != version {
			return b, 0, noBackup()
		}
	}
	var auth string
	var etag int64
	err = tx.QueryRow(`SELECT version, algorithm, auth_data, count, etag FROM key_backups
		WHERE user_id = $1 AND ($2 = 0 OR version = $2) AND gone = FALSE ORDER BY version DESC LIMIT 1`, userID, number).
		Scan(&number, &b.Algorithm, &auth, &b.Count, &etag)
	if errors.Is(err, sql.ErrNoRows) {
		return b, 0, noBackup()
	}
	if err != nil {
		return b, 0, fmt.Errorf("read a backup: %w", err)
	}
	b.AuthData, b.ETag, b.Version = json.RawMessage(auth), strconv.FormatInt(etag, 10), strconv.FormatInt(number, 10)
	return b, number, nil
}

// SetBackup changes what a backup says of itself. The algorithm stays.
func (d *Devices) SetBackup(ctx context.Context, userID, version, algorithm string, auth json.RawMessage) error {
	if err := checkBackup(algorithm, auth); err != nil {
		return err
	}
	return d.db.Write(ctx, func(tx *store.Tx) error {
		b, number, err := backupTx(tx, userID, version)
		if err != nil {
			return err
		}
		if b.Algorithm != algorithm {
			return invalid("algorithm")
		}
		_, err = tx.Exec(`UPDATE key_backups SET auth_data = $3 WHERE user_id = $1 AND version = $2`, userID, number, string(auth))
		return err
	})
}

// DeleteBackup deletes a backup with all its keys. There is a fault of status 404 when there is none.
func (d *Devices) DeleteBackup(ctx context.Context, userID, version string) error {
	return d.db.Write(ctx, func(tx *store.Tx) error {
		_, number, err := backupTx(tx, userID, version)
		if err != nil {
			return err
		}
		return dropBackupTx(tx, userID, number)
	})
}
