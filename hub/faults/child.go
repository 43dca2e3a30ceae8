//go:build linux

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// child is a process of ours that is killed and started again. Only its own id, and those of what it started, are ever signalled.
type child struct {
	name    string
	command func() *exec.Cmd // a new one for each start
	answers func(ctx context.Context) error

	turn sync.Mutex // held by the one fault that has the child in hand

	mu      sync.Mutex
	running *exec.Cmd
}

// look is how often a part that starts is asked whether it is there.
const look = 20 * time.Millisecond

// start starts the process and waits until it answers. One that ends before, because what it needs is not there, is started again, as a
// supervisor would.
func (c *child) start(ctx context.Context) error {
	for {
		run := c.command()
		if err := run.Start(); err != nil {
			return fmt.Errorf("start %s: %w", c.name, err)
		}
		ended := make(chan struct{})
		go func() { _ = run.Wait(); close(ended) }() // how it ended is in its log
		c.mu.Lock()
		c.running = run
		c.mu.Unlock()
		up, err := c.await(ctx, ended)
		if err != nil || up {
			return err
		}
	}
}

// await waits until the process answers, and reports false when it ended before.
func (c *child) await(ctx context.Context, ended <-chan struct{}) (up bool, err error) {
	ticker := time.NewTicker(look)
	defer ticker.Stop()
	for {
		trying, cancel := context.WithTimeout(ctx, time.Second)
		err := c.answers(trying)
		cancel()
		if err == nil {
			return true, nil
		}
		select {
		case <-ended:
			return false, nil
		case <-ctx.Done():
			return false, fmt.Errorf("%s does not answer: %w", c.name, errors.Join(ctx.Err(), err))
		case <-ticker.C:
		}
	}
}

// end signals the process and waits for it.
func (c *child) end(signal syscall.Signal) error {
	c.mu.Lock()
	run := c.running
	c.running = nil
	c.mu.Unlock()
	if run == nil {
		return nil
	}
	if err := run.Process.Signal(signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("end %s: %w", c.name, err)
	}
	return waitFor(run.Process)
}

// waitFor waits until a process that another goroutine waits for is gone.
func waitFor(p *os.Process) error {
	for range time.Minute / look {
		if errors.Is(p.Signal(syscall.Signal(0)), os.ErrProcessDone) {
			return nil
		}
		time.Sleep(look)
	}
	return fmt.Errorf("process %d does not end", p.Pid)
}

// pause stops the process and all that it started, and gives what has them go on.
func (c *child) pause() (resume func(), err error) {
	c.mu.Lock()
	run := c.running
	c.mu.Unlock()
	if run == nil {
		return func() {}, nil
	}
	all := append([]int{run.Process.Pid}, childrenOf(run.Process.Pid)...)
	for _, pid := range all {
		if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil && !errors.Is(err, syscall.ESRCH) {
			return func() {}, fmt.Errorf("pause %s: %w", c.name, err)
		}
	}
	return func() {
		for _, pid := range all {
			_ = syscall.Kill(pid, syscall.SIGCONT) // one that is gone needs none
		}
	}, nil
}

// childrenOf are the processes whose parent is pid, as proc(5) tells.
func childrenOf(pid int) (all []int) {
	stats, _ := filepath.Glob("/proc/[0-9]*/stat") // its only error is a bad pattern
	for _, path := range stats {
		raw, err := os.ReadFile(path)
		if err != nil {
			continue // it has ended meanwhile
		}
		_, rest, _ := bytes.Cut(raw, []byte(") "))
		fields := strings.Fields(string(rest))
		if len(fields) > 1 && fields[1] == strconv.Itoa(pid) {
			child, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
			if err == nil {
				all = append(all, child)
			}
		}
	}
	return all
}

// logTo has what a process says end in a file of the folder, after what was said before.
func logTo(run *exec.Cmd, path string) *exec.Cmd {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err == nil { // without a log the process runs all the same
		run.Stdout, run.Stderr = file, file
	}
	return run
}
