package broker

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"panah/hub/loopback"
)

// node is a Redis server of the test's own at a port of this machine.
type node struct {
	server
	port   string
	client *redis.Client
}

func startNode(t *testing.T, arguments ...string) *node {
	t.Helper()
	n := &node{port: freePort(t)}
	n.run = serve(t, "eady to accept connections", append([]string{
		"--port", n.port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", t.TempDir()}, arguments...)...)
	t.Cleanup(func() { n.kill(t) })
	n.client = redis.NewClient(&redis.Options{Addr: "127.0.0.1:" + n.port})
	t.Cleanup(func() { _ = n.client.Close() })
	return n
}

func freePort(t *testing.T) string {
	t.Helper()
	port, err := loopback.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// do has a server do something, and gives its answer as text.
func (n *node) do(t *testing.T, command ...any) string {
	t.Helper()
	answer, err := n.client.Do(t.Context(), command...).Result()
	if err != nil {
		t.Fatalf("%v: %v", command, err)
	}
	return fmt.Sprint(answer)
}

// awaits asks until the answer has something in it.
func (n *node) awaits(t *testing.T, part string, command ...any) {
	t.Helper()
	late := time.After(patience)
	for {
		answer := n.do(t, command...)
		if strings.Contains(answer, part) {
			return
		}
		select {
		case <-late:
			t.Fatalf("%v: %q does not come to have %q", command, answer, part)
		case <-time.After(time.Millisecond):
		}
	}
}

// TestSentinelNamesAnother: nodes go on through the server that takes the place of one that was killed.
func TestSentinelNamesAnother(t *testing.T) {
	first := startNode(t)
	second := startNode(t, "--replicaof", "127.0.0.1 "+first.port)
	second.awaits(t, "master_link_status:up", "INFO", "replication")
	rules := filepath.Join(t.TempDir(), "sentinel.conf")
	watch := freePort(t)
	// On a busy machine a server that lives may be silent for long: it is taken for gone only once it is.
	text := fmt.Sprintf("port %s\nbind 127.0.0.1\nsentinel monitor panah 127.0.0.1 %s 1\nsentinel down-after-milliseconds panah 3600000\nsentinel failover-timeout panah 2000\n", watch, first.port)
	if err := os.WriteFile(rules, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	sentinel := &node{port: watch, client: redis.NewClient(&redis.Options{Addr: "127.0.0.1:" + watch})}
	sentinel.run = serve(t, "+monitor", rules, "--sentinel")
	t.Cleanup(func() { sentinel.kill(t); _ = sentinel.client.Close() })
	sentinel.awaits(t, second.port, "SENTINEL", "REPLICAS", "panah")
	sentinel.awaits(t, "master-link-status:ok", "SENTINEL", "REPLICAS", "panah")

	address := "redis-sentinel://127.0.0.1:" + watch + "?master_name=panah"
	a, b := openRedis(t, address), openRedis(t, address)
	s := subscribe(t, b, "log")
	publish(t, a, "log", "before")
	expect(t, s, "log:before")
	first.kill(t)
	sentinel.do(t, "SENTINEL", "SET", "panah", "down-after-milliseconds", "200")
	expect(t, s, "lost")
	reaches(t, a, s, "after")
}

// TestClusterMovesTheChannels: nodes find the shard of a cluster that has their channels now.
func TestClusterMovesTheChannels(t *testing.T) {
	shard := func() *node {
		return startNode(t, "--cluster-enabled", "yes", "--cluster-config-file", "nodes.conf", "--cluster-port", freePort(t))
	}
	first, second := shard(), shard()
	first.do(t, "CLUSTER", "ADDSLOTSRANGE", 0, 16383)
	bus := first.do(t, "CONFIG", "GET", "cluster-port")
	second.do(t, "CLUSTER", "MEET", "127.0.0.1", first.port, strings.Trim(strings.TrimPrefix(bus, "map[cluster-port:"), "]"))
	for _, one := range []*node{first, second} {
		one.awaits(t, "cluster_known_nodes:2", "CLUSTER", "INFO")
		one.awaits(t, "cluster_state:ok", "CLUSTER", "INFO")
	}

	address := "redis-cluster://127.0.0.1:" + first.port
	a, b := openRedis(t, address), openRedis(t, address)
	s := subscribe(t, b, "log")
	publish(t, a, "log", "before")
	expect(t, s, "log:before")
	if first.do(t, "PUBSUB", "SHARDCHANNELS") == "[]" {
		t.Error("the channels are not a shard's own")
	}
	slot, owner := first.do(t, "CLUSTER", "KEYSLOT", oneSlot+"log"), second.do(t, "CLUSTER", "MYID")
	second.do(t, "CLUSTER", "SETSLOT", slot, "NODE", owner)
	first.do(t, "CLUSTER", "SETSLOT", slot, "NODE", owner)
	expect(t, s, "lost")
	reaches(t, a, s, "after")
	reaches(t, b, subscribe(t, a, "log"), "the other way")
}

// TestAsk: Redis tells its version and its time.
func TestAsk(t *testing.T) {
	about, err := Ask(t.Context(), startServer(t).address())
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(about.Version, ".") || about.Now.IsZero() {
		t.Errorf("it tells %+v", about)
	}
}
