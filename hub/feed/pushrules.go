package feed

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"panah/hub/fault"
	"panah/hub/store"
)

// predefined are the rules that every account begins with (Matrix C-S API, push notifications, predefined rules).
//
//go:embed pushrules.json
var predefined string

// Bounds of push rules.
const (
	ruleSize  = 8 << 10 // bytes of one rule
	rulesMost = 500     // rules a person may keep
)

// PushRule is one rule. Which members it has depends on its kind.
type PushRule struct {
	ID         string            `json:"rule_id"`
	Default    bool              `json:"default"`
	Enabled    bool              `json:"enabled"`
	Conditions []json.RawMessage `json:"conditions,omitzero"`
	Pattern    string            `json:"pattern,omitempty"`
	Actions    []json.RawMessage `json:"actions"`
}

// pushRules is the content of m.push_rules. The kinds stand in the order in which they are tried.
type pushRules struct {
	Global ruleset `json:"global"`
}

type ruleset struct {
	Override  []PushRule `json:"override"`
	Content   []PushRule `json:"content"`
	Room      []PushRule `json:"room"`
	Sender    []PushRule `json:"sender"`
	Underride []PushRule `json:"underride"`
}

func (s *ruleset) kind(name string) *[]PushRule {
	return map[string]*[]PushRule{"override": &s.Override, "content": &s.Content, "room": &s.Room, "sender": &s.Sender,
		"underride": &s.Underride}[name]
}

func errNoRule() *fault.Fault { return fault.NotFound("error.push_rule_unknown") }

// DefaultPushRules is the content of m.push_rules of a person who changed nothing.
func DefaultPushRules(userID string) json.RawMessage {
	localpart, _, _ := strings.Cut(strings.TrimPrefix(userID, "@"), ":")
	quoted := func(s string) string { return strings.Trim(string(encode(s)), `"`) }
	text := strings.NewReplacer("{{user}}", quoted(userID), "{{localpart}}", quoted(localpart)).Replace(predefined)
	var out bytes.Buffer
	if json.Compact(&out, []byte(text)) != nil {
		return json.RawMessage(`{"global":{}}`)
	}
	return out.Bytes()
}

// PushRules gives the content of m.push_rules, {"global":{…}}.
func (f *Feed) PushRules(ctx context.Context, userID string) (json.RawMessage, error) {
	return f.AccountData(ctx, userID, "", typePushRules)
}

// PushRule gives one rule; there is a fault of status 404 when there is none.
func (f *Feed) PushRule(ctx context.Context, userID, kind, id string) (PushRule, error) {
	var rule PushRule
	err := f.db.Read(ctx, func(tx *store.Tx) error {
		rules, err := pushRulesTx(tx, userID)
		if err != nil {
			return err
		}
		found, err := rules.find(kind, id)
		if err == nil {
			rule = *found
		}
		return err
	})
	return rule, err
}

// EnablePushRule switches a rule on or off.
func (f *Feed) EnablePushRule(ctx context.Context, userID, kind, id string, enabled bool) error {
	return f.changeRules(ctx, userID, func(rules *pushRules) error {
		rule, err := rules.find(kind, id)
		if err == nil {
			rule.Enabled = enabled
		}
		return err
	})
}

// SetPushRuleActions says what a rule does: strings and tweaks, as the Matrix specification lists them.
func (f *Feed) SetPushRuleActions(ctx context.Context, userID, kind, id string, actions []json.RawMessage) error {
	if err := goodActions(actions); err != nil {
		return err
	}
	return f.changeRules(ctx, userID, func(rules *pushRules) error {
		rule, err := rules.find(kind, id)
		if err == nil {
			rule.Actions = actions
		}
		return err
	})
}

// SetPushRule adds or replaces a rule of the person's own. before and after name rules of the same kind beside which it is to stand;
// with neither it goes first, or stays where it is.
func (f *Feed) SetPushRule(ctx context.Context, userID, kind string, rule PushRule, before, after string) error {
	if err := goodRule(kind, rule); err != nil {
		return err
	}
	return f.changeRules(ctx, userID, func(rules *pushRules) error {
		list := rules.Global.kind(kind)
		rule.Default, rule.Enabled = false, true
		at, err := place(*list, rule.ID, before, after)
		if err != nil {
			return err
		}
		if old := indexOf(*list, rule.ID); old >= 0 {
			rule.Enabled = (*list)[old].Enabled
			*list = slices.Delete(*list, old, old+1)
			if old < at {
				at--
			}
		}
		*list = slices.Insert(*list, at, rule)
		return nil
	})
}

// DeletePushRule takes a rule of the person's own away.
func (f *Feed) DeletePushRule(ctx context.Context, userID, kind, id string) error {
	return f.changeRules(ctx, userID, func(rules *pushRules) error {
		if _, err := rules.find(kind, id); err != nil || strings.HasPrefix(id, ".") {
			return errNoRule()
		}
		list := rules.Global.kind(kind)
		*list = slices.DeleteFunc(*list, func(r PushRule) bool { return r.ID == id })
		return nil
	})
}

// place finds where a rule goes: beside the named one, where it stood, or before all of the person's own.
func place(list []PushRule, id, before, after string) (int, error) {
	beside := before + after
	if beside == "" {
		return max(indexOf(list, id), masterFirst(list)), nil
	}
	at := indexOf(list, beside)
	if at < 0 || strings.HasPrefix(beside, ".") {
		return 0, errNoRule()
	}
	if after != "" {
		at++
	}
	return at, nil
}

// masterFirst keeps the rule that silences everything before all others.
func masterFirst(list []PushRule) int {
	if len(list) > 0 && list[0].ID == ".m.rule.master" {
		return 1
	}
	return 0
}

func indexOf(list []PushRule, id string) int {
	return slices.IndexFunc(list, func(r PushRule) bool { return r.ID == id })
}

func goodRule(kind string, rule PushRule) error {
	if goodName(rule.ID, typeLimit) != nil || strings.HasPrefix(rule.ID, ".") || strings.ContainsAny(rule.ID, `/\`) {
		return fault.InvalidParam("error.push_rule_name")
	}
	if new(ruleset).kind(kind) == nil {
		return errNoRule()
	}
	if size := len(encode(rule)); size > ruleSize {
		return fault.TooLarge(ruleSize)
	}
	if kind == "content" && rule.Pattern == "" {
		return fault.MissingParam("pattern")
	}
	return goodActions(rule.Actions)
}

func goodActions(actions []json.RawMessage) error {
	if actions == nil {
		return fault.MissingParam("actions")
	}
	if len(encode(actions)) > ruleSize {
		return fault.TooLarge(ruleSize)
	}
	for _, a := range actions {
		var name string
		var tweak struct {
			Set string `json:"set_tweak"`
		}
		if json.Unmarshal(a, &name) != nil && (json.Unmarshal(a, &tweak) != nil || tweak.Set == "") {
			return fault.BadJSON()
		}
	}
	return nil
}

func (r *pushRules) find(kind, id string) (*PushRule, error) {
	list := r.Global.kind(kind)
	if list == nil {
		return nil, errNoRule()
	}
	if at := indexOf(*list, id); at >= 0 {
		return &(*list)[at], nil
	}
	return nil, errNoRule()
}

func (f *Feed) changeRules(ctx context.Context, userID string, change func(*pushRules) error) error {
	return f.db.Write(ctx, func(tx *store.Tx) error {
		rules, err := pushRulesTx(tx, userID)
		if err != nil {
			return err
		}
		if err := change(rules); err != nil {
			return err
		}
		raw := encode(rules)
		if len(raw) > rulesMost*ruleSize/8 {
			return fault.TooLarge(rulesMost * ruleSize / 8)
		}
		return f.setAccountDataTx(tx, userID, "", typePushRules, raw)
	})
}

func pushRulesTx(tx *store.Tx, userID string) (*pushRules, error) {
	content, err := accountDataTx(tx, userID, "", typePushRules)
	if err != nil && !errors.Is(err, fault.NotFound("error.account_data_absent")) {
		return nil, err
	}
	var rules pushRules
	if err := json.Unmarshal(content, &rules); err != nil {
		return nil, err
	}
	for _, kind := range []string{"override", "content", "room", "sender", "underride"} {
		if list := rules.Global.kind(kind); *list == nil {
			*list = []PushRule{}
		}
	}
	return &rules, nil
}
