//go:build unix

package dendrite_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"testing"

	"panah/hub/dendrite"
)

// TestItKeepsPeople registers somebody, halts the server and has them sign in after it was started again.
func TestItKeepsPeople(t *testing.T) {
	program, err := dendrite.Program(t.Context(), "program")
	if err != nil {
		t.Fatal(err)
	}
	server, err := dendrite.New(program, t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	start(t, server)
	registered := ask(t, server, "register", map[string]any{
		"username": "zuhra", "password": "seven quiet mountains", "auth": map[string]any{"type": "m.login.dummy"},
	})
	if got, want := registered["user_id"], "@zuhra:"+server.Peers; got != want {
		t.Errorf("registered %v, want %s", got, want)
	}
	if err := server.Halt(); err != nil {
		t.Fatal(err)
	}
	start(t, server)
	ask(t, server, "login", map[string]any{
		"type": "m.login.password", "identifier": map[string]any{"type": "m.id.user", "user": "zuhra"}, "password": "seven quiet mountains",
	})
	if err := server.Halt(); err != nil {
		t.Fatal(err)
	}
}

func start(t *testing.T, server *dendrite.Server) {
	t.Helper()
	if err := server.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func ask(t *testing.T, server *dendrite.Server, what string, in map[string]any) map[string]any {
	t.Helper()
	body, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.Post("http://"+server.Address+"/_matrix/client/v3/"+what, "application/json", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var out map[string]any
	if err := json.NewDecoder(response.Body).Decode(&out); err != nil {
		t.Fatal(err)
	}
	if response.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d %v", what, response.StatusCode, out)
	}
	return out
}
