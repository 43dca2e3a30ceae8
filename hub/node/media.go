package node

import (
	"context"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"

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
	under, err := openUnder(cfg)
	if err != nil || cfg.DatabaseKey == "" {
		return under, err
	}
	key, err := hex.DecodeString(cfg.DatabaseKey)
	if err != nil {
		return nil, fmt.Errorf("read the key: %w", err)
	}
	return blob.NewSealed(under, key)
}

func openUnder(cfg *Config) (blob.Store, error) {
	if strings.Contains(cfg.MediaStore, "://") {
		address, err := blob.ParseS3(cfg.MediaStore)
		if err != nil {
			return nil, err
		}
		return blob.NewS3(address, cfg.MediaKey, cfg.MediaSecret)
	}
	disk, err := blob.NewDisk(cfg.MediaStore)
	if err != nil {
		return nil, fault.New(http.StatusInternalServerError, "M_UNKNOWN", "error.data_folder", "Path", cfg.MediaStore).Because(err)
	}
	return disk, nil
}

// checkMedia writes, reads and deletes a blob.
func checkMedia(ctx context.Context, p *patient) ([]any, error) {
	blobs, err := openBlobs(&p.cfg)
	if err == nil {
		err = blobs.Probe(ctx)
	}
	return nil, err
}
