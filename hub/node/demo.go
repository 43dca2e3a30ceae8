package node

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"panah/hub/demo"
	"panah/hub/people"
)

// demonstrate runs a hub with the sample network, or several that federate.
func demonstrate(ctx context.Context, c *console) error {
	count, err := c.hubs()
	if err != nil {
		return err
	}
	if count > 1 {
		return c.demonstrateHubs(ctx)
	}
	cfg, err := c.config(sampleSettings()...)
	if err != nil {
		return err
	}
	return c.run(ctx, cfg, c.greetDemo)
}

// sampleSettings hold for a sample where the environment says nothing else. Everybody knows its passphrases, so a second factor would only be in the
// way of those who look round.
func sampleSettings() []string {
	return []string{"PANAH_DATA=" + filepath.Join("data", "demo"), "PANAH_SECOND_FACTOR=" + string(people.FactorOffered)}
}

// hubs is how many hubs the words after `hub demo` ask for: none, --hubs=2 or --hubs 2.
func (c *console) hubs() (count int, err error) {
	switch asked := strings.Join(c.args, "="); {
	case asked == "" || asked == "--hubs=1":
		return 1, nil
	case asked == "--hubs=2":
		return 2, nil
	case strings.HasPrefix(asked, "--hubs"):
		c.complain("cli.demo.one_or_two")
	default:
		c.complain("cli.unknown_argument", "Name", c.args[0])
	}
	return 0, errUsage
}

// greetDemo fills the hub and says how to sign in as each of its people.
func (c *console) greetDemo(ctx context.Context, n *Node) error {
	c.say("cli.demo.filling")
	link, err := n.FirstStewardLink(ctx)
	if err != nil {
		return err
	}
	if err := demo.Fill(ctx, n.api, tokenOf(link)); err != nil {
		return err
	}
	everybody, err := demo.People()
	if err != nil {
		return err
	}
	c.say("cli.serving", "Name", n.cfg.Name, "Address", n.URL())
	c.say("cli.demo.passphrase", "Passphrase", demo.Passphrase)
	c.list(everybody)
	c.noFactor(n)
	return nil
}

// list prints people of the sample, a line each.
func (c *console) list(everybody []demo.Person) {
	for _, p := range everybody {
		fmt.Fprintf(c.out, "  %-12s %-6s %-12s %s\n", p.User, p.Language, p.Role, p.Name)
	}
}

// noFactor says why nobody is asked for a second factor.
func (c *console) noFactor(n *Node) {
	if n.cfg.SecondFactor == people.FactorOffered {
		c.say("cli.demo.second_factor")
	}
}

// tokenOf gives the token that a link ends in; "" for no link.
func tokenOf(link string) string {
	_, token, _ := strings.Cut(link, linkPath)
	return token
}
