package clientapi

import (
	"panah/hub/rota"
)

// rotaRoutes are what can be done with the rotas of organisations and of shelters.
func (a *API) rotaRoutes() []route {
	return append(rotaAt(a.Rotas, us+"/organisations/{id}/rota", func(c *call) (rota.Of, error) { return rota.Of{Organisation: c.path("id")}, nil }),
		rotaAt(a.Rotas, us+"/places/shelters/{id}/rota", func(c *call) (rota.Of, error) { return a.Places.Rota(c.ctx(), c.caller, c.path("id")) })...)
}

func rotaAt(rotas *rota.Rotas, path string, whose func(c *call) (rota.Of, error)) []route {
	with := func(act func(c *call, of rota.Of) (any, error)) func(c *call) (any, error) {
		return func(c *call) (any, error) {
			of, err := whose(c)
			if err != nil {
				return nil, err
			}
			return act(c, of)
		}
	}
	d := rotaDoor{rotas}
	return []route{
		{"GET", path, signedIn, with(d.read)},
		{"PUT", path, signedIn, with(d.set)},
		{"POST", path + "/overrides", signedIn, with(d.addOverride)},
		{"DELETE", path + "/overrides/{override}", signedIn, with(d.removeOverride)},
		{"POST", path + "/notes", signedIn, with(d.addNote)},
	}
}

type rotaDoor struct{ rotas *rota.Rotas }

func (d rotaDoor) read(c *call, of rota.Of) (any, error) {
	r, err := d.rotas.Read(c.ctx(), c.caller, of)
	if err != nil {
		return nil, err
	}
	notes := []map[string]any{}
	for _, n := range r.Notes {
		notes = append(notes, map[string]any{"id": n.ID, "at": n.At, "author": n.Author, "text": n.Text})
	}
	answer := map[string]any{
		"slots": listOf(r.Slots), "overrides": listOf(r.Overrides), "notes": notes, "zone": r.Zone, "now": listOf(r.Now),
	}
	if r.Next != "" {
		answer["next"] = map[string]any{"user_id": r.Next, "at": r.NextAt}
	}
	return answer, nil
}

// listOf writes no list as an empty one.
func listOf[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// set replaces the weekly slots: {"slots": [{"weekday", "from", "until", "user_id", "place"}]}.
func (d rotaDoor) set(c *call, of rota.Of) (any, error) {
	var in struct {
		Slots []rota.Slot `json:"slots"`
	}
	if err := c.read(&in); err != nil {
		return nil, err
	}
	return map[string]any{}, d.rotas.Set(c.ctx(), c.caller, of, in.Slots)
}

func (d rotaDoor) addOverride(c *call, of rota.Of) (any, error) {
	var in rota.Override
	if err := c.read(&in); err != nil {
		return nil, err
	}
	id, err := d.rotas.AddOverride(c.ctx(), c.caller, of, in)
	return map[string]any{"id": id}, err
}

func (d rotaDoor) removeOverride(c *call, of rota.Of) (any, error) {
	return map[string]any{}, d.rotas.RemoveOverride(c.ctx(), c.caller, of, c.path("override"))
}

func (d rotaDoor) addNote(c *call, of rota.Of) (any, error) {
	var in struct {
		Text string `json:"text"`
	}
	if err := c.read(&in); err != nil {
		return nil, err
	}
	return map[string]any{}, d.rotas.AddNote(c.ctx(), c.caller, of, in.Text)
}
