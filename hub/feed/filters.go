package feed

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"panah/hub/fault"
	"panah/hub/store"
)

// filtersMost is how many filters a person may keep.
const filtersMost = 1000

// SaveFilter keeps a filter and gives its id. The same filter has the same id, so saving it again changes nothing.
func (f *Feed) SaveFilter(ctx context.Context, userID string, raw json.RawMessage) (id string, err error) {
	if _, err := ParseFilter(raw); err != nil {
		return "", err
	}
	compact, err := object(raw, filterLimit)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(compact)
	id = base64.RawURLEncoding.EncodeToString(sum[:12])
	err = f.db.Write(ctx, func(tx *store.Tx) error {
		var kept int
		if err := tx.QueryRow(`SELECT COUNT(*) FROM filters WHERE user_id = $1`, userID).Scan(&kept); err != nil {
			return fmt.Errorf("count filters: %w", err)
		}
		if kept >= filtersMost {
			return fault.InvalidParam("error.too_many_filters", "Limit", filtersMost)
		}
		_, err := tx.Exec(`INSERT INTO filters (user_id, filter_id, filter) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`,
			userID, id, string(compact))
		return err
	})
	return id, err
}

// SavedFilter gives back a filter's JSON. There is a fault of status 404 when the person has none of that id.
func (f *Feed) SavedFilter(ctx context.Context, userID, id string) (json.RawMessage, error) {
	if goodName(id, typeLimit) != nil {
		return nil, fault.NotFound("error.filter_unknown")
	}
	var raw string
	err := f.db.Read(ctx, func(tx *store.Tx) error {
		return tx.QueryRow(`SELECT filter FROM filters WHERE user_id = $1 AND filter_id = $2`, userID, id).Scan(&raw)
	})
	if errors.Is(err, sql.ErrNoRows) {
		return nil, fault.NotFound("error.filter_unknown")
	}
	return json.RawMessage(raw), err
}

// everything is the filter of all who name none. Nobody changes a filter once it was read.
var everything = &Filter{}

// Filter gives the filter that a request names: nothing, JSON, or the id of a saved one.
func (f *Feed) Filter(ctx context.Context, userID, given string) (*Filter, error) {
	switch {
	case given == "":
		return everything, nil
	case strings.HasPrefix(given, "{"):
		return ParseFilter([]byte(given))
	}
	raw, err := f.SavedFilter(ctx, userID, given)
	if errors.Is(err, fault.NotFound("error.filter_unknown")) {
		return nil, fault.InvalidParam("error.filter_unknown")
	}
	if err != nil {
		return nil, err
	}
	return ParseFilter(raw)
}
