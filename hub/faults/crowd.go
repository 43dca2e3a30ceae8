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
	"time"
)

const passphrase = "seven quiet mountains"

type object = map[string]any

// person is somebody with an account and one device.
type person struct {
	name  string
	token string
	http  *http.Client
}

// answer is what a hub said to a call.
type answer struct {
	status int
	raw    []byte
}

// patienceOfPeople is how long somebody waits for an answer before they try again.
const patienceOfPeople = 5 * time.Second

// call asks the hub at an address, with a person's patience. An error means that no answer came.
func (p *person) call(ctx context.Context, address, method, path string, in any) (answer, error) {
	ctx, cancel := context.WithTimeout(ctx, patienceOfPeople)
	defer cancel()
	return p.ask(ctx, address, method, path, in)
}

func (p *person) ask(ctx context.Context, address, method, path string, in any) (answer, error) {
	body, err := json.Marshal(in)
	if err != nil {
		return answer{}, err
	}
	request, err := http.NewRequestWithContext(ctx, method, "http://"+address+path, bytes.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	if p.token != "" {
		request.Header.Set("Authorization", "Bearer "+p.token)
	}
	response, err := p.http.Do(request)
	if err != nil {
		return answer{}, err
	}
	raw, err := io.ReadAll(response.Body)
	return answer{response.StatusCode, raw}, errors.Join(err, response.Body.Close())
}

// must asks while nothing is broken, and reads the answer into out, unless that is nil. On a busy machine a passphrase takes its time.
func (p *person) must(ctx context.Context, address, method, path string, in, out any) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	a, err := p.ask(ctx, address, method, path, in)
	if err != nil {
		return err
	}
	if a.status != http.StatusOK {
		return fmt.Errorf("%s %s: %d %s", method, path, a.status, a.raw)
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(a.raw, out)
}

// crowd is who uses the hub: everybody is in one channel; some send, some listen, some alert the others.
type crowd struct {
	steward *person
	senders []*person
	readers []*person
	alerter []*person
	channel string
}

const (
	sendersMany = 8
	readersMany = 6
	alertsEach  = 18 // the hub takes twenty of a person in an hour
)

// gather founds the hub and brings everybody in, before anything breaks.
func (w *world) gather(alerters int) (c *crowd, err error) {
	c = &crowd{}
	token, err := w.firstToken()
	if err != nil {
		return nil, err
	}
	if c.steward, err = w.signUp(0, token); err != nil {
		return nil, err
	}
	shelter, err := w.admit(c.steward, "Umed", "TJ")
	if err != nil {
		return nil, err
	}
	bell, err := w.admit(c.steward, "Bell", "AF")
	if err != nil {
		return nil, err
	}
	var room struct {
		RoomID string `json:"room_id"`
	}
	if err := c.steward.must(w.ctx, w.hubs[0].address, "POST", "/_matrix/client/v3/createRoom", object{"preset": "public_chat", "name": "Faults"}, &room); err != nil {
		return nil, err
	}
	c.channel = room.RoomID
	for i := range sendersMany + readersMany + alerters {
		role, organisation := "member", shelter
		if i == 0 {
			role = "admin" // is asked by name where nobody answers
		}
		if i >= sendersMany+readersMany {
			organisation = bell
		}
		p, err := w.welcome(c, i+1, organisation, role)
		if err != nil {
			return nil, err
		}
		switch {
		case i < sendersMany:
			c.senders = append(c.senders, p)
		case i < sendersMany+readersMany:
			c.readers = append(c.readers, p)
		default:
			c.alerter = append(c.alerter, p)
		}
	}
	return c, nil
}

func (w *world) admit(steward *person, name, country string) (string, error) {
	var made struct{ ID string }
	if err := steward.must(w.ctx, w.hubs[0].address, "POST", "/_panah/v1/organisations", object{"name": name, "kind": "ngo", "country": country}, &made); err != nil {
		return "", err
	}
	return made.ID, steward.must(w.ctx, w.hubs[0].address, "POST", "/_panah/v1/organisations/"+made.ID+"/standing", object{"standing": "vetted"}, nil)
}

// welcome has one person come in and join the channel.
func (w *world) welcome(c *crowd, i int, organisation, role string) (*person, error) {
	var invitation struct{ Token string }
	wish := object{"organisation_id": organisation, "role": role, "language": "tg"}
	if err := c.steward.must(w.ctx, w.hubs[0].address, "POST", "/_panah/v1/invitations", wish, &invitation); err != nil {
		return nil, err
	}
	p, err := w.signUp(i, invitation.Token)
	if err != nil {
		return nil, err
	}
	return p, p.must(w.ctx, w.hubs[0].address, "POST", "/_matrix/client/v3/rooms/"+url.PathEscape(c.channel)+"/join", object{}, nil)
}

// signUp makes the account of the i-th person, who comes from an address of their own: the hub limits sign-ups by address.
func (w *world) signUp(i int, token string) (*person, error) {
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 1, 0, byte(1+i))}}
	p := &person{name: fmt.Sprintf("person%d", i), http: &http.Client{Transport: &http.Transport{DialContext: dialer.DialContext}}}
	var session struct {
		AccessToken string `json:"access_token"`
	}
	err := p.must(w.ctx, w.hubs[0].address, "POST", "/_matrix/client/v3/register", object{
		"username": p.name, "password": passphrase,
		"auth": object{"type": "m.login.registration_token", "token": token},
	}, &session)
	p.token = session.AccessToken
	return p, err
}
