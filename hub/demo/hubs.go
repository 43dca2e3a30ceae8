package demo

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"time"
)

const (
	// patience is how long what one hub of the sample did may take to arrive at another.
	patience = time.Minute
	// look is how often it is asked whether it has arrived, where nothing tells of it.
	look = 50 * time.Millisecond
)

// Country is one hub of a sample of several: that of a country, with its own organisations, people and steward.
type Country struct {
	Code    string `json:"country"` // ISO 3166-1
	Name    string `json:"name"`    // of the hub
	Steward Person `json:"steward"`
}

// Hub is a running hub that is to be one country's.
type Hub struct {
	Handler    http.Handler
	FirstToken string // as Fill takes it
}

// Countries are those that a sample of several hubs has.
func Countries() ([]Country, error) {
	s, err := read()
	return s.Hubs, err
}

// PeopleOf are those of one country's hub, its steward first.
func PeopleOf(country Country) ([]Person, error) {
	s, err := read()
	if err != nil {
		return nil, err
	}
	own := s.of(country)
	return append([]Person{own.Steward}, own.People...), nil
}

// FillHubs makes each hub that of a country, in the order of Countries, and a channel in which people of all of them talk. The hubs federate
// with each other and run already.
func FillHubs(ctx context.Context, hubs []Hub) error {
	s, err := read()
	if err != nil {
		return err
	}
	fillers, done := make([]*filler, len(hubs)), true
	for i, h := range hubs {
		fillers[i] = newFiller(s.of(s.Hubs[i]), h.Handler)
		complete, err := fillers[i].begin(ctx, h.FirstToken)
		if err != nil {
			return err
		}
		done = done && complete
	}
	if done {
		return nil
	}
	for _, f := range fillers {
		if err := f.fill(ctx); err != nil {
			return err
		}
	}
	if err := s.meet(ctx, fillers); err != nil {
		return err
	}
	for _, f := range fillers {
		if err := f.markDone(ctx); err != nil {
			return err
		}
	}
	return nil
}

// of is what of the sample is one country's alone.
func (s sample) of(country Country) sample {
	own := sample{Steward: country.Steward}
	own.Steward.Role = s.Steward.Role
	organisations, people := map[string]bool{}, map[string]bool{}
	for _, o := range s.Organisations {
		if o.Country == country.Code {
			own.Organisations, organisations[o.Key] = append(own.Organisations, o), true
		}
	}
	for _, p := range s.People {
		if organisations[p.Organisation] {
			own.People, people[p.User] = append(own.People, p), true
		}
	}
	own.Channels = slices.DeleteFunc(slices.Clone(s.Channels), func(c channel) bool { return !people[c.By] || !allIn(people, c.Members) })
	own.Rotas = slices.DeleteFunc(slices.Clone(s.Rotas), func(r rota) bool { return !organisations[r.Organisation] })
	own.Alerts = slices.DeleteFunc(slices.Clone(s.Alerts), func(a alert) bool { return !people[a.By] || !allIn(organisations, a.To) })
	return own
}

func allIn(known map[string]bool, all []string) bool {
	return !slices.ContainsFunc(all, func(one string) bool { return !known[one] })
}

// meet makes the channel of all hubs and has people talk in it, until the last word has come to each hub.
func (s sample) meet(ctx context.Context, hubs []*filler) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	all := &filler{sample: s, callers: map[string]*caller{}, spaces: hubs[0].spaces}
	for _, f := range hubs {
		maps.Copy(all.callers, f.callers)
	}
	room, err := all.open(ctx, s.Shared)
	if err != nil {
		return err
	}
	last, err := all.post(ctx, s.Shared, room)
	if err != nil {
		return err
	}
	for _, f := range hubs {
		if err := f.see(ctx, s.Shared, room, last); err != nil {
			return err
		}
		if err := f.hearOf(ctx, len(hubs)-1); err != nil {
			return err
		}
	}
	return nil
}

// see waits until a post has come to the hub, if anybody of it is in the channel; ctx bounds it.
func (f *filler) see(ctx context.Context, ch channel, room, eventID string) error {
	for _, user := range append([]string{ch.By}, ch.Members...) {
		if c := f.callers[user]; c != nil {
			return c.see(ctx, room, eventID)
		}
	}
	return nil
}

// hearOf waits until the hub knows of organisations of so many others, so that whoever signs in first finds them; ctx bounds it.
func (f *filler) hearOf(ctx context.Context, others int) error {
	tick := time.NewTicker(look)
	defer tick.Stop()
	for {
		var known struct {
			Hubs []struct {
				Organisations []json.RawMessage `json:"organisations"`
			} `json:"hubs"`
		}
		if err := f.callers[f.Steward.User].call(ctx, http.MethodGet, ours+"/hubs", nil, &known); err != nil {
			return err
		}
		lists := 0
		for _, h := range known.Hubs {
			if len(h.Organisations) > 0 {
				lists++
			}
		}
		if lists >= others {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for the organisations of other hubs: %w", ctx.Err())
		case <-tick.C:
		}
	}
}

// enter has somebody join a channel. Whom its hub could not invite when it was made is invited now.
func (f *filler) enter(ctx context.Context, maker *caller, user, room string) error {
	c, path := f.callers[user], matrix+"/rooms/"+url.PathEscape(room)
	join := func() error { return c.call(ctx, http.MethodPost, path+"/join", map[string]any{}, nil) }
	err := join()
	if !forbidden(err) && !missing(err) {
		return err
	}
	if err := maker.call(ctx, http.MethodPost, path+"/invite", map[string]string{"user_id": c.userID}, nil); err != nil {
		return err
	}
	return join()
}

// see waits until a post has come to somebody's hub; ctx bounds it.
func (c *caller) see(ctx context.Context, room, eventID string) error {
	path := matrix + "/rooms/" + url.PathEscape(room) + "/event/" + url.PathEscape(eventID)
	since := ""
	for {
		err := c.call(ctx, http.MethodGet, path, nil, nil)
		if !missing(err) {
			return err
		}
		var news struct {
			Next string `json:"next_batch"`
		}
		if err := c.call(ctx, http.MethodGet, matrix+"/sync?timeout=10000&since="+url.QueryEscape(since), nil, &news); err != nil {
			return err
		}
		if since = news.Next; ctx.Err() != nil {
			return fmt.Errorf("wait for a post: %w", ctx.Err())
		}
	}
}
