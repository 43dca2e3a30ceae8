//go:build linux

package main

import (
	"context"
	"encoding/binary"
	"errors"
	"net/http"
	"sync"
	"syscall"

	"github.com/gorilla/websocket"
)

// loop writes each post to each socket by a system call of its own, one after the other, and knows no queues: a socket that is full
// is waited for by trying again.
type loop struct {
	upgrader websocket.Upgrader
	mu       sync.Mutex
	sockets  []syscall.RawConn
}

func (l *loop) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	connection, err := l.upgrader.Upgrade(w, r, nil)
	if err != nil {
		return // it has answered
	}
	socket, ok := connection.NetConn().(syscall.Conn)
	if !ok {
		_ = connection.Close()
		return
	}
	raw, err := socket.SyscallConn()
	if err != nil {
		_ = connection.Close()
		return
	}
	l.mu.Lock()
	l.sockets = append(l.sockets, raw)
	l.mu.Unlock()
	for {
		if _, _, err := connection.ReadMessage(); err != nil {
			_ = connection.Close() // those that are gone stay in the list: writing to them fails, and that is no matter
			return
		}
	}
}

func (*loop) door() (string, error) { return "", nil }

func (l *loop) post(ctx context.Context, text []byte) error {
	frame := frameOf(text)
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, socket := range l.sockets {
		rest := frame
		err := socket.Write(func(fd uintptr) bool {
			for len(rest) > 0 {
				n, err := syscall.Write(int(fd), rest)
				if errors.Is(err, syscall.EAGAIN) {
					return false
				}
				if err != nil {
					return true
				}
				rest = rest[n:]
			}
			return true
		})
		if err != nil && ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return nil
}

// frameOf is a whole text frame (RFC 6455, 5.2).
func frameOf(text []byte) []byte {
	if len(text) < 126 {
		return append([]byte{0x81, byte(len(text))}, text...)
	}
	return append(binary.BigEndian.AppendUint16([]byte{0x81, 126}, uint16(len(text))), text...)
}
