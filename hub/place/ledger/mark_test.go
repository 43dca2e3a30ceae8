package ledger

import (
	"encoding/json"
	"errors"
	"testing"

	"panah/hub/store"
	"panah/hub/store/storetest"
)

// TestAChainGoesOnFromItsMark: from every entry on, through JSON as it is kept. What stands where it was verified must be what stood there.
func TestAChainGoesOnFromItsMark(t *testing.T) {
	db := storetest.SQLite(t)
	ring := kept(t, db)
	read := func(shelter string) (lines []Line) {
		err := db.Read(t.Context(), func(tx *store.Tx) (err error) { lines, err = After(tx, shelter, 0, 100); return err })
		if err != nil {
			t.Fatal(err)
		}
		return lines
	}
	lines := read("a")
	fresh := func(m Mark) *Chain {
		c := Resume(m)
		for id, key := range ring.Public() {
			c.Keys[string(id)] = key
		}
		return c
	}
	whole := fresh(Mark{Shelter: "a"})
	if err := whole.Follow(lines); err != nil || whole.Entries() != 6 {
		t.Fatalf("%d entries: %v", whole.Entries(), err)
	}
	if err := fresh(Mark{Shelter: "b"}).Follow(lines); err == nil {
		t.Error("the ledger of another shelter is taken")
	}
	for at := range lines {
		first := fresh(Mark{Shelter: "a"})
		if err := first.Follow(lines[:at]); err != nil {
			t.Fatal(err)
		}
		raw, err := json.Marshal(first.Mark())
		var m Mark
		if err != nil || json.Unmarshal(raw, &m) != nil {
			t.Fatalf("the mark: %s, %v", raw, err)
		}
		c := fresh(m)
		if err := c.Follow(lines[c.From()-1:]); err != nil || c.Entries() != 6 || len(c.HasPlaces()) != 1 {
			t.Errorf("from entry %d: %d entries, %v", at, c.Entries(), err)
		}
		if at == 0 {
			continue
		}
		other := append([]Line{}, lines...)
		other[at-1] = read("b")[0]
		for name, given := range map[string][]Line{"changed": other[at-1:], "gone": nil} {
			var trouble *Trouble
			if err := fresh(m).Follow(given); !errors.As(err, &trouble) || trouble.Seq != int64(at) || trouble.Shelter != "a" {
				t.Errorf("entry %d is %s: %v", at, name, err)
			}
		}
	}
	held := fresh(whole.Mark())
	held.usable = map[string]int{"women": 1}
	err := db.Write(t.Context(), func(tx *store.Tx) error {
		return AppendTx(tx, ring, Entry{Shelter: "a", What: "held", Request: "9", Category: "women", Places: 1})
	})
	if err == nil {
		err = held.Follow(read("a")[5:])
	}
	if err == nil {
		t.Error("a place that was given before the mark is given once more")
	}
}
