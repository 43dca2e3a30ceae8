//go:build linux

package main

import (
	"context"
	"net/http"
	"sync"

	"github.com/gorilla/websocket"
)

// queueLength is how many frames wait for a subscriber before posting waits as well.
const queueLength = 256

// hall is gorilla's own example of a chat, grown up: a reader and a writer for each connection.
type hall struct {
	upgrader websocket.Upgrader
	mu       sync.RWMutex
	queues   map[chan *websocket.PreparedMessage]struct{}
}

func (h *hall) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	connection, err := h.upgrader.Upgrade(w, r, nil)
	if err != nil {
		return // it has answered
	}
	queue := make(chan *websocket.PreparedMessage, queueLength)
	h.mu.Lock()
	if h.queues == nil {
		h.queues = make(map[chan *websocket.PreparedMessage]struct{})
	}
	h.queues[queue] = struct{}{}
	h.mu.Unlock()
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		for {
			if _, _, err := connection.ReadMessage(); err != nil {
				return
			}
		}
	}()
	write(connection, queue, gone)
	h.mu.Lock()
	delete(h.queues, queue)
	h.mu.Unlock()
	_ = connection.Close()
}

func write(connection *websocket.Conn, queue <-chan *websocket.PreparedMessage, gone <-chan struct{}) {
	for {
		select {
		case frame := <-queue:
			if connection.WritePreparedMessage(frame) != nil {
				return
			}
		case <-gone:
			return
		}
	}
}

func (*hall) door() (string, error) { return "", nil }

func (h *hall) post(ctx context.Context, text []byte) error {
	frame, err := websocket.NewPreparedMessage(websocket.TextMessage, text)
	if err != nil {
		return err
	}
	h.mu.RLock()
	defer h.mu.RUnlock()
	for queue := range h.queues {
		select {
		case queue <- frame:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}
