package node_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"go.uber.org/goleak"

	"panah/hub/node/nodetest"
	"panah/hub/store/storetest"
)

const v3 = "/_matrix/client/v3"

// program builds the real program once for the tests that need a process to kill.
var program = sync.OnceValues(func() (string, error) {
	folder, err := os.MkdirTemp("", "panah")
	if err != nil {
		return "", err
	}
	path := filepath.Join(folder, "hub")
	out, err := exec.Command("go", "build", "-o", path, "panah/hub").CombinedOutput()
	if err != nil {
		err = fmt.Errorf("%w: %s", err, out)
	}
	return path, err
})

// TestMain looks whether all that hubs began has ended with them.
func TestMain(m *testing.M) { goleak.VerifyTestMain(tests{m}) }

type tests struct{ all *testing.M }

// Run runs them, and ends what the tests' own client keeps for later.
func (t tests) Run() int {
	defer http.DefaultClient.CloseIdleConnections()
	code := t.all.Run()
	if path, err := program(); err == nil {
		os.RemoveAll(filepath.Dir(path))
	}
	return code
}

// process is a hub in a process of its own.
type process struct {
	command *exec.Cmd
	url     string
	link    string // the token of its first steward's link
}

// start runs the program on any free port and waits for its greeting, which on a new hub ends with a link.
func start(t *testing.T, address string, isNew bool) *process {
	t.Helper()
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	p := &process{command: exec.Command(path, "serve")}
	p.command.Env = []string{"PATH=" + os.Getenv("PATH"), "LANG=en", "PORT=0", "DATABASE_URL=" + address, "PANAH_DATA=" + t.TempDir(), "PANAH_LOG_LEVEL=error"}
	p.command.Stderr = os.Stderr
	out, err := p.command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.command.Process.Kill() })
	lines := bufio.NewScanner(out)
	for p.url == "" && lines.Scan() {
		if found := printedAddress.FindStringSubmatch(lines.Text()); found != nil {
			p.url = found[1]
		}
	}
	if isNew && lines.Scan() {
		_, p.link, _ = strings.Cut(lines.Text(), "/#/invite/")
	}
	return p
}

// post sends a text; id is "" when no answer came.
func post(c *nodetest.Client, room, txn string) (id string) {
	path := c.URL + v3 + "/rooms/" + url.PathEscape(room) + "/send/m.room.message/" + txn
	request, err := http.NewRequest("PUT", path, strings.NewReader(`{"msgtype":"m.text","body":"`+txn+`"}`))
	if err != nil {
		return ""
	}
	request.Header.Set("Authorization", "Bearer "+c.Token)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return ""
	}
	defer response.Body.Close()
	var body bytes.Buffer
	if _, err := body.ReadFrom(response.Body); err != nil {
		return ""
	}
	return nodetest.Answer{Raw: body.Bytes()}.Text("event_id")
}

const (
	senders  = 8
	eachOf   = 40
	killedAt = 120 // answers after which the hub is killed
)

// TestKill kills the hub with SIGKILL in the middle of sending. What it had answered must be there, and what is sent again with the
// same transaction id must not be there twice.
func TestKill(t *testing.T) {
	storetest.EachAddress(t, func(t *testing.T, address string) {
		p := start(t, address, true)
		c := signUp(t, p)
		room := c.OK(t, "POST", v3+"/createRoom", nodetest.M{"name": "Night shift"}).Text("room_id")

		answered := sendUntilKilled(t, p, c, room)
		again := start(t, address, false)
		c.URL = again.url
		for txn, id := range answered {
			if repeated := post(c, room, txn); repeated == "" || id != "" && repeated != id {
				t.Errorf("%s was answered with %q, and after the crash with %q", txn, id, repeated)
			}
		}
		checkOnce(t, c, room, answered)
		if err := again.command.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		if err := again.command.Wait(); err != nil {
			t.Errorf("the hub did not end well: %v", err)
		}
	})
}

func signUp(t *testing.T, p *process) *nodetest.Client {
	t.Helper()
	return (&nodetest.Hub{URL: p.url}).SignUp(t, p.link, "samira")
}

// sendUntilKilled gives, for each transaction id, the event id that was answered before the hub was killed, or "".
func sendUntilKilled(t *testing.T, p *process, c *nodetest.Client, room string) map[string]string {
	t.Helper()
	var mu sync.Mutex
	answered := map[string]string{}
	count := 0
	var all sync.WaitGroup
	for sender := range senders {
		all.Go(func() {
			for i := range eachOf {
				txn := fmt.Sprintf("%d-%d", sender, i)
				id := post(c, room, txn)
				mu.Lock()
				answered[txn] = id
				if count++; count == killedAt {
					p.command.Process.Kill()
				}
				mu.Unlock()
			}
		})
	}
	all.Wait()
	var exit *exec.ExitError
	if err := p.command.Wait(); !errors.As(err, &exit) {
		t.Errorf("the hub was not killed: %v", err)
	}
	return answered
}

// checkOnce reads the whole channel and counts each text.
func checkOnce(t *testing.T, c *nodetest.Client, room string, answered map[string]string) {
	t.Helper()
	seen := map[string]int{}
	from := ""
	for {
		page := c.OK(t, "GET", v3+"/rooms/"+url.PathEscape(room)+"/messages?dir=b&limit=100"+from, nil)
		for _, e := range page.List("chunk") {
			content, _ := e.(map[string]any)["content"].(map[string]any)
			if body, ok := content["body"].(string); ok {
				seen[body]++
			}
		}
		if page.Text("end") == "" {
			break
		}
		from = "&from=" + page.Text("end")
	}
	for txn := range answered {
		if seen[txn] != 1 {
			t.Errorf("%s is there %d times", txn, seen[txn])
		}
	}
	if len(seen) != senders*eachOf {
		t.Errorf("%d texts, want %d", len(seen), senders*eachOf)
	}
}
