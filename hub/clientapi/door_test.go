package clientapi_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"panah/hub/clientapi"
	"panah/hub/node/nodetest"
	"panah/hub/store/storetest"
)

// door is a door before the handler, and the log that it writes.
func door(next http.HandlerFunc) (http.Handler, *bytes.Buffer) {
	var log bytes.Buffer
	api := clientapi.New(clientapi.Deps{Language: "en", Log: slog.New(slog.NewTextHandler(&log, nil))})
	return api.Door(next), &log
}

func TestAPanicIsAnAnswer(t *testing.T) {
	h, log := door(func(http.ResponseWriter, *http.Request) { panic("broken") })
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", "/_matrix/client/v3/sync?secret=1", nil))
	if w.Code != http.StatusInternalServerError || !strings.Contains(w.Body.String(), "M_UNKNOWN") || strings.Contains(w.Body.String(), "broken") {
		t.Errorf("answer: %d %s", w.Code, w.Body)
	}
	if !strings.Contains(log.String(), "broken") || strings.Contains(log.String(), "secret") {
		t.Errorf("log: %s", log)
	}
}

// Half an answer must not look like a whole one.
func TestAPanicInTheMiddleCutsTheLine(t *testing.T) {
	h, _ := door(func(w http.ResponseWriter, _ *http.Request) {
		w.Write([]byte("half"))
		panic("broken")
	})
	server := httptest.NewServer(h)
	defer server.Close()
	answer, err := http.Get(server.URL)
	if err == nil {
		_, err = io.ReadAll(answer.Body)
		answer.Body.Close()
	}
	if err == nil {
		t.Error("the answer looked whole")
	}
}

// The log says which route was asked, and nothing that tells who talks to whom.
func TestTheLogKeepsSecrets(t *testing.T) {
	h, log := door(func(w http.ResponseWriter, r *http.Request) { r.Pattern = "GET /rooms/{roomId}" })
	request := httptest.NewRequest("GET", "/rooms/!secret:hub.test?access_token=secret", strings.NewReader(`{"a":"secret"}`))
	request.Header.Set("Authorization", "Bearer secret")
	h.ServeHTTP(httptest.NewRecorder(), request)
	if line := log.String(); strings.Contains(line, "secret") || !strings.Contains(line, "GET /rooms/{roomId}") {
		t.Errorf("log: %s", line)
	}
}

func TestTooManyTries(t *testing.T) {
	hub := nodetest.Start(t, storetest.SQLiteAddress(t))
	wish := M{"type": "m.login.password", "identifier": M{"type": "m.id.user", "user": "samira"}, "password": "not the passphrase"}
	for range 30 {
		answer := hub.Nobody().Do(t, "POST", v3+"/login", wish)
		if answer.Status != http.StatusTooManyRequests {
			continue
		}
		if answer.Text("errcode") != "M_LIMIT_EXCEEDED" || answer.Header.Get("Retry-After") == "" || answer.Value("retry_after_ms") == nil {
			t.Errorf("too many tries: %s %v", answer.Raw, answer.Header)
		}
		return
	}
	t.Error("nobody was told to wait")
}

func TestLargeAnswersArePacked(t *testing.T) {
	hub := nodetest.Start(t, storetest.SQLiteAddress(t))
	steward := hub.SignUp(t, hub.FirstToken(t), "samira")
	answer := steward.Do(t, "GET", v3+"/sync", nil, "Accept-Encoding", "gzip")
	if answer.Header.Get("Content-Encoding") != "gzip" {
		t.Fatalf("not packed: %v", answer.Header)
	}
	packed, err := gzip.NewReader(bytes.NewReader(answer.Raw))
	if err != nil {
		t.Fatal(err)
	}
	raw, err := io.ReadAll(packed)
	if err != nil || !bytes.HasPrefix(raw, []byte(`{"`)) || len(raw) < 3*len(answer.Raw) {
		t.Errorf("%d bytes packed, %d unpacked, %v", len(answer.Raw), len(raw), err)
	}
}
