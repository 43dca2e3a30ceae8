package clientapi

import (
	"strings"

	"panah/hub/fault"
)

// sameUser tells whether a name that a client gave, with or without its server, is the user id.
func sameUser(given, userID string) bool {
	localpart, _, _ := strings.Cut(strings.TrimPrefix(userID, "@"), ":")
	return given == userID || given == localpart
}

// own refuses to act on anybody else's behalf: what an address names must be the caller.
func (c *call) own() error {
	if c.path("userId") != c.caller.UserID {
		return fault.Forbidden("error.not_yours")
	}
	return nil
}

// profile ("Profiles"). Only people of the hub may look: membership of the network is nobody else's business.
func (a *API) profile(c *call) (any, error) {
	p, err := a.shownPerson(c)
	if err != nil {
		return nil, err
	}
	answer := map[string]string{"displayname": p.name}
	if p.avatar != "" {
		answer["avatar_url"] = p.avatar
	}
	return answer, nil
}

func (a *API) displayName(c *call) (any, error) {
	p, err := a.shownPerson(c)
	if err != nil {
		return nil, err
	}
	return map[string]string{"displayname": p.name}, nil
}

func (a *API) avatarURL(c *call) (any, error) {
	p, err := a.shownPerson(c)
	if err != nil {
		return nil, err
	}
	answer := map[string]string{}
	if p.avatar != "" {
		answer["avatar_url"] = p.avatar
	}
	return answer, nil
}

func (a *API) setDisplayName(c *call) (any, error) {
	var in struct {
		Name *string `json:"displayname"`
	}
	return a.setProfile(c, &in, func() (name, avatar *string, err error) {
		if in.Name == nil {
			return nil, nil, fault.MissingParam("displayname")
		}
		return in.Name, nil, nil
	})
}

func (a *API) setAvatarURL(c *call) (any, error) {
	var in struct {
		URL *string `json:"avatar_url"`
	}
	return a.setProfile(c, &in, func() (name, avatar *string, err error) {
		if in.URL == nil {
			return nil, nil, fault.MissingParam("avatar_url")
		}
		return nil, in.URL, nil
	})
}

func (a *API) setProfile(c *call, in any, chosen func() (name, avatar *string, err error)) (any, error) {
	if err := c.own(); err != nil {
		return nil, err
	}
	if err := c.read(in); err != nil {
		return nil, err
	}
	name, avatar, err := chosen()
	if err != nil {
		return nil, err
	}
	if avatar != nil {
		if err := a.Media.MayUse(c.ctx(), c.caller, *avatar); err != nil {
			return nil, err
		}
	}
	return map[string]any{}, a.Network.SetProfile(c.ctx(), c.caller, name, avatar)
}

const (
	searchDefault = 10
	searchMost    = 50
)

// searchPeople ("User Directory").
func (a *API) searchPeople(c *call) (any, error) {
	var in struct {
		Term  string `json:"search_term"`
		Limit *int   `json:"limit"`
	}
	if err := c.read(&in); err != nil {
		return nil, err
	}
	if in.Term == "" {
		return nil, fault.MissingParam("search_term")
	}
	limit := searchDefault
	if in.Limit != nil {
		limit = max(1, min(*in.Limit, searchMost))
	}
	found, err := a.People.Search(c.ctx(), in.Term, limit+1)
	if err != nil {
		return nil, err
	}
	limited := len(found) > limit
	results := make([]map[string]string, 0, limit)
	for _, p := range found[:min(limit, len(found))] {
		result := map[string]string{"user_id": p.UserID, "display_name": p.Name}
		if p.AvatarURL != "" {
			result["avatar_url"] = p.AvatarURL
		}
		results = append(results, result)
	}
	return map[string]any{"results": results, "limited": limited}, nil
}
