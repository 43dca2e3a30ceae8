//go:build linux

package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

var firstLink = regexp.MustCompile(`/#/invite/(\S+)`)

// place is what a hub stands on: addresses of PostgreSQL and Redis, empty for what it has embedded.
type place struct {
	database, redis string
	environ         []string // what is set beside, and instead of, what every hub has here
}

// startHub runs the program on a free port and waits for the link that it prints.
func startHub(ctx context.Context, binary string, on place) (*process, error) {
	return start(ctx, on.serve(binary), firstLink)
}

// startBeside runs a node of a hub that has been founded, and waits until it is ready.
func startBeside(ctx context.Context, serve commander) (*process, error) {
	p, output, err := launch(ctx, serve)
	if err != nil {
		return nil, err
	}
	go drain(bufio.NewScanner(output))
	for end := time.Now().Add(alertPatience); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if _, err = ask(ctx, http.DefaultClient, "GET", "http://"+p.address+"/readyz", nil); err == nil {
			return p, nil
		}
	}
	p.stop()
	return nil, fmt.Errorf("the node does not become ready: %w", err)
}

func (on place) serve(binary string) commander {
	return func(ctx context.Context, port, folder string) *exec.Cmd {
		hub := exec.CommandContext(ctx, binary, "serve")
		hub.Env = append(os.Environ(), "PORT="+port, "PANAH_LISTEN=127.0.0.1", "PANAH_DATA="+folder,
			"DATABASE_URL="+on.database, "REDIS_URL="+on.redis, "PANAH_SERVER_NAME=bench.example", "PANAH_SECOND_FACTOR=offered",
			"PANAH_LOG_LEVEL=warn", "LANG=C")
		hub.Env = append(hub.Env, on.environ...)
		return hub
	}
}

// makeDatabase makes an empty database on a PostgreSQL server and gives its address, and what drops it again.
func makeDatabase(ctx context.Context, server string) (address string, drop func(), err error) {
	connection, err := pgx.Connect(ctx, server)
	if err != nil {
		return "", nil, fmt.Errorf("reach PostgreSQL: %w", err)
	}
	name := "bench_" + strings.ToLower(rand.Text())
	if _, err := connection.Exec(ctx, "CREATE DATABASE "+name); err != nil {
		return "", nil, errors.Join(err, connection.Close(ctx))
	}
	u, err := url.Parse(server)
	if err != nil {
		return "", nil, err
	}
	u.Path = "/" + name
	return u.String(), func() {
		// The measuring may have been interrupted; what it made is dropped all the same.
		last := context.WithoutCancel(ctx)
		if _, err := connection.Exec(last, "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			fmt.Fprintln(os.Stderr, "bench: drop the database:", err)
		}
		_ = connection.Close(last)
	}, nil
}
