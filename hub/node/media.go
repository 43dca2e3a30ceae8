package node

import (
	"context"
	"errors"
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
	n.media = media.New(n.db, n.rooms, blobs, media.Options{Quota: n.cfg.MediaQuota, Limit: n.cfg.MediaLimit, Retention: n.cfg.Retention, Log: n.log})
	n.people.OnErase(n.media.EraseTx)
	if n.way != nil {
		n.media.Federate(n.client)
	}
	return nil
}

// openBlobs opens the store that the configuration names. Files, wherever they are, are sealed under the key under which second factors
// are kept (Config.secret); without one they lie there in clear.
func openBlobs(cfg *Config) (blob.Store, error) {
	under, err := openUnder(cfg)
	key := cfg.secret()
	if err != nil || key == nil {
		return under, err
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

// checkMedia writes, reads and deletes a blob, and reads the newest file: it does not open when the key was changed since.
func checkMedia(ctx context.Context, p *patient) ([]any, error) {
	blobs, err := openBlobs(&p.cfg)
	if err == nil {
		err = blobs.Probe(ctx)
	}
	if err != nil {
		return nil, err
	}
	err = media.CheckNewest(ctx, p.db, blobs)
	if errors.Is(err, media.ErrUnreadable) {
		err = unwell("cli.doctor.media_unreadable")
	}
	return nil, err
}

// saysMedia tells apart files that are sealed and files that lie in clear.
func saysMedia(p *patient) string {
	if p.cfg.secret() == nil {
		return "cli.doctor.media_clear"
	}
	return "cli.doctor.media"
}
