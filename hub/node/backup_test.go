package node_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/matrix-org/gomatrixserverlib"

	"panah/hub/node"
	"panah/hub/node/nodetest"
	"panah/hub/store"
	"panah/hub/store/storetest"
)

// hubKey is the secret of the hubs that are saved.
var hubKey = "PANAH_SECRET_KEY=" + strings.Repeat("a7", 32)

// kept is a hub with a channel, a post and a file, and where it keeps them.
type kept struct {
	*nodetest.Hub
	environ []string
	steward *nodetest.Client
	room    string
	file    string // the path from which it is downloaded
	since   string // a position before the last post
}

// at starts a hub on a database and a folder for files, as environ says.
func at(t *testing.T, environ []string) *nodetest.Hub {
	t.Helper()
	cfg, err := node.FromEnvironment(environ)
	if err != nil {
		t.Fatal(err)
	}
	return nodetest.Start(t, cfg.DatabaseURL, func(c *node.Config) {
		c.DatabaseKey, c.SecretKey, c.MediaStore, c.ServerName = cfg.DatabaseKey, cfg.SecretKey, cfg.MediaStore, ""
	})
}

func place(t *testing.T, address string) []string {
	t.Helper()
	return []string{"PORT=0", "DATABASE_URL=" + address, "PANAH_DATA=" + t.TempDir(), "PANAH_LOG_LEVEL=error", hubKey}
}

var paper = []byte("where the bus stops, in some detail")

func keep(t *testing.T, address string) *kept {
	t.Helper()
	k := &kept{environ: place(t, address)}
	k.Hub = at(t, k.environ)
	k.steward = k.SignUp(t, k.FirstToken(t), "samira")
	k.room = k.steward.OK(t, "POST", v3+"/createRoom", nodetest.M{"name": "Night shift"}).Text("room_id")
	uri := k.steward.OK(t, "POST", "/_matrix/media/v3/upload?filename=paper.txt", paper).Text("content_uri")
	k.file = "/_matrix/client/v1/media/download/" + strings.TrimPrefix(uri, "mxc://")
	k.since = k.steward.OK(t, "GET", v3+"/sync?timeout=0", nil).Text("next_batch")
	if post(k.steward, k.room, "first") == "" {
		t.Fatal("no post")
	}
	return k
}

// texts are those of a channel that come after a position.
func texts(t *testing.T, c *nodetest.Client, room, since string) map[string]bool {
	t.Helper()
	answer := c.OK(t, "GET", v3+"/sync?timeout=0&since="+url.QueryEscape(since)+"&filter="+url.QueryEscape(`{"room":{"timeline":{"limit":1000}}}`), nil)
	got := map[string]bool{}
	for _, e := range answer.List("rooms", "join", room, "timeline", "events") {
		content, _ := e.(map[string]any)["content"].(map[string]any)
		if body, ok := content["body"].(string); ok {
			got[body] = true
		}
	}
	return got
}

// saveWhilePosting saves the hub while people post, and gives what was answered before it began. They post to another channel, so that however much that is
// the first one's fits an answer.
func (k *kept) saveWhilePosting(t *testing.T, file string) (before []string) {
	t.Helper()
	for i := range 20 {
		before = append(before, fmt.Sprintf("before-%d", i))
		post(k.steward, k.room, before[i])
	}
	busy := k.steward.OK(t, "POST", v3+"/createRoom", nodetest.M{"name": "Day shift"}).Text("room_id")
	var posting sync.WaitGroup
	done := make(chan struct{})
	for sender := range 4 {
		posting.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-done:
					return
				default:
					post(k.steward, busy, fmt.Sprintf("beside-%d-%d", sender, i))
				}
			}
		})
	}
	code, out, errOut := command(t, k.environ, "backup", file)
	close(done)
	posting.Wait()
	if code != 0 || strings.Contains(out, "✗") || !strings.Contains(out, "encrypted") {
		t.Fatalf("backup: %d %s %s", code, out, errOut)
	}
	return before
}

// TestBackupAndRestore saves a hub that is in use, and has it live on from the file on either engine: with its people, posts and files, and with
// the devices that resume where they stood. A device that had heard more than the backup knows begins anew.
func TestBackupAndRestore(t *testing.T) {
	storetest.EachAddress(t, func(t *testing.T, address string) {
		k := keep(t, address)
		file := filepath.Join(t.TempDir(), "hub.backup")
		before := k.saveWhilePosting(t, file)
		if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("the file is %v, %v", info, err)
		}
		for range 3 {
			post(k.steward, k.room, "after")
		}
		tooFar := k.steward.OK(t, "GET", v3+"/sync?timeout=0", nil).Text("next_batch")
		refused(t, "takes the place of nothing", k.environ, "backup", file)
		refused(t, "running on this", k.environ, "restore", "--replace", file)
		k.Stop(t)
		refused(t, "a hub in this database", k.environ, "restore", file)
		storetest.EachAddress(t, func(t *testing.T, address string) {
			environ := place(t, address)
			refusedDamaged(t, environ, file)
			code, out, errOut := command(t, environ, "restore", file)
			if code != 0 || strings.Count(out, "✓") != 5 {
				t.Fatalf("restore: %d %s %s", code, out, errOut)
			}
			k.livesOn(t, environ, before, tooFar)
		})
	})
}

// TestRestoringHandsNoKeyOutAgain: a one-time key that was given away after the hub was saved stays given, and the device is told to bring new ones.
func TestRestoringHandsNoKeyOutAgain(t *testing.T) {
	storetest.EachAddress(t, func(t *testing.T, address string) {
		k := keep(t, address)
		key := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, ed25519.SeedSize))
		public := base64.RawStdEncoding.EncodeToString(key.Public().(ed25519.PublicKey))
		id, who := "ed25519:"+k.steward.DeviceID, k.steward.UserID
		sign := func(object nodetest.M) json.RawMessage {
			raw, err := json.Marshal(object)
			if err == nil {
				raw, err = gomatrixserverlib.SignJSON(who, gomatrixserverlib.KeyID(id), key, raw)
			}
			if err != nil {
				t.Fatal(err)
			}
			return raw
		}
		k.steward.OK(t, "POST", v3+"/keys/upload", nodetest.M{
			"device_keys":   sign(nodetest.M{"user_id": who, "device_id": k.steward.DeviceID, "algorithms": []string{"m.olm"}, "keys": nodetest.M{id: public}}),
			"one_time_keys": nodetest.M{"signed_curve25519:A": sign(nodetest.M{"key": "a"})},
		})
		file := filepath.Join(t.TempDir(), "hub.backup")
		if code, _, errOut := command(t, k.environ, "backup", file); code != 0 {
			t.Fatal(errOut)
		}
		wish := nodetest.M{"one_time_keys": nodetest.M{who: nodetest.M{k.steward.DeviceID: "signed_curve25519"}}}
		if given := k.steward.OK(t, "POST", v3+"/keys/claim", wish); given.Value("one_time_keys", who) == nil {
			t.Fatalf("claimed %s", given.Raw)
		}
		k.Stop(t)
		if code, _, errOut := command(t, k.environ, "restore", "--replace", file); code != 0 {
			t.Fatal(errOut)
		}
		c := *k.steward
		c.URL = at(t, k.environ).URL
		if again := c.OK(t, "POST", v3+"/keys/claim", wish); again.Value("one_time_keys", who) != nil {
			t.Errorf("given away a second time: %s", again.Raw)
		}
		if left := c.OK(t, "GET", v3+"/sync?timeout=0", nil).Value("device_one_time_keys_count", "signed_curve25519"); left != 0.0 {
			t.Errorf("the device is told that %v keys are left", left)
		}
		if found := c.OK(t, "POST", v3+"/keys/query", nodetest.M{"device_keys": nodetest.M{who: []string{}}}); found.Value("device_keys", who, c.DeviceID) == nil {
			t.Error("the device's own keys are gone")
		}
	})
}

// refusedDamaged: nothing is made of a file that was changed, cut off, or needs another key.
func refusedDamaged(t *testing.T, environ []string, file string) {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	changed := bytes.Clone(raw)
	changed[len(changed)/2] ^= 1
	bad := filepath.Join(t.TempDir(), "bad.backup")
	for _, content := range [][]byte{changed, raw[:len(raw)-100]} {
		if err := os.WriteFile(bad, content, 0o600); err != nil {
			t.Fatal(err)
		}
		refused(t, "damaged", environ, "restore", bad)
	}
	var keyless []string
	for _, line := range environ {
		if line != hubKey {
			keyless = append(keyless, line)
		}
	}
	refused(t, "PANAH_SECRET_KEY", keyless, "restore", file)
	if code, out, _ := command(t, environ, "doctor"); code == 0 || !strings.Contains(out, "not been started") {
		t.Errorf("after refusing: %s", out)
	}
}

// livesOn looks whether the hub that was restored is the one that was saved.
func (k *kept) livesOn(t *testing.T, environ, before []string, tooFar string) {
	t.Helper()
	hub := at(t, environ)
	c := *k.steward
	c.URL = hub.URL
	got := texts(t, &c, k.room, k.since)
	for _, text := range append(before, "first") {
		if !got[text] {
			t.Errorf("%s is lost", text)
		}
	}
	if got["after"] {
		t.Error("what was posted after the backup is there")
	}
	if file := c.OK(t, "GET", k.file, nil); !bytes.Equal(file.Raw, paper) {
		t.Errorf("the file: %q", file.Raw)
	}
	anew := c.OK(t, "GET", v3+"/sync?timeout=0", nil).Text("next_batch")
	if got := texts(t, &c, k.room, anew); len(got) != 0 {
		t.Errorf("after beginning anew: %v", got)
	}
	if post(&c, k.room, "new") == "" || !texts(t, &c, k.room, k.since)["new"] {
		t.Error("the hub takes no posts")
	}
	c.Refused(t, "GET", v3+"/sync?timeout=0&since="+url.QueryEscape(tooFar), nil, 400, "M_UNKNOWN_POS")
}

// TestRestoreInPlace puts a backup where a newer state of the hub is, whose files go.
func TestRestoreInPlace(t *testing.T) {
	storetest.EachAddress(t, func(t *testing.T, address string) {
		k := keep(t, address)
		file := filepath.Join(t.TempDir(), "hub.backup")
		before := k.saveWhilePosting(t, file)
		k.steward.OK(t, "POST", "/_matrix/media/v3/upload?filename=more.txt", []byte("more"))
		post(k.steward, k.room, "after")
		tooFar := k.steward.OK(t, "GET", v3+"/sync?timeout=0", nil).Text("next_batch")
		k.Stop(t)
		was := blobs(t, address, `SELECT blob FROM media /* reads all */`)
		if code, out, errOut := command(t, k.environ, "restore", "--replace", file); code != 0 {
			t.Fatalf("restore: %d %s %s", code, out, errOut)
		}
		is, doomed := blobs(t, address, `SELECT blob FROM media /* reads all */`), blobs(t, address, `SELECT blob FROM media_gone`)
		if len(was) != 2 || len(is) != 1 {
			t.Errorf("%d files became %d", len(was), len(is))
		}
		for name := range was {
			if doomed[name] == is[name] {
				t.Errorf("%s is there: %v, and to be deleted: %v", name, is[name], doomed[name])
			}
		}
		k.livesOn(t, k.environ, before, tooFar)
	})
}

// blobs are the names that a query gives.
func blobs(t *testing.T, address, query string) map[string]bool {
	t.Helper()
	names := map[string]bool{}
	err := storetest.Open(t, address).Read(t.Context(), func(tx *store.Tx) error {
		rows, err := tx.Query(query)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var name string
			if err := rows.Scan(&name); err != nil {
				return err
			}
			names[name] = true
		}
		return rows.Err()
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// TestMigrate copies a hub into the other database, to the letter, and it goes on there: with its positions, so that every device resumes.
func TestMigrate(t *testing.T) {
	storetest.EachAddress(t, func(t *testing.T, from string) {
		k := keep(t, from)
		first := post(k.steward, k.room, "first")
		latest := k.steward.OK(t, "GET", v3+"/sync?timeout=0", nil).Text("next_batch")
		refused(t, "running on this", k.environ, "migrate", "--to", storetest.SQLiteAddress(t))
		k.Stop(t)
		refused(t, "in this database already", k.environ, "migrate", "--to", another(t, k.environ))
		storetest.EachAddress(t, func(t *testing.T, to string) {
			code, out, errOut := command(t, k.environ, "migrate", "--to", to)
			if code != 0 || strings.Contains(out, "✗") || !strings.Contains(out, "DATABASE_URL") {
				t.Fatalf("migrate: %d %s %s", code, out, errOut)
			}
			hub := at(t, append(k.environ, "DATABASE_URL="+to))
			c := *k.steward
			c.URL = hub.URL
			if again := post(&c, k.room, "first"); again != first {
				t.Errorf("sent again: %s, want %s", again, first)
			}
			if post(&c, k.room, "new") == "" {
				t.Error("the hub takes no posts")
			}
			if got := texts(t, &c, k.room, latest); len(got) != 1 || !got["new"] {
				t.Errorf("from where it stood: %v", got)
			}
			if file := c.OK(t, "GET", k.file, nil); !bytes.Equal(file.Raw, paper) {
				t.Errorf("the file: %q", file.Raw)
			}
		})
	})
}

// another is a database in which there is a hub.
func another(t *testing.T, environ []string) string {
	t.Helper()
	address := storetest.SQLiteAddress(t)
	if code, _, errOut := command(t, append(environ, "DATABASE_URL="+address), "serve"); code != 0 {
		t.Fatalf("serve: %s", errOut)
	}
	return address
}

// TestMigrateAnEncryptedFile: the key of the file does not go along, and what it stood for is asked for.
func TestMigrateAnEncryptedFile(t *testing.T) {
	digits := strings.Repeat("5b", 32)
	environ := []string{"PORT=0", "DATABASE_URL=" + storetest.SQLiteAddress(t), "PANAH_DATA=" + t.TempDir(), "PANAH_DATABASE_KEY=" + digits}
	if code, _, errOut := command(t, environ, "serve"); code != 0 {
		t.Fatalf("serve: %s", errOut)
	}
	storetest.EachAddress(t, func(t *testing.T, to string) {
		code, out, errOut := command(t, environ, "migrate", "--to="+to)
		if wants := strings.Contains(out, "PANAH_SECRET_KEY"); code != 0 || wants != strings.HasPrefix(to, "postgres") {
			t.Errorf("migrate: %d %s %s", code, out, errOut)
		}
	})
}

func TestBackupOfNothing(t *testing.T) {
	environ := place(t, storetest.SQLiteAddress(t))
	folder := t.TempDir()
	refused(t, "hub serve", environ, "backup", filepath.Join(folder, "x"))
	if left, err := os.ReadDir(folder); err != nil || len(left) != 0 {
		t.Errorf("left: %v, %v", left, err)
	}
	for _, args := range [][]string{{"backup"}, {"restore"}, {"restore", "--force", "x"}, {"migrate"}, {"migrate", "--to"}} {
		if code, _, errOut := command(t, environ, args...); code != 2 || !oneLine(errOut) {
			t.Errorf("%v: %d %s", args, code, errOut)
		}
	}
}
