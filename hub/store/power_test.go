package store_test

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/ncruces/go-sqlite3/vfs"

	"panah/hub/store"
)

// forgetful is the system's files as a power cut leaves them: what was synced is there; of what was written since, anything may be.
type forgetful struct {
	vfs.VFSFilename

	mu     sync.Mutex
	images map[string]*image // by path; the database and its write-ahead log
}

// image is what of a file is on the disk, and what is on its way.
type image struct {
	synced  []byte
	pending []change
}

// change is bytes at a place, or a new length.
type change struct {
	at       int64
	bytes    []byte
	truncate bool
}

func (c change) apply(to []byte) []byte {
	if c.truncate {
		return append(to[:min(int64(len(to)), c.at):min(int64(len(to)), c.at)], make([]byte, max(0, c.at-int64(len(to))))...)
	}
	if missing := c.at + int64(len(c.bytes)) - int64(len(to)); missing > 0 {
		to = append(to, make([]byte, missing)...)
	}
	copy(to[c.at:], c.bytes)
	return to
}

// OpenFilename opens a file, and remembers what is done to those that matter.
func (d *forgetful) OpenFilename(name *vfs.Filename, flags vfs.OpenFlag) (vfs.File, vfs.OpenFlag, error) {
	file, flags, err := d.VFSFilename.OpenFilename(name, flags)
	if err != nil || flags&(vfs.OPEN_MAIN_DB|vfs.OPEN_WAL) == 0 {
		return file, flags, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.images[name.String()] == nil {
		there, err := os.ReadFile(name.String())
		if err != nil {
			return nil, flags, errors.Join(err, file.Close())
		}
		d.images[name.String()] = &image{synced: there}
	}
	return &forgetfulFile{file, d, d.images[name.String()]}, flags, nil
}

type forgetfulFile struct {
	vfs.File
	disk  *forgetful
	image *image
}

// SharedMemory is the file's own.
func (f *forgetfulFile) SharedMemory() vfs.SharedMemory {
	return f.File.(vfs.FileSharedMemory).SharedMemory()
}

func (f *forgetfulFile) WriteAt(p []byte, at int64) (int, error) {
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	f.image.pending = append(f.image.pending, change{at: at, bytes: slices.Clone(p)})
	return f.File.WriteAt(p, at)
}

func (f *forgetfulFile) Truncate(size int64) error {
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	f.image.pending = append(f.image.pending, change{at: size, truncate: true})
	return f.File.Truncate(size)
}

// Sync has what was written be there for good.
func (f *forgetfulFile) Sync(vfs.SyncFlag) error {
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	for _, c := range f.image.pending {
		f.image.synced = c.apply(f.image.synced)
	}
	f.image.pending = nil
	return nil
}

// cut gives the files as they are after the power was cut just now: what was synced, and none, some, or all of what was not, where the last
// write may be torn.
func (d *forgetful) cut(random *rand.Rand) map[string][]byte {
	d.mu.Lock()
	defer d.mu.Unlock()
	left := map[string][]byte{}
	for _, name := range slices.Sorted(maps.Keys(d.images)) {
		image := d.images[name]
		bytes := slices.Clone(image.synced)
		chance := random.IntN(3)
		for i, c := range image.pending {
			if chance == 0 || chance == 1 && random.IntN(2) == 0 {
				continue
			}
			if i == len(image.pending)-1 && len(c.bytes) > 0 {
				c.bytes = c.bytes[:random.IntN(len(c.bytes)+1)]
			}
			bytes = c.apply(bytes)
		}
		left[name] = bytes
	}
	return left
}

// loseSyncs puts the forgetful disk in the place of the one that a key selects, for as long as the test lasts.
func loseSyncs(t *testing.T) *forgetful {
	t.Helper()
	before := vfs.Find("adiantum")
	d := &forgetful{VFSFilename: vfs.Find("").(vfs.VFSFilename), images: map[string]*image{}}
	vfs.Register("adiantum", d)
	t.Cleanup(func() { vfs.Register("adiantum", before) })
	return d
}

// moment is one cut: what had been answered before it, and what is left.
type moment struct {
	answered map[string]store.Position
	left     map[string][]byte
}

// TestAPowerCutLosesNothingThatWasAnswered: whenever the power is cut, and whatever of the unsynced bytes reached the disk, every write that was answered is
// there at its position, and no position is missing.
func TestAPowerCutLosesNothingThatWasAnswered(t *testing.T) {
	disk := loseSyncs(t)
	folder := t.TempDir()
	options := store.Options{Key: strings.Repeat("ab", 32)}
	db, err := store.Open(t.Context(), "sqlite:"+filepath.Join(folder, "hub.db"), options)
	if err != nil {
		t.Fatal(err)
	}
	moments := writeAndCut(t, db, disk)
	if err := db.Close(); err != nil {
		t.Error(err)
	}
	for i, m := range moments {
		again := filepath.Join(t.TempDir(), fmt.Sprint(i))
		if err := os.MkdirAll(again, 0o700); err != nil {
			t.Fatal(err)
		}
		for name, bytes := range m.left {
			if err := os.WriteFile(filepath.Join(again, filepath.Base(name)), bytes, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		checkMoment(t, "sqlite:"+filepath.Join(again, "hub.db"), options, m)
	}
}

const (
	powerWriters = 4
	powerWrites  = 75 // of each
	powerCuts    = 20
)

// writeAndCut has some write at once, and cuts the power many times meanwhile, each time on a disk of its own.
func writeAndCut(t *testing.T, db *store.DB, disk *forgetful) (moments []moment) {
	t.Helper()
	random := rand.New(rand.NewPCG(3, 21))
	large := strings.Repeat("x", 20_000) // the write-ahead log is taken into the file several times
	var mu sync.Mutex
	answered := map[string]store.Position{}
	var all sync.WaitGroup
	for writer := range powerWriters {
		all.Go(func() {
			for i := range powerWrites {
				name := fmt.Sprintf("%d-%d", writer, i)
				at, err := remember(db, name+large)
				if err != nil {
					t.Errorf("write: %v", err)
					return
				}
				mu.Lock()
				answered[name] = at
				if len(answered)%(powerWriters*powerWrites/powerCuts) == 0 {
					moments = append(moments, moment{maps.Clone(answered), disk.cut(random)})
				}
				mu.Unlock()
			}
		})
	}
	all.Wait()
	return moments
}

func checkMoment(t *testing.T, address string, options store.Options, m moment) {
	t.Helper()
	db, err := store.Open(t.Context(), address, options)
	if err != nil {
		t.Fatalf("after %d answers: %v", len(m.answered), err)
	}
	defer db.Close()
	there := map[string]store.Position{}
	var head store.Position
	var whole string
	err = db.Read(t.Context(), func(tx *store.Tx) (err error) {
		if err := tx.QueryRow(`PRAGMA integrity_check`).Scan(&whole); err != nil {
			return err
		}
		if head, err = tx.Head(); err != nil {
			return err
		}
		rows, err := tx.Query(`SELECT name, CAST(value AS BIGINT) FROM facts WHERE name LIKE '%x'`)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var name string
			var at store.Position
			if err := rows.Scan(&name, &at); err != nil {
				return err
			}
			there[strings.TrimRight(name, "x")] = at
		}
		return rows.Err()
	})
	if err != nil || whole != "ok" {
		t.Fatalf("after %d answers: %v, %s", len(m.answered), err, whole)
	}
	for name, at := range m.answered {
		if there[name] != at {
			t.Errorf("after %d answers: %s is at %d, and was answered at %d", len(m.answered), name, there[name], at)
		}
	}
	if int(head) != len(there) {
		t.Errorf("after %d answers: the head is %d, and %d are there", len(m.answered), head, len(there))
	}
}
