package network_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"panah/hub/fault"
	"panah/hub/network"
	"panah/hub/network/networktest"
	"panah/hub/people"
	"panah/hub/room"
	"panah/hub/store"
	"panah/hub/store/storetest"
)

const passphrase = "correct horse battery staple"

// hub is a whole hub without its doors.
type hub struct {
	t       *testing.T
	db      *store.DB
	people  *people.People
	rooms   *room.Rooms
	network *network.Network
}

func newHub(t *testing.T, db *store.DB) *hub {
	t.Helper()
	parts := networktest.On(t, db, people.Options{SecondFactor: people.FactorOffered})
	parts.Found()
	return &hub{t, db, parts.People, parts.Rooms, parts.Network}
}

func (h *hub) signUp(user, token string) people.Caller {
	h.t.Helper()
	s, _, err := h.network.SignUp(h.t.Context(), people.SignUp{Token: token, User: user, Name: "Name of " + user, Passphrase: passphrase})
	if err != nil {
		h.t.Fatalf("sign %s up: %v", user, err)
	}
	c, err := h.people.Authenticate(h.t.Context(), s.Token)
	if err != nil {
		h.t.Fatalf("authenticate %s: %v", user, err)
	}
	return c
}

func (h *hub) steward() people.Caller {
	h.t.Helper()
	_, token, err := h.people.StewardInvitation(h.t.Context())
	if err != nil {
		h.t.Fatal(err)
	}
	return h.signUp("steward", token)
}

func (h *hub) organisation(by people.Caller, name, country string) people.Organisation {
	h.t.Helper()
	o, err := h.network.CreateOrganisation(h.t.Context(), by, name, "ngo", country)
	if err != nil {
		h.t.Fatal(err)
	}
	return o
}

func (h *hub) join(by people.Caller, o people.Organisation, user string, role people.Role) people.Caller {
	h.t.Helper()
	_, token, err := h.network.InvitePerson(h.t.Context(), by, o.ID, role, "tg")
	if err != nil {
		h.t.Fatal(err)
	}
	return h.signUp(user, token)
}

func (h *hub) joined(c people.Caller) (rooms []string) {
	h.t.Helper()
	err := h.db.Read(h.t.Context(), func(tx *store.Tx) (err error) {
		rooms, err = h.rooms.JoinedRooms(tx, c.UserID)
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return rooms
}

// called is how a channel shows someone.
func (h *hub) called(roomID string, c people.Caller) string {
	h.t.Helper()
	var content struct {
		Name string `json:"displayname"`
	}
	err := h.db.Read(h.t.Context(), func(tx *store.Tx) error {
		e, err := h.rooms.StateEvent(tx, roomID, "m.room.member", c.UserID)
		if err == nil && e != nil {
			err = json.Unmarshal(e.Content, &content)
		}
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return content.Name
}

func wants(t *testing.T, err error, key string) {
	t.Helper()
	var f *fault.Fault
	if !errors.As(err, &f) || f.Key != key {
		t.Errorf("got %v, want %s", err, key)
	}
}

func message(roomID, text string) room.Draft {
	return room.Draft{RoomID: roomID, Type: "m.room.message", Content: map[string]any{"msgtype": "m.text", "body": text}}
}

func TestPeopleTalk(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		h := newHub(t, db)
		steward := h.steward()
		o := h.organisation(steward, "Умед", "TJ")
		zarina := h.join(steward, o, "zarina", people.Admin)
		observer := h.join(zarina, o, "observer", people.Observer)
		if got, want := len(h.joined(zarina)), 6; got != want {
			t.Errorf("%d rooms, want %d: a space and a channel each of network, country, organisation", got, want)
		}
		if got, want := len(h.joined(steward)), 12; got != want {
			t.Errorf("%d rooms, want %d: network and five countries", got, want)
		}
		channel, err := h.network.CreateRoom(t.Context(), zarina, room.Create{Preset: "public_chat", Name: "Сарҳад", Parent: o.SpaceID})
		if err != nil {
			t.Fatal(err)
		}
		if got, want := h.called(channel, zarina), "Name of zarina"; got != want {
			t.Errorf("the creator is shown as %q, want %q", got, want)
		}
		if err := h.network.Join(t.Context(), observer, channel, ""); err != nil {
			t.Fatalf("a colleague joins: %v", err)
		}
		wants(t, h.network.Join(t.Context(), steward, channel, ""), "error.not_invited")
		if err := h.network.Invite(t.Context(), zarina, channel, steward.UserID, ""); err != nil {
			t.Fatal(err)
		}
		if err := h.network.Join(t.Context(), steward, channel, ""); err != nil {
			t.Fatal(err)
		}
		if _, err := h.network.Send(t.Context(), steward, message(channel, "Салом")); err != nil {
			t.Fatal(err)
		}
		_, err = h.network.Send(t.Context(), observer, message(channel, "x"))
		wants(t, err, "error.role_may_not")
		name := "Зарина"
		if err := h.network.SetProfile(t.Context(), zarina, &name, nil); err != nil {
			t.Fatalf("rename: %v", err)
		}
	})
}

func TestOneInvitationLetsOnePersonIn(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		h := newHub(t, db)
		_, token, err := h.people.StewardInvitation(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		errs := make([]error, 4)
		var wg sync.WaitGroup
		for i := range errs {
			wg.Go(func() {
				_, _, errs[i] = h.network.SignUp(t.Context(), people.SignUp{Token: token, User: fmt.Sprint("user", i), Name: "x", Passphrase: passphrase})
			})
		}
		wg.Wait()
		in := slices.IndexFunc(errs, func(err error) bool { return err == nil })
		if in < 0 {
			t.Fatalf("nobody got in: %v", errs)
		}
		for i, err := range errs {
			if i != in {
				wants(t, err, "error.invitation_used")
			}
		}
	})
}

func TestASuspendedOrganisationIsOutAtOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		h := newHub(t, db)
		steward := h.steward()
		o := h.organisation(steward, "Umid", "UZ")
		_, token, err := h.network.InvitePerson(t.Context(), steward, o.ID, people.Member, "")
		if err != nil {
			t.Fatal(err)
		}
		s, _, err := h.network.SignUp(t.Context(), people.SignUp{Token: token, User: "member", Name: "x", Passphrase: passphrase})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := h.people.Authenticate(t.Context(), s.Token); err != nil {
			t.Fatal(err)
		}
		if _, err := h.network.SetStanding(t.Context(), steward, o.ID, people.OrganisationSuspended, "safety"); err != nil {
			t.Fatal(err)
		}
		_, err = h.people.Authenticate(t.Context(), s.Token)
		wants(t, err, "error.unknown_token")
		_, err = h.people.SignIn(t.Context(), people.SignIn{User: "member", Passphrase: passphrase})
		wants(t, err, "error.organisation_suspended")
	})
}

func TestFoundingTwiceIsFoundingOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		h := newHub(t, db)
		before, err := h.network.Space(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() {
				if err := h.network.Found(t.Context()); err != nil {
					t.Errorf("found: %v", err)
				}
			})
		}
		wg.Wait()
		if after, err := h.network.Space(t.Context()); err != nil || after != before {
			t.Errorf("the network moved from %s to %s, %v", before, after, err)
		}
	})
}
