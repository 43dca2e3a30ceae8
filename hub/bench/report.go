//go:build linux

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"runtime"
	"strings"
	"sync/atomic"
	"text/tabwriter"
	"time"
)

// machine is what the figures were measured on.
type machine struct {
	Processor string  `json:"processor"`
	Cores     int     `json:"cores"`
	Memory    float64 `json:"memory_gib"`
	Kernel    string  `json:"kernel"`
	Go        string  `json:"go"`
}

type report struct {
	Machine    machine        `json:"machine"`
	People     int            `json:"people"`
	Bytes      int64          `json:"bytes_per_delivery"`
	FanOut     []fanOut       `json:"fan_out"`
	Memory     []memory       `json:"memory"`
	Storms     []storm        `json:"storms"`
	Sends      []sends        `json:"sends"`
	Alone      alone          `json:"alone"`
	Decisions  []sends        `json:"decisions"`
	Alarms     []alarms       `json:"alerts"`
	Polls      []polling      `json:"polls"`
	Dendrite   besideDendrite `json:"dendrite"`
	Federation federation     `json:"federation"`
	Account    account        `json:"account"`
	Cold       cold           `json:"cold_start"`
	Stalled    stalled        `json:"stalled"`
	Soak       []moment       `json:"soak,omitempty"`
}

func newReport() *report {
	return &report{Machine: machine{
		Processor: find("/proc/cpuinfo", `model name\s*: (.*)`), Cores: runtime.NumCPU(),
		Memory: memoryOfMachine(), Kernel: strings.TrimSpace(find("/proc/sys/kernel/osrelease", `(.*)`)), Go: runtime.Version(),
	}}
}

// find gives what a file of the kernel says, "" when it does not.
func find(file, expression string) string {
	raw, err := os.ReadFile(file)
	if err != nil {
		return ""
	}
	if found := regexp.MustCompile(expression).FindSubmatch(raw); found != nil {
		return string(found[1])
	}
	return ""
}

func memoryOfMachine() float64 {
	var kilobytes float64
	if _, err := fmt.Sscan(find("/proc/meminfo", `MemTotal:\s+(\d+)`), &kilobytes); err != nil {
		return 0
	}
	return kilobytes / (1 << 20)
}

func progress(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }

func (r *report) addSends(ctx context.Context, c *crowd, engine string, p plan) error {
	for _, senders := range p.senders {
		progress("%s, %d senders …", engine, senders)
		measured, err := measureSends(ctx, c, senders, p.each)
		if err != nil {
			return err
		}
		measured.Engine = engine
		r.Sends = append(r.Sends, measured)
	}
	return nil
}

// addAlarms has the largest fleet hear alerts, without chat and with it.
func (r *report) addAlarms(ctx context.Context, c *crowd, p plan) error {
	d, err := c.door(ctx)
	if err != nil {
		return err
	}
	t := &tower{crowd: c, sessions: p.usual()}
	var chat atomic.Pointer[volley]
	f, err := board(d, t.sessions, ears{alert: t.heard, post: func(number int64, at time.Time) {
		if r := chat.Load(); r != nil {
			r.arrived(number, at)
		}
	}})
	if err != nil {
		return err
	}
	t.lost = f.over
	for _, l := range loads {
		progress("alerts to %d sessions, %s …", t.sessions, l.name)
		measured, err := t.measureAlarms(ctx, l, p.each, &chat)
		if err != nil {
			return errors.Join(err, f.stop())
		}
		r.Alarms = append(r.Alarms, measured)
	}
	return f.stop()
}

func (r *report) print(out io.Writer) {
	m := r.Machine
	fmt.Fprintf(out, "\n%s, %d cores, %.0f GiB, Linux %s, %s; hub, clients and database share it\n", m.Processor, m.Cores, m.Memory, m.Kernel, m.Go)
	if r.FanOut != nil {
		r.printFanOut(out)
	}
	if r.Alarms != nil {
		r.printAlarms(out)
	}
	for _, m := range r.Memory {
		fmt.Fprintf(out, "\n%d idle connections to %s: %.1f KiB each (it then holds %.0f MiB)\n", m.Connections, m.Server, m.PerConnection, m.Resident)
	}
	if r.Storms != nil {
		r.printStorms(out)
	}
	if r.Polls != nil {
		r.printPolls(out)
	}
	if r.Dendrite.Sends != nil {
		r.printDendrite(out)
	}
	if r.Federation.Crossings != nil {
		r.printFederation(out)
	}
	if a := r.Account; a.Rooms > 0 {
		fmt.Fprintf(out, "\n/sync of an account in %d channels: %.0f ms the first time, %.0f ms the next (%.1f MiB, %.0f ms of CPU); %.1f ms when nothing is new\n",
			a.Rooms, a.First, a.Again, float64(a.Bytes)/(1<<20), a.CPU, a.Next)
	}
	if r.Cold.Events > 0 {
		fmt.Fprintf(out, "\nCold start on %d events: ready after %.0f ms\n", r.Cold.Events, r.Cold.Ready)
	}
	if r.Stalled.Stalled > 0 {
		r.printStalled(out)
	}
	if r.Soak != nil {
		r.printSoak(out)
	}
	if r.Sends != nil {
		r.printSends(out)
	}
	if r.Decisions != nil {
		r.printDecisions(out)
	}
}

func (r *report) printSends(out io.Writer) {
	fmt.Fprintf(out, "\nDurable sends over HTTP, each sender waiting for its answer\n")
	table := tabwriter.NewWriter(out, 0, 4, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "database\tsenders\tsends/s\tper CPU-second\tp50 ms\tp99 ms\t")
	for _, s := range r.Sends {
		fmt.Fprintf(table, "%s\t%d\t%.0f\t%.0f\t%.2f\t%.2f\t\n", s.Engine, s.Senders, s.PerSecond, s.PerCPU, s.P50, s.P99)
	}
	table.Flush()
	if a := r.Alone; a.Built > 0 {
		fmt.Fprintf(out, "building, signing and authorising alone: %.0f a second on all cores, %.2f ms each; a bare durable commit: SQLite %.2f ms", a.Built, a.Build, a.CommitLite)
		if a.CommitLarge > 0 {
			fmt.Fprintf(out, ", PostgreSQL %.2f ms", a.CommitLarge)
		}
		fmt.Fprintln(out)
	}
}

func (r *report) printAlarms(out io.Writer) {
	fmt.Fprintf(out, "\nAlerts, one at a time, from sending to receipt by each session of the audience; the first one to an audience apart\n")
	table := tabwriter.NewWriter(out, 0, 4, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "load\tposts/s\tsessions\talerts\tp50 ms\tp99 ms\tmax ms\tfirst p50 ms\tfirst p99 ms\tfirst max ms\tCPU ms\t")
	for _, a := range r.Alarms {
		fmt.Fprintf(table, "%s\t%.0f\t%d\t%d\t%.1f\t%.1f\t%.1f\t%.0f\t%.0f\t%.0f\t%.0f\t\n",
			a.Load, a.Posts, a.Sessions, a.Alerts, a.P50, a.P99, a.Max, a.FirstP50, a.FirstP99, a.FirstMax, a.CPU)
	}
	table.Flush()
}

// save writes the figures as JSON; without a file's name they follow the table.
func (r *report) save(file string) error {
	raw, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	if file == "" {
		fmt.Printf("\n%s\n", raw)
		return nil
	}
	return os.WriteFile(file, append(raw, '\n'), 0o644)
}
