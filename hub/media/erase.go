package media

import "panah/hub/store"

// EraseTx forgets the files of somebody who leaves the network: their picture, what they had begun to send, and files that no post uses. Files
// of their posts go with the posts, and stay where those stay.
func (m *Media) EraseTx(tx *store.Tx, userID string) error {
	uploads, err := columnTx(tx, `SELECT upload_id FROM uploads WHERE user_id = $1 ORDER BY upload_id`, userID)
	if err != nil {
		return err
	}
	for _, id := range uploads {
		if err := discardTx(tx, id); err != nil {
			return err
		}
	}
	files, err := columnTx(tx, `SELECT m.media_id FROM media m WHERE `+unused+` AND m.user_id = $2 ORDER BY m.media_id`, m.URI(""), userID)
	if err != nil {
		return err
	}
	for _, id := range files {
		if err := removeTx(tx, id); err != nil {
			return err
		}
	}
	return nil
}
