package backup_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"panah/hub/backup"
	"panah/hub/media/blob"
	"panah/hub/store"
	"panah/hub/store/storetest"
)

var secret = bytes.Repeat([]byte{7}, 32)

// fill gives a database rows of every kind: empty and missing values, every script, bytes that are no text, truths.
func fill(t *testing.T, db *store.DB) {
	t.Helper()
	err := db.Write(t.Context(), func(tx *store.Tx) error {
		at, err := tx.Next()
		if err != nil {
			return err
		}
		_, err = tx.Exec(`INSERT INTO facts (name, value) VALUES ('server_name', 'hub.test')`)
		for i := range 1000 {
			if err == nil {
				_, err = tx.Exec(`INSERT INTO people (user_id, name, name_folded, passphrase_hash, role, standing, created_at) VALUES ($1, $2, '', '', 'member', 'active', $3)`,
					strconv.Itoa(i), strings.Repeat("شریف Шариф ", i%7), int64(i)<<40)
			}
		}
		if err == nil {
			_, err = tx.Exec(`INSERT INTO events (position, event_id, room_id, type, state_key, sender, origin_ts, depth, pdu) VALUES
				($1, '$a', '!r', 'm.x', NULL, '@a', -1, 1, $2)`, at, []byte{0, 255, 254, '\n'})
		}
		if err == nil {
			_, err = tx.Exec(`INSERT INTO memberships (room_id, user_id, membership, event_id, position, forgotten) VALUES ('!r', '@a', 'join', '$a', 1, $1)`, true)
		}
		if err == nil {
			_, err = tx.Exec(`INSERT INTO devices (user_id, device_id, token_hash, created_at, seen_at) VALUES ('@a', 'D', $1, 1, 1)`, []byte{})
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func save(t *testing.T, db *store.DB, from backup.Source) ([]byte, *backup.Contents) {
	t.Helper()
	var out bytes.Buffer
	var all *backup.Contents
	err := db.Read(t.Context(), func(tx *store.Tx) (err error) {
		_, all, err = backup.Write(tx, &out, from, func(string) {})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes(), all
}

func sums(t *testing.T, db *store.DB) map[string]backup.Sum {
	t.Helper()
	got := map[string]backup.Sum{}
	err := db.Read(t.Context(), func(tx *store.Tx) error {
		all, err := tx.Tables()
		for _, table := range all {
			if err == nil {
				got[table.Name], err = backup.SumOf(tx, table)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func load(ctx context.Context, db *store.DB, raw []byte, to backup.Target) error {
	return db.Load(ctx, func(tx *store.Tx) error {
		_, _, err := backup.Load(tx, bytes.NewReader(raw), to)
		return err
	})
}

// TestFromEveryEngineIntoEvery: what is loaded has the sums of what was saved, on the other engine too.
func TestFromEveryEngineIntoEvery(t *testing.T) {
	storetest.Each(t, func(t *testing.T, from *store.DB) {
		fill(t, from)
		want := sums(t, from)
		if len(want) < 50 || want["people"].Rows != 1000 {
			t.Fatalf("%d tables, %d people", len(want), want["people"].Rows)
		}
		raw, _ := save(t, from, backup.Source{Secret: secret})
		storetest.Each(t, func(t *testing.T, to *store.DB) {
			if err := load(t.Context(), to, raw, backup.Target{Secret: secret}); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, sums(t, to)); diff != "" {
				t.Error(diff)
			}
			if err := load(t.Context(), to, raw, backup.Target{Secret: secret}); !errors.Is(err, backup.ErrTaken) {
				t.Errorf("into a hub that is there: %v", err)
			}
			if err := load(t.Context(), to, raw, backup.Target{Secret: secret, Replace: true}); err != nil {
				t.Errorf("in its place: %v", err)
			}
			if diff := cmp.Diff(want, sums(t, to)); diff != "" {
				t.Error(diff)
			}
		})
	})
}

// TestADamagedFileIsRefused wherever it was cut or changed, with a key and without.
func TestADamagedFileIsRefused(t *testing.T) {
	db := storetest.SQLite(t)
	fill(t, db)
	for name, key := range map[string][]byte{"sealed": secret, "open": nil} {
		t.Run(name, func(t *testing.T) {
			raw, want := save(t, db, backup.Source{Secret: key})
			if _, got, err := backup.Check(t.Context(), bytes.NewReader(raw), key); err != nil || !got.Equals(want) {
				t.Fatalf("a whole one: %v", err)
			}
			refused := func(what string, bad []byte) {
				if _, _, err := backup.Check(t.Context(), bytes.NewReader(bad), key); !errors.Is(err, backup.ErrDamaged) && !errors.Is(err, backup.ErrForeign) {
					t.Errorf("%s: %v", what, err)
				}
			}
			step := len(raw)/97 + 1
			for at := 0; at < len(raw); at += step {
				changed := bytes.Clone(raw)
				changed[at] ^= 0x40
				if at == len("panah backup 1\n") {
					continue // the mark itself, below
				}
				refused("changed", changed)
				refused("cut", raw[:at])
			}
			refused("cut at the last byte", raw[:len(raw)-1])
			refused("something behind it", append(bytes.Clone(raw), 'x'))
		})
	}
}

func TestTheKeyIsNeeded(t *testing.T) {
	db := storetest.SQLite(t)
	fill(t, db)
	raw, _ := save(t, db, backup.Source{Secret: secret})
	if bytes.Contains(raw, []byte("server_name")) {
		t.Error("a sealed backup shows what is in it")
	}
	if _, _, err := backup.Check(t.Context(), bytes.NewReader(raw), nil); !errors.Is(err, backup.ErrKey) {
		t.Errorf("without a key: %v", err)
	}
	if _, _, err := backup.Check(t.Context(), bytes.NewReader(raw), bytes.Repeat([]byte{8}, 32)); !errors.Is(err, backup.ErrDamaged) {
		t.Errorf("with another key: %v", err)
	}
	raw[len("panah backup 1\n")] = '-'
	if _, _, err := backup.Check(t.Context(), bytes.NewReader(raw), nil); !errors.Is(err, backup.ErrDamaged) {
		t.Errorf("marked as open: %v", err)
	}
}

// TestABrokenLoadingLeavesNothing: not even what the migrations had put there is lost.
func TestABrokenLoadingLeavesNothing(t *testing.T) {
	from := storetest.SQLite(t)
	fill(t, from)
	raw, _ := save(t, from, backup.Source{})
	storetest.Each(t, func(t *testing.T, to *store.DB) {
		before := sums(t, to)
		if err := load(t.Context(), to, raw[:len(raw)*2/3], backup.Target{}); !errors.Is(err, backup.ErrDamaged) {
			t.Errorf("a cut backup: %v", err)
		}
		late := errors.New("at the last moment")
		err := load(t.Context(), to, raw, backup.Target{Settle: func(*store.Tx, backup.Head) error { return late }})
		if !errors.Is(err, late) {
			t.Errorf("settling failed: %v", err)
		}
		if diff := cmp.Diff(before, sums(t, to)); diff != "" {
			t.Error(diff)
		}
	})
}

// TestFilesGoAlong, also larger ones than a part; one that is not there and one that breaks off are counted and hold nothing up.
func TestFilesGoAlong(t *testing.T) {
	db := storetest.SQLite(t)
	fill(t, db)
	under := disk(t)
	from, err := blob.NewSealed(under, secret)
	if err != nil {
		t.Fatal(err)
	}
	big := bytes.Repeat([]byte("0123456789abcdef"), 20_000)
	for name, raw := range map[string][]byte{"big1": big, "tiny": {1}, "none": {}} {
		if err := from.Put(t.Context(), name, bytes.NewReader(raw), int64(len(raw))); err != nil {
			t.Fatal(err)
		}
	}
	if err := under.Put(t.Context(), "torn", bytes.NewReader(make([]byte, 200_000)), 200_000); err != nil { // opens, and no seal fits
		t.Fatal(err)
	}
	names := []string{"big1", "gone", "tiny", "torn", "none"}
	raw, all := save(t, db, backup.Source{Files: from, Named: func(_ *store.Tx, do func(string) error) error {
		for _, name := range names {
			if err := do(name); err != nil {
				return err
			}
		}
		return nil
	}})
	if all.Files != 3 || all.Missing != 2 || all.Bytes != int64(len(big)+1) {
		t.Errorf("saved: %+v", all)
	}
	to := disk(t)
	if err := load(t.Context(), storetest.SQLite(t), raw, backup.Target{Files: to}); err != nil {
		t.Fatal(err)
	}
	got, err := to.Open(t.Context(), "big1")
	if err != nil {
		t.Fatal(err)
	}
	defer got.Close()
	if read, err := io.ReadAll(blob.Reader(got)); err != nil || !bytes.Equal(read, big) {
		t.Errorf("a large file: %v", err)
	}
	for name, want := range map[string]error{"tiny": nil, "none": nil, "gone": blob.ErrNotFound, "torn": blob.ErrNotFound} {
		b, err := to.Open(t.Context(), name)
		if !errors.Is(err, want) {
			t.Errorf("%s: %v", name, err)
		}
		if err == nil {
			b.Close()
		}
	}
}

func disk(t *testing.T) *blob.Disk {
	t.Helper()
	d, err := blob.NewDisk(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// TestABackupOfAnOlderProgram goes into an empty database by way of its own schema, also where that is newer already.
func TestABackupOfAnOlderProgram(t *testing.T) {
	const old = 17
	older, err := store.Open(t.Context(), storetest.SQLiteAddress(t), store.Options{Schema: old})
	if err != nil {
		t.Fatal(err)
	}
	defer older.Close()
	fill(t, older)
	raw, want := save(t, older, backup.Source{})
	storetest.EachAddress(t, func(t *testing.T, address string) {
		if err := storetest.Open(t, address).Close(); err != nil { // the newest schema, and no hub in it
			t.Fatal(err)
		}
		to, err := store.Open(t.Context(), address, store.Options{Schema: old, Alone: true})
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(load(t.Context(), to, raw, backup.Target{}), to.Close()); err != nil {
			t.Fatal(err)
		}
		got := sums(t, storetest.Open(t, address))
		if got["people"] != want.Tables["people"] || len(got) <= len(want.Tables) {
			t.Errorf("%d tables became %d", len(want.Tables), len(got))
		}
		if _, err := store.Open(t.Context(), address, store.Options{Schema: old}); !errors.Is(err, store.ErrOlder) {
			t.Errorf("a hub that is there is taken back: %v", err)
		}
	})
}
