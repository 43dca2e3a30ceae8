//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"

	"github.com/jackc/pgx/v5"
	"github.com/redis/go-redis/v9"

	"panah/hub/loopback"
)

// postgresServer makes a PostgreSQL of our own in a folder, with pieces of its write-ahead log that fit a small disk, and gives it before its start.
func postgresServer(ctx context.Context, folder, logs string) (c *child, address string, err error) {
	bin, err := postgresPrograms()
	if err != nil {
		return nil, "", err
	}
	credential, err := lentAccount(folder)
	if err != nil {
		return nil, "", err
	}
	as := func(name string, args ...string) *exec.Cmd {
		run := exec.Command(filepath.Join(bin, name), args...)
		run.Dir = folder
		run.SysProcAttr = &syscall.SysProcAttr{Credential: credential}
		return run
	}
	data := filepath.Join(folder, "data")
	made, err := as("initdb", "-D", data, "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--wal-segsize=1").CombinedOutput()
	if err != nil {
		return nil, "", fmt.Errorf("initdb: %w: %s", err, made)
	}
	port, err := loopback.FreePort()
	if err != nil {
		return nil, "", err
	}
	address = net.JoinHostPort("127.0.0.1", port)
	c = &child{name: "PostgreSQL", answers: func(ctx context.Context) error { return askPostgres(ctx, address) }}
	c.command = func() *exec.Cmd {
		return logTo(as("postgres", "-D", data, "-p", port, "-k", folder, "-c", "listen_addresses=127.0.0.1", "-c", "max_connections=150",
			"-c", "shared_buffers=32MB", "-c", "max_wal_size=16MB", "-c", "min_wal_size=2MB", "-c", "fsync=on"), filepath.Join(logs, "postgres.log"))
	}
	return c, address, c.start(ctx)
}

func postgresURL(address string) string {
	return "postgres://postgres@" + address + "/postgres?sslmode=disable"
}

func askPostgres(ctx context.Context, address string) error {
	connection, err := pgx.Connect(ctx, postgresURL(address))
	if err != nil {
		return err
	}
	_, err = connection.Exec(ctx, "SELECT 1")
	return errors.Join(err, connection.Close(ctx))
}

// postgresPrograms is the folder of the newest PostgreSQL, where Debian has it, or else where the path leads.
func postgresPrograms() (string, error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil {
		return "", err
	}
	if path, err := exec.LookPath("initdb"); err == nil {
		found = append([]string{path}, found...)
	}
	if len(found) == 0 {
		return "", errors.New("PostgreSQL is not installed: `make test` installs it")
	}
	slices.Sort(found)
	return filepath.Dir(found[len(found)-1]), nil
}

// lentAccount gives the folder to an account that PostgreSQL may run as: it refuses root's.
func lentAccount(folder string) (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	account, err := user.Lookup("postgres")
	if err != nil {
		account, err = user.Lookup("nobody")
	}
	if err != nil {
		return nil, err
	}
	uid, errUID := strconv.ParseUint(account.Uid, 10, 32)
	gid, errGID := strconv.ParseUint(account.Gid, 10, 32)
	if err := errors.Join(errUID, errGID); err != nil {
		return nil, err
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, os.Chown(folder, int(uid), int(gid))
}

// redisServer starts a Redis of our own, which keeps nothing.
func redisServer(ctx context.Context, logs string) (c *child, address string, err error) {
	port, err := loopback.FreePort()
	if err != nil {
		return nil, "", err
	}
	address = net.JoinHostPort("127.0.0.1", port)
	c = &child{name: "Redis", answers: func(ctx context.Context) error {
		client := redis.NewClient(&redis.Options{Addr: address, MaxRetries: -1})
		return errors.Join(client.Ping(ctx).Err(), client.Close())
	}}
	c.command = func() *exec.Cmd {
		run := exec.Command("redis-server", "--port", port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", logs)
		return logTo(run, filepath.Join(logs, "redis.log"))
	}
	return c, address, c.start(ctx)
}
