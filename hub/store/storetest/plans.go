package storetest

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"

	"panah/hub/store"
)

// wholeTable stands in the text of a statement that means to read all of a table.
const wholeTable = "/* reads all */"

// growing are tables that have a row for each of what happens, for years.
var growing = []string{
	"events", "room_state", "refused_state", "state_turns", "memberships", "event_states", "outliers", "transactions", "extremities", "receipts", "account_data", "search_words",
	"place_requests", "place_asks", "place_acts", "place_journeys", "place_notices", "place_ledger", "media", "media_uses",
	"alert_recipients", "alert_channel_people", "device_messages", "device_one_time_keys", "device_lists", "key_backup_sessions",
}

// partly are indexes of a few of a table's rows, all of which may be read.
var partly = regexp.MustCompile(`USING (COVERING )?INDEX (place_journeys_open|place_notices_settled|outliers_entering)`)

var scan = regexp.MustCompile(`^SCAN ([a-z_]+)( |$)`)

// NoScans fails the test for every statement it has run that reads a whole growing table on SQLite, which is as good as a test's few rows and as slow
// as a year's log. It is called before the database is closed; Open does so.
func NoScans(t testing.TB, db *store.DB) {
	t.Helper()
	plans, err := db.Plans(context.Background())
	if err != nil && !errors.Is(err, store.ErrClosed) { // a test that closed it did so for a reason
		t.Errorf("ask for the plans: %v", err)
	}
	for text, steps := range plans {
		if strings.Contains(text, wholeTable) {
			continue
		}
		for _, step := range steps {
			found := scan.FindStringSubmatch(step)
			if found != nil && slices.Contains(growing, tableOf(found[1], text)) && !strings.Contains(step, "VIRTUAL TABLE") && !partly.MatchString(step) {
				t.Errorf("%s: %s", step, text)
			}
		}
	}
}

// tableOf is the table that a statement calls by a name of its own.
func tableOf(name, text string) string {
	if found := regexp.MustCompile(`(?i)\b(?:FROM|JOIN)\s+(\w+)\s+(?:AS\s+)?` + name + `\b`).FindStringSubmatch(text); found != nil {
		return found[1]
	}
	return name
}
