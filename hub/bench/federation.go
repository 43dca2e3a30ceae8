//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"text/tabwriter"
	"time"

	"golang.org/x/time/rate"

	"panah/hub/loopback"
)

// federation is how fast posts cross from one server to another, and how long somebody takes into a large room of another server.
type federation struct {
	Crossings []crossing `json:"crossings"`
	Entries   []entry    `json:"entries"`
}

// crossing is how fast posts made at one server reach somebody at another, each sender making the next when one has arrived.
type crossing struct {
	From      string  `json:"from"`
	To        string  `json:"to"`
	Senders   int     `json:"senders"`
	PerSecond float64 `json:"per_second"`
	CPU       float64 `json:"cpu_ms_per_post"` // of both servers
	P50       float64 `json:"p50_ms"`
	P99       float64 `json:"p99_ms"`
}

const dendriteName = "Dendrite"

// addFederation measures hubs with each other, and with Dendrite.
func (r *report) addFederation(ctx context.Context, p plan) (err error) {
	progress("two hubs, %d people …", p.members)
	u, err := unite(ctx, p)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, u.stop()) }()
	for _, way := range u.ways() {
		if err := r.addCrossings(ctx, way, p); err != nil {
			return fmt.Errorf("%s to %s: %w", way.from.called, way.to.called, err)
		}
	}
	return r.addEntries(ctx, u, p)
}

// union are servers that federate with each other over TLS on this machine.
type union struct {
	folder    string
	authority *loopback.Authority
	fronts    []*loopback.Front
	names     []string
	crowded   *site // a hub with many people in its channel
	quiet     *site // a hub with one
	other     *site // Dendrite; nil where it is left out
}

// site is a server of a union with its people.
type site struct {
	*crowd
	called string
	name   string // its server name
}

// way is the direction in which posts cross.
type way struct{ from, to *site }

func (u *union) ways() []way {
	ways := []way{{u.crowded, u.quiet}}
	if u.other != nil {
		ways = append(ways, way{u.crowded, u.other}, way{u.other, u.crowded})
	}
	return ways
}

// unite starts the servers. What they need of each other's names and certificates is known before the first of the hubs starts.
func unite(ctx context.Context, p plan) (_ *union, err error) {
	u := &union{}
	defer func() {
		if err != nil {
			err = errors.Join(err, u.stop())
		}
	}()
	if u.folder, err = os.MkdirTemp("", "panah-bench-"); err != nil {
		return nil, err
	}
	if u.authority, err = loopback.NewAuthority(filepath.Join(u.folder, "authorities.pem")); err != nil {
		return nil, err
	}
	if p.dendrite != "" {
		if err := u.addDendrite(ctx, p); err != nil {
			return nil, err
		}
	}
	for range 2 {
		front, err := u.authority.Open(ctx, 0)
		if err != nil {
			return nil, err
		}
		u.fronts, u.names = append(u.fronts, front), append(u.names, front.Name)
	}
	if u.crowded, err = u.startHub(ctx, p, u.fronts[0], p.members); err != nil {
		return nil, err
	}
	u.quiet, err = u.startHub(ctx, p, u.fronts[1], 1)
	return u, err
}

// addDendrite starts one, which the hubs then believe by its own certificate.
func (u *union) addDendrite(ctx context.Context, p plan) error {
	c, err := gatherInDendrite(ctx, p.dendrite, slices.Max(p.senders))
	if err != nil {
		return err
	}
	u.other = &site{c, dendriteName, c.name}
	u.names = append(u.names, c.name)
	own, err := os.ReadFile(c.certificate)
	if err != nil {
		return err
	}
	all, err := os.ReadFile(u.authority.File)
	if err != nil {
		return err
	}
	return os.WriteFile(u.authority.File, slices.Concat(all, own), 0o600)
}

// startHub starts a hub behind a way in, which ends TLS for it as a proxy does.
func (u *union) startHub(ctx context.Context, p plan, front *loopback.Front, people int) (*site, error) {
	names := strings.Join(u.names, ",")
	ready := make(chan struct{})
	var proxy http.Handler
	// A hub that starts speaks to the others at once, and those ask it for its keys: an answer that it is not there yet would be believed for a while.
	front.Lead(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-ready:
			proxy.ServeHTTP(w, r)
		case <-r.Context().Done():
		}
	}))
	c, err := gather(ctx, p.binary, place{environ: []string{"PANAH_SERVER_NAME=" + front.Name, "PANAH_FEDERATE_WITH=" + names,
		"PANAH_FEDERATION_PRIVATE=" + names, "PANAH_FEDERATION_CA=" + u.authority.File}}, people)
	if err != nil {
		return nil, err
	}
	proxy = &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(&url.URL{Scheme: "http", Host: c.address})
			r.Out.Host = r.In.Host
		},
		Transport: &http.Transport{MaxIdleConnsPerHost: 64},
	}
	close(ready)
	return &site{c, hubName, front.Name}, nil
}

// stop ends all that was started.
func (u *union) stop() (err error) {
	for _, front := range u.fronts {
		err = errors.Join(err, front.Close())
	}
	for _, s := range []*site{u.crowded, u.quiet, u.other} {
		if s != nil {
			s.stop()
		}
	}
	return errors.Join(err, os.RemoveAll(u.folder))
}

// addCrossings has people of one server talk in a room that somebody of the other is in.
func (r *report) addCrossings(ctx context.Context, w way, p plan) error {
	room, err := w.from.openTo(ctx, w.to, slices.Max(p.senders))
	if err != nil {
		return err
	}
	var current atomic.Pointer[volley]
	var heard atomic.Int64
	stop, err := w.to.listenIn(ctx, room.channel, func(number int64, at time.Time) {
		heard.Add(1)
		if v := current.Load(); v != nil {
			v.arrived(number, at)
		}
	})
	if err != nil {
		return err
	}
	both := room.stage()
	both.servers = servers{w.from.process, w.to.process}
	for _, senders := range p.senders {
		progress("%s to %s, %d senders …", w.from.called, w.to.called, senders)
		m, err := measureFanOut(ctx, both, &current, 1, senders, rate.Inf, p.each)
		if err == nil {
			err = awaitAll(ctx, &heard, &room.posts)
		}
		if err != nil {
			return errors.Join(err, stop())
		}
		r.Federation.Crossings = append(r.Federation.Crossings, crossing{
			From: w.from.called, To: w.to.called, Senders: senders, PerSecond: m.PerSecond, CPU: 1000 / m.PerCPU, P50: m.P50, P99: m.P99,
		})
	}
	return stop()
}

// awaitAll waits until every post has been heard once: figures of a server that loses some are worth nothing.
func awaitAll(ctx context.Context, heard, posts *atomic.Int64) error {
	for end := time.Now().Add(alertPatience); heard.Load() != posts.Load(); time.Sleep(10 * time.Millisecond) {
		if err := ctx.Err(); err != nil {
			return err
		}
		if time.Now().After(end) {
			return fmt.Errorf("of %d posts %d arrived", posts.Load(), heard.Load())
		}
	}
	return nil
}

// openTo makes a room with some of a server's people in it, and the first person of another.
func (s *site) openTo(ctx context.Context, to *site, people int) (*crowd, error) {
	room := &crowd{process: s.process, steward: s.steward, people: s.people[:min(people, len(s.people))]}
	if err := room.openRoom(ctx); err != nil {
		return nil, err
	}
	for _, one := range room.people[1:] {
		if err := one.call(ctx, "POST", "/_matrix/client/v3/rooms/"+room.channel+"/join", object{}, nil); err != nil {
			return nil, err
		}
	}
	return room, to.people[0].joinBy(ctx, room.channel, s.name)
}

// joinBy joins a room by a server that is in it.
func (p *person) joinBy(ctx context.Context, channel, server string) error {
	by := url.QueryEscape(server)
	return p.call(ctx, "POST", "/_matrix/client/v3/join/"+channel+"?server_name="+by+"&via="+by, object{}, nil)
}

// listenIn has the first person of a server hear what is posted in a room from now on: at a hub by its stream, elsewhere by waiting with /sync.
func (s *site) listenIn(ctx context.Context, channel string, heard func(number int64, at time.Time)) (stop func() error, err error) {
	here := &crowd{process: s.process, steward: s.people[0], people: s.people[:1], channel: channel}
	if s.called == hubName {
		d, err := here.door(ctx)
		if err != nil {
			return nil, err
		}
		f, err := board(d, 1, ears{post: heard})
		if err != nil {
			return nil, err
		}
		return f.stop, nil
	}
	since, err := here.now(ctx)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() {
		ended <- here.people[0].follow(ctx, since, func(answer []byte, at time.Time) { eachPost(answer, func(number int64) { heard(number, at) }) })
	}()
	return func() error { cancel(); return <-ended }, nil
}

func (r *report) printFederation(out io.Writer) {
	fmt.Fprintf(out, "\nPosts from people of one server to somebody of another, each sender waiting until theirs has arrived there\n")
	table := tabwriter.NewWriter(out, 0, 4, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "from\tto\tsenders\tposts/s\tCPU ms per post\tp50 ms\tp99 ms\t")
	for _, c := range r.Federation.Crossings {
		fmt.Fprintf(table, "%s\t%s\t%d\t%.0f\t%.2f\t%.1f\t%.1f\t\n", c.From, c.To, c.Senders, c.PerSecond, c.CPU, c.P50, c.P99)
	}
	table.Flush()
	for _, e := range r.Federation.Entries {
		fmt.Fprintf(out, "%s joins a room of %s with %d members and %d events: in it after %.0f ms, reads its last %d posts after %.0f ms; posts in another room took %.0f ms at most meanwhile\n",
			e.Of, e.Into, e.Members, e.Events, e.Joined, earlierPosts, e.Shown, e.Waited)
	}
}
