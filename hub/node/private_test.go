package node_test

import (
	"bufio"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/gorilla/websocket"
	"github.com/jackc/pgx/v5"

	"panah/hub/node"
	"panah/hub/node/nodetest"
	"panah/hub/store/storetest"
)

// private gives a hub a door for those who look after the machine.
func private(c *node.Config) { c.Metrics = "127.0.0.1:0" }

func scrape(t *testing.T, hub *nodetest.Hub) string {
	t.Helper()
	answer := (&nodetest.Client{URL: "http://" + hub.Node.PrivateAddress()}).Do(t, "GET", "/metrics", nil)
	if answer.Status != http.StatusOK {
		t.Fatalf("metrics: %d", answer.Status)
	}
	return string(answer.Raw)
}

// value is that of one series, 0 when there is none.
func value(t *testing.T, page, series string) (v float64) {
	t.Helper()
	found := regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(series) + ` (\S+)$`).FindStringSubmatch(page)
	if found == nil {
		return 0
	}
	if _, err := fmt.Sscan(found[1], &v); err != nil {
		t.Fatalf("%s: %v", series, err)
	}
	return v
}

// TestMetrics of a hub that people use: what happened is counted, nobody is named, and nothing of it is at the public door.
func TestMetrics(t *testing.T) {
	storetest.EachAddress(t, func(t *testing.T, address string) {
		hub := nodetest.Start(t, address, private)
		steward := hub.SignUp(t, hub.FirstToken(t), "samira")
		room := steward.OK(t, "POST", v3+"/createRoom", nodetest.M{"name": "Night shift"}).Text("room_id")
		dialer := websocket.Dialer{Subprotocols: []string{"m.json"}}
		stream, _, err := dialer.DialContext(t.Context(), "ws"+hub.URL[len("http"):]+"/_panah/v1/stream", http.Header{"Authorization": {"Bearer " + steward.Token}})
		if err != nil {
			t.Fatal(err)
		}
		defer stream.Close()
		for i := range 5 {
			post(steward, room, fmt.Sprint("text", i))
		}
		for seen := ""; !strings.Contains(seen, "text4"); {
			_, raw, err := stream.ReadMessage()
			if err != nil {
				t.Fatal(err)
			}
			seen = string(raw)
		}
		page := scrape(t, hub)
		for series, least := range map[string]float64{
			"panah_stream_sessions": 1, "panah_stream_frames_total": 1, "panah_stream_writes_total": 1, "panah_stream_written_bytes_total": 100,
			"panah_log_head_position": 10, "panah_store_commit_duration_seconds_count": 5, "panah_store_batch_jobs_sum": 5,
			"panah_store_up": 1, `panah_broker_up{broker="in-process"}`: 1, "panah_disk_free_bytes": 1,
			`panah_http_requests_total{code="200",method="PUT",route="PUT /_matrix/client/v3/rooms/{roomId}/send/{type}/{txnId}"}`: 5,
		} {
			if got := value(t, page, series); got < least {
				t.Errorf("%s is %v, want at least %v", series, got, least)
			}
		}
		for lag := page; value(t, lag, `panah_log_lag_positions{follower="feed"}`) != 0; lag = scrape(t, hub) {
			// A session that has just come reads for itself, and may be told before the follower is as far; the test's own deadline ends this.
		}
		for _, secret := range []string{room, url.PathEscape(room), "samira", steward.Token, "text4"} {
			if strings.Contains(page, secret) {
				t.Errorf("the metrics hold %q", secret)
			}
		}
		for _, path := range []string{"/metrics", "/debug/pprof/heap"} {
			if answer := hub.Nobody().Do(t, "GET", path, nil); strings.Contains(string(answer.Raw), "panah_") || strings.Contains(answer.Header.Get("Content-Type"), "octet") {
				t.Errorf("%s is at the public door", path)
			}
		}
		profile := (&nodetest.Client{URL: "http://" + hub.Node.PrivateAddress()}).Do(t, "GET", "/debug/pprof/heap", nil)
		if profile.Status != http.StatusOK || len(profile.Raw) == 0 {
			t.Errorf("a profile: %d", profile.Status)
		}
	})
}

func TestThePrivateDoorIsAskedFor(t *testing.T) {
	for given, want := range map[string]string{"": "", "9464": "127.0.0.1:9464", "10.0.0.2:9464": "10.0.0.2:9464", "[::1]:9": "[::1]:9"} {
		cfg, err := node.FromEnvironment([]string{"PANAH_METRICS_ADDRESS=" + given})
		if err != nil || cfg.Metrics != want {
			t.Errorf("%q: got %q, %v", given, cfg.Metrics, err)
		}
	}
	for _, wrong := range []string{":9464", "metrics", "99999", "host:9464", "10.0.0.2"} {
		if _, err := node.FromEnvironment([]string{"PANAH_METRICS_ADDRESS=" + wrong}); err == nil {
			t.Errorf("%q was taken", wrong)
		}
	}
	hub := nodetest.Start(t, storetest.SQLiteAddress(t), private)
	busy := hub.Node.PrivateAddress()
	refused(t, busy, []string{"PORT=0", "DATABASE_URL=" + storetest.SQLiteAddress(t), "PANAH_METRICS_ADDRESS=" + busy}, "serve")
}

// redisServer runs a Redis of the test's own on a socket.
func redisServer(t *testing.T, socket string) *exec.Cmd {
	t.Helper()
	run := exec.Command("redis-server", "--port", "0", "--unixsocket", socket, "--save", "", "--appendonly", "no")
	out, err := run.StdoutPipe()
	if err == nil {
		err = run.Start()
	}
	if err != nil {
		t.Fatalf("start redis-server: %v", err)
	}
	t.Cleanup(func() { run.Process.Kill(); run.Wait() })
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if strings.Contains(lines.Text(), "ready to accept connections") {
			return run
		}
	}
	t.Fatal("redis-server ended before it was ready")
	return nil
}

// awaitReady asks until the hub answers so; the test's own deadline ends this.
func awaitReady(t *testing.T, hub *nodetest.Hub, status int, word string) {
	t.Helper()
	for {
		answer := hub.Nobody().Do(t, "GET", "/readyz", nil)
		if answer.Status == status && strings.Contains(string(answer.Raw), word) && strings.Contains(string(answer.Raw), ":") == (word != "") {
			return
		}
	}
}

// TestWithoutRedisANodeGoesOn: it takes posts, is ready, and says what it lacks.
func TestWithoutRedisANodeGoesOn(t *testing.T) {
	folder, err := os.MkdirTemp("", "redis") // a socket's path is short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(folder) })
	socket := filepath.Join(folder, "s")
	redis := redisServer(t, socket)
	hub := nodetest.Start(t, storetest.SQLiteAddress(t), private, func(c *node.Config) { c.RedisURL = "unix://" + socket })
	awaitReady(t, hub, http.StatusOK, "")
	steward := hub.SignUp(t, hub.FirstToken(t), "samira")
	room := steward.OK(t, "POST", v3+"/createRoom", nodetest.M{"name": "Night shift"}).Text("room_id")
	if err := redis.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	awaitReady(t, hub, http.StatusOK, "without Redis")
	if value(t, scrape(t, hub), `panah_broker_up{broker="redis"}`) != 0 {
		t.Error("the metrics say that Redis is there")
	}
	since := steward.OK(t, "GET", v3+"/sync?timeout=0", nil).Text("next_batch")
	if post(steward, room, "on") == "" || !texts(t, steward, room, since)["on"] {
		t.Error("the hub takes no posts")
	}
	redisServer(t, socket)
	awaitReady(t, hub, http.StatusOK, "")
	if value(t, scrape(t, hub), `panah_broker_up{broker="redis"}`) != 1 {
		t.Error("the metrics say that Redis is lost")
	}
}

// TestWithoutPostgresANodeIsNotReady, refuses what it cannot keep, and is itself again by itself.
func TestWithoutPostgresANodeIsNotReady(t *testing.T) {
	address := storetest.PostgresAddress(t)
	hub := nodetest.Start(t, address, private)
	steward := hub.SignUp(t, hub.FirstToken(t), "samira")
	room := steward.OK(t, "POST", v3+"/createRoom", nodetest.M{"name": "Night shift"}).Text("room_id")
	shut(t, address, true)
	awaitReady(t, hub, http.StatusServiceUnavailable, "the database does not answer")
	if id := post(steward, room, "lost"); id != "" {
		t.Errorf("answered without a database: %s", id)
	}
	page := scrape(t, hub)
	if value(t, page, "panah_store_up") != 0 || value(t, page, `panah_store_errors_total{kind="unreachable"}`) < 1 {
		t.Error("the metrics do not say that the database is gone")
	}
	shut(t, address, false)
	awaitReady(t, hub, http.StatusOK, "")
	for post(steward, room, "lost") == "" {
		// A connection that was cut may lie in the pool still, and whoever reads by it learns that; the test's own deadline ends this.
	}
}

// shut ends all connections to a database and lets nobody make new ones, or lets them again.
func shut(t *testing.T, address string, shut bool) {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := pgx.Connect(t.Context(), os.Getenv("PANAH_TEST_POSTGRES"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	name := strings.TrimPrefix(u.Path, "/")
	for _, statement := range []string{
		fmt.Sprintf("ALTER DATABASE %s ALLOW_CONNECTIONS %t", name, !shut),
		fmt.Sprintf("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '%s'", name),
	} {
		if _, err := conn.Exec(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
}
