package feed

import (
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"panah/hub/room"
	"panah/hub/store"
)

// Ring is what a person's push rules say to an event.
type Ring int

// What push rules say.
const (
	Silent    Ring = iota // nothing
	Notified              // tell the person
	Highlight             // tell the person that somebody called them
)

// Ringing is what all people in a room share when their rules are asked about one event.
type Ringing struct {
	Event   *room.Event
	Members int  // who are in the room
	Loud    bool // the sender may call the whole room
	fields  map[string]any
}

// NewRinging looks up what the rules of anybody may ask about an event.
func (f *Feed) NewRinging(tx *store.Tx, e *room.Event) (*Ringing, error) {
	members, err := f.rooms.JoinedMembers(tx, e.RoomID)
	if err != nil {
		return nil, err
	}
	r := &Ringing{Event: e, Members: len(members), fields: map[string]any{}}
	r.fields["type"], r.fields["sender"], r.fields["room_id"] = e.Type, e.Sender, e.RoomID
	if e.StateKey != nil {
		r.fields["state_key"] = *e.StateKey
	}
	var content map[string]any
	if json.Unmarshal(e.Content, &content) == nil {
		r.fields["content"] = content
	}
	r.Loud, err = f.mayCallRoom(tx, e)
	return r, err
}

// mayCallRoom tells whether a sender has the power of notifications.room (Matrix C-S API, m.room.power_levels), which is 50 unless set.
func (f *Feed) mayCallRoom(tx *store.Tx, e *room.Event) (bool, error) {
	state, err := f.rooms.StateEvent(tx, e.RoomID, "m.room.power_levels", "")
	if err != nil || state == nil {
		return false, err
	}
	levels := struct {
		Users         map[string]json.Number `json:"users"`
		Default       json.Number            `json:"users_default"`
		Notifications map[string]json.Number `json:"notifications"`
	}{}
	if json.Unmarshal(state.Content, &levels) != nil {
		return false, nil
	}
	level := func(n json.Number, otherwise int64) int64 {
		if value, err := n.Int64(); err == nil {
			return value
		}
		return otherwise
	}
	has := level(levels.Users[e.Sender], level(levels.Default, 0))
	return has >= level(levels.Notifications["room"], 50), nil
}

// Rings asks a person's push rules (Matrix C-S API, "Push Rules"): the first enabled one that fits decides. A person's own posts never ring.
func (f *Feed) Rings(tx *store.Tx, userID string, r *Ringing) (Ring, error) {
	if r.Event.Sender == userID {
		return Silent, nil
	}
	rules, err := pushRulesTx(tx, userID)
	if err != nil {
		return Silent, err
	}
	called, err := f.calledIn(tx, r.Event.RoomID, userID)
	if err != nil {
		return Silent, err
	}
	for _, kind := range []string{"override", "content", "room", "sender", "underride"} {
		for _, rule := range *rules.Global.kind(kind) {
			if rule.Enabled && r.fits(kind, &rule, called) {
				return ringOf(rule.Actions), nil
			}
		}
	}
	return Silent, nil
}

// calledIn is the name that a person bears in a room.
func (f *Feed) calledIn(tx *store.Tx, roomID, userID string) (string, error) {
	member, err := f.memberEvent(tx, roomID, userID)
	if err != nil || member == nil {
		return "", err
	}
	var content struct {
		Name string `json:"displayname"`
	}
	if json.Unmarshal(member.Content, &content) != nil {
		return "", nil
	}
	return content.Name, nil
}

func ringOf(actions []json.RawMessage) Ring {
	ring := Silent
	for _, raw := range actions {
		var name string
		if json.Unmarshal(raw, &name) == nil {
			if name == "notify" {
				ring = max(ring, Notified)
			}
			continue
		}
		var tweak struct {
			Set   string `json:"set_tweak"`
			Value *bool  `json:"value"` // absent means true
		}
		if json.Unmarshal(raw, &tweak) == nil && tweak.Set == "highlight" && (tweak.Value == nil || *tweak.Value) && ring == Notified {
			ring = Highlight
		}
	}
	return ring
}

func (r *Ringing) fits(kind string, rule *PushRule, called string) bool {
	switch kind {
	case "content":
		return r.says(rule.Pattern)
	case "room":
		return rule.ID == r.Event.RoomID
	case "sender":
		return rule.ID == r.Event.Sender
	}
	return !slices.ContainsFunc(rule.Conditions, func(raw json.RawMessage) bool { return !r.holds(raw, called) })
}

// condition is one condition of a rule. Which members it has depends on its kind.
type condition struct {
	Kind    string          `json:"kind"`
	Key     string          `json:"key"`
	Pattern *string         `json:"pattern"`
	Value   json.RawMessage `json:"value"`
	Is      string          `json:"is"`
}

// holds tells whether a condition is met. An unknown one is not (Matrix C-S API, "Conditions").
func (r *Ringing) holds(raw json.RawMessage, called string) bool {
	var c condition
	if json.Unmarshal(raw, &c) != nil {
		return false
	}
	switch c.Kind {
	case "event_match":
		text, is := r.field(c.Key).(string)
		return is && c.Pattern != nil && globFits(*c.Pattern, text, c.Key == "content.body")
	case "event_property_is":
		return same(r.field(c.Key), c.Value)
	case "event_property_contains":
		list, _ := r.field(c.Key).([]any)
		return slices.ContainsFunc(list, func(one any) bool { return same(one, c.Value) })
	case "contains_display_name":
		return called != "" && r.says(literal(called))
	case "room_member_count":
		return countFits(c.Is, r.Members)
	case "sender_notification_permission":
		return r.Loud && c.Key == "room"
	}
	return false
}

// says tells whether the words of the event have a pattern among them.
func (r *Ringing) says(pattern string) bool {
	body, is := r.field("content.body").(string)
	return is && pattern != "" && globFits(pattern, body, true)
}

// field finds a value along a path of names with dots between; a dot or backslash in a name is escaped by a backslash.
func (r *Ringing) field(path string) any {
	var value any = r.fields
	for _, name := range splitPath(path) {
		members, is := value.(map[string]any)
		if !is {
			return nil
		}
		value = members[name]
	}
	return value
}

func splitPath(path string) []string {
	var names []string
	var name strings.Builder
	for i := 0; i < len(path); i++ {
		switch {
		case path[i] == '\\' && i+1 < len(path) && (path[i+1] == '.' || path[i+1] == '\\'):
			i++
			name.WriteByte(path[i])
		case path[i] == '.':
			names = append(names, name.String())
			name.Reset()
		default:
			name.WriteByte(path[i])
		}
	}
	return append(names, name.String())
}

// same compares a value of an event with one of a rule; only what is no list and no object can be the same.
func same(value any, wanted json.RawMessage) bool {
	var other any
	if json.Unmarshal(wanted, &other) != nil {
		return false
	}
	switch value.(type) {
	case string, bool, float64, nil:
		return value == other
	}
	return false
}

func countFits(is string, n int) bool {
	digits := strings.TrimLeft(is, "<>=")
	wanted, err := strconv.Atoi(digits)
	if err != nil {
		return false
	}
	switch strings.TrimSuffix(is, digits) {
	case "", "==":
		return n == wanted
	case "<":
		return n < wanted
	case ">":
		return n > wanted
	case "<=":
		return n <= wanted
	case ">=":
		return n >= wanted
	}
	return false
}

// literal has a name stand for itself in a pattern.
func literal(name string) string { return strings.NewReplacer(`*`, `?`).Replace(name) }

const patternLimit = 500 // bytes of a pattern; a longer one fits nothing

// globFits compares without regard to capitals. * is any run of characters and ? any one. inside looks for it anywhere between two
// borders of words, else the whole text must fit.
func globFits(pattern, text string, inside bool) bool {
	if len(pattern) > patternLimit {
		return false
	}
	var expression strings.Builder
	for _, c := range strings.ToLower(pattern) {
		switch c {
		case '*':
			expression.WriteString("(?s:.*)")
		case '?':
			expression.WriteString("(?s:.)")
		default:
			expression.WriteString(regexp.QuoteMeta(string(c)))
		}
	}
	text = strings.ToLower(text)
	if !inside {
		whole, err := regexp.Compile("^(?:" + expression.String() + ")$")
		return err == nil && whole.MatchString(text)
	}
	part, err := regexp.Compile(expression.String())
	return err == nil && slices.ContainsFunc(part.FindAllStringIndex(text, -1), func(at []int) bool { return wordAt(text, at[0], at[1]) })
}

// wordAt tells whether a part of a text stands alone. Go's \b knows Latin letters only.
func wordAt(text string, from, until int) bool {
	before := []rune(text[:from])
	after := []rune(text[until:])
	return (len(before) == 0 || !letter(before[len(before)-1])) && (len(after) == 0 || !letter(after[0]))
}

func letter(r rune) bool {
	return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r)
}

// Reached tells whether the node has sent everything up to a position to some open session of a person.
func (f *Feed) Reached(userID string, at store.Position) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	for a := range f.people[userID] {
		if a.live && a.kind != waiter && max(a.told, f.cursor) >= at {
			return true
		}
	}
	return false
}

// AccountDataTx is AccountData inside a transaction of the caller's.
func (f *Feed) AccountDataTx(tx *store.Tx, userID, roomID, kind string) (json.RawMessage, error) {
	return accountDataTx(tx, userID, roomID, kind)
}
