package outside_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"panah/hub/fault"
	"panah/hub/outside"
)

var (
	private  = fault.Forbidden("error.outside_private")
	address  = fault.InvalidParam("error.outside_address")
	redirect = fault.InvalidParam("error.outside_redirect")
)

func open(t *testing.T, allowed ...string) *outside.Door {
	t.Helper()
	door, err := outside.Open(allowed)
	if err != nil {
		t.Fatal(err)
	}
	return door
}

func TestCheck(t *testing.T) {
	door := open(t, "feeds.inside", "10.0.0.7:8080", "[::1]:9000")
	for text, want := range map[string]error{
		"https://example.org/cap.xml":           nil,
		"https://example.org:8443/a?b=c":        nil,
		"http://feeds.inside/a":                 nil,
		"http://FEEDS.inside.:99/a":             nil,
		"http://10.0.0.7:8080/":                 nil,
		"http://[::1]:9000/":                    nil,
		"http://10.0.0.7:8081/":                 address,
		"https://10.0.0.7:8081/":                private,
		"https://127.0.0.1/":                    private,
		"https://[::ffff:127.0.0.1]/":           private,
		"https://169.254.169.254/latest":        private,
		"http://example.org/":                   address,
		"ftp://feeds.inside/":                   address,
		"file:///etc/passwd":                    address,
		"https:example.org":                     address,
		"https://":                              address,
		"//example.org/":                        address,
		"https://a:b@example.org/":              address,
		"https://example.org/#x":                address,
		"https://example.org:25/":               address,
		"https://example.org:0/":                address,
		"https://exa mple.org/":                 address,
		"https://example.org\x00/":              address,
		"https://e/" + strings.Repeat("x", 1e4): address,
	} {
		if _, err := door.Check(text); !errors.Is(err, want) {
			t.Errorf("%.60q: got %v, want %v", text, err, want)
		}
	}
}

// TestWhatADocumentNames: a stranger's document does not lead to a host that the operator allowed, nor down from TLS.
func TestWhatADocumentNames(t *testing.T) {
	door := open(t, "feeds.inside", "10.0.0.7:8080")
	for _, c := range []struct {
		from, to string
		want     error
	}{
		{"https://example.org/feed", "https://elsewhere.example/1", nil},
		{"http://feeds.inside/feed", "http://feeds.inside:99/1", nil},
		{"https://example.org/feed", "https://feeds.inside/1", private},
		{"https://example.org/feed", "https://10.0.0.7:8080/1", private},
		{"http://feeds.inside/feed", "http://10.0.0.7:8080/1", private},
		{"https://feeds.inside/feed", "http://feeds.inside/1", fault.InvalidParam("error.outside_redirect")},
		{"https://example.org/feed", "https://127.0.0.1/1", private},
	} {
		from, err := url.Parse(c.from)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := door.CheckFrom(from, c.to); !errors.Is(err, c.want) {
			t.Errorf("from %s to %s: got %v, want %v", c.from, c.to, err, c.want)
		}
	}
}

func TestOpenRefusesWhatIsNoHost(t *testing.T) {
	for _, text := range []string{"", "a b", "https://example.org", "a:b", "a:0", "a:70000", "a/b", "*.example.org", ":80"} {
		if _, err := outside.Open([]string{text}); err == nil {
			t.Errorf("%q was taken", text)
		}
	}
}

// server is a web server on the loopback address.
func server(t *testing.T, handler http.HandlerFunc) (s *httptest.Server, host string) {
	t.Helper()
	s = httptest.NewServer(handler)
	t.Cleanup(s.Close)
	return s, strings.TrimPrefix(s.URL, "http://")
}

func get(t *testing.T, door *outside.Door, url string) (string, error) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	client := door.Client(10 * time.Second)
	defer client.CloseIdleConnections()
	response, err := client.Do(request)
	if err != nil {
		return "", err
	}
	body, err := outside.Body(response, 16)
	return string(body), err
}

func TestAllowedByNameIsReached(t *testing.T) {
	_, host := server(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "here") })
	body, err := get(t, open(t, host), "http://"+host+"/")
	if err != nil || body != "here" {
		t.Errorf("got %q, %v", body, err)
	}
}

// TestNameThatLeadsInsideIsRefusedWhenDialled: localhost passes every check of the text, and still nothing is sent to it.
func TestNameThatLeadsInsideIsRefusedWhenDialled(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	door := open(t)
	url := "https://localhost:" + port + "/"
	if _, err := door.Check(url); err != nil {
		t.Fatalf("the text alone shows nothing: %v", err)
	}
	if _, err := get(t, door, url); !errors.Is(err, private) {
		t.Errorf("got %v, want %v", err, private)
	}
}

func TestRedirectsAreCheckedAgain(t *testing.T) {
	inner, innerHost := server(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "secret") })
	var to string
	_, host := server(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/end" {
			_, _ = io.WriteString(w, "end")
			return
		}
		http.Redirect(w, r, to, http.StatusFound)
	})
	// The first host goes by another name than the second, so that one of them alone can be allowed.
	_, port, err := net.SplitHostPort(host)
	if err != nil {
		t.Fatal(err)
	}
	first := "localhost:" + port
	for _, step := range []struct {
		to   string
		door *outside.Door
		want error
	}{
		{"/end", open(t, first), nil},
		{inner.URL, open(t, first), address},
		{"https://" + innerHost, open(t, first), private},
		{inner.URL, open(t, first, innerHost), private},
		{"file:///etc/passwd", open(t, first), address},
		{"/again", open(t, first), redirect},
	} {
		to = step.to
		if _, err := get(t, step.door, "http://"+first+"/"); !errors.Is(err, step.want) {
			t.Errorf("to %s: got %v, want %v", step.to, err, step.want)
		}
	}
}

func TestRedirectNeverLeavesTLS(t *testing.T) {
	door := open(t, "feeds.inside")
	from, err := http.NewRequestWithContext(context.Background(), http.MethodGet, "https://feeds.inside/", nil)
	if err != nil {
		t.Fatal(err)
	}
	next, err := http.NewRequestWithContext(context.Background(), http.MethodGet, "http://feeds.inside/", nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := door.Client(time.Second).CheckRedirect(next, []*http.Request{from}); !errors.Is(err, redirect) {
		t.Errorf("got %v, want %v", err, redirect)
	}
}

func TestBodyIsBounded(t *testing.T) {
	for name, write := range map[string]func(w http.ResponseWriter){
		"said": func(w http.ResponseWriter) { _, _ = io.WriteString(w, strings.Repeat("x", 17)) },
		"unsaid": func(w http.ResponseWriter) {
			w.(http.Flusher).Flush()
			_, _ = io.WriteString(w, strings.Repeat("x", 17))
		},
	} {
		_, host := server(t, func(w http.ResponseWriter, _ *http.Request) { write(w) })
		if _, err := get(t, open(t, host), "http://"+host+"/"); !errors.Is(err, fault.TooLarge(16)) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
