package demo

import (
	"context"
	"fmt"
	"hash/fnv"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

const matrix = "/_matrix/client/v3"

// device is the one from which all that the sample's people did was done; with it, a post that was sent before is known again.
const device = "SAMPLE"

// record is an organisation as the hub tells of it.
type record struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Standing string `json:"standing"`
	SpaceID  string `json:"space_id"`
}

// newCaller gives each person an address of their own, from those that are reserved for examples (RFC 5737): the hub limits how
// often one address may try to sign in.
func (f *filler) newCaller(user string) *caller {
	sum := fnv.New32a()
	sum.Write([]byte(user))
	return &caller{hub: f.hub, address: fmt.Sprintf("192.0.2.%d:1024", sum.Sum32()%254+1)}
}

func (f *filler) signIn(ctx context.Context, user string) (*caller, error) {
	c := f.newCaller(user)
	var session struct {
		UserID string `json:"user_id"`
		Token  string `json:"access_token"`
	}
	err := c.call(ctx, http.MethodPost, matrix+"/login", map[string]any{
		"type": "m.login.password", "identifier": map[string]string{"type": "m.id.user", "user": user},
		"password": Passphrase, "device_id": device,
	}, &session)
	c.userID, c.token = session.UserID, session.Token
	f.callers[user] = c
	return c, err
}

func (f *filler) signUp(ctx context.Context, p Person, token string) (*caller, error) {
	c := f.newCaller(p.User)
	err := c.call(ctx, http.MethodPost, "/_panah/v1/sign-up", map[string]any{
		"token": token, "user": p.User, "name": p.Name, "passphrase": Passphrase, "language": p.Language,
	}, nil)
	if err != nil {
		return nil, err
	}
	return f.signIn(ctx, p.User)
}

// admitOrganisations proposes and vets those that are not there yet.
func (f *filler) admitOrganisations(ctx context.Context, steward *caller) error {
	var known struct {
		Organisations []record `json:"organisations"`
	}
	if err := steward.call(ctx, http.MethodGet, "/_panah/v1/organisations", nil, &known); err != nil {
		return err
	}
	for _, o := range f.Organisations {
		at := slices.IndexFunc(known.Organisations, func(r record) bool { return r.Name == o.Name })
		var r record
		if at >= 0 {
			r = known.Organisations[at]
		}
		admitted, err := f.admit(ctx, steward, o, r)
		if err != nil {
			return err
		}
		f.organisations[o.Key] = admitted
	}
	return nil
}

func (f *filler) admit(ctx context.Context, steward *caller, o organisation, r record) (record, error) {
	if r.ID == "" {
		wish := map[string]string{"name": o.Name, "kind": o.Kind, "country": o.Country}
		if err := steward.call(ctx, http.MethodPost, "/_panah/v1/organisations", wish, &r); err != nil {
			return r, err
		}
	}
	if r.Standing == "vetted" {
		return r, nil
	}
	path := "/_panah/v1/organisations/" + url.PathEscape(r.ID) + "/standing"
	return r, steward.call(ctx, http.MethodPost, path, map[string]string{"standing": "vetted"}, &r)
}

// gatherPeople invites and signs up those who are not there yet, and signs the others in.
func (f *filler) gatherPeople(ctx context.Context, steward *caller) error {
	var known struct {
		People []struct {
			UserID string `json:"user_id"`
		} `json:"people"`
	}
	if err := steward.call(ctx, http.MethodGet, "/_panah/v1/people", nil, &known); err != nil {
		return err
	}
	for _, p := range f.People {
		there := false
		for _, k := range known.People {
			there = there || strings.HasPrefix(k.UserID, "@"+p.User+":")
		}
		if err := f.gather(ctx, steward, p, there); err != nil {
			return err
		}
	}
	return nil
}

func (f *filler) gather(ctx context.Context, steward *caller, p Person, there bool) error {
	if there {
		_, err := f.signIn(ctx, p.User)
		return err
	}
	var invitation struct {
		Token string `json:"token"`
	}
	err := steward.call(ctx, http.MethodPost, "/_panah/v1/invitations", map[string]string{
		"organisation_id": f.organisations[p.Organisation].ID, "role": p.Role, "language": p.Language,
	}, &invitation)
	if err != nil {
		return err
	}
	_, err = f.signUp(ctx, p, invitation.Token)
	return err
}

// talk makes the channels and has people talk in them.
func (f *filler) talk(ctx context.Context, _ *caller) error {
	for _, ch := range f.Channels {
		room, err := f.open(ctx, ch)
		if err != nil {
			return err
		}
		if _, err := f.post(ctx, ch, room); err != nil {
			return err
		}
	}
	return nil
}

// open finds or makes the channel and has its members join it. Its alias is how it is known again.
func (f *filler) open(ctx context.Context, ch channel) (room string, err error) {
	maker := f.callers[ch.By]
	_, server, _ := strings.Cut(maker.userID, ":")
	var found struct {
		RoomID string `json:"room_id"`
	}
	alias := "#" + ch.Key + ":" + server
	err = maker.call(ctx, http.MethodGet, matrix+"/directory/room/"+url.PathEscape(alias), nil, &found)
	if missing(err) {
		err = maker.call(ctx, http.MethodPost, matrix+"/createRoom", f.wish(ch), &found)
	}
	if err != nil {
		return "", err
	}
	for _, user := range ch.Members {
		if err := f.enter(ctx, maker, user, found.RoomID); err != nil {
			return "", err
		}
	}
	return found.RoomID, nil
}

func (f *filler) wish(ch channel) map[string]any {
	invited := []string{}
	for _, user := range ch.Members {
		invited = append(invited, f.callers[user].userID)
	}
	return map[string]any{
		"preset": "private_chat", "name": ch.Name, "topic": ch.Topic, "room_alias_name": ch.Key,
		"invite": invited, "network.panah.space": f.spaces[ch.Space],
	}
}

// post has people talk, and gives the id of the last post; "" for none. Whoever speaks next has seen what was said before, for it may be said on another hub.
func (f *filler) post(ctx context.Context, ch channel, room string) (last string, err error) {
	sent := make([]string, len(ch.Posts))
	for i, p := range ch.Posts {
		if i > 0 {
			if err := f.callers[p.By].see(ctx, room, sent[i-1]); err != nil {
				return "", err
			}
		}
		content := map[string]any{"msgtype": "m.text", "body": p.Text, "network.panah.language": p.Language}
		if p.Answers > 0 {
			content["m.relates_to"] = map[string]any{"m.in_reply_to": map[string]string{"event_id": sent[p.Answers]}}
		}
		path := fmt.Sprintf("%s/rooms/%s/send/m.room.message/sample-%d", matrix, url.PathEscape(room), i)
		var answer struct {
			EventID string `json:"event_id"`
		}
		if err := f.callers[p.By].call(ctx, http.MethodPut, path, content, &answer); err != nil {
			return "", err
		}
		last = answer.EventID
		sent[i] = last
	}
	return last, nil
}
