package node

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"panah/hub/backup"
	"panah/hub/fault"
	"panah/hub/keyring"
	"panah/hub/media"
	"panah/hub/place"
	"panah/hub/store"
)

// saveHub saves the hub into a file. The hub may be serving.
func saveHub(ctx context.Context, c *console) error {
	if len(c.args) != 1 {
		c.complain("cli.backup_where")
		return errUsage
	}
	cfg, err := c.config()
	if err != nil {
		return err
	}
	if _, err := os.Lstat(c.args[0]); !errors.Is(err, fs.ErrNotExist) {
		return errors.Join(fault.New(http.StatusConflict, "M_UNKNOWN", "error.backup_exists", "Path", c.args[0]), err)
	}
	db, err := store.Open(ctx, cfg.DatabaseURL, store.Options{Key: cfg.DatabaseKey, Now: cfg.Now, Log: c.logger(cfg.LogLevel)})
	if err != nil {
		return err
	}
	err = c.saveFrom(ctx, &cfg, db, c.args[0])
	return errors.Join(err, db.Close())
}

// saveFrom writes beside the place, reads what was written, and only then moves it there.
func (c *console) saveFrom(ctx context.Context, cfg *Config, db *store.DB, path string) (err error) {
	out, err := os.CreateTemp(filepath.Dir(path), ".backup-*") // only its owner may read it
	if err != nil {
		return fmt.Errorf("begin the backup: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(out.Name()))
		}
	}()
	s := &saving{cfg: cfg, lost: map[string]bool{}}
	if err := errors.Join(s.write(ctx, db, out), out.Close()); err != nil {
		return err
	}
	if err := s.readBack(ctx, out.Name()); err != nil {
		return err
	}
	if err := os.Rename(out.Name(), path); err != nil {
		return fmt.Errorf("move the backup into place: %w", err)
	}
	if err := syncFolder(filepath.Dir(path)); err != nil {
		return err
	}
	lost, err := s.stillNamed(ctx, db)
	if err != nil {
		return errors.Join(err, os.Rename(path, out.Name()))
	}
	return c.sayBackup(s, lost)
}

// saving is one backup.
type saving struct {
	cfg    *Config
	head   backup.Head
	all    *backup.Contents
	ledger error           // what is wrong with the ledgers
	lost   map[string]bool // files that could not be read
}

func (s *saving) write(ctx context.Context, db *store.DB, out *os.File) error {
	from := backup.Source{Head: backup.Head{Program: Version}, Secret: s.cfg.secret(), Named: media.NamedTx}
	if strings.Contains(s.cfg.MediaStore, "://") {
		from.Head.Files = s.cfg.MediaStore
	} else {
		blobs, err := openBlobs(s.cfg)
		if err != nil {
			return err
		}
		from.Files = blobs
	}
	err := db.Read(ctx, func(tx *store.Tx) (err error) {
		if from.Head.Server, err = foundedName(tx); err != nil {
			return err
		}
		if s.ledger, err = ledgerTrouble(tx, from.Head.Server); err != nil {
			return err
		}
		s.head, s.all, err = backup.Write(tx, out, from, func(name string) { s.lost[name] = true })
		return err
	})
	if err == nil {
		err = out.Sync()
	}
	return err
}

// foundedName is the hub's name; it is an error when there is no hub.
func foundedName(tx *store.Tx) (string, error) {
	name, err := readServerName(tx)
	if err == nil && name == "" {
		err = unwell("cli.doctor.not_founded")
	}
	return name, err
}

// ledgerTrouble is what is wrong with the ledgers of places. A hub with a broken one is saved all the same.
func ledgerTrouble(tx *store.Tx, server string) (trouble, err error) {
	ring, err := keyring.OpenTx(tx, server)
	if err != nil {
		return nil, err
	}
	_, _, err = place.CheckLedgers(tx, ring)
	var f *fault.Fault
	if trouble = troubleOf(err); errors.As(trouble, &f) {
		return trouble, nil
	}
	return nil, err
}

// readBack looks whether what is on the disk is what was written.
func (s *saving) readBack(ctx context.Context, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("read the backup: %w", err)
	}
	head, all, err := backup.Check(ctx, f, s.cfg.secret())
	if err == nil && (head != s.head || !all.Equals(s.all)) {
		err = backup.ErrDiffers
	}
	return errors.Join(err, f.Close())
}

// stillNamed counts the files that could not be read and should be there: others were deleted while the hub was saved.
func (s *saving) stillNamed(ctx context.Context, db *store.DB) (lost int64, err error) {
	if len(s.lost) == 0 {
		return 0, nil
	}
	err = db.Read(ctx, func(tx *store.Tx) error {
		return media.NamedTx(tx, func(name string) error {
			if s.lost[name] {
				lost++
			}
			return nil
		})
	})
	return lost, err
}

func (c *console) sayBackup(s *saving, lost int64) error {
	c.sayContents("cli.backup.done", &s.head, s.all)
	if s.cfg.secret() == nil {
		c.finding(true, "cli.backup.clear", nil)
	} else {
		c.finding(true, "cli.backup.sealed", nil)
	}
	if s.head.Files != "" {
		c.finding(true, "cli.backup.files_elsewhere", pairs([]any{"Address", s.head.Files}))
	} else {
		c.finding(lost == 0, "cli.backup.files", pairs([]any{"Files", s.all.Files, "Megabytes", s.all.Bytes >> 20, "Lost", lost}))
	}
	var f *fault.Fault
	if errors.As(s.ledger, &f) {
		c.finding(false, f.Key, f.Args)
	}
	if lost > 0 || s.ledger != nil {
		return errUnwell
	}
	return nil
}

func (c *console) sayContents(key string, head *backup.Head, all *backup.Contents) {
	c.finding(true, key, pairs([]any{"Name", head.Server, "Rows", all.Rows(), "Tables", len(all.Tables), "Head", int64(head.Position)}))
}

// checkBackup reads a file to its end before anything is touched.
func checkBackup(ctx context.Context, f *os.File, secret []byte) (backup.Head, *backup.Contents, error) {
	head, all, err := backup.Check(ctx, f, secret)
	if err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	return head, all, err
}

// syncFolder makes a file's name durable.
func syncFolder(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("open the backup's folder: %w", err)
	}
	return errors.Join(folder.Sync(), folder.Close())
}
