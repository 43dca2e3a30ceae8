package alert

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"panah/hub/store"
)

// Translation is what an alert's words are in another language.
type Translation struct {
	EventID   string
	VersionID string // the version that it translates
	Language  string
	Sender    string
	At        int64 // Unix milliseconds
	Text      string
	Outdated  bool // the words were changed since
}

const translationColumns = `t.event_id, t.version_id, t.language, t.sender, t.at, t.words`

func scanTranslation(row store.Scanner) (t Translation, err error) {
	return t, row.Scan(&t.EventID, &t.VersionID, &t.Language, &t.Sender, &t.At, &t.Text)
}

// translationsTx are the translations of an alert's words, the last of each language.
func translationsTx(tx *store.Tx, al Alert) ([]Translation, error) {
	all, err := store.All(tx, scanTranslation, `SELECT `+translationColumns+` FROM alert_translations t WHERE t.alert_id = $1 AND t.position =
		(SELECT MAX(l.position) FROM alert_translations l WHERE l.alert_id = t.alert_id AND l.language = t.language) ORDER BY t.language`, al.ID)
	for i := range all {
		if err != nil {
			break
		}
		var said bool
		said, err = saidSo(tx, al, all[i].VersionID)
		all[i].Outdated = !said
	}
	return all, err
}

// saidSo tells whether the words of a version are those that stand: an update that changes only the codes leaves its translations right.
func saidSo(tx *store.Tx, al Alert, versionID string) (bool, error) {
	if versionID == al.LastEventID {
		return true, nil
	}
	var raw string
	err := tx.QueryRow(`SELECT block FROM alert_versions WHERE event_id = $1 AND alert_id = $2`, versionID, al.ID).Scan(&raw)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("read what was translated: %w", err)
	}
	var b Block
	if err := json.Unmarshal([]byte(raw), &b); err != nil {
		return false, fmt.Errorf("read what was translated: %w", err)
	}
	return b.Text == al.Block.Text && b.Language == al.Block.Language, nil
}

// translationTx is the translation into one language, or nil.
func translationTx(tx *store.Tx, al Alert, language string) (*Translation, error) {
	all, err := translationsTx(tx, al)
	for i := range all {
		if all[i].Language == language {
			return &all[i], err
		}
	}
	return nil, err
}
