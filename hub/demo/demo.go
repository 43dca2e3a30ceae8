// Package demo fills a new hub with a sample network: organisations of all five countries, people of every role, channels, a
// conversation in all eight languages, a rota, and alerts that somebody has answered. It goes through the same HTTP calls that people use, so what it shows is what they get.
//
// It may be stopped and run again at any moment: everything is looked for before it is made, and posts carry fixed transaction
// ids. There may also be two hubs, each that of one country, which federate and have a channel in common. A hub that real people have founded is refused, for the passphrases of the sample are known to everybody.
package demo

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"

	"panah/hub/fault"
)

//go:embed sample.json
var sampleJSON []byte

// Passphrase is that of every person of the sample.
const Passphrase = "panah sample network"

// ErrRealHub refuses a hub that somebody else has founded.
var ErrRealHub = fault.New(http.StatusConflict, "M_FORBIDDEN", "error.demo_real_hub")

// Person is somebody of the sample.
type Person struct {
	User         string `json:"user"`
	Name         string `json:"name"`
	Language     string `json:"language"`
	Role         string `json:"role"`
	Organisation string `json:"organisation"` // key of one of the sample's
}

type organisation struct {
	Key     string `json:"key"`
	Name    string `json:"name"`
	Kind    string `json:"kind"`
	Country string `json:"country"`
}

type channel struct {
	Key     string   `json:"key"`
	By      string   `json:"by"`
	Space   string   `json:"space"` // "network", a country, or the key of an organisation
	Private bool     `json:"private"`
	Name    string   `json:"name"`
	Topic   string   `json:"topic"`
	Members []string `json:"members"`
	Posts   []post   `json:"posts"`
}

type post struct {
	By       string `json:"by"`
	Language string `json:"language"`
	Text     string `json:"text"`
	Answers  int    `json:"answers"` // number of the post that this one answers, from 0; 0 for none
}

// rota is who of an organisation is on duty on each day, from Monday.
type rota struct {
	By           string   `json:"by"`
	Organisation string   `json:"organisation"`
	First        []string `json:"first"`
	Second       []string `json:"second"`
}

// alert is one that was sent and is in somebody's hands: everybody of its audience has answered, or it is over, so that a fresh sample is quiet.
type alert struct {
	Key          string         `json:"key"`
	By           string         `json:"by"`
	Code         string         `json:"code"`
	Slots        map[string]any `json:"slots"`
	Language     string         `json:"language"`
	Text         string         `json:"text"`
	To           []string       `json:"to"` // keys of organisations
	Answers      []reply        `json:"answers"`
	Translations []translation  `json:"translations"`
	Cancelled    bool           `json:"cancelled"`
}

type reply struct {
	By     string `json:"by"`
	Answer string `json:"answer"`
}

type translation struct {
	By       string `json:"by"`
	Language string `json:"language"`
	Text     string `json:"text"`
}

type sample struct {
	Steward       Person         `json:"steward"`
	Hubs          []Country      `json:"hubs"`
	Shared        channel        `json:"shared"` // of all hubs, where there are several; made on the first
	Organisations []organisation `json:"organisations"`
	People        []Person       `json:"people"`
	Channels      []channel      `json:"channels"`
	Rotas         []rota         `json:"rotas"`
	Alerts        []alert        `json:"alerts"`
}

func read() (s sample, err error) {
	if err = json.Unmarshal(sampleJSON, &s); err != nil {
		return s, fmt.Errorf("read the sample: %w", err)
	}
	s.Steward.Role = "steward"
	return s, nil
}

// People are all of the sample, the steward first.
func People() ([]Person, error) {
	s, err := read()
	return append([]Person{s.Steward}, s.People...), err
}

// filler fills one hub. Its maps lead from the sample's own names to what the hub calls the same.
type filler struct {
	sample
	hub           http.Handler
	callers       map[string]*caller // by user
	organisations map[string]record  // by key
	spaces        map[string]string  // by "network", country or organisation's key
}

// Fill puts the sample into the hub behind the handler. firstToken is that of the first steward's link, or "" when somebody has
// used it.
func Fill(ctx context.Context, hub http.Handler, firstToken string) error {
	s, err := read()
	if err != nil {
		return err
	}
	f := newFiller(s, hub)
	done, err := f.begin(ctx, firstToken)
	if err != nil || done {
		return err
	}
	if err := f.fill(ctx); err != nil {
		return err
	}
	return f.markDone(ctx)
}

func newFiller(s sample, hub http.Handler) *filler {
	return &filler{sample: s, hub: hub, callers: map[string]*caller{}, organisations: map[string]record{}, spaces: map[string]string{}}
}

// begin lets the steward in, and tells whether nothing is left to be done.
func (f *filler) begin(ctx context.Context, firstToken string) (done bool, err error) {
	steward, err := f.steward(ctx, firstToken)
	if err != nil {
		return false, err
	}
	return f.done(ctx, steward)
}

// fill makes what is not there yet.
func (f *filler) fill(ctx context.Context) error {
	steward := f.callers[f.Steward.User]
	for _, step := range []func(context.Context, *caller) error{f.admitOrganisations, f.gatherPeople, f.findSpaces, f.talk, f.takeTurns, f.alarm} {
		if err := step(ctx, steward); err != nil {
			return err
		}
	}
	return nil
}

// steward signs the sample's steward in, or up on a new hub.
func (f *filler) steward(ctx context.Context, firstToken string) (*caller, error) {
	c, err := f.signIn(ctx, f.Steward.User)
	if err == nil {
		return c, nil
	}
	if firstToken == "" {
		return nil, ErrRealHub.Because(err)
	}
	return f.signUp(ctx, f.Steward, firstToken)
}

// markPath is where the steward's account data say that the sample is complete.
func markPath(c *caller) string {
	return "/_matrix/client/v3/user/" + url.PathEscape(c.userID) + "/account_data/network.panah.sample"
}

func (f *filler) done(ctx context.Context, steward *caller) (bool, error) {
	var mark struct {
		Complete bool `json:"complete"`
	}
	err := steward.call(ctx, http.MethodGet, markPath(steward), nil, &mark)
	if missing(err) {
		return false, nil
	}
	return mark.Complete, err
}

func (f *filler) markDone(ctx context.Context) error {
	steward := f.callers[f.Steward.User]
	return steward.call(ctx, http.MethodPut, markPath(steward), map[string]any{"complete": true}, nil)
}
