//go:build linux

package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// process is a running hub.
type process struct {
	address string // host and port
	first   string // token of the first steward's link
	command *exec.Cmd
	folder  string
}

var firstLink = regexp.MustCompile(`/#/invite/(\S+)`)

// startHub runs the program on a free port and waits for the link that it prints.
func startHub(ctx context.Context, binary, database string) (*process, error) {
	folder, err := os.MkdirTemp("", "panah-bench-")
	if err != nil {
		return nil, err
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	h := &process{address: "127.0.0.1:" + port, folder: folder, command: exec.CommandContext(ctx, binary, "serve")}
	h.command.Env = append(os.Environ(), "PORT="+port, "PANAH_LISTEN=127.0.0.1", "PANAH_DATA="+folder,
		"DATABASE_URL="+database, "REDIS_URL=", "PANAH_SERVER_NAME=bench.example", "PANAH_SECOND_FACTOR=offered",
		"PANAH_LOG_LEVEL=warn", "LANG=C")
	h.command.Stderr = os.Stderr
	h.command.Cancel = func() error { return h.command.Process.Signal(syscall.SIGTERM) }
	output, err := h.command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := h.command.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", binary, err)
	}
	lines := bufio.NewScanner(output)
	for lines.Scan() {
		if found := firstLink.FindStringSubmatch(lines.Text()); found != nil {
			h.first = found[1]
			go drain(lines) // ends with the process's output
			return h, nil
		}
	}
	h.stop()
	return nil, errors.New("the hub ended before it printed its first link")
}

func drain(lines *bufio.Scanner) {
	for lines.Scan() {
	}
}

func freePort() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer listener.Close()
	_, port, err := net.SplitHostPort(listener.Addr().String())
	return port, err
}

func (h *process) stop() {
	if err := h.command.Process.Signal(syscall.SIGTERM); err == nil {
		_ = h.command.Wait() // how it ended changes no figure
	}
	_ = os.RemoveAll(h.folder)
}

// cpu is what the process has used so far, in user and system time. The kernel counts in hundredths of a second.
func (h *process) cpu() (time.Duration, error) {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", h.command.Process.Pid))
	if err != nil {
		return 0, err
	}
	// proc(5): the name in brackets may hold spaces; after it come state (3), …, utime (14), stime (15).
	_, rest, _ := strings.Cut(string(raw), ") ")
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return 0, errors.New("cannot read the hub's /proc/…/stat")
	}
	user, errUser := strconv.ParseInt(fields[11], 10, 64)
	system, errSystem := strconv.ParseInt(fields[12], 10, 64)
	return time.Duration(user+system) * 10 * time.Millisecond, errors.Join(errUser, errSystem)
}

var residentLine = regexp.MustCompile(`VmRSS:\s+(\d+) kB`)

// resident is how much memory the process holds, in bytes.
func (h *process) resident() (int64, error) {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", h.command.Process.Pid))
	if err != nil {
		return 0, err
	}
	found := residentLine.FindSubmatch(raw)
	if found == nil {
		return 0, errors.New("cannot read the hub's memory")
	}
	kilobytes, err := strconv.ParseInt(string(found[1]), 10, 64)
	return kilobytes << 10, err
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
