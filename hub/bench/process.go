//go:build linux

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"

	"panah/hub/loopback"
)

// process is a server that is measured, in a process of its own.
type process struct {
	address string // host and port
	first   string // of a hub: the token of the first steward's link
	command *exec.Cmd
	folder  string

	name, certificate string // of Dendrite: its server name, and the file by which others believe it
}

// start runs a program on a free port and waits for the line by which it shows that it is there, of which it gives the first group.
func start(ctx context.Context, command commander, ready *regexp.Regexp) (*process, error) {
	p, output, err := launch(ctx, command)
	if err != nil {
		return nil, err
	}
	lines := bufio.NewScanner(output)
	for lines.Scan() {
		if found := ready.FindStringSubmatch(lines.Text()); found != nil {
			p.first = found[1]
			go drain(lines) // ends with the process's output
			return p, nil
		}
	}
	p.stop()
	return nil, fmt.Errorf("%s ended before it was there", p.command.Path)
}

// commander makes the command that serves on a port and keeps its files in a folder.
type commander func(ctx context.Context, port, folder string) *exec.Cmd

func launch(ctx context.Context, command commander) (*process, io.Reader, error) {
	folder, err := os.MkdirTemp("", "panah-bench-")
	if err != nil {
		return nil, nil, err
	}
	port, err := loopback.FreePort()
	if err != nil {
		return nil, nil, err
	}
	p := &process{address: "127.0.0.1:" + port, folder: folder, command: command(ctx, port, folder)}
	p.command.Stderr = os.Stderr
	p.command.Cancel = func() error { return p.command.Process.Signal(syscall.SIGTERM) }
	output, err := p.command.StdoutPipe()
	if err != nil {
		return nil, nil, err
	}
	if err := p.command.Start(); err != nil {
		return nil, nil, fmt.Errorf("start %s: %w", p.command.Path, err)
	}
	return p, output, nil
}

func drain(lines *bufio.Scanner) {
	for lines.Scan() {
	}
}

// halt ends the process and leaves its files.
func (p *process) halt() error {
	return errors.Join(p.command.Process.Signal(syscall.SIGTERM), p.command.Wait())
}

func (p *process) stop() {
	_ = p.halt() // it may have ended before, and how it ended changes no figure
	_ = os.RemoveAll(p.folder)
}

// cpu is what the process has used so far, in user and system time. The kernel counts in hundredths of a second.
func (p *process) cpu() (time.Duration, error) {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.command.Process.Pid))
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
func (p *process) resident() (int64, error) {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.command.Process.Pid))
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

// servers are the processes that are one server together.
type servers []*process

func (s servers) cpu() (all time.Duration, err error) {
	for _, one := range s {
		used, errUsed := one.cpu()
		all, err = all+used, errors.Join(err, errUsed)
	}
	return all, err
}

func (s servers) resident() (all int64, err error) {
	for _, one := range s {
		held, errHeld := one.resident()
		all, err = all+held, errors.Join(err, errHeld)
	}
	return all, err
}

func (s servers) stop() {
	for _, one := range s {
		one.stop()
	}
}
