//go:build linux

package main

import (
	"fmt"
	"slices"
	"syscall"
)

const (
	manyFiles  = 1 << 16 // enough for the largest fleet, at both ends
	otherFiles = 1000    // what this process and the servers open beside the sockets of a fleet
)

// raiseFileLimit lets this process, and the servers that it starts, open as many sockets as the machine allows, or as many as they need
// where this process may raise what it allows. It tells how many that are.
func raiseFileLimit() (files int, err error) {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return 0, fmt.Errorf("read the limit of open files: %w", err)
	}
	more := syscall.Rlimit{Cur: max(limit.Max, manyFiles), Max: max(limit.Max, manyFiles)}
	if syscall.Setrlimit(syscall.RLIMIT_NOFILE, &more) == nil {
		return int(more.Cur), nil
	}
	limit.Cur = limit.Max
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return 0, fmt.Errorf("raise the limit of open files: %w", err)
	}
	return int(limit.Cur), nil
}

// fit bounds each fleet by the files that may be open, and says so.
func (p *plan) fit(files int) {
	most := max(files-otherFiles, 1)
	for i, n := range p.subscribers {
		if n > most {
			progress("%d subscribers become %d: a process may have %d files open here", n, most, files)
			p.subscribers[i] = most
		}
	}
	slices.Sort(p.subscribers)
	p.subscribers = slices.Compact(p.subscribers)
}
