package network

import (
	"context"

	"panah/hub/people"
	"panah/hub/store"
)

// SignUp makes the account of someone who was invited and brings them into their spaces, all in one transaction.
func (n *Network) SignUp(ctx context.Context, in people.SignUp) (people.Session, people.Person, error) {
	ready, err := n.people.Prepare(ctx, in)
	if err != nil {
		return people.Session{}, people.Person{}, err
	}
	var session people.Session
	var person people.Person
	err = n.db.Write(ctx, func(tx *store.Tx) (err error) {
		if person, session, err = n.people.SignUpTx(tx, ready); err != nil {
			return err
		}
		if err := n.welcome(ctx, tx, person); err != nil {
			return err
		}
		return n.personChanged(ctx, tx, person.UserID)
	})
	return session, person, err
}

// welcome brings a new person into the network's space and, beside it, a steward into all countries, anyone else into their
// organisation and its country.
func (n *Network) welcome(ctx context.Context, tx *store.Tx, person people.Person) error {
	power := 0
	if person.Role == people.Steward {
		power = stewardPower
	}
	space, err := fact(tx, networkFact)
	if err != nil {
		return err
	}
	if err := n.settle(ctx, tx, space, person.UserID, power); err != nil {
		return err
	}
	if person.Role == people.Steward {
		if err := n.settleInCountries(ctx, tx, person.UserID, power, people.Countries()...); err != nil {
			return err
		}
	}
	if person.OrganisationID == "" {
		return nil
	}
	return n.welcomeInto(ctx, tx, person)
}

func (n *Network) settleInCountries(ctx context.Context, tx *store.Tx, user string, power int, countries ...string) error {
	for _, country := range countries {
		space, err := fact(tx, countryFact+country)
		if err != nil {
			return err
		}
		if err := n.settle(ctx, tx, space, user, power); err != nil {
			return err
		}
	}
	return nil
}

func (n *Network) welcomeInto(ctx context.Context, tx *store.Tx, person people.Person) error {
	o, err := n.people.OrganisationTx(tx, person.OrganisationID)
	if err != nil {
		return err
	}
	if person.Role != people.Steward { // a steward is in all countries already
		if err := n.settleInCountries(ctx, tx, person.UserID, 0, o.Country); err != nil {
			return err
		}
	}
	power := 0
	if person.Role == people.Admin || person.Role == people.Steward {
		power = adminPower
	}
	return n.settle(ctx, tx, o.SpaceID, person.UserID, power)
}

// CreateOrganisation enters an organisation. A steward's is vetted by that and gets its space at once; an administrator's proposal waits.
func (n *Network) CreateOrganisation(ctx context.Context, caller people.Caller, name string, kind people.Kind, country string) (o people.Organisation, err error) {
	err = n.db.Write(ctx, func(tx *store.Tx) (err error) {
		if o, err = n.people.ProposeOrganisationTx(tx, caller, name, kind, country); err != nil {
			return err
		}
		if err := n.giveSpace(ctx, tx, &o); err != nil {
			return err
		}
		return n.listOrganisation(ctx, tx, o.ID)
	})
	return o, err
}

// SetStanding vets, refuses or suspends an organisation. reason is a code of people.Reasons, or "".
func (n *Network) SetStanding(ctx context.Context, caller people.Caller, id string, standing people.OrganisationStanding, reason string) (o people.Organisation, err error) {
	err = n.db.Write(ctx, func(tx *store.Tx) (err error) {
		if o, err = n.people.SetStandingTx(tx, caller, id, standing, reason); err != nil {
			return err
		}
		if err := n.giveSpace(ctx, tx, &o); err != nil {
			return err
		}
		return n.organisationChanged(ctx, tx, id)
	})
	return o, err
}

// giveSpace makes the space of a vetted organisation that has none.
func (n *Network) giveSpace(ctx context.Context, tx *store.Tx, o *people.Organisation) error {
	if o.Standing != people.OrganisationVetted || o.SpaceID != "" {
		return nil
	}
	country, err := fact(tx, countryFact+o.Country)
	if err != nil {
		return err
	}
	about := map[string]any{"kind": "organisation", "organisation_id": o.ID, "country": o.Country}
	if o.SpaceID, err = n.makeSpace(ctx, tx, o.Name, country, about); err != nil {
		return err
	}
	return n.people.SetOrganisationSpaceTx(tx, o.ID, o.SpaceID)
}

// InvitePerson makes an invitation into an organisation, or, with an empty organisation, for a steward. The token is shown this once.
func (n *Network) InvitePerson(ctx context.Context, caller people.Caller, organisationID string, role people.Role, language string) (i people.Invitation, token string, err error) {
	err = n.db.Write(ctx, func(tx *store.Tx) (err error) {
		i, token, err = n.people.InviteTx(tx, caller, organisationID, role, language)
		return err
	})
	return i, token, err
}
