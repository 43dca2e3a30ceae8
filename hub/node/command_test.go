package node_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"panah/hub/demo"
	"panah/hub/node"
	"panah/hub/node/nodetest"
	"panah/hub/people"
	"panah/hub/push/pushtest"
	"panah/hub/store/storetest"
)

// terminal takes what a command prints, and tells the address at which a hub says that it runs.
type terminal struct {
	bytes.Buffer
	address chan string
}

var printedAddress = regexp.MustCompile(`running at (http://\S+)`)

func (t *terminal) Write(p []byte) (int, error) {
	if found := printedAddress.FindSubmatch(p); found != nil {
		t.address <- string(found[1])
	}
	return t.Buffer.Write(p)
}

// command runs the program as the operator does. A hub that serves is stopped as soon as it answers.
func command(t *testing.T, environ []string, args ...string) (code int, out, errOut string) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	o, e := &terminal{address: make(chan string, 1)}, &bytes.Buffer{}
	ended := make(chan int)
	go func() { ended <- node.Command(ctx, args, append(environ, "LANG=en_GB.UTF-8"), o, e) }()
	select {
	case code = <-ended:
	case address := <-o.address:
		if answer := (&nodetest.Client{URL: address}).Do(t, "GET", "/readyz", nil); answer.Status != 200 {
			t.Errorf("the hub is not ready: %d", answer.Status)
		}
		stop()
		code = <-ended
	}
	return code, o.String(), e.String()
}

func TestHelpAndVersion(t *testing.T) {
	code, out, _ := command(t, nil, "help")
	for _, word := range []string{"serve", "demo", "invite", "doctor", "version"} {
		if code != 0 || !strings.Contains(out, word) {
			t.Errorf("help lacks %s: %d %s", word, code, out)
		}
	}
	_, out, _ = command(t, nil, "help", "serve")
	for _, s := range node.Settings {
		if !strings.Contains(out, s.Name) {
			t.Errorf("help serve lacks %s", s.Name)
		}
	}
	if code, out, _ := command(t, nil, "version"); code != 0 || !strings.HasPrefix(out, "panah ") {
		t.Errorf("version: %d %s", code, out)
	}
	if code, _, errOut := command(t, nil, "fly"); code != 2 || !oneLine(errOut) {
		t.Errorf("an unknown command: %d %q", code, errOut)
	}
	if code, _, errOut := command(t, nil, "serve", "--fast"); code != 2 || !oneLine(errOut) {
		t.Errorf("an unknown argument: %d %q", code, errOut)
	}
	if strings.ContainsAny(out, "\u2068\u2069") {
		t.Error("marks for isolation in a terminal")
	}
}

func oneLine(text string) bool {
	return strings.HasPrefix(text, "hub: ") && strings.Count(text, "\n") == 1 && strings.HasSuffix(text, "\n")
}

// refused runs a command that must end with one clear line that holds the words.
func refused(t *testing.T, words string, environ []string, args ...string) {
	t.Helper()
	code, _, errOut := command(t, append(environ, "PANAH_LOG_LEVEL=error"), args...)
	if code != 1 || !oneLine(errOut) || !strings.Contains(errOut, words) {
		t.Errorf("hub %v: got %d %q, want one line with %q", args, code, errOut, words)
	}
}

func TestStartsThatFail(t *testing.T) {
	busy, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer busy.Close()
	port := fmt.Sprintf("PORT=%d", busy.Addr().(*net.TCPAddr).Port)
	fresh := "PANAH_DATA=" + t.TempDir()
	refused(t, "PANAH_COLOUR", []string{"PANAH_COLOUR=red"}, "serve")
	refused(t, "PORT", []string{port, fresh}, "serve")
	refused(t, "REDIS_URL", []string{"PORT=0", fresh, "REDIS_URL=redis://127.0.0.1:1"}, "serve")

	garbage := filepath.Join(t.TempDir(), "hub.db")
	if err := os.WriteFile(garbage, bytes.Repeat([]byte("not a database"), 1000), 0o600); err != nil {
		t.Fatal(err)
	}
	refused(t, "key", []string{"PORT=0", "DATABASE_URL=sqlite:" + garbage}, "serve")
	refused(t, "PANAH_DATA", []string{"PORT=0", "PANAH_DATA=" + garbage + "/below"}, "serve")
}

func TestOneHubForOneFolder(t *testing.T) {
	address := storetest.SQLiteAddress(t)
	nodetest.Start(t, address)
	refused(t, "Another hub", []string{"PORT=0", "DATABASE_URL=" + address}, "serve")
}

func TestTheServerNameStays(t *testing.T) {
	storetest.EachAddress(t, func(t *testing.T, address string) {
		hub := []string{"PORT=0", "DATABASE_URL=" + address, "PANAH_DATA=" + t.TempDir()}
		if code, _, errOut := command(t, append(hub, "PANAH_SERVER_NAME=first.example"), "serve"); code != 0 {
			t.Fatalf("first start: %d %s", code, errOut)
		}
		refused(t, "first.example", append(hub, "PANAH_SERVER_NAME=second.example"), "serve")
		if code, _, errOut := command(t, hub, "serve"); code != 0 {
			t.Errorf("a start without a name: %d %s", code, errOut)
		}
	})
}

func TestAKeyEncryptsTheFile(t *testing.T) {
	address := storetest.SQLiteAddress(t)
	hub := []string{"PORT=0", "DATABASE_URL=" + address}
	key := "PANAH_DATABASE_KEY=" + strings.Repeat("5a", 32)
	if code, _, errOut := command(t, append(hub, key), "serve"); code != 0 {
		t.Fatalf("first start: %d %s", code, errOut)
	}
	raw, err := os.ReadFile(strings.TrimPrefix(address, "sqlite:"))
	if err != nil {
		t.Fatal(err)
	}
	if bytes.HasPrefix(raw, []byte("SQLite format 3")) {
		t.Error("the file is not encrypted")
	}
	refused(t, "key", hub, "serve")
}

func TestDatabaseOfANewerProgram(t *testing.T) {
	storetest.EachAddress(t, func(t *testing.T, address string) {
		hub := []string{"PORT=0", "DATABASE_URL=" + address, "PANAH_DATA=" + t.TempDir()}
		db := storetest.Open(t, address)
		makeNewer(t, db)
		refused(t, "newer version", hub, "serve")
		refused(t, "newer version", hub, "doctor")
	})
}

func TestInviteBesideARunningHub(t *testing.T) {
	storetest.EachAddress(t, func(t *testing.T, address string) {
		environ := []string{"DATABASE_URL=" + address}
		refused(t, "hub serve", environ, "invite")
		hub := nodetest.Start(t, address)
		hub.SignUp(t, hub.FirstToken(t), "samira")
		code, out, errOut := command(t, environ, "invite")
		_, token, found := strings.Cut(strings.TrimSpace(out), "/#/invite/")
		if code != 0 || !found {
			t.Fatalf("invite: %d %s %s", code, out, errOut)
		}
		second := hub.SignUp(t, token, "farida")
		if got := second.OK(t, "GET", "/_panah/v1/me", nil).Text("role"); got != "steward" {
			t.Errorf("she is a %s", got)
		}
	})
}

// The last steward is let in again by the operator: their devices hear of it from the running hub, and the link works once.
func TestRecoverBesideARunningHub(t *testing.T) {
	storetest.EachAddress(t, func(t *testing.T, address string) {
		environ := []string{"DATABASE_URL=" + address}
		hub := nodetest.Start(t, address)
		steward := hub.SignUp(t, hub.FirstToken(t), "samira")
		since := steward.OK(t, "GET", "/_matrix/client/v3/sync?timeout=0", nil).Text("next_batch")
		if code, _, errOut := command(t, environ, "recover"); code == 0 || !oneLine(errOut) {
			t.Errorf("without a name: %d %s", code, errOut)
		}
		if code, _, errOut := command(t, environ, "recover", "nobody"); code == 0 || !oneLine(errOut) {
			t.Errorf("for nobody: %d %s", code, errOut)
		}
		code, out, errOut := command(t, environ, "recover", "samira")
		_, token, found := strings.Cut(strings.TrimSpace(out), "/#/recover/")
		if code != 0 || !found {
			t.Fatalf("recover: %d %s %s", code, out, errOut)
		}
		for told := ""; !strings.Contains(told, `"kind":"recovery"`); { // the test's own deadline ends this
			answer := steward.OK(t, "GET", "/_matrix/client/v3/sync?timeout=20000&since="+url.QueryEscape(since), nil)
			since, told = answer.Text("next_batch"), string(answer.Raw)
		}
		steward.OK(t, "GET", "/_panah/v1/me", nil) // until the link is used, the old session goes on
		wish := nodetest.M{"token": token, "passphrase": "four green trees by water"}
		hub.Nobody().OK(t, "POST", "/_panah/v1/recover", wish)
		hub.Nobody().Refused(t, "POST", "/_panah/v1/recover", wish, 403, "M_FORBIDDEN")
		steward.Refused(t, "GET", "/_panah/v1/me", nil, 401, "M_UNKNOWN_TOKEN")
	})
}

// The link of the first start is printed afresh until somebody has used it.
func TestFirstStewardLink(t *testing.T) {
	address := storetest.SQLiteAddress(t)
	hub := []string{"PORT=0", "DATABASE_URL=" + address}
	var tokens []string
	for range 2 {
		_, out, _ := command(t, hub, "serve")
		_, token, found := strings.Cut(strings.TrimSpace(out), "/#/invite/")
		if !found {
			t.Errorf("no link: %s", out)
		}
		tokens = append(tokens, token)
	}
	running := nodetest.Start(t, address, func(c *node.Config) { c.ServerName = "" })
	last := running.FirstToken(t)
	for _, old := range tokens {
		running.Nobody().Refused(t, "POST", "/_panah/v1/invitations/check", nodetest.M{"token": old}, 403, "M_FORBIDDEN")
	}
	running.SignUp(t, last, "samira")
	if link, err := running.Node.FirstStewardLink(t.Context()); link != "" || err != nil {
		t.Errorf("a link for a hub that has its steward: %q, %v", link, err)
	}
}

func TestDoctor(t *testing.T) {
	storetest.EachAddress(t, func(t *testing.T, address string) {
		environ := []string{"DATABASE_URL=" + address, "PANAH_DATA=" + t.TempDir()}
		if code, out, _ := command(t, environ, "doctor"); code != 1 || !strings.Contains(out, "✗") {
			t.Errorf("a hub that was never started: %d %s", code, out)
		}
		hub := nodetest.Start(t, address)
		hub.SignUp(t, hub.FirstToken(t), "samira")
		if code, out, errOut := command(t, environ, "doctor"); code != 0 || strings.Contains(out, "✗") || strings.Count(out, "✓") != 14 {
			t.Errorf("a hub that is well: %d %s %s", code, out, errOut)
		}
		if _, out, _ := command(t, environ, "doctor"); !strings.Contains(out, "files lie there in clear") {
			t.Errorf("without a key: %s", out)
		}
		if _, out, _ := command(t, append([]string{"PANAH_SECRET_KEY=" + strings.Repeat("5a", 32)}, environ...), "doctor"); !strings.Contains(out, "files are sealed") {
			t.Errorf("with a key: %s", out)
		}
		if code, out, errOut := command(t, environ, "doctor", "--ledger"); code != 0 || strings.Count(out, "✓") != 15 {
			t.Errorf("with the ledgers: %d %s %s", code, out, errOut)
		}
		if code, _, _ := command(t, environ, "doctor", "--leger"); code == 0 {
			t.Error("a slip of the pen is passed over")
		}
		breakLog(t, address)
		if code, out, _ := command(t, environ, "doctor"); code != 1 || strings.Count(out, "✗") != 2 {
			t.Errorf("a hub whose log is broken: %d %s", code, out)
		}
	})
}

// The mail server is reached, and asked to let the hub in; nothing is sent.
func TestDoctorOnMail(t *testing.T) {
	address, box := storetest.SQLiteAddress(t), pushtest.OpenMailbox(t, false)
	nodetest.Start(t, address)
	mute, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := mute.Close(); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct{ server, want string }{
		"none":           {"", "✓ This hub sends no mail"},
		"well":           {"smtp://hub:secret@" + box.Address, "✓ Mail can be sent: "},
		"wrong password": {"smtp://hub:wrong@" + box.Address, "✗ No mail can be sent by "},
		"nobody there":   {"smtp://hub:secret@" + mute.Addr().String(), "✗ No mail can be sent by "},
	} {
		environ := []string{"DATABASE_URL=" + address, "PANAH_DATA=" + t.TempDir()}
		if test.server != "" {
			environ = append(environ, "PANAH_SMTP_URL="+test.server, "PANAH_MAIL_FROM=notices@example.org")
		}
		_, out, errOut := command(t, environ, "doctor")
		if !strings.Contains(out, test.want) || strings.Contains(out+errOut, "secret") {
			t.Errorf("%s: %s %s", name, out, errOut)
		}
	}
	if letters := box.Take(); len(letters) != 0 {
		t.Errorf("%d letters were sent", len(letters))
	}
}

func TestDemo(t *testing.T) {
	storetest.EachAddress(t, func(t *testing.T, address string) {
		environ := []string{"PORT=0", "DATABASE_URL=" + address, "PANAH_LOG_LEVEL=error"}
		for range 2 {
			code, out, errOut := command(t, environ, "demo")
			if code != 0 || !strings.Contains(out, "farida") || !strings.Contains(out, demo.Passphrase) {
				t.Fatalf("demo: %d %s %s", code, out, errOut)
			}
		}
	})
	real := storetest.SQLiteAddress(t)
	hub := nodetest.Start(t, real)
	hub.SignUp(t, hub.FirstToken(t), "farida")
	hub.Stop(t)
	refused(t, "Real people", []string{"PORT=0", "DATABASE_URL=" + real}, "demo")
}

// printedAddresses are those of all hubs that a command says to run.
func printedAddresses(out string) (all []string) {
	for _, found := range printedAddress.FindAllStringSubmatch(out, -1) {
		all = append(all, found[1])
	}
	return all
}

// TestDemoOfTwoHubs starts the sample of two hubs as a person would: each has people of its own, and what one of them writes is read at the other.
// The second time they are the same hubs.
func TestDemoOfTwoHubs(t *testing.T) {
	environ := []string{"PORT=0", "PANAH_DATA=" + t.TempDir(), "PANAH_LOG_LEVEL=error"}
	posts := 0
	for range 2 {
		out, stop := demonstrate(t, environ, "demo", "--hubs", "2")
		addresses := printedAddresses(out)
		if len(addresses) != 2 || addresses[0][:17] == addresses[1][:17] {
			t.Fatalf("two hosts, so that one browser keeps both sessions: %v", addresses)
		}
		farida, dilnoza := signInAt(t, addresses[0], "farida"), signInAt(t, addresses[1], "dilnoza")
		_, server, _ := strings.Cut(farida.UserID, ":")
		room := farida.OK(t, "GET", "/_matrix/client/v3/directory/room/"+url.PathEscape("#hayraton:"+server), nil).Text("room_id")
		shared := "/_matrix/client/v3/rooms/" + url.PathEscape(room)
		page := dilnoza.OK(t, "GET", shared+"/messages?dir=b&limit=100", nil)
		if found := strings.Count(string(page.Raw), `"msgtype"`); found < 6 || posts != 0 && found != posts+1 {
			t.Errorf("%d posts, before it were %d: %s", found, posts, page.Raw)
		} else {
			posts = found
		}
		picture := dilnoza.OK(t, "GET", "/_matrix/client/v3/sync", nil)
		if !strings.Contains(string(picture.Raw), `"name":"حیرتان – Hayraton"`) {
			t.Error("whoever was invited from another hub is not told what the channel is called")
		}
		since := picture.Text("next_batch")
		word := fmt.Sprintf("after %d", posts)
		farida.OK(t, "PUT", fmt.Sprintf("%s/send/m.room.message/test-%d", shared, posts), nodetest.M{"msgtype": "m.text", "body": word})
		for told := ""; !strings.Contains(told, word); { // the test's own deadline ends this
			answer := dilnoza.OK(t, "GET", "/_matrix/client/v3/sync?timeout=20000&since="+url.QueryEscape(since), nil)
			since, told = answer.Text("next_batch"), string(answer.Raw)
		}
		stop()
	}
	if code, _, errOut := command(t, environ, "demo", "--hubs", "3"); code != 2 || !oneLine(errOut) {
		t.Errorf("three hubs: %d %q", code, errOut)
	}
	refused(t, "DATABASE_URL", append(environ, "DATABASE_URL=sqlite:x"), "demo", "--hubs=2")
}

// demonstrate runs a command until stop, and gives what it has printed once it has said how everybody signs in.
func demonstrate(t *testing.T, environ []string, args ...string) (out string, stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	read, write := io.Pipe()
	ended := make(chan int, 1)
	errOut := &bytes.Buffer{}
	go func() {
		ended <- node.Command(ctx, args, append(environ, "LANG=en_GB.UTF-8"), write, errOut, func(c *node.Config) { c.HashCost = people.Cost{Memory: 64, Passes: 1} })
		_ = write.Close()
	}()
	lines := bufio.NewScanner(read)
	for !strings.Contains(out, demo.Passphrase) && lines.Scan() {
		out += lines.Text() + "\n"
	}
	go func() { _, _ = io.Copy(io.Discard, read) }()
	return out, func() {
		cancel()
		if code := <-ended; code != 0 {
			t.Errorf("it ended with %d: %s", code, errOut)
		}
	}
}

func signInAt(t *testing.T, address, user string) *nodetest.Client {
	t.Helper()
	nobody := &nodetest.Client{URL: address}
	answer := nobody.OK(t, "POST", "/_matrix/client/v3/login", nodetest.M{
		"type": "m.login.password", "identifier": nodetest.M{"type": "m.id.user", "user": user}, "password": demo.Passphrase,
	})
	return &nodetest.Client{URL: address, Token: answer.Text("access_token"), UserID: answer.Text("user_id")}
}
