package room_test

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	mathrand "math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
)

// seed is PANAH_TEST_SEED, or another one each time.
func seed(t testing.TB) uint64 {
	t.Helper()
	if text := os.Getenv("PANAH_TEST_SEED"); text != "" {
		n, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	var raw [8]byte
	rand.Read(raw[:])
	return binary.BigEndian.Uint64(raw[:])
}

// TestSecondOpinion: of histories that are made up at random, mautrix says of each event what the hub says. It lives in a module of its own, so that
// it is no dependency of the hub, and is told of the hub's judgements in a file.
func TestSecondOpinion(t *testing.T) {
	const histories, length = 8, 120
	n := seed(t)
	t.Logf("PANAH_TEST_SEED=%d", n)
	path := filepath.Join(t.TempDir(), "histories")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	chance, out := mathrand.New(mathrand.NewPCG(n, 0)), json.NewEncoder(file)
	taken, refused := 0, 0
	for range histories {
		all := makeHistory(t, chance, length)
		if err := out.Encode(all); err != nil {
			t.Fatal(err)
		}
		for _, one := range all.Events {
			if one.Refused == "" {
				taken++
			} else {
				refused++
			}
		}
	}
	t.Logf("%d events taken in, %d refused", taken, refused)
	if least := histories * length / 10; taken < least || refused < least {
		t.Errorf("%d events taken in and %d refused are no fair mixture", taken, refused)
	}
	command := exec.CommandContext(t.Context(), "go", "test", "-count=1", "./...")
	command.Dir = filepath.Join("interop", "mautrix")
	command.Env = append(os.Environ(), "PANAH_TEST_HISTORIES="+path, "GOEXPERIMENT=jsonv2") // mautrix reads events by it
	if said, err := command.CombinedOutput(); err != nil {
		t.Errorf("PANAH_TEST_SEED=%d: %v\n%s", n, err, said)
	}
}
