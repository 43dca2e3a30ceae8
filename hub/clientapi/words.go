package clientapi

import (
	"net/http"

	"panah/hub/fault"
	"panah/locales"
)

// Say prints a fault's sentence in the language that the request asks for, or in the hub's own.
func (a *API) Say(r *http.Request, f *fault.Fault) string {
	wanted := locales.MatchHeader(r.Header.Get("Accept-Language"))
	if wanted == "" {
		wanted = a.Language
	}
	return locales.For(wanted, a.Second).Text(f.Key, f.Args)
}
