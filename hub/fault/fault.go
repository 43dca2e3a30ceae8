// Package fault is the one kind of error that a person or a peer gets to see.
//
// A Fault carries what a Matrix client needs (HTTP status and errcode), what a person needs (the key of a
// sentence in the catalogs, with its arguments) and what only the log may see (the cause). Whatever is not a
// Fault is shown to the outside as Internal, and logged once at the door through which it would have left.
package fault

import (
	"errors"
	"fmt"
	"net/http"
	"time"
)

// Fault is an error with a face for the outside. Make one with New or with one of the named
// constructors; add a cause with Because.
type Fault struct {
	Status     int            // HTTP status code
	Errcode    string         // Matrix error code, such as M_FORBIDDEN
	Key        string         // id of the sentence in the catalogs, such as error.not_member
	Args       map[string]any // what the sentence inserts; strings and integers only
	RetryAfter time.Duration  // how long to wait before trying again; 0 when waiting does not help
	Extra      map[string]any // further members of the JSON answer, such as "session" of user-interactive sign-in
	cause      error
}

// New makes a fault. args are pairs of name and value for the sentence.
func New(status int, errcode, key string, args ...any) *Fault {
	f := &Fault{Status: status, Errcode: errcode, Key: key}
	for i := 0; i+1 < len(args); i += 2 {
		if f.Args == nil {
			f.Args = make(map[string]any, len(args)/2)
		}
		f.Args[fmt.Sprint(args[i])] = args[i+1]
	}
	return f
}

// Because keeps the cause for the log; nobody outside sees it.
func (f *Fault) Because(cause error) *Fault {
	g := *f
	g.cause = cause
	return &g
}

// With adds a member to the JSON answer.
func (f *Fault) With(name string, value any) *Fault {
	g := *f
	g.Extra = make(map[string]any, len(f.Extra)+1)
	for k, v := range f.Extra {
		g.Extra[k] = v
	}
	g.Extra[name] = value
	return &g
}

// After says how long to wait before trying again.
func (f *Fault) After(d time.Duration) *Fault {
	g := *f
	g.RetryAfter = d
	return &g
}

// Error is for the log: the code, the key and the cause.
func (f *Fault) Error() string {
	if f.cause != nil {
		return f.Errcode + " " + f.Key + ": " + f.cause.Error()
	}
	return f.Errcode + " " + f.Key
}

// Unwrap gives the cause.
func (f *Fault) Unwrap() error { return f.cause }

// Is makes errors.Is compare two faults by code and key, so that a rule can be tested for without its arguments.
func (f *Fault) Is(target error) bool {
	var g *Fault
	return errors.As(target, &g) && g.Errcode == f.Errcode && g.Key == f.Key
}

// From gives the fault in err, or Internal with err as its cause.
func From(err error) *Fault {
	var f *Fault
	if errors.As(err, &f) {
		return f
	}
	return Internal(err)
}

// Internal is all that the outside learns of an error that is ours.
func Internal(cause error) *Fault {
	return New(http.StatusInternalServerError, "M_UNKNOWN", "error.internal").Because(cause)
}

// Forbidden: the caller is known and may not.
func Forbidden(key string, args ...any) *Fault {
	return New(http.StatusForbidden, "M_FORBIDDEN", key, args...)
}

// NotFound: there is no such thing, or the caller may not know that there is.
func NotFound(key string, args ...any) *Fault {
	return New(http.StatusNotFound, "M_NOT_FOUND", key, args...)
}

// InvalidParam: a value is of the wrong type or outside its bounds.
func InvalidParam(key string, args ...any) *Fault {
	return New(http.StatusBadRequest, "M_INVALID_PARAM", key, args...)
}

// MissingParam: a value that is needed is absent.
func MissingParam(name string) *Fault {
	return New(http.StatusBadRequest, "M_MISSING_PARAM", "error.missing_param", "Name", name)
}

// NotJSON: the body is not JSON at all.
func NotJSON() *Fault {
	return New(http.StatusBadRequest, "M_NOT_JSON", "error.not_json")
}

// BadJSON: the body is JSON, but not of the shape that was asked for.
func BadJSON() *Fault {
	return New(http.StatusBadRequest, "M_BAD_JSON", "error.bad_json")
}

// TooLarge: a body, a frame or an event is over its limit, in bytes.
func TooLarge(limit int) *Fault {
	return New(http.StatusRequestEntityTooLarge, "M_TOO_LARGE", "error.too_large", "Limit", limit)
}

// MissingToken: no access token was given.
func MissingToken() *Fault {
	return New(http.StatusUnauthorized, "M_MISSING_TOKEN", "error.missing_token")
}

// UnknownToken: the access token was revoked or never existed.
func UnknownToken() *Fault {
	return New(http.StatusUnauthorized, "M_UNKNOWN_TOKEN", "error.unknown_token")
}

// LimitExceeded: too many tries; after says when the next one is allowed.
func LimitExceeded(after time.Duration) *Fault {
	seconds := int((after + time.Second - 1) / time.Second)
	return New(http.StatusTooManyRequests, "M_LIMIT_EXCEEDED", "error.limit_exceeded", "Count", seconds).After(after)
}

// Unrecognized: no such endpoint or method. status is 404, or 405 for a known path with another method.
func Unrecognized(status int) *Fault {
	return New(status, "M_UNRECOGNIZED", "error.unrecognized")
}
