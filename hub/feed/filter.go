package feed

import (
	"bytes"
	"encoding/json"
	"strings"

	"panah/hub/fault"
)

// Bounds of filters.
const (
	filterLimit  = 32 << 10 // bytes of a filter's JSON
	filterNames  = 500      // entries in each of its lists
	timelineSize = 20       // events of a room's timeline where the filter names no limit
	timelineMost = 100      // events of a room's timeline at most
)

// Filter says what a device wants to see (Matrix C-S API, filtering). The zero value lets everything through.
type Filter struct {
	AccountData EventFilter `json:"account_data"`
	Presence    EventFilter `json:"presence"`
	Room        RoomFilter  `json:"room"`
}

// RoomFilter says which rooms, and what of them.
type RoomFilter struct {
	Rooms        *[]string   `json:"rooms"`
	NotRooms     []string    `json:"not_rooms"`
	IncludeLeave bool        `json:"include_leave"`
	Timeline     EventFilter `json:"timeline"`
	State        EventFilter `json:"state"`
	Ephemeral    EventFilter `json:"ephemeral"`
	AccountData  EventFilter `json:"account_data"`
}

// EventFilter chooses events. An absent list lets everything through, an empty one nothing. Types may hold `*`.
type EventFilter struct {
	Limit                   *int      `json:"limit"`
	Types                   *[]string `json:"types"`
	NotTypes                []string  `json:"not_types"`
	Senders                 *[]string `json:"senders"`
	NotSenders              []string  `json:"not_senders"`
	Rooms                   *[]string `json:"rooms"`
	NotRooms                []string  `json:"not_rooms"`
	ContainsURL             *bool     `json:"contains_url"`
	LazyLoadMembers         bool      `json:"lazy_load_members"`
	IncludeRedundantMembers bool      `json:"include_redundant_members"`
}

// ParseFilter reads a filter's JSON and checks its bounds.
func ParseFilter(raw []byte) (*Filter, error) {
	if len(raw) > filterLimit {
		return nil, fault.TooLarge(filterLimit)
	}
	if !json.Valid(raw) {
		return nil, fault.NotJSON()
	}
	var f Filter
	if !bytes.HasPrefix(bytes.TrimSpace(raw), []byte("{")) || json.Unmarshal(raw, &f) != nil {
		return nil, fault.BadJSON()
	}
	for _, list := range f.lists() {
		if len(list) > filterNames {
			return nil, fault.InvalidParam("error.filter_too_long", "Limit", filterNames)
		}
	}
	for _, e := range f.parts() {
		if e.Limit != nil && *e.Limit < 0 {
			return nil, fault.InvalidParam("error.filter_limit")
		}
	}
	return &f, nil
}

func (f *Filter) parts() []*EventFilter {
	return []*EventFilter{&f.AccountData, &f.Presence, &f.Room.Timeline, &f.Room.State, &f.Room.Ephemeral, &f.Room.AccountData}
}

func (f *Filter) lists() [][]string {
	lists := [][]string{some(f.Room.Rooms), f.Room.NotRooms}
	for _, e := range f.parts() {
		lists = append(lists, some(e.Types), e.NotTypes, some(e.Senders), e.NotSenders, some(e.Rooms), e.NotRooms)
	}
	return lists
}

func some(list *[]string) []string {
	if list == nil {
		return nil
	}
	return *list
}

// timeline is how many events of a room's timeline the device wants at most.
func (f *Filter) timeline() int {
	if f.Room.Timeline.Limit == nil {
		return timelineSize
	}
	return min(*f.Room.Timeline.Limit, timelineMost)
}

// lazy reports whether members are sent only when they say something.
func (f *Filter) lazy() bool {
	return f.Room.State.LazyLoadMembers || f.Room.Timeline.LazyLoadMembers
}

// special reports whether the filter leaves anything out, so that the frames made for everyone do not fit.
func (f *Filter) special() bool {
	if f.Room.Rooms != nil || len(f.Room.NotRooms) > 0 || f.Room.Timeline.Limit != nil && *f.Room.Timeline.Limit == 0 {
		return true
	}
	for _, e := range f.parts() {
		if e.chooses() {
			return true
		}
	}
	return false
}

func (e *EventFilter) chooses() bool {
	return e.Types != nil || len(e.NotTypes) > 0 || e.Senders != nil || len(e.NotSenders) > 0 ||
		e.Rooms != nil || len(e.NotRooms) > 0 || e.ContainsURL != nil
}

// room reports whether the device wants to hear of the room at all.
func (f *Filter) room(id string) bool { return chosen(id, f.Room.Rooms, f.Room.NotRooms, equal) }

// inRoom reports whether this part of the filter lets the room through.
func (e *EventFilter) inRoom(id string) bool { return chosen(id, e.Rooms, e.NotRooms, equal) }

// wants reports whether an event of this type and sender passes. sender is empty where events have none.
func (e *EventFilter) wants(kind, sender string) bool {
	return chosen(kind, e.Types, e.NotTypes, fits) && (sender == "" || chosen(sender, e.Senders, e.NotSenders, equal))
}

// excludes reports that no event of this type passes, whoever sent it.
func (e *EventFilter) excludes(kind string) bool { return !chosen(kind, e.Types, e.NotTypes, fits) }

// wantsEvent looks into the content as well.
func (e *EventFilter) wantsEvent(kind, sender string, content json.RawMessage) bool {
	if !e.wants(kind, sender) {
		return false
	}
	if e.ContainsURL == nil {
		return true
	}
	var c struct {
		URL *string `json:"url"`
	}
	has := json.Unmarshal(content, &c) == nil && c.URL != nil
	return has == *e.ContainsURL
}

func chosen(s string, in *[]string, out []string, fits func(pattern, s string) bool) bool {
	for _, pattern := range out {
		if fits(pattern, s) {
			return false
		}
	}
	if in == nil {
		return true
	}
	for _, pattern := range *in {
		if fits(pattern, s) {
			return true
		}
	}
	return false
}

func equal(pattern, s string) bool { return pattern == s }

// fits matches a type against a pattern in which each `*` stands for any run of characters. It looks at each part once, from the
// left, so a hostile pattern costs no more than its length times the type's.
func fits(pattern, s string) bool {
	head, rest, wild := strings.Cut(pattern, "*")
	if !wild {
		return pattern == s
	}
	s, ok := strings.CutPrefix(s, head)
	if !ok {
		return false
	}
	parts := strings.Split(rest, "*")
	last := parts[len(parts)-1]
	for _, part := range parts[:len(parts)-1] {
		at := strings.Index(s, part)
		if at < 0 {
			return false
		}
		s = s[at+len(part):]
	}
	return strings.HasSuffix(s, last)
}
