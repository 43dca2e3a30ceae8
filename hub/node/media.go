package node

import (
	"encoding/hex"
	"fmt"
	"net/http"
	"path/filepath"

	"panah/hub/fault"
	"panah/hub/media"
	"panah/hub/media/blob"
)

// buildMedia opens the store of files and makes what stands on it.
func (n *Node) buildMedia() error {
	blobs, err := openBlobs(&n.cfg)
	if err != nil {
		return err
	}
	n.media = media.New(n.db, n.rooms, blobs, media.Options{Quota: n.cfg.MediaQuota, Limit: n.cfg.MediaLimit, Log: n.log})
	return nil
}

// openBlobs opens the store that the configuration names. With a key for the database, files are sealed under it too.
func openBlobs(cfg *Config) (blob.Store, error) {
	folder := filepath.Join(cfg.Data, "media")
	disk, err := blob.NewDisk(folder)
	if err != nil {
		return nil, fault.New(http.StatusInternalServerError, "M_UNKNOWN", "error.data_folder", "Path", folder).Because(err)
	}
	if cfg.DatabaseKey == "" {
		return disk, nil
	}
	key, err := hex.DecodeString(cfg.DatabaseKey)
	if err != nil {
		return nil, fmt.Errorf("read the key: %w", err)
	}
	return blob.NewSealed(disk, key)
}
