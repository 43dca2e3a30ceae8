package store_test

import (
	"slices"
	"strings"
	"testing"

	"panah/hub/store"
	"panah/hub/store/storetest"
)

// index puts words at positions, whatever the log says.
func index(t *testing.T, db *store.DB, at store.Position, words string) {
	t.Helper()
	if err := db.Write(t.Context(), func(tx *store.Tx) error { return tx.Words().Put(at, strings.Fields(words)) }); err != nil {
		t.Fatalf("put %d: %v", at, err)
	}
}

func matches(t *testing.T, db *store.DB, m store.Match) (found []store.Position) {
	t.Helper()
	if m.Before == 0 {
		m.Before = 1000
	}
	if m.Limit == 0 {
		m.Limit = 10
	}
	if err := db.Read(t.Context(), func(tx *store.Tx) (err error) { found, err = tx.Words().Find(m); return err }); err != nil {
		t.Fatalf("find %+v: %v", m, err)
	}
	return found
}

// all looks for words, the ones that end in * as prefixes.
func all(words ...string) store.Match {
	var m store.Match
	for _, w := range words {
		word, prefix := strings.CutSuffix(w, "*")
		m.All = append(m.All, store.AnyForm{{{Word: word, Prefix: prefix}}})
	}
	return m
}

// TestWords is the contract of both inverted indexes.
func TestWords(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		index(t, db, 3, "کتاب خانه \ue000room")
		index(t, db, 5, "کتاب نو 12")
		index(t, db, 8, "китоб нав 12")
		index(t, db, 9, "کتابخانه کتاب خانه and or not near")
		tests := []struct {
			name string
			m    store.Match
			want []store.Position
		}{
			{"the newest first", all("کتاب"), []store.Position{9, 5, 3}},
			{"all words in any order", all("خانه", "کتاب"), []store.Position{9, 3}},
			{"numbers", all("12"), []store.Position{8, 5}},
			{"a prefix", all("кит*"), []store.Position{8}},
			{"a prefix is no word", all("кит"), nil},
			{"a long prefix", all("کتابخان*"), []store.Position{9}},
			{"marks of the hub", all("کتاب", "\ue000room"), []store.Position{3}},
			{"words that are signs elsewhere", all("and", "or", "not", "near"), []store.Position{9}},
			{"none", all("нест"), nil},
			{"one of several forms", store.Match{All: []store.AnyForm{{{{Word: "کتابخانه"}}, {{Word: "کتاب"}, {Word: "خانه"}}}}}, []store.Position{9, 3}},
			{"before a position", store.Match{All: all("کتاب").All, Before: 9}, []store.Position{5, 3}},
			{"so many", store.Match{All: all("کتاب").All, Limit: 1}, []store.Position{9}},
		}
		for _, tt := range tests {
			if got := matches(t, db, tt.m); !slices.Equal(got, tt.want) {
				t.Errorf("%s: got %v, want %v", tt.name, got, tt.want)
			}
		}
		index(t, db, 5, "چیز دیگر")
		index(t, db, 5, "چیز دیگر")
		if got := matches(t, db, all("کتاب")); !slices.Equal(got, []store.Position{9, 3}) {
			t.Errorf("after other words took their place: %v", got)
		}
		if got := matches(t, db, all("دیگر")); !slices.Equal(got, []store.Position{5}) {
			t.Errorf("the new words: %v", got)
		}
		for range 2 { // the second time finds nothing to remove
			if err := db.Write(t.Context(), func(tx *store.Tx) error { return tx.Words().Remove(9) }); err != nil {
				t.Fatalf("remove: %v", err)
			}
		}
		if got := matches(t, db, all("کتاب")); !slices.Equal(got, []store.Position{3}) {
			t.Errorf("after a removal: %v", got)
		}
	})
}

// TestWordsBetweenMoments: the moments are those of the log's events.
func TestWordsBetweenMoments(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		for at := store.Position(1); at <= 4; at++ {
			index(t, db, at, "word")
			err := db.Write(t.Context(), func(tx *store.Tx) error {
				_, err := tx.Exec(`INSERT INTO events (position, event_id, room_id, type, sender, origin_ts, depth, pdu)
					VALUES ($1, $2, '!r', 't', '@a', $3, 1, $4)`, at, "$"+strings.Repeat("e", int(at)), int64(at)*100, []byte("{}"))
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		for _, tt := range []struct {
			since, until int64
			want         []store.Position
		}{{200, 0, []store.Position{4, 3, 2}}, {0, 299, []store.Position{2, 1}}, {200, 300, []store.Position{3, 2}}, {401, 0, nil}} {
			m := all("word")
			m.Since, m.Until = tt.since, tt.until
			if got := matches(t, db, m); !slices.Equal(got, tt.want) {
				t.Errorf("%d to %d: got %v, want %v", tt.since, tt.until, got, tt.want)
			}
		}
	})
}
