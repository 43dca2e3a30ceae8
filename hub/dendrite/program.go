//go:build unix

package dendrite

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
)

// Program gives the path of Dendrite's program, built from the module in source. Building takes two minutes and happens once for each
// version: the program is kept where caches are. Several processes may ask at once.
func Program(ctx context.Context, source string) (path string, err error) {
	sums, err := os.ReadFile(filepath.Join(source, "go.sum"))
	if err != nil {
		return "", fmt.Errorf("find Dendrite's source: %w", err)
	}
	caches, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	path = filepath.Join(caches, "panah", fmt.Sprintf("dendrite-%x", sha256.Sum256(sums))[:21])
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return "", err
	}
	lock, err := os.OpenFile(path+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, lock.Close()) }() // which unlocks it
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return "", err
	}
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	return path, build(ctx, source, path)
}

// build compiles without C, so that Go is all it takes.
func build(ctx context.Context, source, path string) error {
	unfinished := path + ".new"
	compile := exec.CommandContext(ctx, "go", "build", "-C", source, "-trimpath", "-ldflags=-s -w", "-o", unfinished,
		"github.com/matrix-org/dendrite/cmd/dendrite")
	compile.Env = append(os.Environ(), "CGO_ENABLED=0")
	compile.Stdout, compile.Stderr = os.Stderr, os.Stderr
	if err := compile.Run(); err != nil {
		return fmt.Errorf("build Dendrite: %w", err)
	}
	return os.Rename(unfinished, path)
}
