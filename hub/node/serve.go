package node

import (
	"context"
	"errors"
	"fmt"

	"panah/hub/broker"
	"panah/hub/feed"
	"panah/hub/people"
	"panah/hub/store"
)

// serve runs the hub until ctx ends.
func serve(ctx context.Context, c *console) error {
	if err := c.noArgs(); err != nil {
		return err
	}
	cfg, err := c.config()
	if err != nil {
		return err
	}
	return c.run(ctx, cfg, c.greet)
}

// run opens a node, greets, and serves. Both the end of serving and that of the parts are reported.
func (c *console) run(ctx context.Context, cfg Config, greet func(context.Context, *Node) error) (err error) {
	n, err := Open(ctx, cfg, c.logger(cfg.LogLevel))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, n.Close()) }()
	if err := greet(ctx, n); err != nil {
		return err
	}
	return n.Run(ctx)
}

// greet says where the hub is, and on a new one how the first steward comes in.
func (c *console) greet(ctx context.Context, n *Node) error {
	c.say("cli.serving", "Name", n.cfg.Name, "Address", n.URL())
	link, err := n.FirstStewardLink(ctx)
	if err == nil && link != "" {
		c.say("cli.first_steward", "Link", link)
	}
	return err
}

// FirstStewardLink makes a link with which the first steward signs up, in place of any made before, or gives "" when somebody has.
func (n *Node) FirstStewardLink(ctx context.Context) (string, error) {
	token, err := n.people.FirstStewardInvitation(ctx)
	if err != nil || token == "" {
		return "", err
	}
	return n.URL() + linkPath + token, nil
}

// linkPath leads the web client to its sign-up page. What stands behind the # is never sent to any server.
const linkPath = "/#/invite/"

// invite makes a link for one more steward. The hub may be running: it finds the invitation in the database.
func invite(ctx context.Context, c *console) error {
	if err := c.noArgs(); err != nil {
		return err
	}
	return c.withPeople(ctx, func(cfg Config, p *people.People) error {
		_, token, err := p.StewardInvitation(ctx)
		if err == nil {
			c.say("cli.steward_link", "Link", cfg.base()+linkPath+token)
		}
		return err
	})
}

// recoverPerson makes a link with which somebody sets a new passphrase, for the last steward, whom nobody else can let in again.
func recoverPerson(ctx context.Context, c *console) error {
	if len(c.args) != 1 {
		c.complain("cli.recover_whom")
		return errUsage
	}
	return c.withPeople(ctx, func(cfg Config, p *people.People) error {
		r, token, err := p.RecoverFromConsole(ctx, c.args[0])
		if err == nil {
			c.say("cli.recover_link", "User", r.UserID, "Link", cfg.base()+recoverPath+token)
		}
		return err
	})
}

// recoverPath leads the web client to the page where someone is let in again.
const recoverPath = "/#/recover/"

// withPeople opens the accounts of a hub that may be running.
func (c *console) withPeople(ctx context.Context, do func(cfg Config, p *people.People) error) (err error) {
	cfg, err := c.config()
	if err != nil {
		return err
	}
	log := c.logger(cfg.LogLevel)
	db, err := store.Open(ctx, cfg.DatabaseURL, store.Options{Key: cfg.DatabaseKey, Now: cfg.Now, Log: log})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	name := ""
	if err := db.Read(ctx, func(tx *store.Tx) (err error) { name, err = readServerName(tx); return err }); err != nil {
		return err
	}
	if name == "" {
		return unwell("cli.doctor.not_founded")
	}
	p := people.New(db, name, people.Options{Now: cfg.Now, Log: log})
	// A hub that runs finds what people must be told in the database, with its next beat at the latest.
	brk := broker.InProcess()
	defer func() { err = errors.Join(err, brk.Close()) }()
	p.OnNotice(showNotices(feed.New(db, nil, brk, feed.Options{Now: cfg.Now, Log: log})))
	return do(cfg, p)
}

// base is the address at which the hub is reached, as far as the configuration tells.
func (c *Config) base() string {
	if c.PublicURL != "" {
		return c.PublicURL
	}
	return fmt.Sprintf("http://localhost:%d", c.Port)
}
