//go:build linux

package main

import (
	"net"
	"sync"
	"time"
)

// proxy is a line between two parts that can be cut and silenced. It listens on one port as long as the world stands, so whoever uses it never learns
// that the part behind it was started anew.
type proxy struct {
	address  string // host and port
	target   string
	listener net.Listener
	ended    sync.WaitGroup

	silence sync.RWMutex // held for reading by whoever passes bytes on

	mu     sync.Mutex
	conns  map[net.Conn]struct{}
	closed bool
}

// startProxy listens on a free port for what goes to target.
func startProxy(target string) (*proxy, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &proxy{address: listener.Addr().String(), target: target, listener: listener, conns: make(map[net.Conn]struct{})}
	p.ended.Go(p.accept)
	return p, nil
}

func (p *proxy) accept() {
	for {
		near, err := p.listener.Accept()
		if err != nil {
			return // stop has closed it
		}
		p.ended.Go(func() { p.join(near) })
	}
}

// join carries bytes both ways until one side ends.
func (p *proxy) join(near net.Conn) {
	defer near.Close()
	far, err := net.DialTimeout("tcp", p.target, time.Second)
	if err != nil {
		return // nobody is there: the line ends, as it would without a proxy
	}
	defer far.Close()
	if !p.keep(near, far) {
		return
	}
	defer p.forget(near, far)
	var both sync.WaitGroup
	both.Go(func() { p.carry(far, near) })
	both.Go(func() { p.carry(near, far) })
	both.Wait()
}

// carry passes on what comes, unless the line is silent: then it waits.
func (p *proxy) carry(to, from net.Conn) {
	defer to.Close()
	defer from.Close()
	buffer := make([]byte, 16<<10)
	for {
		n, err := from.Read(buffer)
		p.silence.RLock()
		_, writing := to.Write(buffer[:n])
		p.silence.RUnlock()
		if err != nil || writing != nil {
			return
		}
	}
}

func (p *proxy) keep(conns ...net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range conns {
		p.conns[c] = struct{}{}
	}
	return !p.closed
}

func (p *proxy) forget(conns ...net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range conns {
		delete(p.conns, c)
	}
}

// cut ends all connections at once, with what is on its way.
func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.conns {
		if tcp, ok := c.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0) // a reset, as from a machine that forgot; without it the end is only a gentler one
		}
		c.Close()
	}
}

// hush has nothing pass until the answer is called. Connections stay, as on a line that lost its radio.
func (p *proxy) hush() (end func()) {
	p.silence.Lock()
	return p.silence.Unlock
}

func (p *proxy) stop() {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	p.listener.Close()
	p.cut()
	p.ended.Wait()
}
