package clientapi

import (
	"panah/hub/fault"
	"panah/hub/people"
)

func organisationAnswer(o people.Organisation) map[string]any {
	return map[string]any{
		"id": o.ID, "name": o.Name, "kind": o.Kind, "country": o.Country, "standing": o.Standing,
		"space_id": o.SpaceID, "people": o.People,
	}
}

func (a *API) organisations(c *call) (any, error) {
	found, err := a.People.Organisations(c.ctx())
	if err != nil {
		return nil, err
	}
	list := make([]map[string]any, 0, len(found))
	for _, o := range found {
		list = append(list, organisationAnswer(o))
	}
	return map[string]any{"organisations": list}, nil
}

func (a *API) proposeOrganisation(c *call) (any, error) {
	var in struct {
		Name    string      `json:"name"`
		Kind    people.Kind `json:"kind"`
		Country string      `json:"country"`
	}
	if err := c.read(&in); err != nil {
		return nil, err
	}
	o, err := a.Network.CreateOrganisation(c.ctx(), c.caller, in.Name, in.Kind, in.Country)
	if err != nil {
		return nil, err
	}
	return organisationAnswer(o), nil
}

func (a *API) vetOrganisation(c *call) (any, error) {
	var in struct {
		Standing people.OrganisationStanding `json:"standing"`
	}
	if err := c.read(&in); err != nil {
		return nil, err
	}
	if in.Standing == "" {
		return nil, fault.MissingParam("standing")
	}
	o, err := a.Network.SetStanding(c.ctx(), c.caller, c.path("id"), in.Standing)
	if err != nil {
		return nil, err
	}
	return organisationAnswer(o), nil
}
