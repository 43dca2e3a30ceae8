//go:build linux

package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/url"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// What stands round the number in a post's text, so that it is found without reading JSON.
const (
	opening = "[["
	closing = "]]"
)

// RFC 6455, 5.2.
const (
	opText  = 0x1
	opClose = 0x8
	opPing  = 0x9
	opPong  = 0xA
)

// ears hear of what arrives at a fleet, in its loop. What nobody asks for is not looked for.
type ears struct {
	post  func(number int64, at time.Time) // once for each socket
	alert func(ends int64, at time.Time)   // the same, with the Unix second at which the alert ends
}

// fleet is many websockets read by one loop. It counts the posts and alerts that arrive; nothing else of a frame is looked at.
type fleet struct {
	epoll   int
	sockets map[int32]*socket
	buffer  []byte
	ears    ears
	stopped atomic.Bool
	ended   sync.WaitGroup
	trouble error // read after ended
	bytes   int64 // of all text frames, read after ended
	posts   int64
}

type socket struct {
	fd    int
	rest  []byte // of a frame that has not come whole
	alert int64  // when the last alert that it got ends: an alert that overtakes comes once more in its place
}

// board opens n websockets for the people of a crowd, all at the present position.
func board(c *crowd, since string, n int, e ears) (*fleet, error) {
	epoll, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("epoll: %w", err)
	}
	f := &fleet{epoll: epoll, sockets: make(map[int32]*socket, n), buffer: make([]byte, 256<<10), ears: e}
	for i := range n {
		if err := f.open(c, since, i); err != nil {
			f.closeAll()
			return nil, fmt.Errorf("websocket %d: %w", i, err)
		}
	}
	f.ended.Go(f.run)
	return f, nil
}

// open connects and shakes hands (RFC 6455, 4.1). Compression is not offered: the cost of undoing it would be ours.
// Presence is left alone, as a phone in a pocket does, and the filter is the web client's (web/src/wire/sync.ts): what it missed of a channel while
// it read another one comes whole.
func (f *fleet) open(c *crowd, since string, i int) error {
	fd, err := connect(c.address, source(i))
	if err != nil {
		return err
	}
	s := &socket{fd: fd}
	f.sockets[int32(fd)] = s
	hello := "GET /_panah/v1/stream?presence=offline&filter=" + url.QueryEscape(`{"room":{"timeline":{"limit":60}}}`) + "&since=" + since + " HTTP/1.1\r\nHost: " + c.address +
		"\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==" +
		"\r\nSec-WebSocket-Protocol: m.json\r\nAuthorization: Bearer " + c.people[i%len(c.people)].token + "\r\n\r\n"
	if _, err := syscall.Write(fd, []byte(hello)); err != nil {
		return err
	}
	if err := s.shakeHands(f.buffer); err != nil {
		return err
	}
	if err := syscall.SetNonblock(fd, true); err != nil {
		return err
	}
	return syscall.EpollCtl(f.epoll, syscall.EPOLL_CTL_ADD, fd, &syscall.EpollEvent{Events: syscall.EPOLLIN, Fd: int32(fd)})
}

func connect(address string, from net.IP) (int, error) {
	to, err := net.ResolveTCPAddr("tcp4", address)
	if err != nil {
		return 0, err
	}
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, err
	}
	err = syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte(from.To4())})
	if err == nil {
		err = syscall.Connect(fd, &syscall.SockaddrInet4{Port: to.Port, Addr: [4]byte(to.IP.To4())})
	}
	if err != nil {
		return 0, errors.Join(err, syscall.Close(fd))
	}
	return fd, nil
}

// shakeHands reads the hub's answer; frames may follow it in the same packet.
func (s *socket) shakeHands(buffer []byte) error {
	var answer []byte
	for {
		n, err := syscall.Read(s.fd, buffer)
		if err != nil {
			return err
		}
		answer = append(answer, buffer[:n]...)
		head, rest, whole := bytes.Cut(answer, []byte("\r\n\r\n"))
		if !bytes.HasPrefix(answer, []byte("HTTP/1.1 101 ")) && (whole || n == 0) {
			return fmt.Errorf("the hub refused: %.300s", answer)
		}
		if whole {
			s.rest = bytes.Clone(rest)
			return nil
		}
		if n == 0 {
			return fmt.Errorf("the hub hung up: %.300s", head)
		}
	}
}

// run reads until stop.
func (f *fleet) run() {
	runtime.LockOSThread()
	events := make([]syscall.EpollEvent, 512)
	for !f.stopped.Load() && f.trouble == nil {
		n, err := syscall.EpollWait(f.epoll, events, 100)
		if err != nil && !errors.Is(err, syscall.EINTR) {
			f.trouble = fmt.Errorf("epoll: %w", err)
			return
		}
		for _, event := range events[:max(n, 0)] {
			if err := f.read(f.sockets[event.Fd]); err != nil {
				f.trouble = err
				return
			}
		}
	}
}

func (f *fleet) read(s *socket) error {
	n, err := syscall.Read(s.fd, f.buffer)
	switch {
	case errors.Is(err, syscall.EAGAIN) || errors.Is(err, syscall.EINTR):
		return nil
	case err != nil:
		return fmt.Errorf("read a websocket: %w", err)
	case n == 0:
		return errors.New("the hub hung up on a subscriber")
	}
	data, at := f.buffer[:n], time.Now()
	if len(s.rest) > 0 {
		data = append(s.rest, data...)
	}
	left, err := f.frames(s, data, at)
	s.rest = append(s.rest[:0:0], left...)
	return err
}

// frames takes whole frames and gives back what is left (RFC 6455, 5.2; a server's frames are not masked).
func (f *fleet) frames(s *socket, data []byte, at time.Time) ([]byte, error) {
	for len(data) >= 2 {
		head, length := 2, int(data[1]&0x7f)
		switch {
		case length == 126 && len(data) >= 4:
			head, length = 4, int(binary.BigEndian.Uint16(data[2:]))
		case length == 127 && len(data) >= 10:
			head, length = 10, int(binary.BigEndian.Uint64(data[2:]))
		case length >= 126:
			return data, nil
		}
		if len(data) < head+length {
			return data, nil
		}
		if err := f.take(s, data[0]&0xf, data[head:head+length], at); err != nil {
			return nil, err
		}
		data = data[head+length:]
	}
	return data, nil
}

func (f *fleet) take(s *socket, opcode byte, payload []byte, at time.Time) error {
	switch opcode {
	case opText:
		f.bytes += int64(len(payload))
		return errors.Join(f.count(payload, at), f.alerted(s, payload, at))
	case opPing:
		// A client's frames are masked; with a mask of zeros the payload stays as it is.
		pong := append([]byte{0x80 | opPong, 0x80 | byte(len(payload)), 0, 0, 0, 0}, payload...)
		_, err := syscall.Write(s.fd, pong)
		return err
	case opClose:
		return fmt.Errorf("the hub closed a subscriber's line: %x", payload)
	}
	return nil
}

func (f *fleet) count(payload []byte, at time.Time) error {
	for {
		_, after, found := bytes.Cut(payload, []byte(opening))
		if !found {
			return nil
		}
		digits, rest, _ := bytes.Cut(after, []byte(closing))
		number, err := strconv.ParseInt(string(digits), 10, 64)
		if err != nil {
			return fmt.Errorf("a post without its number: %w", err)
		}
		f.posts++
		if f.ears.post != nil {
			f.ears.post(number, at)
		}
		payload = rest
	}
}

// ending is what stands before the moment at which an alert ends, in every form in which one may come; no post has it.
var ending = []byte(`"expires":`)

// alerted looks for alerts. Each ends at a second of its own, later than those before, and so is known by it.
func (f *fleet) alerted(s *socket, payload []byte, at time.Time) error {
	for f.ears.alert != nil {
		_, after, found := bytes.Cut(payload, ending)
		if !found {
			return nil
		}
		length := bytes.IndexAny(after, ",}")
		ends, err := strconv.ParseInt(string(after[:max(length, 0)]), 10, 64)
		if err != nil {
			return fmt.Errorf("an alert without its end: %w", err)
		}
		if ends > s.alert {
			s.alert = ends
			f.ears.alert(ends, at)
		}
		payload = after
	}
	return nil
}

// stop ends the loop and all websockets.
func (f *fleet) stop() error {
	f.stopped.Store(true)
	f.ended.Wait()
	return errors.Join(f.trouble, f.closeAll())
}

func (f *fleet) closeAll() error {
	var trouble error
	for _, s := range f.sockets {
		trouble = errors.Join(trouble, syscall.Close(s.fd))
	}
	return errors.Join(trouble, syscall.Close(f.epoll))
}
