//go:build !unix

package gateway

import "syscall"

// tryWrite leaves all writing to the line's own goroutine where sockets have no non-blocking write of this kind.
func tryWrite(syscall.RawConn, []byte) (int, error) { return 0, nil }
