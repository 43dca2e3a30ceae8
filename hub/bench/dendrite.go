//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"slices"
	"text/tabwriter"

	"panah/hub/dendrite"
)

// besideDendrite is a hub beside Dendrite, both on SQLite, each with people in one room.
type besideDendrite struct {
	Version string          `json:"version"`
	Sends   []contrastSends `json:"sends"`
	Polls   contrastPolls   `json:"polls"`
}

type contrastSends struct {
	Senders  int     `json:"senders"`
	Hub      sends   `json:"hub"`
	Dendrite sends   `json:"dendrite"`
	Ratio    float64 `json:"hub_times_dendrite"` // of sends a second
}

type contrastPolls struct {
	Hub      polling `json:"hub"`
	Dendrite polling `json:"dendrite"`
}

// addDendrite has people send the same posts to both servers and wait for them with /sync, in turn.
func (r *report) addDendrite(ctx context.Context, c *crowd, p plan) error {
	if p.dendrite == "" {
		return nil
	}
	waiting := slices.Min(p.pollers)
	progress("Dendrite with %d people …", waiting)
	d, err := gatherInDendrite(ctx, p.dendrite, max(waiting, slices.Max(p.senders)))
	if err != nil {
		return err
	}
	defer d.stop()
	r.Dendrite = besideDendrite{Version: dendrite.Version}
	for _, senders := range p.senders {
		progress("the hub and Dendrite, %d senders …", senders)
		measured, err := contrast(ctx, c, d, senders, p)
		if err != nil {
			return err
		}
		r.Dendrite.Sends = append(r.Dendrite.Sends, measured)
	}
	progress("%d people wait with /sync for the hub and Dendrite …", waiting)
	if r.Dendrite.Polls.Hub, err = measurePolls(ctx, c, waiting, p.each); err != nil {
		return err
	}
	r.Dendrite.Polls.Dendrite, err = measurePolls(ctx, d, waiting, p.each)
	return err
}

func contrast(ctx context.Context, hub, other *crowd, senders int, p plan) (contrastSends, error) {
	ours, err := measureSends(ctx, hub, senders, p.each)
	if err != nil {
		return contrastSends{}, err
	}
	theirs, err := measureSends(ctx, other, senders, p.each)
	ours.Engine, theirs.Engine = "SQLite", "SQLite"
	return contrastSends{senders, ours, theirs, ours.PerSecond / theirs.PerSecond}, err
}

// gatherInDendrite starts a Dendrite and fills one room with people.
func gatherInDendrite(ctx context.Context, source string, people int) (_ *crowd, err error) {
	server, err := startDendrite(ctx, source)
	if err != nil {
		return nil, err
	}
	c := &crowd{process: server, people: make([]*person, people)}
	if err := c.settle(ctx); err != nil {
		server.stop()
		return nil, err
	}
	c.steward = c.people[0]
	return c, nil
}

func startDendrite(ctx context.Context, source string) (*process, error) {
	program, err := dendrite.Program(ctx, source)
	if err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp("", "panah-bench-")
	if err != nil {
		return nil, err
	}
	server, err := dendrite.New(program, folder, "")
	if err == nil {
		err = server.Start(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(folder))
	}
	return &process{address: server.Address, command: server.Process, folder: folder, name: server.Name, certificate: server.Certificate()}, nil
}

// settle has the first person make a room, and the others join it.
func (c *crowd) settle(ctx context.Context) (err error) {
	for i := range c.people {
		if c.people[i], err = c.register(ctx, i); err != nil {
			return err
		}
		if i > 0 {
			err = c.people[i].call(ctx, "POST", "/_matrix/client/v3/rooms/"+c.channel+"/join", object{}, nil)
		} else {
			err = c.openRoom(ctx)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// register makes the i-th account on a server that lets everybody in.
func (c *crowd) register(ctx context.Context, i int) (*person, error) {
	p := &person{process: c.process, http: &http.Client{Transport: new(http.Transport)}}
	var session struct {
		AccessToken string `json:"access_token"`
	}
	err := p.call(ctx, "POST", "/_matrix/client/v3/register", object{
		"username": fmt.Sprintf("person%d", i), "password": passphrase, "auth": object{"type": "m.login.dummy"},
	}, &session)
	p.token = session.AccessToken
	return p, err
}

func (c *crowd) openRoom(ctx context.Context) error {
	var room struct {
		RoomID string `json:"room_id"`
	}
	err := c.people[0].call(ctx, "POST", "/_matrix/client/v3/createRoom", object{"preset": "public_chat", "name": "Bench"}, &room)
	c.channel = url.PathEscape(room.RoomID)
	return err
}

func (r *report) printDendrite(out io.Writer) {
	fmt.Fprintf(out, "\nThe hub beside Dendrite %s, one room on SQLite, each sender waiting for the answer\n", r.Dendrite.Version)
	table := tabwriter.NewWriter(out, 0, 4, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "senders\thub sends/s\tp99 ms\tDendrite sends/s\tp99 ms\thub / Dendrite\t")
	for _, s := range r.Dendrite.Sends {
		fmt.Fprintf(table, "%d\t%.0f\t%.2f\t%.0f\t%.2f\t%.1f\t\n", s.Senders, s.Hub.PerSecond, s.Hub.P99, s.Dendrite.PerSecond, s.Dendrite.P99, s.Ratio)
	}
	table.Flush()
	for _, s := range []struct {
		name string
		polling
	}{{hubName, r.Dendrite.Polls.Hub}, {dendriteName, r.Dendrite.Polls.Dendrite}} {
		fmt.Fprintf(out, "%s: %d people wait with /sync for %.0f posts a second: p50 %.1f ms, p99 %.1f ms, %.3f ms of CPU per receipt, %.1f %% received within a second of the last\n",
			s.name, s.People, s.Posts, s.P50, s.P99, s.CPU, 100*s.Received)
	}
}
