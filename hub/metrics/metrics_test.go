package metrics_test

import (
	"encoding/json"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"panah/hub/metrics"
)

// everything is what a node on which everything has happened tells.
func everything(t *testing.T) string {
	t.Helper()
	m := metrics.New("1.2.3", "sqlite")
	m.Request("GET /a/{id}", "GET", 200, time.Second)
	m.Commit(3, time.Millisecond)
	m.Trouble("full")
	m.Alert("sent")
	m.Place("held")
	m.Push("mail", "sent")
	m.Federation("out", "ok")
	m.Ledger("verified")
	m.Ask(func() metrics.Standing {
		return metrics.Standing{Sessions: 3, Frames: 12, Writes: 4, Head: 77, StoreUp: true, BrokerUp: true, Broker: "redis", Lag: map[string]int64{"feed": 2}, DiskFree: 5}
	})
	return read(m)
}

func read(m *metrics.Metrics) string {
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	return w.Body.String()
}

// given are the names of all series in a page of metrics.
func given(page string) map[string]bool {
	names := map[string]bool{}
	for line := range strings.Lines(page) {
		if !strings.HasPrefix(line, "#") {
			name, _, _ := strings.Cut(strings.TrimSpace(line), " ")
			name, _, _ = strings.Cut(name, "{")
			names[name] = true
		}
	}
	return names
}

var asked = regexp.MustCompile(`\b(?:panah|go|process)_[a-z0-9_]+`)

// TestTheDashboardAsksForWhatThereIs, and for all that is ours.
func TestTheDashboardAsksForWhatThereIs(t *testing.T) {
	raw, err := os.ReadFile("../../docs/grafana.json")
	if err != nil {
		t.Fatal(err)
	}
	var board struct {
		Panels []struct {
			Title   string
			Targets []struct{ Expr string }
		}
	}
	if err := json.Unmarshal(raw, &board); err != nil {
		t.Fatal(err)
	}
	names := given(everything(t))
	used := map[string]bool{}
	for _, p := range board.Panels {
		for _, target := range p.Targets {
			for _, name := range asked.FindAllString(target.Expr, -1) {
				used[name] = true
				if !names[name] {
					t.Errorf("%q asks for %s, which nothing tells", p.Title, name)
				}
			}
		}
	}
	if len(used) < 25 {
		t.Errorf("only %d names were found", len(used))
	}
	for name := range names {
		base := strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(name, "_bucket"), "_sum"), "_count")
		if strings.HasPrefix(name, "panah_") && !used[name] && !used[base+"_sum"] && !used[base+"_bucket"] {
			t.Errorf("no panel shows %s", name)
		}
	}
}

// TestNamesKeepTheConventions of Prometheus: what only grows ends in _total, and units are base units.
func TestNamesKeepTheConventions(t *testing.T) {
	for line := range strings.Lines(everything(t)) {
		words := strings.Fields(line)
		if len(words) != 4 || words[1] != "TYPE" || !strings.HasPrefix(words[2], "panah_") {
			continue
		}
		name, kind := words[2], words[3]
		if (kind == "counter") != strings.HasSuffix(name, "_total") {
			t.Errorf("%s is a %s", name, kind)
		}
		for _, unit := range []string{"_ms", "_millis", "_kb", "_mb", "_minutes"} {
			if strings.Contains(name, unit) {
				t.Errorf("%s is not in a base unit", name)
			}
		}
	}
}

// TestNobodyMakesLabels: whatever words strangers send.
func TestNobodyMakesLabels(t *testing.T) {
	m := metrics.New("1", "sqlite")
	for _, method := range []string{"GET", "HELLO", "X-1", "X-2"} {
		m.Request("", method, 404, time.Second)
	}
	m.Request("GET /x", "GET", 429, time.Second)
	page := read(m)
	if strings.Count(page, "panah_http_requests_total{") != 3 || strings.Contains(page, "HELLO") {
		t.Errorf("labels: %s", page)
	}
	if !strings.Contains(page, "panah_http_rate_limited_total 1") {
		t.Error("a refusal was not counted")
	}
}

// TestADatabaseThatIsGone leaves what it knows out, and says so.
func TestADatabaseThatIsGone(t *testing.T) {
	m := metrics.New("1", "sqlite")
	m.Ask(func() metrics.Standing { return metrics.Standing{DiskFree: -1, Broker: "redis"} })
	page := read(m)
	if !strings.Contains(page, "panah_store_up 0") || !strings.Contains(page, `panah_broker_up{broker="redis"} 0`) || given(page)["panah_log_head_position"] || given(page)["panah_disk_free_bytes"] {
		t.Errorf("without a database: %s", page)
	}
}
