//go:build linux

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
)

const passphrase = "seven quiet mountains"

// person is somebody with an account and one device.
type person struct {
	*process
	token string
	http  *http.Client
}

// crowd is a founded hub with people in one channel, and somebody of another organisation who alerts them.
type crowd struct {
	*process
	steward *person
	bell    string // the organisation that alerts
	sender  *person
	people  []*person
	channel string
	posts   atomic.Int64 // how many were sent, which numbers the next
	opened  time.Time
	alerts  int64 // how many were sent
	// How many have sent alerts one after the other.
	relieved int
}

type object = map[string]any

// gather starts a hub and fills one channel with people, as their administrators would.
func gather(ctx context.Context, binary string, on place, people int) (*crowd, error) {
	hub, err := startHub(ctx, binary, on)
	if err != nil {
		return nil, err
	}
	c := &crowd{process: hub, people: make([]*person, people), opened: time.Now()}
	if err := c.fill(ctx); err != nil {
		hub.stop()
		return nil, err
	}
	return c, nil
}

func (c *crowd) fill(ctx context.Context) (err error) {
	if c.steward, err = c.signUp(ctx, 0, c.first); err != nil {
		return err
	}
	organisation, err := c.admit(ctx, "Bench", "TJ")
	if err != nil {
		return err
	}
	if c.bell, err = c.admit(ctx, "Bell", "AF"); err != nil {
		return err
	}
	var room struct {
		RoomID string `json:"room_id"`
	}
	if err := c.steward.call(ctx, "POST", "/_matrix/client/v3/createRoom", object{"preset": "public_chat", "name": "Bench"}, &room); err != nil {
		return err
	}
	c.channel = url.PathEscape(room.RoomID)
	// Two at a time: hashing passphrases is what takes long.
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(2)
	for i := range c.people {
		group.Go(func() error { return c.welcome(ctx, i, organisation) })
	}
	return group.Wait()
}

// admit makes an organisation that the network has vetted, and gives its id.
func (c *crowd) admit(ctx context.Context, name, country string) (string, error) {
	var organisation struct{ ID string }
	err := c.steward.call(ctx, "POST", "/_panah/v1/organisations", object{"name": name, "kind": "ngo", "country": country}, &organisation)
	if err != nil {
		return "", err
	}
	return organisation.ID, c.steward.call(ctx, "POST", "/_panah/v1/organisations/"+organisation.ID+"/standing", object{"standing": "vetted"}, nil)
}

// invite invites the i-th person, who signs up.
func (c *crowd) invite(ctx context.Context, i int, organisation, role string) (*person, error) {
	var invitation struct{ Token string }
	wish := object{"organisation_id": organisation, "role": role, "language": "tg"}
	if err := c.steward.call(ctx, "POST", "/_panah/v1/invitations", wish, &invitation); err != nil {
		return nil, err
	}
	return c.signUp(ctx, i, invitation.Token)
}

// relieve has a newcomer send the alerts from now on: the hub takes alertsEach of a person in an hour.
func (c *crowd) relieve(ctx context.Context) (err error) {
	c.relieved++
	c.sender, err = c.invite(ctx, len(c.people)+1+c.relieved, c.bell, "member")
	return err
}

// welcome has one person come in and join the channel. The first of them looks after the organisation, and is asked by name to every alert.
func (c *crowd) welcome(ctx context.Context, i int, organisation string) (err error) {
	role := "member"
	if i == 0 {
		role = "admin"
	}
	if c.people[i], err = c.invite(ctx, i+1, organisation, role); err != nil {
		return err
	}
	return c.people[i].call(ctx, "POST", "/_matrix/client/v3/rooms/"+c.channel+"/join", object{}, nil)
}

// signUp makes the account of the i-th person, who comes from an address of their own: the hub limits sign-ups by address.
func (c *crowd) signUp(ctx context.Context, i int, token string) (*person, error) {
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: source(i)}}
	p := &person{process: c.process, http: &http.Client{Transport: &http.Transport{DialContext: dialer.DialContext}}}
	var session struct {
		AccessToken string `json:"access_token"`
	}
	err := p.call(ctx, "POST", "/_matrix/client/v3/register", object{
		"username": fmt.Sprintf("person%d", i), "password": passphrase,
		"auth": object{"type": "m.login.registration_token", "token": token},
	}, &session)
	p.token = session.AccessToken
	return p, err
}

// source is the i-th address of the loopback net, in which one port can be used many times.
func source(i int) net.IP { return net.IPv4(127, 1, byte(i/250), byte(1+i%250)) }

// call asks the hub for something and reads the answer into out, unless that is nil.
func (p *person) call(ctx context.Context, method, path string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, method, "http://"+p.address+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	if p.token != "" {
		request.Header.Set("Authorization", "Bearer "+p.token)
	}
	response, err := p.http.Do(request)
	if err != nil {
		return err
	}
	answer, err := io.ReadAll(response.Body)
	if err := errors.Join(err, response.Body.Close()); err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s %s: %d %s", method, path, response.StatusCode, answer)
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(answer, out)
}

// post sends a message with a number in it, of the length of two or three sentences, and returns when it is on disk.
func (c *crowd) post(ctx context.Context, from *person, number int64) error {
	return c.say(ctx, from, number, sentence(number))
}

func (c *crowd) say(ctx context.Context, from *person, number int64, text string) error {
	path := fmt.Sprintf("/_matrix/client/v3/rooms/%s/send/m.room.message/%d", c.channel, number)
	return from.call(ctx, "PUT", path, object{"msgtype": "m.text", "body": text, "network.panah.language": "tg"}, nil)
}

// sentence is what is said with a number in it.
func sentence(number int64) string {
	return fmt.Sprintf("%s%010d%s Паноҳ: ҷой ҳаст, имшаб қабул мекунем. Лутфан то соати нӯҳ хабар диҳед.", opening, number, closing)
}

// alert sends a coded alert that ends at a Unix second of its own, and returns when it is on disk.
func (c *crowd) alert(ctx context.Context, ends int64, roles []string) error {
	return c.sender.call(ctx, "POST", "/_panah/v1/alerts", object{
		"txn_id": fmt.Sprint(ends), "code": "transit", "slots": object{"count": 3, "from": "AF-HER", "to": "TJ-DU"}, "expires": ends,
		"audience": object{"countries": []string{"TJ"}, "roles": roles},
	}, nil)
}

// door is the hub's for its web client (web/src/wire/sync.ts): presence left alone, as a phone in a pocket does, and what was missed of a channel
// while one read another comes whole.
func (c *crowd) door(ctx context.Context) (door, error) { return c.doorWith(ctx, 60) }

// doorWith is one for a client that wants so many of the posts that it missed.
func (c *crowd) doorWith(ctx context.Context, posts int) (door, error) {
	since, err := c.now(ctx)
	filter := url.QueryEscape(fmt.Sprintf(`{"room":{"timeline":{"limit":%d}}}`, posts))
	path := "/_panah/v1/stream?presence=offline&filter=" + filter + "&since=" + since
	return door{addresses: []string{c.address}, hello: func(i int) string {
		return path + " HTTP/1.1\r\nSec-WebSocket-Protocol: m.json\r\nAuthorization: Bearer " + c.people[i%len(c.people)].token
	}}, err
}

// now is the token of the present, from which subscribers go on.
func (c *crowd) now(ctx context.Context) (string, error) {
	var answer struct {
		NextBatch string `json:"next_batch"`
	}
	err := c.steward.call(ctx, "GET", "/_matrix/client/v3/sync?timeout=0", nil, &answer)
	return answer.NextBatch, err
}
