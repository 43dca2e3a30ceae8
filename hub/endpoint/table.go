// Package endpoint is what the doors of Matrix's client-server and server-server APIs have in common: a table of endpoints made one handler, and what
// is looked at in every request before anybody looks into it. It knows nobody who calls, and decides nothing.
package endpoint

import (
	"net/http"
	"regexp"
	"slices"
	"strings"

	"panah/hub/fault"
)

// Endpoint is one line of a table.
type Endpoint struct {
	Method  string
	Path    string // as http.ServeMux takes it, without a method
	Handler http.Handler
}

// Refuse answers with an error.
type Refuse func(w http.ResponseWriter, r *http.Request, err error)

// usualMethods are told apart on each path. Paths cannot be registered for all methods at once: a path with a variable part would
// then contradict a longer one without.
var usualMethods = []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions}

// Mux makes one handler of a table. A path that nobody knows is 404, a known one with another method is 405, both as M_UNRECOGNIZED (Matrix
// client-server API, "Common error codes"; server-server API, "Unsupported endpoints").
func Mux(table []Endpoint, refuse Refuse) http.Handler {
	mux := http.NewServeMux()
	methods := map[string][]string{}
	for _, one := range table {
		mux.Handle(one.Method+" "+one.Path, one.Handler)
		methods[one.Path] = append(methods[one.Path], one.Method)
	}
	for path, known := range methods {
		wrong := refuse.wrongMethod(known)
		for _, method := range usualMethods {
			if !slices.Contains(known, method) {
				mux.Handle(method+" "+path, wrong)
			}
		}
	}
	mux.HandleFunc("/", refuse.unknown)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if unclean(r.URL.EscapedPath()) {
			refuse(w, r, fault.Unrecognized(http.StatusNotFound))
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// unknown answers for paths that are not in the table, and for methods that none of them has.
func (refuse Refuse) unknown(w http.ResponseWriter, r *http.Request) {
	status := http.StatusNotFound
	if r.Method != http.MethodHead && !slices.Contains(usualMethods, r.Method) {
		status = http.StatusMethodNotAllowed
	}
	refuse(w, r, fault.Unrecognized(status))
}

func (refuse Refuse) wrongMethod(known []string) http.Handler {
	slices.Sort(known)
	allow := strings.Join(known, ", ")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Allow", allow)
		refuse(w, r, fault.Unrecognized(http.StatusMethodNotAllowed))
	})
}

// unclean finds paths that the standard router would answer with a redirection, which neither clients of an API nor servers follow.
func unclean(path string) bool {
	return strings.Contains(path, "//") || strings.Contains(path, "/./") || strings.Contains(path, "/../") ||
		strings.HasSuffix(path, "/.") || strings.HasSuffix(path, "/..") || !strings.HasPrefix(path, "/")
}

// wildcard finds the names of the variable parts of a path.
var wildcard = regexp.MustCompile(`\{(\w+)(?:\.\.\.)?\}`)

// Names are those of the variable parts of a path.
func Names(path string) (names []string) {
	for _, found := range wildcard.FindAllStringSubmatch(path, -1) {
		names = append(names, found[1])
	}
	return names
}
