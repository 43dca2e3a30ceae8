package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
)

// caller is one person of the sample, with a session and an address of their own.
type caller struct {
	hub     http.Handler
	address string
	userID  string
	token   string
}

// refusal is what the hub answers instead of what was asked for.
type refusal struct {
	Status  int
	Errcode string `json:"errcode"`
	Text    string `json:"error"`
}

func (r *refusal) Error() string { return fmt.Sprintf("%d %s: %s", r.Status, r.Errcode, r.Text) }

// missing tells whether the hub said that there is no such thing.
func missing(err error) bool {
	var r *refusal
	return errors.As(err, &r) && r.Status == http.StatusNotFound
}

// forbidden tells whether the hub said that this may not be.
func forbidden(err error) bool {
	var r *refusal
	return errors.As(err, &r) && r.Status == http.StatusForbidden
}

// call sends one request and reads the answer into out, if there is one to read.
func (c *caller) call(ctx context.Context, method, path string, in, out any) error {
	var body bytes.Buffer
	if in != nil {
		if err := json.NewEncoder(&body).Encode(in); err != nil {
			return fmt.Errorf("%s %s: %w", method, path, err)
		}
	}
	request, err := http.NewRequestWithContext(ctx, method, path, &body)
	if err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	request.RemoteAddr = c.address
	request.Host = "localhost"
	if c.token != "" {
		request.Header.Set("Authorization", "Bearer "+c.token)
	}
	answer := &answer{header: http.Header{}, status: http.StatusOK}
	c.hub.ServeHTTP(answer, request)
	if err := answer.read(out); err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	return nil
}

// answer takes what a handler writes.
type answer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (a *answer) Header() http.Header         { return a.header }
func (a *answer) WriteHeader(status int)      { a.status = status }
func (a *answer) Write(b []byte) (int, error) { return a.body.Write(b) }

func (a *answer) read(out any) error {
	if a.status != http.StatusOK {
		r := &refusal{Status: a.status}
		return errors.Join(json.Unmarshal(a.body.Bytes(), r), error(r))
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(a.body.Bytes(), out)
}
