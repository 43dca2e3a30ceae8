package node

import (
	"context"
	"errors"
	"io"
	"strings"

	"panah/hub/backup"
	"panah/hub/store"
)

// moveHub copies the hub into another database. Files stay where they are. No hub may be serving either of them.
func moveHub(ctx context.Context, c *console) error {
	address, err := c.moveArgs()
	if err != nil {
		return err
	}
	from, err := c.configOf("")
	if err != nil {
		return err
	}
	to, err := c.configOf(address)
	if err != nil {
		return err
	}
	log := c.logger(from.LogLevel)
	source, err := store.Open(ctx, from.DatabaseURL, store.Options{Key: from.DatabaseKey, Alone: true, Now: from.Now, Log: log})
	if err != nil {
		return err
	}
	target, err := store.Open(ctx, to.DatabaseURL, store.Options{Key: to.DatabaseKey, Alone: true, Now: to.Now, Log: log})
	if err != nil {
		return errors.Join(err, source.Close())
	}
	head, all, err := copyHub(ctx, source, target)
	if err := errors.Join(err, source.Close(), target.Close()); err != nil {
		return err
	}
	c.sayContents("cli.migrate.done", &head, all)
	if err := c.examineLoaded(ctx, &to); err != nil {
		return err
	}
	c.say("cli.migrate.next")
	if from.secret() != nil && to.secret() == nil {
		c.say("cli.migrate.key")
	}
	return nil
}

// moveArgs is the address behind --to.
func (c *console) moveArgs() (string, error) {
	switch {
	case len(c.args) == 2 && c.args[0] == "--to":
		return c.args[1], nil
	case len(c.args) == 1 && strings.HasPrefix(c.args[0], "--to="):
		return strings.TrimPrefix(c.args[0], "--to="), nil
	}
	c.complain("cli.migrate_where")
	return "", errUsage
}

// configOf is what the environment says of a hub at another database, "" for the one that it names. A key of the database goes with SQLite alone.
func (c *console) configOf(address string) (Config, error) {
	environ := c.environ
	if address != "" {
		environ = append(append([]string{}, environ...), "DATABASE_URL="+address)
	} else {
		address = lastOf(environ, "DATABASE_URL=")
	}
	if strings.HasPrefix(address, "postgres") {
		kept := []string{}
		for _, line := range environ {
			if !strings.HasPrefix(line, "PANAH_DATABASE_KEY=") {
				kept = append(kept, line)
			}
		}
		environ = kept
	}
	return (&console{environ: environ, change: c.change}).config()
}

// lastOf is the value of a name in an environment.
func lastOf(environ []string, prefix string) (value string) {
	for _, line := range environ {
		if rest, ok := strings.CutPrefix(line, prefix); ok {
			value = rest
		}
	}
	return value
}

// copyHub writes one database into the other by way of a backup's stream. Both are held for as long as it takes: nobody writes to either.
func copyHub(ctx context.Context, source, target *store.DB) (head backup.Head, all *backup.Contents, err error) {
	if err := refuseLived(ctx, target); err != nil {
		return head, nil, err
	}
	out, in := io.Pipe()
	written := make(chan error, 1)
	go func() {
		err := source.Load(ctx, func(tx *store.Tx) error { return writeInto(tx, in) })
		written <- errors.Join(err, in.CloseWithError(err))
	}()
	err = target.Load(ctx, func(tx *store.Tx) (err error) {
		head, all, err = backup.Load(tx, out, backup.Target{})
		return err
	})
	err = errors.Join(err, out.CloseWithError(err))
	if first := <-written; first != nil {
		return head, nil, first // what broke off the writing, on whichever side
	}
	return head, all, err
}

func writeInto(tx *store.Tx, w io.Writer) error {
	server, err := foundedName(tx)
	if err != nil {
		return err
	}
	_, _, err = backup.Write(tx, w, backup.Source{Head: backup.Head{Program: Version, Server: server}}, nil)
	return err
}

// refuseLived refuses a database that holds a hub, before the other one is asked for anything: they may be the same.
func refuseLived(ctx context.Context, target *store.DB) error {
	return target.Read(ctx, func(tx *store.Tx) error {
		name, err := readServerName(tx)
		if err == nil && name != "" {
			err = backup.ErrTaken
		}
		return err
	})
}
