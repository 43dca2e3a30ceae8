//go:build linux

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"regexp"
	"runtime"
	"slices"
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

type memory struct {
	Connections   int     `json:"connections"`
	PerConnection float64 `json:"kib_per_idle_connection"`
	Resident      float64 `json:"hub_mib"`
}

type report struct {
	Machine   machine  `json:"machine"`
	People    int      `json:"people"`
	Bytes     int64    `json:"bytes_per_delivery"`
	FanOut    []fanOut `json:"fan_out"`
	Memory    memory   `json:"memory"`
	Sends     []sends  `json:"sends"`
	Decisions []sends  `json:"decisions"`
	Alarms    []alarms `json:"alerts"`
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

// addMemory connects the largest fleet to a hub that had none, and looks at what it grew by.
func (r *report) addMemory(ctx context.Context, c *crowd, p plan) error {
	n := slices.Max(p.subscribers)
	progress("memory of %d idle connections …", n)
	before, err := settledMemory(c)
	if err != nil {
		return err
	}
	since, err := c.now(ctx)
	if err != nil {
		return err
	}
	f, err := board(c, since, n, ears{})
	if err != nil {
		return err
	}
	after, err := settledMemory(c)
	if err != nil {
		return err
	}
	r.Memory = memory{Connections: n, PerConnection: float64(after-before) / float64(n) / (1 << 10), Resident: float64(after) / (1 << 20)}
	return f.stop()
}

func (r *report) addFanOut(ctx context.Context, c *crowd, p plan) error {
	r.People = len(c.people)
	alone, err := sendingAlone(ctx, c, p)
	if err != nil {
		return err
	}
	for _, n := range p.subscribers {
		if err := r.addFleet(ctx, c, p, n, alone); err != nil {
			return err
		}
	}
	return nil
}

// sendingAlone is how many posts a second of the hub's processor makes durable at each window, with nobody listening.
func sendingAlone(ctx context.Context, c *crowd, p plan) (map[int]float64, error) {
	alone := map[int]float64{}
	for _, window := range p.windows {
		measured, err := measureSends(ctx, c, window, p.each)
		if err != nil {
			return nil, err
		}
		alone[window] = measured.PerCPU
	}
	return alone, nil
}

func (r *report) addFleet(ctx context.Context, c *crowd, p plan, n int, alone map[int]float64) error {
	since, err := c.now(ctx)
	if err != nil {
		return err
	}
	var current atomic.Pointer[volley]
	f, err := board(c, since, n, ears{post: func(number int64, at time.Time) {
		if r := current.Load(); r != nil {
			r.arrived(number, at)
		}
	}})
	if err != nil {
		return err
	}
	for _, window := range p.windows {
		progress("%d subscribers, %d in flight …", n, window)
		measured, err := measureFanOut(ctx, c, &current, n, window, p.each)
		if err != nil {
			return err
		}
		measured.FanOutPerCPU = withoutSending(measured, alone[window])
		r.FanOut = append(r.FanOut, measured)
	}
	err = f.stop()
	r.Bytes = f.bytes / max(f.posts, 1)
	return err
}

// addAlarms has the largest fleet hear alerts, without chat and with it.
func (r *report) addAlarms(ctx context.Context, c *crowd, p plan) error {
	since, err := c.now(ctx)
	if err != nil {
		return err
	}
	t := &tower{crowd: c, sessions: slices.Max(p.subscribers)}
	var chat atomic.Pointer[volley]
	f, err := board(c, since, t.sessions, ears{alert: t.heard, post: func(number int64, at time.Time) {
		if r := chat.Load(); r != nil {
			r.arrived(number, at)
		}
	}})
	if err != nil {
		return err
	}
	for _, l := range loads {
		progress("alerts to %d sessions, %s …", t.sessions, l.name)
		measured, err := t.measureAlarms(ctx, l, p.each, &chat)
		if err != nil {
			return err
		}
		r.Alarms = append(r.Alarms, measured)
	}
	return f.stop()
}

// withoutSending takes from the processor time of a fan-out what the same posts cost with nobody listening.
func withoutSending(f fanOut, postsPerCPU float64) float64 {
	cpu := f.PerSecond/f.PerCPU - f.PostsPerSecond/postsPerCPU
	if cpu <= 0 {
		return 0
	}
	return f.PerSecond / cpu
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
	if r.Memory.Connections > 0 {
		fmt.Fprintf(out, "\n%d idle connections: %.1f KiB each (the hub then holds %.0f MiB)\n", r.Memory.Connections, r.Memory.PerConnection, r.Memory.Resident)
	}
	if r.Sends != nil {
		r.printSends(out)
	}
	if r.Decisions != nil {
		r.printDecisions(out)
	}
}

func (r *report) printFanOut(out io.Writer) {
	fmt.Fprintf(out, "\nOne channel, %d people, %d bytes a delivery, as fast as the slowest subscriber allows\n", r.People, r.Bytes)
	table := tabwriter.NewWriter(out, 0, 4, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "subscribers\tin flight\tdeliveries/s\tper CPU-second\tthe same, sending not counted\tp50 ms\tp99 ms\t")
	for _, f := range r.FanOut {
		fmt.Fprintf(table, "%d\t%d\t%.0f\t%.0f\t%.0f\t%.2f\t%.2f\t\n", f.Subscribers, f.Window, f.PerSecond, f.PerCPU, f.FanOutPerCPU, f.P50, f.P99)
	}
	table.Flush()
}

func (r *report) printSends(out io.Writer) {
	fmt.Fprintf(out, "\nDurable sends over HTTP, each sender waiting for its answer\n")
	table := tabwriter.NewWriter(out, 0, 4, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "database\tsenders\tsends/s\tper CPU-second\tp50 ms\tp99 ms\t")
	for _, s := range r.Sends {
		fmt.Fprintf(table, "%s\t%d\t%.0f\t%.0f\t%.2f\t%.2f\t\n", s.Engine, s.Senders, s.PerSecond, s.PerCPU, s.P50, s.P99)
	}
	table.Flush()
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
