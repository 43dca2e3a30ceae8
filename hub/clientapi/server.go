package clientapi

// versions lists what holds, and no more ("API Versions"). What each of them brought: v1.7 files that are filled later and get_token, v1.8 room
// version 11 and reports by members alone, v1.9 the push rule for edits, v1.10 recursion in relations, v1.11 authenticated media. The first
// flag is for clients that knew those before they had a version, the second is simplified sliding sync (MSC4186), which has none yet.
func (a *API) versions(*call) (any, error) {
	return map[string]any{
		"versions": []string{
			"v1.1", "v1.2", "v1.3", "v1.4", "v1.5", "v1.6", "v1.7", "v1.8", "v1.9", "v1.10", "v1.11",
		},
		"unstable_features": map[string]bool{"org.matrix.msc3916.stable": true, "org.matrix.simplified_msc3575": true},
	}, nil
}

// wellKnown tells clients where the API is ("Server Discovery").
func (a *API) wellKnown(c *call) (any, error) {
	return map[string]any{"m.homeserver": map[string]string{"base_url": a.base(c.r)}}, nil
}

// capabilities ("Capabilities negotiation"): what may be changed here, so that clients hide what may not.
func (a *API) capabilities(*call) (any, error) {
	enabled := func(on bool) map[string]bool { return map[string]bool{"enabled": on} }
	return map[string]any{"capabilities": map[string]any{
		"m.change_password": enabled(true),
		"m.set_displayname": enabled(true),
		"m.set_avatar_url":  enabled(true),
		"m.3pid_changes":    enabled(false),
		"m.get_login_token": enabled(true),
		"m.room_versions": map[string]any{
			"default":   roomVersion,
			"available": map[string]string{roomVersion: "stable"},
		},
	}}, nil
}

// roomVersion is the one in which channels are made.
const roomVersion = "11"

// turnServer: the hub relays no calls, and says so with an empty answer, as clients expect ("Voice over IP").
func (a *API) turnServer(*call) (any, error) { return map[string]any{}, nil }

// protocols: there are no bridges ("Third-party Networks").
func (a *API) protocols(*call) (any, error) { return map[string]any{}, nil }

// noBridges: so nobody is to be found behind one ("Third-party Lookups").
func (a *API) noBridges(*call) (any, error) { return []any{}, nil }

// noThirdParty: accounts are known by no address outside ("Adding Account Administrative Contact Information").
func (a *API) noThirdParty(*call) (any, error) { return map[string]any{"threepids": []any{}}, nil }
