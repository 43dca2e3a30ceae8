//go:build linux

// Command reference is what a hub is measured against: small servers that tell all their subscribers what is posted to them, and do
// nothing else. It is a module of its own, so that what they are made of is no dependency of the hub.
//
//	reference centrifuge   the library github.com/centrifugal/centrifuge, with history; through Redis where REDIS_URL is set
//	reference gorilla      gorilla/websocket with a writer for each connection and frames prepared once
//	reference kernel       one loop that writes a ready frame to each socket: what the kernel allows where nothing is joined
//
// It listens at the address in LISTEN. A websocket at / subscribes and says first what GET /door answers; POST /post sends its body to
// all. It prints "ready" when it is.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
)

// server tells its subscribers what is posted.
type server interface {
	http.Handler // takes a subscriber
	post(ctx context.Context, text []byte) error
	// door is what a subscriber says first who knows everything up to now; nothing where the server wants no word.
	door() (string, error)
}

// longest is the most bytes of a post.
const longest = 60_000

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "reference:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) != 1 {
		return errors.New("say which: centrifuge, gorilla or kernel")
	}
	if err := raiseFileLimit(); err != nil {
		return err
	}
	s, err := open(args[0])
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", os.Getenv("LISTEN"))
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.Handle("/", s)
	mux.HandleFunc("POST /post", take(s))
	mux.HandleFunc("GET /door", show(s))
	web := &http.Server{Handler: mux}
	context.AfterFunc(ctx, func() { _ = web.Close() })
	fmt.Println("ready")
	if err := web.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

func open(kind string) (server, error) {
	switch kind {
	case "centrifuge":
		return openCentrifuge(os.Getenv("REDIS_URL"))
	case "gorilla":
		return &hall{}, nil
	case "kernel":
		return &loop{}, nil
	}
	return nil, fmt.Errorf("there is no %q", kind)
}

func take(s server) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		text, err := io.ReadAll(http.MaxBytesReader(w, r.Body, longest))
		if err == nil {
			err = s.post(r.Context(), text)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	}
}

func show(s server) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		first, err := s.door()
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		_, _ = io.WriteString(w, first) // whoever asked has gone where it fails
	}
}

func raiseFileLimit() error {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return fmt.Errorf("read the limit of open files: %w", err)
	}
	limit.Cur = limit.Max
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return fmt.Errorf("raise the limit of open files: %w", err)
	}
	return nil
}
