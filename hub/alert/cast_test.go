package alert

import (
	"slices"
	"strings"
	"testing"
	"time"

	"panah/hub/fault"
	"panah/hub/network/networktest"
	"panah/hub/people"
	"panah/hub/rota"
	"panah/hub/store"
	"panah/hub/store/storetest"
)

// house is one node of a hub, with its people.
type house struct {
	*networktest.Hub
	address string
	clock   *networktest.Clock
	alerts  *Alerts
}

// open opens a node on a database; a second one on the same database is another node of the same hub.
func open(t *testing.T, address string, c *networktest.Clock) *house {
	t.Helper()
	h := &house{Hub: networktest.Open(t, address, c, people.Options{SecondFactor: people.FactorOffered}, Log{}), address: address, clock: c}
	h.alerts = New(h.DB, h.People, h.Rooms, h.Network, rota.New(h.DB, h.People), Options{})
	h.Found()
	return h
}

// cast is a small network: Herat sends to Dushanbe, whose country Khujand leads, and to Lahore, where nobody is on any rota.
type cast struct {
	*house
	steward                                                     people.Caller
	herat, dushanbe, khujand, lahore                            people.Organisation
	sender, senderAdmin, first, second, admin, lead, lahoreAsks people.Caller
}

func eachHouse(t *testing.T, f func(t *testing.T, c *cast)) {
	t.Helper()
	storetest.EachAddress(t, func(t *testing.T, address string) {
		h := open(t, address, networktest.At(time.Date(2026, 11, 23, 7, 0, 0, 0, time.UTC)))
		c := &cast{house: h}
		c.steward = h.Steward("steward")
		c.herat, c.dushanbe = h.Organisation(c.steward, "Herat", "AF"), h.Organisation(c.steward, "Dushanbe", "TJ")
		c.khujand, c.lahore = h.Organisation(c.steward, "Khujand", "TJ"), h.Organisation(c.steward, "Lahore", "PK")
		c.sender, c.senderAdmin = h.Join(c.steward, c.herat, "sender", people.Member), h.Join(c.steward, c.herat, "herat-admin", people.Admin)
		c.first, c.second = h.Join(c.steward, c.dushanbe, "first", people.Member), h.Join(c.steward, c.dushanbe, "second", people.Member)
		c.admin, c.lead = h.Join(c.steward, c.dushanbe, "admin", people.Admin), h.Join(c.steward, c.khujand, "lead", people.Admin)
		c.lahoreAsks = h.Join(c.steward, c.lahore, "lahore", people.Admin)
		h.Must(h.alerts.SetLead(t.Context(), c.steward, "TJ", c.khujand.ID))
		f(t, c)
	})
}

// transitTo is an alert to some organisations.
func transitTo(to ...people.Organisation) Wish {
	w := Wish{Block: Block{Code: "transit", Slots: []byte(`{"count":2,"from":"AF-HER"}`)}}
	for _, o := range to {
		w.Audience.Organisations = append(w.Audience.Organisations, o.ID)
	}
	return w
}

func (h *house) send(by people.Caller, w Wish) string {
	h.T.Helper()
	s, err := h.alerts.Send(h.T.Context(), by, newID(), w)
	h.Must(err)
	if s.AlertID == "" {
		h.T.Fatalf("it waits: %+v", s)
	}
	return s.AlertID
}

func (h *house) answer(by people.Caller, id string, r Reply) {
	h.T.Helper()
	_, err := h.alerts.Answer(h.T.Context(), by, id, r)
	h.Must(err)
}

// asked is who is asked by name just now, as kind and user.
func (h *house) asked(id string) (all []string) {
	h.T.Helper()
	h.Must(h.DB.Read(h.T.Context(), func(tx *store.Tx) (err error) {
		all, err = store.All(tx, func(row store.Scanner) (string, error) {
			var kind, user string
			err := row.Scan(&kind, &user)
			return kind + " " + strings.TrimPrefix(strings.TrimSuffix(user, ":hub.example"), "@"), err
		}, `SELECT kind, user_id FROM alert_notices WHERE alert_id = $1 AND settled_at = 0 AND kind IN ('duty', 'next', 'admin', 'coordinator', 'steward')
			ORDER BY at, kind, user_id`, id)
		return err
	}))
	return all
}

func (h *house) wantAsked(what, id string, want ...string) {
	h.T.Helper()
	if got := h.asked(id); !slices.Equal(got, want) {
		h.T.Errorf("%s: asked are %v, want %v", what, got, want)
	}
}

func (h *house) due() {
	h.T.Helper()
	h.Must(h.alerts.Due(h.T.Context()))
}

func (h *house) reads(c people.Caller, id string) bool {
	_, err := h.alerts.Detail(h.T.Context(), c, id, "")
	if err != nil && !fault.NotFound("error.unknown_alert").Is(err) {
		h.T.Errorf("read: %v", err)
	}
	return err == nil
}

// rota puts first and second on duty all week.
func (c *cast) rota() {
	c.T.Helper()
	var slots []rota.Slot
	for day := range 7 {
		slots = append(slots, rota.Slot{Weekday: day, Until: 1440, UserID: c.first.UserID, Place: 1}, rota.Slot{Weekday: day, Until: 1440, UserID: c.second.UserID, Place: 2})
	}
	c.Must(c.alerts.rotas.Set(c.T.Context(), c.admin, rota.Of{Organisation: c.dushanbe.ID}, slots))
}
