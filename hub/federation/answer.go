package federation

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"strconv"
	"time"

	"panah/hub/fault"
	"panah/locales"
)

// answerTime is how long a server may take to read an answer.
const answerTime = 2 * time.Minute

// refuse answers with err as Matrix writes errors, in English: servers read no other language. Whatever is not a fault is logged here,
// once, and shown as internal.
func (s *Server) refuse(w http.ResponseWriter, r *http.Request, err error) {
	f := fault.From(err)
	if r.Context().Err() != nil && f.Status >= http.StatusInternalServerError {
		return // nobody waits for the answer any more
	}
	if f.Status >= http.StatusInternalServerError {
		s.Log.Error("federation request failed", "route", r.Pattern, "err", err)
	} else if f.Unwrap() != nil { // anybody can have as many as they like
		s.Log.Debug("federation request refused", "route", r.Pattern, "err", err)
	}
	body := map[string]any{"errcode": f.Errcode, "error": locales.For(locales.Source, "").Text(f.Key, f.Args)}
	if f.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.FormatInt(int64((f.RetryAfter+time.Second-1)/time.Second), 10))
		body["retry_after_ms"] = f.RetryAfter.Milliseconds()
	}
	maps.Copy(body, f.Extra)
	s.write(w, r, f.Status, body)
}

// write answers with JSON.
func (s *Server) write(w http.ResponseWriter, r *http.Request, status int, answer any) {
	var body bytes.Buffer
	encoder := json.NewEncoder(&body)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(answer); err != nil {
		s.Log.Error("encode an answer", "route", r.Pattern, "err", err)
		http.Error(w, `{"errcode":"M_UNKNOWN","error":""}`, http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(body.Len()))
	if err := http.NewResponseController(w).SetWriteDeadline(time.Now().Add(answerTime)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return // the connection is gone
	}
	w.WriteHeader(status)
	if _, err := w.Write(body.Bytes()); err != nil {
		s.Log.Debug("answer not read", "route", r.Pattern, "err", err)
	}
}
