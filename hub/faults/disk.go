//go:build linux

package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// disk is a small disk of our own that can be filled. Without the right to mount, the folder is an ordinary one, and is not filled.
type disk struct {
	folder string
	small  bool
}

// mountDisk makes a disk in memory at a folder.
func mountDisk(folder string, bytes int64) (*disk, error) {
	if err := os.Mkdir(folder, 0o755); err != nil {
		return nil, err
	}
	d := &disk{folder: folder}
	err := syscall.Mount("none", folder, "tmpfs", 0, fmt.Sprintf("size=%d", bytes))
	if err != nil && !errors.Is(err, syscall.EPERM) {
		return nil, fmt.Errorf("mount a small disk: %w", err)
	}
	d.small = err == nil
	return d, nil
}

// fill takes all room that is left, and gives what makes room again.
func (d *disk) fill() (empty func() error, err error) {
	path := filepath.Join(d.folder, "filler")
	file, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	empty = func() error { return os.Remove(path) }
	piece := make([]byte, 64<<10)
	for size := len(piece); size > 0; {
		if _, err = file.Write(piece[:size]); err != nil {
			size /= 16 // the last pieces are small
		}
	}
	if !errors.Is(err, syscall.ENOSPC) {
		return nil, errors.Join(err, empty())
	}
	return empty, nil
}

func (d *disk) unmount() error {
	if !d.small {
		return nil
	}
	return syscall.Unmount(d.folder, 0)
}
