package clientapi

import (
	"encoding/json"

	"panah/hub/fault"
	"panah/hub/feed"
)

// accountData is what one person keeps for their devices, for the account or for one room ("Client Config").
func (a *API) accountData(c *call) (any, error) {
	if err := c.own(); err != nil {
		return nil, err
	}
	return a.Feed.AccountData(c.ctx(), c.caller.UserID, c.path("roomId"), c.path("type"))
}

func (a *API) setAccountData(c *call) (any, error) {
	if err := c.own(); err != nil {
		return nil, err
	}
	content, err := c.object()
	if err != nil {
		return nil, err
	}
	return map[string]any{}, a.Feed.SetAccountData(c.ctx(), c.caller.UserID, c.path("roomId"), c.path("type"), content)
}

func (a *API) tags(c *call) (any, error) {
	if err := c.own(); err != nil {
		return nil, err
	}
	tags, err := a.Feed.Tags(c.ctx(), c.caller.UserID, c.path("roomId"))
	return map[string]any{"tags": tags}, err
}

func (a *API) setTag(c *call) (any, error) {
	if err := c.own(); err != nil {
		return nil, err
	}
	var tag feed.Tag
	if err := c.read(&tag); err != nil {
		return nil, err
	}
	return map[string]any{}, a.Feed.SetTag(c.ctx(), c.caller.UserID, c.path("roomId"), c.path("tag"), tag)
}

func (a *API) deleteTag(c *call) (any, error) {
	if err := c.own(); err != nil {
		return nil, err
	}
	return map[string]any{}, a.Feed.DeleteTag(c.ctx(), c.caller.UserID, c.path("roomId"), c.path("tag"))
}

// pushRules are all of a person's rules ("Push rules").
func (a *API) pushRules(c *call) (any, error) {
	return a.Feed.PushRules(c.ctx(), c.caller.UserID)
}

func (a *API) globalPushRules(c *call) (any, error) {
	raw, err := a.Feed.PushRules(c.ctx(), c.caller.UserID)
	if err != nil {
		return nil, err
	}
	var all struct {
		Global json.RawMessage `json:"global"`
	}
	return &all.Global, json.Unmarshal(raw, &all)
}

func (a *API) pushRule(c *call) (any, error) {
	return a.Feed.PushRule(c.ctx(), c.caller.UserID, c.path("kind"), c.path("ruleId"))
}

// setPushRule adds or replaces a rule of the person's own.
func (a *API) setPushRule(c *call) (any, error) {
	var rule feed.PushRule
	if err := c.read(&rule); err != nil {
		return nil, err
	}
	rule.ID = c.path("ruleId")
	return map[string]any{}, a.Feed.SetPushRule(c.ctx(), c.caller.UserID, c.path("kind"), rule, c.query("before"), c.query("after"))
}

func (a *API) deletePushRule(c *call) (any, error) {
	return map[string]any{}, a.Feed.DeletePushRule(c.ctx(), c.caller.UserID, c.path("kind"), c.path("ruleId"))
}

func (a *API) pushRuleEnabled(c *call) (any, error) {
	rule, err := a.Feed.PushRule(c.ctx(), c.caller.UserID, c.path("kind"), c.path("ruleId"))
	return map[string]bool{"enabled": rule.Enabled}, err
}

func (a *API) enablePushRule(c *call) (any, error) {
	var in struct {
		Enabled *bool `json:"enabled"`
	}
	if err := c.read(&in); err != nil {
		return nil, err
	}
	if in.Enabled == nil {
		return nil, fault.MissingParam("enabled")
	}
	return map[string]any{}, a.Feed.EnablePushRule(c.ctx(), c.caller.UserID, c.path("kind"), c.path("ruleId"), *in.Enabled)
}

func (a *API) pushRuleActions(c *call) (any, error) {
	rule, err := a.Feed.PushRule(c.ctx(), c.caller.UserID, c.path("kind"), c.path("ruleId"))
	return map[string]any{"actions": rule.Actions}, err
}

func (a *API) setPushRuleActions(c *call) (any, error) {
	var in struct {
		Actions []json.RawMessage `json:"actions"`
	}
	if err := c.read(&in); err != nil {
		return nil, err
	}
	return map[string]any{}, a.Feed.SetPushRuleActions(c.ctx(), c.caller.UserID, c.path("kind"), c.path("ruleId"), in.Actions)
}
