package ledger

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"math"
	"strconv"
	"strings"
	"testing"

	"panah/hub/keyring"
	"panah/hub/store"
	"panah/hub/store/storetest"
)

// kept is a hub with the ledgers of two shelters.
func kept(t *testing.T, db *store.DB) *keyring.Ring {
	t.Helper()
	ring, err := keyring.Open(t.Context(), db, "hub.example")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range []Entry{
		{Shelter: "a", What: Count, Usable: map[string]int{"women": 2}}, {Shelter: "b", What: Count, Usable: map[string]int{"men": 1}},
		{Shelter: "a", What: "held", Request: "1", Category: "women", Places: 2}, {Shelter: "a", What: "waiting", Request: "2", Category: "women", Places: 1},
		{Shelter: "b", What: "held", Request: "3", Category: "men", Places: 1}, {Shelter: "a", What: "declined", Request: "1", Category: "women", Places: 2},
		{Shelter: "a", What: "held", Request: "2", Category: "women", Places: 1}, {Shelter: "a", What: Close},
	} {
		if err := db.Write(t.Context(), func(tx *store.Tx) error { return AppendTx(tx, ring, e) }); err != nil {
			t.Fatal(err)
		}
	}
	return ring
}

func exported(t *testing.T, db *store.DB, ring *keyring.Ring) []string {
	t.Helper()
	var out bytes.Buffer
	if err := db.Read(t.Context(), func(tx *store.Tx) error { return Export(tx, ring, &out, "a", "b") }); err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
}

// TestAnExportVerifies: without the hub, and against the key that is trusted.
func TestAnExportVerifies(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ring := kept(t, db)
		lines := exported(t, db, ring)
		var head Head
		if err := json.Unmarshal([]byte(lines[0]), &head); err != nil || head.Server != "hub.example" || len(head.Keys) != 1 {
			t.Fatalf("the head: %s, %v", lines[0], err)
		}
		key := ""
		for _, one := range head.Keys {
			key = one
		}
		for _, trusted := range []string{"", key} {
			if n, err := Verify(strings.NewReader(strings.Join(lines, "\n")), trusted); err != nil || n != 8 {
				t.Errorf("%d entries: %v", n, err)
			}
		}
		if _, err := Verify(strings.NewReader(strings.Join(lines, "\n")), strings.Repeat("A", len(key))); err == nil {
			t.Error("it verifies against another key")
		}
		err := db.Read(t.Context(), func(tx *store.Tx) error {
			c, err := CheckTx(tx, ring, "a")
			if err == nil && (c.Entries() != 6 || len(c.HasPlaces()) != 1 || c.HasPlaces()["2"].Places != 1) {
				t.Errorf("%d entries, %v", c.Entries(), c.HasPlaces())
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	})
}

// TestWhatIsTamperedWith is found, and where.
func TestWhatIsTamperedWith(t *testing.T) {
	db := storetest.SQLite(t)
	ring := kept(t, db)
	whole := exported(t, db, ring)
	tests := map[string]struct {
		change func(lines []string) []string
		seq    int64
	}{
		"a number changed":  {func(l []string) []string { l[2] = strings.Replace(l[2], `"places":2`, `"places":1`, 1); return l }, 2},
		"an entry dropped":  {func(l []string) []string { return append(l[:3:3], l[4:]...) }, 3},
		"an entry twice":    {func(l []string) []string { return append(l[:3:3], l[2:]...) }, 3},
		"the order changed": {func(l []string) []string { l[2], l[3] = l[3], l[2]; return l }, 2},
		"a signature of none": {func(l []string) []string {
			l[1] = strings.Replace(l[1], `"signature":"`, `"signature":"AA`, 1)
			return l
		}, 1},
		"a hash made anew": {func(l []string) []string { l[4] = strings.Replace(l[4], `"hash":"`, `"hash":"x`, 1); return l }, 4},
		"spaces put in":    {func(l []string) []string { l[2] = strings.Replace(l[2], `"places":`, `"places": `, 1); return l }, 2},
		"no head":          {func(l []string) []string { return l[1:] }, 0},
	}
	for name, test := range tests {
		_, err := Verify(strings.NewReader(strings.Join(test.change(append([]string{}, whole...)), "\n")), "")
		var trouble *Trouble
		if !errors.As(err, &trouble) || trouble.Seq != test.seq {
			t.Errorf("%s: %v, want it at %d", name, err, test.seq)
		}
	}
	if err := db.Write(t.Context(), func(tx *store.Tx) error {
		return AppendTx(tx, ring, Entry{Shelter: "b", What: "held", Request: "4", Category: "men", Places: 1})
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := Verify(strings.NewReader(strings.Join(exported(t, db, ring), "\n")), ""); err == nil || !strings.Contains(err.Error(), "more places") {
		t.Errorf("a place given twice and well signed: %v", err)
	}
}

// TestPlacesThatCannotBe: a well signed entry hides by no number that others have more than there are.
func TestPlacesThatCannotBe(t *testing.T) {
	for name, entries := range map[string][]Entry{
		"below zero":         {{What: "held", Request: "1", Places: -5}, {What: "held", Request: "2", Places: 6}},
		"none":               {{What: "held", Request: "1"}},
		"sums that run over": {{What: "held", Request: "1", Places: math.MaxInt - 1}, {What: "held", Request: "2", Places: 2}, {What: "held", Request: "3", Places: math.MaxInt}},
	} {
		db := storetest.SQLite(t)
		ring := kept(t, db)
		last := Entry{Shelter: "c", What: Count, Usable: map[string]int{"men": math.MaxInt}}
		for _, e := range append([]Entry{last}, entries...) {
			e.Shelter, e.Category = "c", "men"
			if err := db.Write(t.Context(), func(tx *store.Tx) error { return AppendTx(tx, ring, e) }); err != nil {
				t.Fatal(err)
			}
		}
		err := db.Read(t.Context(), func(tx *store.Tx) error { _, err := CheckTx(tx, ring, "c"); return err })
		var trouble *Trouble
		if !errors.As(err, &trouble) || trouble.Seq != 2 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestALedgerHasSoManyOpenRequests: what a hub remembers of another's has an end.
func TestALedgerHasSoManyOpenRequests(t *testing.T) {
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	c := &Chain{Keys: map[string]ed25519.PublicKey{"k": key.Public().(ed25519.PublicKey)}}
	next := func(e Entry) error {
		e.Shelter, e.Seq, e.Before = "c", c.Entries()+1, c.hash
		l, err := sign(e, "k", key)
		if err != nil {
			t.Fatal(err)
		}
		return c.Next(l)
	}
	if err := next(Entry{What: Count, Usable: map[string]int{"men": math.MaxInt}}); err != nil {
		t.Fatal(err)
	}
	for i := range openMost {
		if err := next(Entry{What: "held", Request: strconv.Itoa(i), Category: "men", Places: 1}); err != nil {
			t.Fatal(err)
		}
	}
	if err := next(Entry{What: "held", Request: "one more", Category: "men", Places: 1}); err == nil {
		t.Error("it remembers one more")
	}
	if err := next(Entry{What: "declined", Request: "1", Category: "men", Places: 1}); err != nil {
		t.Error(err)
	}
}
