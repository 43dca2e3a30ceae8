package alert

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"panah/hub/fault"
	"panah/hub/network"
	"panah/hub/people"
	"panah/hub/store"
)

// Choice is how a sender says to whom an alert goes.
type Choice struct {
	Countries     []string      `json:"countries"`     // of the organisations; none means those of the alert's areas
	Kinds         []people.Kind `json:"kinds"`         // none means those that work in the field
	Roles         []people.Role `json:"roles"`         // none means those who act: administrators, members, interpreters
	Organisations []string      `json:"organisations"` // these as well; those of other hubs by the ids that they have here (network.AbroadID)
	Without       []string      `json:"without"`       // these not
	People        []string      `json:"people"`        // for TLP:RED: these and nobody else
	Officials     bool          `json:"officials"`     // also government and international organisations
}

// Bounds of a choice.
const (
	choiceLimit = 200 // organisations or people that may be named
	roleLimit   = 10
)

// Audience is whose people are in a channel: those of the organisations who have one of the roles, and the people named, each for as long as
// they are of the organisation in which they were named. It is the channel's identity.
type Audience struct {
	Organisations []string          `json:"organisations,omitempty"`
	Roles         []people.Role     `json:"roles,omitempty"`
	People        map[string]string `json:"people,omitempty"` // organisation by user id
	Once          string            `json:"once,omitempty"`   // makes the channel of a RED alert its own
	Closed        bool              `json:"closed,omitempty"` // nobody is ever called into it from outside
	Officials     bool              `json:"officials,omitempty"`
	Abroad        []string          `json:"abroad,omitempty"` // organisations of other hubs, by their ids here: their hubs bring their people in
}

// fieldKinds are the kinds of organisation that work in the field. Officials can be involved, and journalists are no part of operations: neither
// is in an audience unless chosen.
var fieldKinds = []people.Kind{"ngo", "shelter", "hotline"}

// officialKinds are those that are in an audience only when the sender says so.
var officialKinds = []people.Kind{"government", "international"}

func official(o people.Organisation) bool { return slices.Contains(officialKinds, o.Kind) }

// actingRoles are those who act on an alert, or translate it.
var actingRoles = []people.Role{people.Steward, people.Admin, people.Member, people.Interpreter}

// complete fills in what a choice leaves out, and refuses what it may not hold.
func (c Choice) complete(areas []string) (Choice, error) {
	if len(c.Organisations) > choiceLimit || len(c.Without) > choiceLimit || len(c.People) > choiceLimit ||
		len(c.Roles) > roleLimit || len(c.Kinds) > roleLimit || len(c.Countries) > roleLimit {
		return c, fault.InvalidParam("error.invalid_param", "Name", "audience")
	}
	for _, country := range c.Countries {
		if !slices.Contains(people.Countries(), country) {
			return c, fault.InvalidParam("error.bad_country")
		}
	}
	for _, kind := range c.Kinds {
		if !slices.Contains(people.Kinds(), kind) {
			return c, fault.InvalidParam("error.bad_kind")
		}
	}
	for _, role := range c.Roles {
		if !role.Known() {
			return c, fault.InvalidParam("error.bad_role")
		}
	}
	if len(c.Countries) == 0 && len(c.Organisations) == 0 {
		c.Countries = countriesOf(areas)
	}
	if len(c.Kinds) == 0 {
		c.Kinds = slices.Clone(fieldKinds)
		if c.Officials {
			c.Kinds = append(c.Kinds, officialKinds...)
		}
	}
	return c, nil
}

// roles are the roles that a choice takes in. Whoever looks after the network and works in an organisation counts as its administrator.
func (c Choice) roles() []people.Role {
	roles := slices.Clone(c.Roles)
	if len(roles) == 0 {
		roles = slices.Clone(actingRoles)
	}
	if slices.Contains(roles, people.Admin) {
		roles = append(roles, people.Steward)
	}
	slices.Sort(roles)
	return slices.Compact(roles)
}

// takes tells whether a completed choice takes an organisation in. Only what the network has vetted is ever in an audience, and officials
// never without being chosen, not even when they are named.
func (c Choice) takes(o people.Organisation) bool {
	switch {
	case o.Standing != people.OrganisationVetted || official(o) && !c.Officials || slices.Contains(c.Without, o.ID):
		return false
	case slices.Contains(c.Organisations, o.ID):
		return true
	}
	return slices.Contains(c.Countries, o.Country) && slices.Contains(c.Kinds, o.Kind)
}

// audience makes the audience of an alert: the organisations that the choice takes in, the sender's own, and the sender.
func (c Choice) audience(all []people.Organisation, sender people.Person) Audience {
	a := Audience{Roles: c.roles(), Officials: c.Officials}
	for _, o := range all {
		own := o.ID == sender.OrganisationID
		if own || c.takes(o) {
			a.Organisations = append(a.Organisations, o.ID)
		}
		a.Officials = a.Officials || own && official(o)
	}
	if !slices.Contains(a.Roles, sender.Role) {
		a.People = map[string]string{sender.UserID: sender.OrganisationID}
	}
	slices.Sort(a.Organisations)
	return a
}

// includes tells whether somebody is in an audience, by the person and their organisation as they are now: one that became an official one since
// is there no longer unless officials were chosen.
func (a Audience) includes(p people.Person, o people.Organisation) bool {
	if p.Standing != people.Active || p.OrganisationID != "" && o.Standing != people.OrganisationVetted || official(o) && !a.Officials {
		return false
	}
	if organisation, named := a.People[p.UserID]; named && organisation == p.OrganisationID {
		return true
	}
	return p.OrganisationID != "" && slices.Contains(a.Organisations, p.OrganisationID) && slices.Contains(a.Roles, p.Role)
}

// key is what the audience's channel is found by.
func (a Audience) key() (string, error) {
	raw, err := json.Marshal(a)
	if err != nil {
		return "", fmt.Errorf("write an audience: %w", err)
	}
	sum := sha256.Sum256(raw)
	return base64.RawURLEncoding.EncodeToString(sum[:]), nil
}

// Reach is an organisation of an audience, as a sender is shown it beforehand.
type Reach struct {
	people.Organisation
	Count int // people who would have the alert, without the sender
}

// Preview is to whom an alert would go.
type Preview struct {
	Organisations []Reach
	People        int // all together, without the sender
	Roles         []people.Role
	Named         []people.Person   // for TLP:RED
	Abroad        []network.Foreign // of other hubs, who do not say how many people they have
}

// Preview tells to whom a choice would send, before anything is sent.
func (a *Alerts) Preview(ctx context.Context, caller people.Caller, c Choice, areas []string, tlp Label) (p Preview, err error) {
	if err := caller.Require(people.ActSendAlert); err != nil {
		return p, err
	}
	if err := checkAreas(areas); err != nil {
		return p, err
	}
	err = a.db.Read(ctx, func(tx *store.Tx) error {
		p, err = a.previewTx(tx, caller.Person, c, areas, tlp)
		return err
	})
	return p, err
}

func (a *Alerts) previewTx(tx *store.Tx, sender people.Person, c Choice, areas []string, tlp Label) (p Preview, err error) {
	audience, err := a.audienceTx(tx, sender, c, areas, tlp)
	if err != nil {
		return p, err
	}
	p.Roles = audience.Roles
	for _, id := range audience.Abroad {
		f, _, err := a.network.ForeignOneTx(tx, id)
		if err != nil {
			return p, err
		}
		p.Abroad = append(p.Abroad, f)
	}
	who, err := a.peopleOf(tx, audience)
	if err != nil {
		return p, err
	}
	counts := map[string]int{}
	for _, person := range who {
		if person.UserID != sender.UserID {
			counts[person.OrganisationID]++
			p.People++
			if tlp == Red {
				p.Named = append(p.Named, person)
			}
		}
	}
	delete(counts, "") // stewards who belong to none
	for id := range counts {
		o, err := a.people.OrganisationTx(tx, id)
		if err != nil {
			return p, err
		}
		p.Organisations = append(p.Organisations, Reach{o, counts[id]})
	}
	slices.SortFunc(p.Organisations, func(x, y Reach) int {
		return strings.Compare(x.Country+" "+x.Name+" "+x.ID, y.Country+" "+y.Name+" "+y.ID)
	})
	return p, nil
}

// audienceTx finds the audience of a choice. RED goes to people by name, and nothing else does.
func (a *Alerts) audienceTx(tx *store.Tx, sender people.Person, c Choice, areas []string, tlp Label) (Audience, error) {
	if tlp != Red {
		if len(c.People) > 0 {
			return Audience{}, fault.InvalidParam("error.alert_red_named")
		}
		c, err := c.complete(areas)
		if err != nil {
			return Audience{}, err
		}
		all, err := a.people.OrganisationsTx(tx)
		if err != nil {
			return Audience{}, err
		}
		audience := c.audience(all, sender)
		audience.Closed = !tlp.Allows(UseEscalate)
		audience.Abroad, err = a.abroadTx(tx, c, tlp)
		return audience, err
	}
	if len(c.People) == 0 || len(c.People) > choiceLimit || len(c.Countries)+len(c.Kinds)+len(c.Roles)+len(c.Organisations) > 0 {
		return Audience{}, fault.InvalidParam("error.alert_red_named")
	}
	named := Audience{People: map[string]string{}, Officials: c.Officials}
	for _, id := range append(slices.Clone(c.People), sender.UserID) {
		if err := a.name(tx, named, id); err != nil {
			return Audience{}, err
		}
	}
	return named, nil
}

// name adds somebody to an audience by name. It refuses people who are not there, and officials unless they were chosen.
func (a *Alerts) name(tx *store.Tx, named Audience, id string) error {
	person, o, err := a.placedTx(tx, id)
	if err != nil {
		return err
	}
	if official(o) && !named.Officials {
		return fault.InvalidParam("error.alert_officials")
	}
	named.People[id] = person.OrganisationID
	if !named.includes(person, o) || id == a.people.HubUser() {
		return fault.NotFound("error.unknown_person")
	}
	return nil
}

// peopleOf are the people of an audience as they are now, by id.
func (a *Alerts) peopleOf(tx *store.Tx, audience Audience) (all []people.Person, err error) {
	candidates := map[string]people.Person{}
	organisations := map[string]people.Organisation{}
	for _, id := range audience.Organisations {
		o, err := a.people.OrganisationTx(tx, id)
		if err != nil {
			return nil, err
		}
		organisations[id] = o
		colleagues, err := a.people.ColleaguesTx(tx, id)
		if err != nil {
			return nil, err
		}
		for _, person := range colleagues {
			candidates[person.UserID] = person
		}
	}
	for id := range audience.People {
		person, o, err := a.placedTx(tx, id)
		if err != nil {
			return nil, err
		}
		candidates[id], organisations[person.OrganisationID] = person, o
	}
	for _, person := range candidates {
		if audience.includes(person, organisations[person.OrganisationID]) {
			all = append(all, person)
		}
	}
	slices.SortFunc(all, func(x, y people.Person) int { return strings.Compare(x.UserID, y.UserID) })
	return all, nil
}

// placedTx is a person with their organisation; the zero one for who belongs to none.
func (a *Alerts) placedTx(tx *store.Tx, userID string) (person people.Person, o people.Organisation, err error) {
	if person, err = a.people.PersonTx(tx, userID); err != nil || person.OrganisationID == "" {
		return person, o, err
	}
	if o, err = a.people.OrganisationTx(tx, person.OrganisationID); err != nil {
		return person, o, fmt.Errorf("find where %s belongs: %w", userID, err)
	}
	return person, o, nil
}
