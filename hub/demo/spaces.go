package demo

import (
	"context"
	"net/http"
	"net/url"
)

// findSpaces learns the ids of the spaces that channels belong to: the network's from the hub, those of organisations with them, and
// those of countries from what their state says of them.
func (f *filler) findSpaces(ctx context.Context, steward *caller) error {
	var me struct {
		Space string `json:"network_space"`
	}
	if err := steward.call(ctx, http.MethodGet, "/_panah/v1/me", nil, &me); err != nil {
		return err
	}
	f.spaces["network"] = me.Space
	for key, o := range f.organisations {
		f.spaces[key] = o.SpaceID
	}
	var children []struct {
		Type string `json:"type"`
		Room string `json:"state_key"`
	}
	if err := steward.call(ctx, http.MethodGet, matrix+"/rooms/"+url.PathEscape(me.Space)+"/state", nil, &children); err != nil {
		return err
	}
	for _, child := range children {
		if child.Type != "m.space.child" {
			continue
		}
		if err := f.findCountry(ctx, steward, child.Room); err != nil {
			return err
		}
	}
	return nil
}

// findCountry notes a space if it is a country's. Channels of the network have no such state, and that is no error.
func (f *filler) findCountry(ctx context.Context, steward *caller, room string) error {
	var about struct {
		Kind    string `json:"kind"`
		Country string `json:"country"`
	}
	path := matrix + "/rooms/" + url.PathEscape(room) + "/state/network.panah.space"
	err := steward.call(ctx, http.MethodGet, path, nil, &about)
	if missing(err) {
		return nil
	}
	if err == nil && about.Kind == "country" {
		f.spaces[about.Country] = room
	}
	return err
}
