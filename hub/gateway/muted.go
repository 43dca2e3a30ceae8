package gateway

import (
	"bufio"
	"net"
	"net/http"
	"sync/atomic"
)

// mutedConn is the connection as gorilla has it. Once the handshake is answered gorilla writes nothing through it: when a client
// breaks the rules gorilla answers with a close frame at once, which could land inside a frame of which half is written. What code it
// would have closed with is noted, and the session closes in order.
type mutedConn struct {
	net.Conn
	muted  atomic.Bool
	closed atomic.Int32
}

// Write writes the handshake, and swallows all that comes after it.
func (m *mutedConn) Write(p []byte) (int, error) {
	if !m.muted.Load() {
		return m.Conn.Write(p)
	}
	if len(p) >= 4 && p[0] == finalBit|opClose {
		m.closed.Store(int32(p[2])<<8 | int32(p[3]))
	}
	return len(p), nil
}

// code is what gorilla would have closed the connection with; 0 when it had no reason to.
func (m *mutedConn) code() int { return int(m.closed.Load()) }

// hijacker hands gorilla a connection that can be muted.
type hijacker struct {
	http.ResponseWriter
	conn *mutedConn
}

// Hijack takes the connection over from the server.
func (h *hijacker) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, buffer, err := http.NewResponseController(h.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	h.conn = &mutedConn{Conn: conn}
	return h.conn, buffer, nil
}
