package clientapi

import (
	"net/http"
	"strings"

	"panah/hub/fault"
)

// renamed are the beginnings of addresses by which older apps know endpoints of today: r0 from before v1.1, and those that apps
// took up before the specification had them. What is behind them has not changed since.
var renamed = [][2]string{
	{"/_matrix/client/r0/", v3 + "/"},
	{"/_matrix/media/r0/", "/_matrix/media/v3/"},
	{"/_matrix/client/unstable/rooms/", v1 + "/rooms/"},                    // relations and threads
	{"/_matrix/client/unstable/org.matrix.msc2946/rooms/", v1 + "/rooms/"}, // hierarchy
	{"/_matrix/client/unstable/org.matrix.msc3030/rooms/", v1 + "/rooms/"}, // timestamp_to_event
	{"/_matrix/client/unstable/org.matrix.msc3916/media/", v1 + "/media/"},
	{"/_matrix/client/unstable/keys/", v3 + "/keys/"},
	{"/_matrix/client/unstable/room_keys/", v3 + "/room_keys/"},
}

// today gives a request of an older app the address of today.
func today(r *http.Request) {
	for _, name := range renamed {
		rest, old := strings.CutPrefix(r.URL.Path, name[0])
		if !old {
			continue
		}
		u := *r.URL
		u.Path = name[1] + rest
		if raw, escaped := strings.CutPrefix(r.URL.RawPath, name[0]); escaped {
			u.RawPath = name[1] + raw
		} else {
			u.RawPath = ""
		}
		r.URL = &u
		return
	}
}

const tokenInQuery = "access_token"

// moveToken takes the token of an older app out of the address, before anything else looks at it, and puts it where it belongs. Only the operator
// can want it (PANAH_OLD_CLIENTS): the hub writes no address into its log, but a proxy before it may. One in the header counts first.
func (a *API) moveToken(r *http.Request) {
	if !a.OldClients || !strings.Contains(r.URL.RawQuery, tokenInQuery) {
		return
	}
	values := r.URL.Query()
	token := values.Get(tokenInQuery)
	if token == "" {
		return
	}
	values.Del(tokenInQuery)
	u := *r.URL
	u.RawQuery = values.Encode()
	r.URL, r.RequestURI = &u, u.RequestURI()
	if r.Header.Get("Authorization") == "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
}

// missingToken says why a token in the address is not looked at, to an app that has written one there.
func missingToken(r *http.Request) error {
	if r.URL.Query().Has(tokenInQuery) {
		return fault.New(http.StatusUnauthorized, "M_MISSING_TOKEN", "error.token_in_address")
	}
	return fault.MissingToken()
}
