package clientapi

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
			organisations = append(organisations, map[string]any{"id": o.ID, "name": o.Name, "kind": o.Kind, "country": o.Country})
		}
		hubs = append(hubs, map[string]any{"server": h.Server, "since": h.Since, "organisations": organisations})
	}
	return map[string]any{"hubs": hubs}, nil
}
