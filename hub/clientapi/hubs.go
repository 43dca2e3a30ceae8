package clientapi

import "panah/hub/network"

// hubs are the neighbouring hubs, and which organisations they have.
func (a *API) hubs(c *call) (any, error) {
	found, err := a.Network.Hubs(c.ctx())
	if err != nil {
		return nil, err
	}
	hubs := make([]map[string]any, 0, len(found))
	for _, h := range found {
		organisations := make([]map[string]any, 0, len(h.Organisations))
		for _, o := range h.Organisations {
			organisations = append(organisations, foreignAnswer(o))
		}
		hubs = append(hubs, map[string]any{"server": h.Server, "since": h.Since, "organisations": organisations})
	}
	return map[string]any{"hubs": hubs}, nil
}

// foreignAnswer is an organisation of another hub: "id" is its id there, "abroad_id" the one by which it is named here.
func foreignAnswer(f network.Foreign) map[string]any {
	return map[string]any{"id": f.ID, "abroad_id": f.AbroadID(), "hub": f.Server, "name": f.Name, "kind": f.Kind, "country": f.Country}
}
