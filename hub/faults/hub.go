//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"

	"golang.org/x/sync/errgroup"

	"panah/hub/loopback"
)

// hub is one process of the real program, with a line of its own to each part.
type hub struct {
	*child
	address  string // of the process itself
	door     *proxy // what people reach it through
	database *proxy // nil on SQLite
	broker   *proxy // nil where there is no Redis
}

// startHub starts the i-th hub on a database and a Redis (host and port each, or "" for SQLite in data and for none).
func (w *world) startHub(ctx context.Context, i int, binary, database, redis string) (*hub, error) {
	port, err := loopback.FreePort()
	if err != nil {
		return nil, err
	}
	h := &hub{address: net.JoinHostPort("127.0.0.1", port)}
	data := w.disk.folder
	if database != "" {
		data = filepath.Join(w.folder, "hub") // nothing that is broken lies there
	}
	env := []string{"PATH=" + os.Getenv("PATH"), "LANG=en", "PORT=" + port, "PANAH_DATA=" + data, "PANAH_SERVER_NAME=faults.example",
		"PANAH_SECOND_FACTOR=offered", "PANAH_LOG_LEVEL=warn", "PANAH_MEDIA_STORE=" + filepath.Join(w.folder, "media")}
	var group errgroup.Group
	open := func(p **proxy, target string) {
		group.Go(func() (err error) { *p, err = startProxy(target); return err })
	}
	open(&h.door, h.address)
	if database != "" {
		open(&h.database, database)
	}
	if redis != "" {
		open(&h.broker, redis)
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	if h.database != nil {
		env = append(env, "DATABASE_URL="+postgresURL(h.database.address))
	}
	if h.broker != nil {
		env = append(env, "REDIS_URL=redis://"+h.broker.address+"/0")
	}
	log := filepath.Join(w.folder, fmt.Sprintf("hub%d.log", i))
	h.child = &child{name: fmt.Sprintf("hub %d", i), answers: h.ready, command: func() *exec.Cmd {
		run := exec.Command(binary, "serve")
		run.Env = env
		return logTo(run, log)
	}}
	return h, h.start(ctx)
}

// ready asks the process itself whether it serves.
func (h *hub) ready(ctx context.Context) error {
	request, err := http.NewRequestWithContext(ctx, "GET", "http://"+h.address+"/readyz", nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		err = errors.New(response.Status)
	}
	return errors.Join(err, response.Body.Close())
}

// lines are the hub's proxies.
func (h *hub) lines() (all []*proxy) {
	for _, p := range []*proxy{h.door, h.database, h.broker} {
		if p != nil {
			all = append(all, p)
		}
	}
	return all
}

var firstLink = regexp.MustCompile(`/#/invite/(\S+)`)

// firstToken is the token of the link that the first hub printed at its start.
func (w *world) firstToken() (string, error) {
	raw, err := os.ReadFile(filepath.Join(w.folder, "hub0.log"))
	if err != nil {
		return "", err
	}
	found := firstLink.FindSubmatch(raw)
	if found == nil {
		return "", errors.New("the hub printed no link for its first steward")
	}
	return string(found[1]), nil
}
