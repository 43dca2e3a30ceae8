package node

import (
	"context"
	"database/sql"
	"errors"
	"net/http"
	"net/url"

	"panah/hub/fault"
	"panah/hub/store"
)

// nameFact is the row of facts that holds the server name.
const nameFact = "server_name"

// settleServerName gives the name under which the hub was first started. It is a part of every id the hub has given out, so it
// can never change; a wish for another one is refused.
func settleServerName(ctx context.Context, db *store.DB, cfg *Config) (string, error) {
	var name string
	err := db.Write(ctx, func(tx *store.Tx) error {
		if _, err := tx.Exec(`INSERT INTO facts (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING`, nameFact, cfg.firstName()); err != nil {
			return err
		}
		var err error
		name, err = readServerName(tx)
		return err
	})
	if err == nil && cfg.ServerName != "" && cfg.ServerName != name {
		err = serverNameChanged(name)
	}
	return name, err
}

func serverNameChanged(name string) error {
	return fault.New(http.StatusInternalServerError, "M_UNKNOWN", "error.server_name_changed", "Name", name)
}

// readServerName gives "" before the first start.
func readServerName(tx *store.Tx) (name string, err error) {
	err = tx.QueryRow(`SELECT value FROM facts WHERE name = $1`, nameFact).Scan(&name)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return name, err
}

// firstName is the name that a new hub takes: the one wished for, or that of its public address, or localhost.
func (c *Config) firstName() string {
	if c.ServerName != "" {
		return c.ServerName
	}
	if u, err := url.Parse(c.PublicURL); err == nil && u.Host != "" {
		return u.Host
	}
	return "localhost"
}
