package clientapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/klauspost/compress/gzip"

	"panah/hub/fault"
)

const (
	// answerTime is how long a client may take to read an answer.
	answerTime = 2 * time.Minute
	// worthPacking is the size, in bytes, from which compression pays.
	worthPacking = 1024
)

// errPanicked is what a request is told whose handler broke.
var errPanicked = errors.New("the handler panicked")

// Refuse answers with err as Matrix writes errors, in the reader's language. Whatever is not a fault is logged here, once,
// and shown as internal.
func (a *API) Refuse(w http.ResponseWriter, r *http.Request, err error) {
	f := fault.From(err)
	if r.Context().Err() != nil && f.Status >= http.StatusInternalServerError {
		return // nobody waits for the answer any more
	}
	if f.Status >= http.StatusInternalServerError && !errors.Is(f, errGoingDown) {
		a.log.Error("request failed", "id", requestID(r), "route", r.Pattern, "err", err)
	} else if f.Unwrap() != nil {
		a.log.Debug("request refused", "id", requestID(r), "route", r.Pattern, "err", err)
	}
	if f.RetryAfter > 0 {
		seconds := int64((f.RetryAfter + time.Second - 1) / time.Second)
		w.Header().Set("Retry-After", strconv.FormatInt(seconds, 10))
	}
	a.write(w, r, f.Status, a.faultBody(r, f))
}

// faultBody is the JSON of a fault: Matrix's members, ours with the key of the sentence, and what the fault adds.
// Without an errcode it is no error but a question, such as the one for a proof.
func (a *API) faultBody(r *http.Request, f *fault.Fault) map[string]any {
	if f.Errcode == "" {
		return f.Extra
	}
	args := f.Args
	if args == nil {
		args = map[string]any{}
	}
	body := map[string]any{
		"errcode":            f.Errcode,
		"error":              a.Say(r, f),
		"network.panah.key":  f.Key,
		"network.panah.args": args,
	}
	if f.RetryAfter > 0 {
		body["retry_after_ms"] = f.RetryAfter.Milliseconds()
	}
	maps.Copy(body, f.Extra)
	return body
}

// write answers with JSON, packed when it is worth it and the client can unpack.
func (a *API) write(w http.ResponseWriter, r *http.Request, status int, answer any) {
	var body bytes.Buffer
	encoder := json.NewEncoder(&body)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(answer); err != nil {
		a.log.Error("encode an answer", "id", requestID(r), "route", r.Pattern, "err", err)
		http.Error(w, `{"errcode":"M_UNKNOWN","error":""}`, http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	if err := http.NewResponseController(w).SetWriteDeadline(time.Now().Add(answerTime)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return // the connection is gone
	}
	if err := send(w, r, status, body.Bytes()); err != nil {
		a.log.Debug("answer not read", "id", requestID(r), "route", r.Pattern, "err", err)
	}
}

func send(w http.ResponseWriter, r *http.Request, status int, body []byte) error {
	if len(body) < worthPacking || !acceptsGzip(r) {
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		w.WriteHeader(status)
		_, err := w.Write(body)
		return err
	}
	w.Header().Set("Content-Encoding", "gzip")
	w.Header().Add("Vary", "Accept-Encoding")
	w.WriteHeader(status)
	packer := packers.Get().(*gzip.Writer)
	defer packers.Put(packer)
	packer.Reset(w)
	_, err := packer.Write(body)
	return errors.Join(err, packer.Close())
}

var packers = sync.Pool{New: func() any { return gzip.NewWriter(io.Discard) }}

// acceptsGzip tells whether the client can unpack. It leaves weights aside: nobody sends gzip with a weight of nothing.
func acceptsGzip(r *http.Request) bool {
	for _, coding := range strings.Split(r.Header.Get("Accept-Encoding"), ",") {
		name, _, _ := strings.Cut(strings.TrimSpace(coding), ";")
		if strings.EqualFold(name, "gzip") {
			return true
		}
	}
	return false
}
