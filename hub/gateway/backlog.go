package gateway

import (
	"container/list"
	"context"
	"log/slog"
	"sync"
)

// backlog bounds what all sessions together have yet to take of frames that were made for one of them alone. What is said in a channel is one
// frame for everyone, however many have not read it; but each who comes back lacks something else, and ten thousand who come back and then
// read nothing would fill the memory. When it is used up, those sessions are cut whose sockets have taken nothing for longest. They come back,
// with the position that they have, if there is still somebody.
type backlog struct {
	most int64 // bytes of text; what is packed for the wire comes beside it
	wake chan struct{}
	log  *slog.Logger

	mu   sync.Mutex
	held int64
	full list.List // of *line: those whose socket is full, the one that took nothing for longest first
}

func newBacklog(most int64, log *slog.Logger) *backlog {
	return &backlog{most: most, wake: make(chan struct{}, 1), log: log}
}

// count adds bytes that are held from now on, or no longer when they are less than nothing.
func (b *backlog) count(bytes int) {
	b.mu.Lock()
	b.held += int64(bytes)
	over := b.held > b.most
	b.mu.Unlock()
	if !over {
		return
	}
	select {
	case b.wake <- struct{}{}:
	default: // it is awake already
	}
}

// bytes is how much is held.
func (b *backlog) bytes() int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.held
}

// filled notes that a line's socket is full, or has taken something again: either way it is now the one that can wait longest.
func (b *backlog) filled(l *line) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if l.place == nil {
		l.place = b.full.PushBack(l)
		return
	}
	b.full.MoveToBack(l.place)
}

// flows forgets a line whose socket is no longer full.
func (b *backlog) flows(l *line) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.dropLocked(l)
}

func (b *backlog) dropLocked(l *line) {
	if l.place != nil {
		b.full.Remove(l.place)
		l.place = nil
	}
}

// run cuts sessions until ctx ends, whenever too much is held.
func (b *backlog) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-b.wake:
		}
		cut := 0
		for l := b.longest(); l != nil; l = b.longest() {
			if l.cut() {
				<-l.done // only then is what it held free
				cut++
			}
		}
		if cut > 0 {
			b.log.Warn("what sessions have yet to take filled its memory; those that took nothing for longest were cut", "sessions", cut, "bytes", b.most)
		}
	}
}

// longest takes out the line that has taken nothing for longest, as long as too much is held; nil when that is over.
func (b *backlog) longest() *line {
	b.mu.Lock()
	defer b.mu.Unlock()
	first := b.full.Front()
	if b.held <= b.most || first == nil {
		return nil
	}
	l := first.Value.(*line)
	b.dropLocked(l)
	return l
}
