//go:build linux

package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"runtime"
	"strconv"
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
	over    chan struct{} // closed when the loop has ended, by stop or by trouble
	trouble error         // read after over
	bytes   int64         // of all text frames, read after over
	posts   int64
}

type socket struct {
	fd    int
	rest  []byte // of a frame, or of the answer to the handshake, that has not come whole
	first []byte // while it shakes hands: what it says then
	shake bool
	alert int64 // when the last alert that it got ends: an alert that overtakes comes once more in its place
}

func newEpoll() (int, error) {
	epoll, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		return 0, fmt.Errorf("epoll: %w", err)
	}
	return epoll, nil
}

// board opens n websockets by a door.
func board(d door, n int, e ears) (*fleet, error) {
	epoll, err := newEpoll()
	if err != nil {
		return nil, err
	}
	f := &fleet{epoll: epoll, sockets: make(map[int32]*socket, n), buffer: make([]byte, 256<<10), ears: e, over: make(chan struct{})}
	for i := range n {
		if err := f.open(d, i); err != nil {
			f.closeAll()
			return nil, fmt.Errorf("websocket %d: %w", i, err)
		}
	}
	go f.run()
	return f, nil
}

// rush opens n websockets at once: all are connected before the first of them asks, at began, and the loop shakes hands with them all.
func rush(d door, n int, began *time.Time, e ears) (*fleet, error) {
	epoll, err := newEpoll()
	if err != nil {
		return nil, err
	}
	f := &fleet{epoll: epoll, sockets: make(map[int32]*socket, n), buffer: make([]byte, 256<<10), ears: e, over: make(chan struct{})}
	all := make([]*socket, n)
	for i := range n {
		if all[i], err = f.knock(d, i); err != nil {
			f.closeAll()
			return nil, fmt.Errorf("websocket %d: %w", i, err)
		}
		all[i].shake, all[i].first = true, d.first
	}
	*began = time.Now()
	go f.run()
	for i, s := range all {
		if err := errors.Join(s.say(d.request(i)), f.listen(s)); err != nil {
			return nil, errors.Join(fmt.Errorf("websocket %d: %w", i, err), f.stop())
		}
	}
	return f, nil
}

// open connects, shakes hands, and has the loop read from then on.
func (f *fleet) open(d door, i int) error {
	s, err := f.knock(d, i)
	if err != nil {
		return err
	}
	s.first = d.first
	if err := s.say(d.request(i)); err != nil {
		return err
	}
	if err := s.shakeHands(f.buffer); err != nil {
		return err
	}
	return f.listen(s)
}

// mute opens one more websocket, which is never read and for which this machine keeps next to nothing, so that the server soon cannot
// get rid of what is for it.
func (f *fleet) mute(d door, i int) error {
	fd, err := connect(d.address(i), source(i), smallest)
	if err != nil {
		return err
	}
	s := &socket{fd: fd, first: d.first}
	f.sockets[int32(fd)] = s
	if err := s.say(d.request(i)); err != nil {
		return err
	}
	return s.shakeHands(make([]byte, 4<<10))
}

// closed tells whether the server has closed a socket that nobody reads: what is left to read is taken away first.
func (s *socket) closed() bool {
	if syscall.SetNonblock(s.fd, true) != nil {
		return true
	}
	buffer := make([]byte, 64<<10)
	for {
		n, err := syscall.Read(s.fd, buffer)
		if errors.Is(err, syscall.EINTR) {
			continue
		}
		if n <= 0 {
			return !errors.Is(err, syscall.EAGAIN)
		}
	}
}

// knock connects.
func (f *fleet) knock(d door, i int) (*socket, error) {
	fd, err := connect(d.address(i), source(i), 0)
	if err != nil {
		return nil, err
	}
	s := &socket{fd: fd}
	f.sockets[int32(fd)] = s
	return s, nil
}

// listen has the loop read a socket.
func (f *fleet) listen(s *socket) error {
	if err := syscall.SetNonblock(s.fd, true); err != nil {
		return err
	}
	return syscall.EpollCtl(f.epoll, syscall.EPOLL_CTL_ADD, s.fd, &syscall.EpollEvent{Events: syscall.EPOLLIN, Fd: int32(s.fd)})
}

// address is where the i-th subscriber comes in.
func (d door) address(i int) string { return d.addresses[i%len(d.addresses)] }

// request asks for a websocket (RFC 6455, 4.1). Compression is not offered: the cost of undoing it would be ours.
func (d door) request(i int) []byte {
	return []byte("GET " + d.hello(i) + "\r\nHost: " + d.address(i) + "\r\nUpgrade: websocket\r\nConnection: Upgrade" +
		"\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
}

// say writes to a socket of which little is asked, so that it takes all at once.
func (s *socket) say(what []byte) error {
	if len(what) == 0 {
		return nil
	}
	n, err := syscall.Write(s.fd, what)
	if err == nil && n < len(what) {
		err = errors.New("a websocket did not take a few bytes")
	}
	return err
}

// smallest is a receive buffer, in bytes, which the kernel makes as small as it can.
const smallest = 1

// connect makes a connection from an address of this machine, with a receive buffer of so many bytes; 0 leaves it to the kernel.
func connect(address string, from net.IP, receive int) (int, error) {
	to, err := net.ResolveTCPAddr("tcp4", address)
	if err != nil {
		return 0, err
	}
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, err
	}
	if receive > 0 {
		if err := syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_RCVBUF, receive); err != nil {
			return 0, errors.Join(err, syscall.Close(fd))
		}
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

// shakeHands reads the server's answer; frames may follow it in the same packet.
func (s *socket) shakeHands(buffer []byte) error {
	for s.shake = true; s.shake; {
		n, err := syscall.Read(s.fd, buffer)
		if err != nil {
			return err
		}
		if n == 0 {
			return fmt.Errorf("the server hung up: %.300s", s.rest)
		}
		if s.rest, err = s.shaken(append(s.rest, buffer[:n]...)); err != nil {
			return err
		}
	}
	return nil
}

// shaken looks whether the server's answer has come whole, says what is said first then, and gives what is behind the answer; else all.
func (s *socket) shaken(data []byte) ([]byte, error) {
	_, rest, whole := bytes.Cut(data, []byte("\r\n\r\n"))
	if !whole {
		return data, nil
	}
	if !bytes.HasPrefix(data, []byte("HTTP/1.1 101 ")) {
		return nil, fmt.Errorf("the server refused: %.300s", data)
	}
	s.shake = false
	return bytes.Clone(rest), s.say(s.first)
}

// run reads until stop.
func (f *fleet) run() {
	defer close(f.over)
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
		return errors.New("the server hung up on a subscriber")
	}
	data, at := f.buffer[:n], time.Now()
	if len(s.rest) > 0 {
		data = append(s.rest, data...)
	}
	if s.shake {
		var err error
		if data, err = s.shaken(data); err != nil || s.shake {
			s.rest = append(s.rest[:0:0], data...)
			return err
		}
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
		return s.say(frame(opPong, payload))
	case opClose:
		return fmt.Errorf("the server closed a subscriber's line: %x", payload)
	}
	return nil
}

// frame is a client's frame of at most 125 bytes: masked, with a mask of zeros, under which the payload stays as it is (RFC 6455, 5.3).
func frame(opcode byte, payload []byte) []byte {
	return append([]byte{0x80 | opcode, 0x80 | byte(len(payload)), 0, 0, 0, 0}, payload...)
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
	<-f.over
	return errors.Join(f.trouble, f.closeAll())
}

func (f *fleet) closeAll() error {
	var trouble error
	for _, s := range f.sockets {
		trouble = errors.Join(trouble, syscall.Close(s.fd))
	}
	return errors.Join(trouble, syscall.Close(f.epoll))
}
