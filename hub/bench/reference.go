//go:build linux

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
)

// references are the servers that a hub is measured beside, by the names that their program knows them by.
var references = []string{withHistory, "gorilla", "kernel"}

// withHistory is the one that keeps what was posted for those who come back.
const withHistory = "centrifuge"

// buildReference compiles the program of the references, which is a module of its own.
func buildReference(ctx context.Context, source, folder string) (string, error) {
	binary := filepath.Join(folder, "reference")
	build := exec.CommandContext(ctx, "go", "build", "-C", source, "-trimpath", "-o", binary, ".")
	build.Stdout, build.Stderr = os.Stderr, os.Stderr
	if err := build.Run(); err != nil {
		return "", fmt.Errorf("build what the hub is measured beside: %w", err)
	}
	return binary, nil
}

var isReady = regexp.MustCompile(`^(ready)$`)

// startReference runs one of them. size is how many bytes its posts have.
func startReference(ctx context.Context, binary, kind, redis string, size int) (stage, error) {
	server, err := startKind(ctx, binary, kind, redis)
	if err != nil {
		return stage{}, err
	}
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	s := stage{servers: servers{server}, name: kind, posts: new(atomic.Int64)}
	s.post = func(ctx context.Context, _ int, number int64) error {
		_, err := ask(ctx, client, "POST", "http://"+server.address+"/post", eventOf(number, size))
		return err
	}
	s.door = func(ctx context.Context) (door, error) {
		first, err := ask(ctx, client, "GET", "http://"+server.address+"/door", nil)
		d := door{addresses: []string{server.address}, hello: func(int) string { return "/ HTTP/1.1" }}
		if len(first) > 0 {
			d.first = frame(opText, first)
		}
		return d, err
	}
	return s, nil
}

func startKind(ctx context.Context, binary, kind, redis string) (*process, error) {
	return start(ctx, func(ctx context.Context, port, _ string) *exec.Cmd {
		one := exec.CommandContext(ctx, binary, kind)
		one.Env = append(os.Environ(), "LISTEN=127.0.0.1:"+port, "REDIS_URL="+redis)
		return one
	}, isReady)
}

// eventOf is JSON of so many bytes with a post's sentence in it, as the hub's frames have it.
func eventOf(number int64, size int) []byte {
	bare := fmt.Sprintf(`{"body":"%s","fill":""}`, sentence(number))
	fill := strings.Repeat("x", max(0, size-len(bare)))
	return []byte(strings.TrimSuffix(bare, `"}`) + fill + `"}`)
}

func ask(ctx context.Context, client *http.Client, method, address string, body []byte, token ...string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	for _, one := range token {
		request.Header.Set("Authorization", "Bearer "+one)
	}
	response, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	answer, err := io.ReadAll(response.Body)
	if err := errors.Join(err, response.Body.Close()); err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s %s: %d %s", method, address, response.StatusCode, answer)
	}
	return answer, nil
}
