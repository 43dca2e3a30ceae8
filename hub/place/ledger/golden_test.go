package ledger

import (
	"flag"
	"os"
	"strings"
	"testing"

	"panah/hub/store/storetest"
)

var update = flag.Bool("update", false, "write the golden file anew")

// goldenLedger is the export with which the client's own verifying is tested.
const goldenLedger = "../../../web/src/state/reports/testdata/ledger.jsonl"

// TestTheClientsLedgerVerifies: what the client is tested with is what the hub exports, for one shelter as a client gets it.
func TestTheClientsLedgerVerifies(t *testing.T) {
	if *update {
		db := storetest.SQLite(t)
		var mine []string
		for _, line := range exported(t, db, kept(t, db)) {
			if !strings.Contains(line, `"shelter":"b"`) {
				mine = append(mine, line)
			}
		}
		if err := os.WriteFile(goldenLedger, []byte(strings.Join(mine, "\n")+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	file, err := os.Open(goldenLedger)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if n, err := Verify(file, ""); err != nil || n != 6 {
		t.Errorf("%d entries: %v", n, err)
	}
}
