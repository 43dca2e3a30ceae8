package gateway

import (
	"net"

	"golang.org/x/sys/unix"
)

// unsentMost is how much a socket may hold that was not sent yet, in bytes. By itself the kernel takes megabytes for a reader who does not read:
// memory that nobody counts, and words that no alert can overtake any more.
const unsentMost = 32 << 10

// boundUnsent has the kernel take no more than that (tcp(7), TCP_NOTSENT_LOWAT).
func boundUnsent(conn *net.TCPConn) error {
	raw, err := conn.SyscallConn()
	if err != nil {
		return err
	}
	var refused error
	err = raw.Control(func(fd uintptr) {
		refused = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_NOTSENT_LOWAT, unsentMost)
	})
	if err != nil {
		return err
	}
	return refused
}
