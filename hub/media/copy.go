package media

import (
	"fmt"

	"panah/hub/store"
)

// namedBlobs are the blobs that rows name: files, their thumbnails, and what has arrived of files that are still coming.
const namedBlobs = `SELECT blob FROM media WHERE blob <> '' UNION SELECT blob FROM media_thumbnails UNION SELECT blob FROM upload_parts`

// NamedTx gives each blob that a row names, once.
func NamedTx(tx *store.Tx, do func(name string) error) error {
	rows, err := tx.Query(namedBlobs)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return fmt.Errorf("read the names of files: %w", err)
		}
		if err := do(name); err != nil {
			return err
		}
	}
	return rows.Err()
}

// SetAsideTx remembers the blobs of a hub that is about to be replaced, for as long as the transaction's connection.
func SetAsideTx(tx *store.Tx) error {
	_, err := tx.Exec(`CREATE TEMPORARY TABLE media_was AS ` + namedBlobs + ` UNION SELECT blob FROM media_gone`)
	return err
}

// LetGoTx has the sweep delete what was set aside and is named no more.
func LetGoTx(tx *store.Tx) error {
	_, err := tx.Exec(`INSERT INTO media_gone (blob, due) SELECT blob, CAST($1 AS BIGINT) FROM media_was WHERE blob NOT IN (`+namedBlobs+`)
		ON CONFLICT (blob) DO NOTHING`, tx.Now.UnixMilli())
	if err == nil {
		_, err = tx.Exec(`DROP TABLE media_was`)
	}
	return err
}
