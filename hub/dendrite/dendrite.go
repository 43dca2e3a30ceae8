//go:build unix

// Package dendrite runs a real Dendrite, a Matrix homeserver by other people: a hub is measured beside it, and tests have a hub federate
// with it. It is built from a module of its own (program), so that what it is made of is no dependency of ours.
//
// A server keeps everything in its folder: SQLite files, keys, configuration. It can be halted and started again, at the same ports and
// under the same name, as after an outage.
package dendrite

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"panah/hub/loopback"
)

// Version is what is run.
const Version = "0.13.8"

// patience is how long a start may take on a busy machine; on an idle one it takes two seconds.
const patience = time.Minute

// Server is one Dendrite.
type Server struct {
	Name    string    // its server name; behind it people's ids end
	Address string    // host and port of its client-server API, over HTTP
	Peers   string    // host and port of its server-server API, over HTTPS
	Folder  string    // what it keeps
	Process *exec.Cmd // set while it runs
	program string
}

// New lays out a server in an empty folder. Without a name it is called by the address at which its peers reach it.
func New(program, folder, name string) (*Server, error) {
	s := &Server{Name: name, Folder: folder, program: program}
	var err error
	if s.Address, err = freeAddress(); err != nil {
		return nil, err
	}
	if s.Peers, err = freeAddress(); err != nil {
		return nil, err
	}
	if name == "" {
		s.Name = s.Peers
	}
	return s, s.layOut()
}

func freeAddress() (string, error) {
	port, err := loopback.FreePort()
	return net.JoinHostPort("127.0.0.1", port), err
}

// Start runs it and waits until it answers. What it logs goes to the file "log" in its folder. The end of ctx ends it.
func (s *Server) Start(ctx context.Context) error {
	log, err := os.OpenFile(filepath.Join(s.Folder, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	// Registering without an invitation: nobody but the test and the measurement reaches it.
	s.Process = exec.CommandContext(ctx, s.program, "-really-enable-open-registration", "-config", "dendrite.yaml",
		"-http-bind-address", s.Address, "-https-bind-address", s.Peers, "-tls-cert", certificateFile, "-tls-key", certificateKeyFile)
	s.Process.Dir, s.Process.Stdout, s.Process.Stderr = s.Folder, log, log
	s.Process.Cancel = func() error { return s.Process.Process.Signal(syscall.SIGTERM) }
	if err := s.Process.Start(); err != nil {
		return fmt.Errorf("start Dendrite: %w", err)
	}
	if err := s.await(ctx); err != nil {
		return errors.Join(err, s.Halt(), s.lastWords())
	}
	return nil
}

// await asks for what the server is able to do until it answers.
func (s *Server) await(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		err := s.greet(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait until Dendrite answers: %w", err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (s *Server) greet(ctx context.Context) error {
	request, err := http.NewRequestWithContext(ctx, "GET", "http://"+s.Address+"/_matrix/client/versions", nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, io.LimitReader(response.Body, 1<<16))
	if response.StatusCode != http.StatusOK {
		err = errors.Join(err, errors.New(response.Status))
	}
	return errors.Join(err, response.Body.Close())
}

// lastWords is the end of its log, as an error.
func (s *Server) lastWords() error {
	log, err := os.ReadFile(filepath.Join(s.Folder, "log"))
	return errors.Join(err, fmt.Errorf("the log of Dendrite ends with:\n%s", log[max(0, len(log)-2000):]))
}

// Halt ends it and leaves what it keeps. It may be started again.
func (s *Server) Halt() error {
	return errors.Join(s.Process.Process.Signal(syscall.SIGTERM), s.Process.Wait())
}
