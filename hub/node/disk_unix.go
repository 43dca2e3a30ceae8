//go:build unix

package node

import (
	"errors"
	"fmt"
	"io/fs"

	"golang.org/x/sys/unix"
)

// freeSpace is how many bytes a hub may still write in folder, or in the current one while folder does not exist.
func freeSpace(folder string) (int64, error) {
	var s unix.Statfs_t
	err := unix.Statfs(folder, &s)
	if errors.Is(err, fs.ErrNotExist) {
		err = unix.Statfs(".", &s)
	}
	if err != nil {
		return 0, fmt.Errorf("ask for free space: %w", err)
	}
	return int64(s.Bavail) * int64(s.Bsize), nil
}
