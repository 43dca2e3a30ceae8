package clientapi

import (
	"panah/hub/fault"
	"panah/hub/people"
)

func organisationAnswer(o people.Organisation) map[string]any {
	return map[string]any{
		"id": o.ID, "name": o.Name, "kind": o.Kind, "country": o.Country, "standing": o.Standing, "reason": o.Reason,
		"created_by": o.CreatedBy, "space_id": o.SpaceID, "people": o.People,
	}
}

func (a *API) organisations(c *call) (any, error) {
	found, err := a.People.Organisations(c.ctx())
	if err != nil {
		return nil, err
	}
	list := make([]map[string]any, 0, len(found))
	for _, o := range found {
		if mayKnow(c.caller, o) {
			list = append(list, organisationAnswer(o))
		}
	}
	return map[string]any{"organisations": list}, nil
}

// mayKnow: what is only proposed, or was refused, is between the stewards and whoever proposed it.
func mayKnow(caller people.Caller, o people.Organisation) bool {
	admitted := o.Standing == people.OrganisationVetted || o.Standing == people.OrganisationSuspended
	return admitted || o.CreatedBy == caller.UserID || caller.OrganisationID == o.ID || caller.Require(people.ActVetOrganisation) == nil
}

func (a *API) editOrganisation(c *call) (any, error) {
	var in struct {
		Name    string      `json:"name"`
		Kind    people.Kind `json:"kind"`
		Country string      `json:"country"`
	}
	if err := c.read(&in); err != nil {
		return nil, err
	}
	o, err := a.Network.EditOrganisation(c.ctx(), c.caller, c.path("id"), in.Name, in.Kind, in.Country)
	if err != nil {
		return nil, err
	}
	return organisationAnswer(o), nil
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
		Reason   string                      `json:"reason"`
	}
	if err := c.read(&in); err != nil {
		return nil, err
	}
	if in.Standing == "" {
		return nil, fault.MissingParam("standing")
	}
	o, err := a.Network.SetStanding(c.ctx(), c.caller, c.path("id"), in.Standing, in.Reason)
	if err != nil {
		return nil, err
	}
	return organisationAnswer(o), nil
}
