//go:build linux

// Command bench measures a hub as people meet it: the real program in a process of its own, accounts made through its
// API, posts sent over HTTP, subscribers on websockets. It prints a table, and JSON when asked to.
//
// The subscribers are one cheap epoll loop, so that most of the machine is left to the hub; what counts is what the hub
// needed, which is read from /proc. It is a program and not a test: figures of a busy machine are no failure.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// plan is what to measure.
type plan struct {
	binary      string
	postgres    string
	redis       string
	people      int
	subscribers []int
	windows     []int
	senders     []int
	rates       []int // posts a second
	pollers     []int
	events      int           // of the log on which a hub starts
	reference   string        // where the program of what is measured beside the hub has its source; empty leaves it out
	dendrite    string        // the same of Dendrite
	stalled     int           // websockets that nobody reads
	members     int           // of the large room that somebody of another server joins
	history     int           // its events
	soak        time.Duration // 0 leaves it out
	each        time.Duration // of one measurement
	json        string
	only        []string // parts to measure; empty is all of them
}

// parts of the measurement; on PostgreSQL those that the database makes a difference to.
var parts = []string{"sends", "memory", "fanout", "storm", "nodes", "alerts", "places", "polls", "dendrite", "federation", "stalled", "account", "cold", "soak"}

func (p plan) has(part string) bool { return len(p.only) == 0 || slices.Contains(p.only, part) }

func (p plan) hasAny(parts ...string) bool { return slices.ContainsFunc(parts, p.has) }

// usual is the fleet with which everything but the fan-out is measured: the largest of at most 5,000, else the smallest.
func (p plan) usual() int {
	n := slices.Min(p.subscribers)
	for _, some := range p.subscribers {
		if some <= 5000 {
			n = max(n, some)
		}
	}
	return n
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, readPlan()); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func readPlan() plan {
	p := plan{windows: []int{1, 4, 32}}
	flag.StringVar(&p.binary, "hub", "bin/hub", "the hub's program")
	flag.StringVar(&p.postgres, "postgres", os.Getenv("PANAH_TEST_POSTGRES"), "a PostgreSQL server on which databases may be made; empty leaves it out")
	flag.StringVar(&p.redis, "redis", os.Getenv("PANAH_TEST_REDIS"), "a Redis server; empty leaves two nodes out")
	flag.IntVar(&p.people, "people", 500, "how many people share the subscriptions")
	flag.DurationVar(&p.each, "each", 5*time.Second, "how long one measurement takes")
	flag.StringVar(&p.json, "json", "", "a file for the figures as JSON")
	only := flag.String("only", "", "which parts to measure, separated by commas: "+strings.Join(parts, ", ")+"; empty is all of them")
	subscribers := flag.String("subscribers", "100,1000,5000,20000", "how many websockets, separated by commas")
	rates := flag.String("rates", "50", "how many posts a second, separated by commas, beside as fast as it goes")
	flag.StringVar(&p.reference, "reference", "hub/bench/reference", "the source of what is measured beside the hub; empty leaves it out")
	flag.StringVar(&p.dendrite, "dendrite", "hub/dendrite/program", "the module that names the Dendrite that is measured beside the hub; empty leaves it out")
	flag.IntVar(&p.stalled, "stalled", 10_000, "how many websockets stop reading; 0 leaves that out")
	flag.DurationVar(&p.soak, "soak", 0, "how long the hub is used moderately while its memory is looked at; 0 leaves that out")
	flag.IntVar(&p.events, "events", 1_000_000, "how long a log a cold start has")
	flag.IntVar(&p.members, "members", 1000, "how many people are in the room that somebody of another server joins")
	flag.IntVar(&p.history, "history", 10_000, "how many events it has")
	pollers := flag.String("pollers", "100,1000", "how many people wait with /sync, separated by commas")
	senders := flag.String("senders", "1,8,64", "how many people send side by side, separated by commas")
	flag.Parse()
	if *only != "" {
		p.only = strings.Split(*only, ",")
	}
	for _, part := range p.only {
		if !slices.Contains(parts, part) {
			misused("-only: there is no part %q", part)
		}
	}
	p.subscribers, p.senders, p.rates = numbers("subscribers", *subscribers), numbers("senders", *senders), numbers("rates", *rates)
	p.pollers = numbers("pollers", *pollers)
	return p
}

// numbers reads a list of numbers from 1.
func numbers(name, list string) (all []int) {
	for _, text := range strings.Split(list, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(text))
		if err != nil || n < 1 {
			misused("-%s: %q is not a number from 1", name, text)
		}
		all = append(all, n)
	}
	return all
}

func misused(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "bench: "+format+"\n", args...)
	os.Exit(2)
}

func run(ctx context.Context, p plan) error {
	files, err := raiseFileLimit()
	if err != nil {
		return err
	}
	p.fit(files)
	r := newReport()
	err = measure(ctx, p, r)
	r.print(os.Stdout) // also what was measured before something failed
	return errors.Join(err, r.save(p.json))
}

func measure(ctx context.Context, p plan, r *report) error {
	if p.has("sends") {
		if err := r.addAlone(ctx, p); err != nil {
			return err
		}
	}
	if p.hasAny("sends", "memory", "fanout", "storm", "alerts", "places", "polls", "dendrite", "stalled", "account", "soak") {
		if err := onSQLite(ctx, p, r); err != nil {
			return err
		}
	}
	if p.has("federation") {
		if err := r.addFederation(ctx, p); err != nil {
			return err
		}
	}
	if p.has("cold") {
		if err := r.addCold(ctx, p); err != nil {
			return err
		}
	}
	if p.postgres == "" {
		return nil
	}
	if p.hasAny("sends", "places") {
		if err := onPostgres(ctx, p, r); err != nil {
			return err
		}
	}
	if p.redis == "" || !p.has("nodes") {
		return nil
	}
	return onTwoNodes(ctx, p, r)
}

// onSQLite measures everything on the embedded defaults.
func onSQLite(ctx context.Context, p plan, r *report) (err error) {
	unwatch, err := p.watchHub()
	if err != nil {
		return err
	}
	defer unwatch()
	c, err := gather(ctx, p.binary, place{}, p.people)
	if err != nil {
		return err
	}
	defer c.stop()
	all, err := contestFor(ctx, c, p)
	if err != nil {
		return err
	}
	defer all.stop()
	return p.run(
		section{"sends", func() error { return r.addSends(ctx, c, "SQLite", p) }},
		section{"memory", func() error { return r.addMemory(ctx, all, p) }},
		section{"fanout", func() error { return r.addFanOut(ctx, c, all, p) }},
		section{"storm", func() error { return r.addStorms(ctx, c, all, p) }},
		section{"alerts", func() error { return r.addAlarms(ctx, c, p) }},
		section{"places", func() error { return r.addDecisions(ctx, c, "SQLite", p) }},
		section{"polls", func() error { return r.addPolls(ctx, c, p) }},
		section{"dendrite", func() error { return r.addDendrite(ctx, c, p) }},
		section{"stalled", func() error { return r.addStalledCrowd(ctx, c, p) }},
		section{"soak", func() error { return r.addSoak(ctx, c, p) }},
		section{"account", func() error { return r.addAccount(ctx, c) }},
	)
}

// section is the measuring of one part.
type section struct {
	part    string
	measure func() error
}

func (p plan) run(sections ...section) error {
	for _, s := range sections {
		if !p.has(s.part) {
			continue
		}
		if err := s.measure(); err != nil {
			return err
		}
	}
	return nil
}

// onPostgres measures what the database makes a difference to.
func onPostgres(ctx context.Context, p plan, r *report) error {
	address, drop, err := makeDatabase(ctx, p.postgres)
	if err != nil {
		return err
	}
	defer drop()
	c, err := gather(ctx, p.binary, place{database: address}, 64)
	if err != nil {
		return err
	}
	defer c.stop()
	return p.run(
		section{"sends", func() error { return r.addSends(ctx, c, "PostgreSQL", p) }},
		section{"places", func() error { return r.addDecisions(ctx, c, "PostgreSQL", p) }},
	)
}
