//go:build unix

package gateway

import "syscall"

// tryWrite writes as much as the socket takes at once, and tells how much that was. Without a descriptor it writes nothing.
func tryWrite(raw syscall.RawConn, buffer []byte) (n int, err error) {
	if raw == nil {
		return 0, nil
	}
	lost := raw.Write(func(fd uintptr) bool {
		n, err = syscall.Write(int(fd), buffer)
		return true // never wait for the socket here
	})
	if lost != nil {
		return 0, lost
	}
	if err == syscall.EAGAIN || err == syscall.EINTR {
		return 0, nil
	}
	return max(n, 0), err
}
