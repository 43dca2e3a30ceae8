package node

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"panah/hub/alert"
	"panah/hub/alert/exchange"
	"panah/hub/broker"
	"panah/hub/clientapi"
	"panah/hub/device"
	"panah/hub/factor"
	"panah/hub/federation"
	"panah/hub/feed"
	"panah/hub/feed/sliding"
	"panah/hub/gateway"
	"panah/hub/media"
	"panah/hub/network"
	"panah/hub/outside"
	"panah/hub/people"
	"panah/hub/place"
	"panah/hub/room"
	"panah/hub/rota"
	"panah/hub/search"
	"panah/hub/store"
)

// sessionTopic is the broker's topic on which nodes tell each other that a device was signed out.
const sessionTopic = "session"

// buildHub makes what the hub is, floor by floor.
func (n *Node) buildHub(ctx context.Context) error {
	if err := n.openKeys(ctx); err != nil {
		return err
	}
	sealer, err := factor.NewSealer(n.cfg.secret())
	if err != nil {
		return err
	}
	n.people = people.New(n.db, n.serverName, people.Options{Now: n.cfg.Now, Log: n.log, SecondFactor: n.cfg.SecondFactor, Sealer: sealer, Cost: n.cfg.HashCost})
	heard, told := &place.Log{}, &alert.Log{}
	n.rooms = room.New(n.db, n.ring, n.brk, n.log, search.Follower{}, media.Uses{Server: n.serverName}, network.Log{}, told, exchange.Log{}, heard, feed.Emptied{})
	if n.way != nil {
		n.rooms.Federate(n.client, n.ring)
	}
	if err := n.buildMedia(); err != nil {
		return err
	}
	n.network = network.New(n.db, n.people, n.rooms, n.cfg.Name)
	if n.way != nil {
		n.network.Surround(around{n.allow, n.client})
	}
	if err := n.network.Found(ctx); err != nil {
		return err
	}
	n.rotas = rota.New(n.db, n.people)
	n.alerts = alert.New(n.db, n.people, n.rooms, n.network, n.rotas, alert.Options{Language: n.cfg.Language, Second: n.cfg.SecondLanguage, Log: n.log, Count: n.metrics.Alert})
	n.alerts.Hear(told)
	n.places = place.New(n.db, n.ring, n.people, n.rooms, n.network, n.rotas, place.Options{
		Language: n.cfg.Language, Second: n.cfg.SecondLanguage, Log: n.log, Count: n.metrics.Place, Ledgers: n.ledgers(), Checked: n.metrics.Ledger,
	})
	n.places.Hear(heard)
	gaps, err := readGaps(ctx, n.db)
	if err != nil {
		return err
	}
	n.devices = device.New(n.db, n.people, n.brk)
	if n.way != nil {
		n.devices.Federate(n.serverName, n.client)
	}
	n.feed = feed.New(n.db, n.rooms, n.brk, feed.Options{Now: n.cfg.Now, Log: n.log, Gaps: gaps, Changed: n.presenceChanged})
	n.sliding = sliding.New(n.db, n.rooms, n.feed, sliding.Options{Now: n.cfg.Now, Taken: n.alerts.Taken})
	n.search = search.New(n.db, n.rooms, n.brk, search.Options{Log: n.log})
	n.people.OnNotice(showNotices(n.feed))
	n.alerts.Show(n.feed)
	n.places.Show(n.feed)
	door, err := outside.Open(n.cfg.Outside)
	if err != nil {
		return err
	}
	n.exchange = exchange.New(n.db, n.people, n.rooms, n.alerts, exchange.Options{Door: door, Server: n.serverName, Language: n.cfg.Language, Log: n.log})
	n.network.Follow(n.exchange) // after the alerts, who settle whom their channels hold
	return n.buildPush(ctx, sealer, door)
}

// buildDoors makes the ways in.
func (n *Node) buildDoors(context.Context) error {
	n.api = clientapi.New(clientapi.Deps{
		DB: n.db, People: n.people, Rooms: n.rooms, Network: n.network, Rotas: n.rotas, Alerts: n.alerts, Places: n.places, Feed: n.feed, Devices: n.devices, Sliding: n.sliding, Search: n.search, Media: n.media, Exchange: n.exchange, Push: n.push,
		Federation: n.remote(), ServerName: n.serverName, Name: n.cfg.Name, Version: Version, PublicURL: n.cfg.PublicURL,
		Language: n.cfg.Language, Retention: n.cfg.Retention, OldClients: n.cfg.OldClients, Second: n.cfg.SecondLanguage, Proxies: n.cfg.Proxies,
		Stopping: n.stopping, Now: n.cfg.Now, Log: n.log, Answered: n.metrics.Request,
	})
	var origins []string
	if n.cfg.PublicURL != "" {
		origins = append(origins, n.cfg.PublicURL)
	}
	n.gateway = gateway.New(n.feed, n.network, n.people, gateway.Options{
		Origins: origins, Say: n.api.Say, Country: n.api.Country, Taken: n.taken, Now: n.cfg.Now, Log: n.log,
	})
	n.buildFederation()
	n.push.Watch(n.gateway)
	n.metrics.Ask(n.standing)
	n.people.OnSessionEnd(n.sessionEnded)
	n.people.OnAccountChange(n.accountChanged)
	return nil
}

// taken notes what devices have taken. It is told again when they come back, so a failure is noted and no more.
func (n *Node) taken(ctx context.Context, upTo map[string]store.Position) {
	if err := n.alerts.Taken(ctx, upTo); err != nil && ctx.Err() == nil {
		n.log.Warn("what devices have taken could not be noted", "err", err)
	}
}

// ended is what the topic "session" carries: a device that was signed out, or a person whose sessions may do other things from now on.
type ended struct {
	UserID   string `json:"user_id"`
	DeviceID string `json:"device_id"`
	Changed  bool   `json:"changed,omitempty"`
}

// showNotices puts what a person must be told into their account data, by which all their devices hear of it at once.
func showNotices(f *feed.Feed) func(tx *store.Tx, userID string, open []people.Notice) error {
	return func(tx *store.Tx, userID string, open []people.Notice) error {
		content, err := noticesContent(open)
		if err != nil {
			return fmt.Errorf("write notices: %w", err)
		}
		return f.SetAccountDataTx(tx, userID, "", feed.TypeNotices, content)
	}
}

func noticesContent(open []people.Notice) (json.RawMessage, error) {
	type shown struct {
		ID     string            `json:"id"`
		Kind   people.NoticeKind `json:"kind"`
		About  string            `json:"about"`
		Detail map[string]string `json:"detail"`
		At     int64             `json:"at"`
	}
	list := make([]shown, 0, len(open))
	for _, one := range open {
		list = append(list, shown{one.ID, one.Kind, one.About, one.Detail, one.At.UnixMilli()})
	}
	return json.Marshal(map[string]any{"notices": list})
}

// sessionEnded closes the device's stream here and tells the other nodes.
func (n *Node) sessionEnded(userID, deviceID string) {
	n.gateway.Revoke(userID, deviceID)
	n.tellNodes(ended{UserID: userID, DeviceID: deviceID})
}

// accountChanged has the person's streams opened anew, here and on the other nodes: what they may do is decided when they open.
func (n *Node) accountChanged(userID string) {
	n.gateway.Renew(userID)
	n.tellNodes(ended{UserID: userID, Changed: true})
}

func (n *Node) tellNodes(e ended) {
	payload, err := json.Marshal(e)
	if err == nil {
		err = n.brk.Publish(context.Background(), sessionTopic, payload)
	}
	if err != nil {
		n.log.Warn("other nodes were not told of a sign-out or a change", "err", err)
	}
}

// follow runs what follows the log and the other nodes, until ctx ends.
func (n *Node) follow(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return n.feed.Run(ctx) })
	group.Go(func() error { return n.followSessions(ctx) })
	group.Go(func() error { return n.search.Run(ctx) })
	group.Go(func() error { return n.sweep(ctx) })
	group.Go(func() error { return n.network.Run(ctx) })
	group.Go(func() error { return n.media.Run(ctx) })
	group.Go(func() error { return n.alerts.Run(ctx) })
	group.Go(func() error { return n.places.Run(ctx) })
	group.Go(func() error { return n.places.RunLedgers(ctx) })
	group.Go(func() error { return n.exchange.Run(ctx) })
	group.Go(func() error { return n.push.Run(ctx) })
	group.Go(func() error { return n.send(ctx) })
	group.Go(func() error { return n.network.RunCalls(ctx) })
	group.Go(func() error { return n.devices.Run(ctx) })
	if err := group.Wait(); err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// followSessions hears of sign-outs on other nodes. A message that was lost costs nothing but the memory of who a token was, so
// that is thrown away.
func (n *Node) followSessions(ctx context.Context) error {
	heard, err := n.brk.Subscribe(ctx, sessionTopic)
	if err != nil {
		return err
	}
	defer heard.Close()
	for {
		select {
		case <-ctx.Done():
			return nil
		case m, open := <-heard.C:
			if !open {
				return nil
			}
			n.people.Forget()
			var e ended
			if m.Lost || json.Unmarshal(m.Payload, &e) != nil || e.UserID == "" {
				continue
			}
			if e.Changed {
				n.gateway.Renew(e.UserID)
			} else {
				n.gateway.Revoke(e.UserID, e.DeviceID)
			}
		}
	}
}

// readyTime is how long the database may take to say that it is there.
const readyTime = 2 * time.Second

// Handler is the node's one HTTP door.
func (n *Node) Handler() http.Handler {
	pages := n.pages()
	return n.api.Door(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path := r.URL.Path
		switch {
		case path == "/healthz":
			r.Pattern = path
			answerHealth(w, http.StatusOK, "")
		case path == "/readyz":
			r.Pattern = path
			status, word := n.ready(r.Context())
			answerHealth(w, status, word)
		case path == "/_panah/v1/stream":
			r.Pattern = path
			n.gateway.ServeHTTP(w, r)
		case n.federate != nil && federation.Serves(path):
			n.federate.ServeHTTP(w, r)
		case strings.HasPrefix(path, "/_matrix/"), strings.HasPrefix(path, "/_panah/"), strings.HasPrefix(path, "/.well-known/matrix/"):
			n.api.ServeHTTP(w, r)
		default:
			r.Pattern = "page"
			pages.ServeHTTP(w, r)
		}
	}))
}

// ready tells whether the node can serve: its database answers and it is not going down. Without Redis it can: it hears of other nodes by
// reading the log, a little later, and says so.
func (n *Node) ready(ctx context.Context) (status int, word string) {
	ctx, cancel := context.WithTimeout(ctx, readyTime)
	defer cancel()
	switch {
	case n.stopping.Err() != nil:
		return http.StatusServiceUnavailable, "the node is going down"
	case n.db.Ping(ctx) != nil:
		return http.StatusServiceUnavailable, "the database does not answer"
	case !broker.Up(n.brk):
		return http.StatusOK, "without Redis: other nodes are heard late"
	}
	return http.StatusOK, ""
}

// answerHealth answers with the status in words, and with a word on it for people and logs.
func answerHealth(w http.ResponseWriter, status int, word string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	said := http.StatusText(status)
	if word != "" {
		said += ": " + word
	}
	w.Write([]byte(said + "\n")) // a prober that hung up has no use for the answer
}
