package node

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sync/errgroup"

	"panah/hub/demo"
	"panah/hub/loopback"
)

// federationPort is where the first hub of a sample is reached by the second, if that port is free (Matrix S-S API, "Resolving server names").
const federationPort = 8448

// oneHubAlone are settings that two hubs of one machine cannot share.
var oneHubAlone = []string{
	"DATABASE_URL", "REDIS_URL", "PANAH_SERVER_NAME", "PANAH_PUBLIC_URL", "PANAH_NAME", "PANAH_MEDIA_STORE", "PANAH_METRICS_ADDRESS",
	"PANAH_FEDERATE_WITH", "PANAH_FEDERATION_CA", "PANAH_FEDERATION_PRIVATE",
}

// sampleHub is one of a sample's hubs.
type sampleHub struct {
	country demo.Country
	front   *loopback.Front
	cfg     Config
	node    *Node
}

// demonstrateHubs runs one hub for each country of the sample. They federate on this machine, over TLS by an authority that ends with them.
func (c *console) demonstrateHubs(ctx context.Context) (err error) {
	hubs, err := c.layOut(ctx)
	defer func() {
		for _, h := range hubs {
			err = errors.Join(err, h.close())
		}
	}()
	if err != nil {
		return err
	}
	for _, h := range hubs {
		if h.node, err = Open(ctx, h.cfg, c.logger(h.cfg.LogLevel).With("hub", h.cfg.ServerName)); err != nil {
			return err
		}
		h.front.Lead(h.node.Handler())
	}
	group, running := errgroup.WithContext(ctx)
	for _, h := range hubs {
		group.Go(func() error { return h.node.Run(running) })
	}
	group.Go(func() error { return c.greetHubs(running, hubs) })
	return group.Wait()
}

// layOut gives each hub a folder, a name and ways in. What it gives along with an error has to be closed, too.
func (c *console) layOut(ctx context.Context) (hubs []*sampleHub, err error) {
	cfg, err := c.sharedConfig()
	if err != nil {
		return nil, err
	}
	countries, err := demo.Countries()
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(cfg.Data, 0o700); err != nil {
		return nil, err
	}
	authority, err := loopback.NewAuthority(filepath.Join(cfg.Data, "authority.pem"))
	if err != nil {
		return nil, err
	}
	names := []string{}
	for i, country := range countries {
		h := &sampleHub{country: country, cfg: cfg}
		if h.front, err = h.openFront(ctx, authority, i); err != nil {
			return hubs, err
		}
		hubs, names = append(hubs, h), append(names, h.cfg.ServerName)
	}
	for _, h := range hubs {
		h.cfg.FederateWith, h.cfg.FederationNear, h.cfg.FederationCA = names, names, authority.File
	}
	return hubs, nil
}

// sharedConfig is what holds for all hubs of a sample.
func (c *console) sharedConfig() (Config, error) {
	for _, line := range c.environ {
		name, value, _ := strings.Cut(line, "=")
		if value != "" && slices.Contains(oneHubAlone, name) {
			return Config{}, configFault("error.config_one_hub", name)
		}
	}
	return c.config(sampleSettings()...)
}

// openFront opens the number-th hub's way in for the others, in a folder of its own. The port is part of the hub's name, so it stays.
func (h *sampleHub) openFront(ctx context.Context, a *loopback.Authority, number int) (*loopback.Front, error) {
	h.cfg.Name = h.country.Name
	h.cfg.Data = filepath.Join(h.cfg.Data, strings.ToLower(h.country.Code))
	h.cfg.DatabaseURL, h.cfg.MediaStore = "sqlite:"+filepath.Join(h.cfg.Data, "hub.db"), filepath.Join(h.cfg.Data, "media")
	if h.cfg.Port != 0 {
		h.cfg.Port += number
	}
	if err := os.MkdirAll(h.cfg.Data, 0o700); err != nil {
		return nil, err
	}
	kept := filepath.Join(h.cfg.Data, "federation-port")
	front, err := h.openPort(ctx, a, kept, federationPort+number)
	if err != nil {
		return nil, err
	}
	_, port, _ := strings.Cut(front.Name, ":")
	h.cfg.ServerName = "localhost:" + port
	return front, os.WriteFile(kept, []byte(port), 0o600)
}

// openPort opens the port that the hub had before, or else the one wished for, or else any.
func (h *sampleHub) openPort(ctx context.Context, a *loopback.Authority, kept string, wish int) (*loopback.Front, error) {
	raw, err := os.ReadFile(kept)
	if err == nil {
		before, err := strconv.Atoi(strings.TrimSpace(string(raw)))
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", kept, err)
		}
		return a.Open(ctx, before)
	}
	if !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	front, err := a.Open(ctx, wish)
	if err != nil {
		return a.Open(ctx, 0)
	}
	return front, nil
}

// address is where people open the hub. Browsers keep cookies by host and not by port, so the second hub is given another name of the same machine.
func (h *sampleHub) address(number int) string {
	if number == 0 {
		return h.node.LocalURL()
	}
	return strings.Replace(h.node.LocalURL(), "//localhost:", "//127.0.0.1:", 1)
}

// greetHubs fills the hubs and says how to sign in at each as each of its people.
func (c *console) greetHubs(ctx context.Context, hubs []*sampleHub) error {
	c.say("cli.demo.filling")
	fill := []demo.Hub{}
	for _, h := range hubs {
		link, err := h.node.FirstStewardLink(ctx)
		if err != nil {
			return err
		}
		fill = append(fill, demo.Hub{Handler: h.node.api, FirstToken: tokenOf(link)})
	}
	if err := demo.FillHubs(ctx, fill); err != nil {
		return err
	}
	for number, h := range hubs {
		c.say("cli.serving", "Name", h.cfg.Name, "Address", h.address(number))
		people, err := demo.PeopleOf(h.country)
		if err != nil {
			return err
		}
		c.list(people)
	}
	c.say("cli.demo.passphrase", "Passphrase", demo.Passphrase)
	c.say("cli.demo.shared")
	c.noFactor(hubs[0].node)
	return nil
}

// close ends what was opened of the hub.
func (h *sampleHub) close() (err error) {
	h.front.Lead(nil)
	if h.node != nil {
		err = h.node.Close()
	}
	return errors.Join(err, h.front.Close())
}
