package clientapi

import (
	"cmp"
	"slices"
)

func (a *API) leads(c *call) (any, error) {
	leads, err := a.Alerts.Leads(c.ctx())
	if err != nil {
		return nil, err
	}
	list := []map[string]string{}
	for country, organisation := range leads {
		list = append(list, map[string]string{"country": country, "organisation_id": organisation})
	}
	slices.SortFunc(list, func(x, y map[string]string) int { return cmp.Compare(x["country"], y["country"]) })
	return map[string]any{"leads": list}, nil
}

// setLead says which organisation coordinates a country: {"organisation_id"}, or "" for none.
func (a *API) setLead(c *call) (any, error) {
	var in struct {
		OrganisationID string `json:"organisation_id"`
	}
	if err := c.read(&in); err != nil {
		return nil, err
	}
	return map[string]any{}, a.Alerts.SetLead(c.ctx(), c.caller, c.path("country"), in.OrganisationID)
}
