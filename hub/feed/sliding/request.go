package sliding

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"panah/hub/fault"
	"panah/hub/feed"
)

// Bounds of a request.
const (
	listsMost    = 50   // lists, and ranges of one
	roomsMost    = 500  // room subscriptions
	stateMost    = 100  // entries of one required_state
	rangeMost    = 5000 // the last index of a range
	timelineMost = 100  // events of one room's timeline
	nameMost     = 255  // bytes of a connection's or list's name
)

// Request is one request of a connection.
type Request struct {
	Pos      string        `json:"-"` // "" begins anew
	Timeout  time.Duration `json:"-"`
	Presence feed.Presence `json:"-"`

	Connection string          `json:"conn_id"`
	Lists      map[string]List `json:"lists"`
	Rooms      map[string]Wish `json:"room_subscriptions"`
	Extensions Extensions      `json:"extensions"`
}

// List is a stretch of the person's rooms, the last used first.
type List struct {
	Wish
	Ranges  [][2]int `json:"ranges"`
	Filters Filters  `json:"filters"`
}

// Filters say which rooms a list is of. Absent members let every room through.
type Filters struct {
	Direct    *bool     `json:"is_dm"`
	Encrypted *bool     `json:"is_encrypted"`
	Invited   *bool     `json:"is_invite"`
	Types     []*string `json:"room_types"` // null stands for rooms of no type
	NotTypes  []*string `json:"not_room_types"`
}

// Wish is what is wanted of a room.
type Wish struct {
	State    [][2]string `json:"required_state"`
	Timeline int         `json:"timeline_limit"`
}

// Extensions are what is wanted beside rooms.
type Extensions struct {
	AccountData extension `json:"account_data"`
	Receipts    extension `json:"receipts"`
	Typing      extension `json:"typing"`
	ToDevice    extension `json:"to_device"`
	Encryption  extension `json:"e2ee"`
}

type extension struct {
	Enabled bool `json:"enabled"`
}

// check refuses what is out of bounds before any of it is looked at.
func (r *Request) check() error {
	if len(r.Connection) > nameMost || len(r.Lists) > listsMost || len(r.Rooms) > roomsMost {
		return fault.InvalidParam("error.invalid_param", "Name", "lists")
	}
	for name, list := range r.Lists {
		if len(name) > nameMost || len(list.Ranges) > listsMost || !list.Wish.bounded() {
			return fault.InvalidParam("error.invalid_param", "Name", "lists")
		}
		for _, span := range list.Ranges {
			if span[0] < 0 || span[1] < span[0] || span[1] > rangeMost {
				return fault.InvalidParam("error.invalid_param", "Name", "ranges")
			}
		}
	}
	for _, wish := range r.Rooms {
		if !wish.bounded() {
			return fault.InvalidParam("error.invalid_param", "Name", "room_subscriptions")
		}
	}
	return nil
}

func (w Wish) bounded() bool {
	return len(w.State) <= stateMost && w.Timeline >= 0
}

// and is what two lists, or a list and a subscription, want of the same room.
func (w Wish) and(other Wish) Wish {
	return Wish{State: slices.Concat(w.State, other.State), Timeline: min(max(w.Timeline, other.Timeline), timelineMost)}
}

// name tells two wishes for state apart.
func (w Wish) name() string {
	var all []string
	for _, pair := range w.State {
		all = append(all, pair[0]+"\x00"+pair[1])
	}
	slices.Sort(all)
	return strings.Join(slices.Compact(all), "\x01")
}

// Keys that stand for more than themselves (MSC4186, "required_state").
const (
	anyKey   = "*"
	lazyKey  = "$LAZY" // of those who speak in the timeline
	ownKey   = "$ME"
	isMember = "m.room.member"
)

// wants tells whether a state event is wanted by someone; speakers are those of the timeline.
func (w Wish) wants(e *seen, me string, speakers map[string]bool) bool {
	return slices.ContainsFunc(w.State, func(pair [2]string) bool {
		if pair[0] != anyKey && pair[0] != e.Type {
			return false
		}
		switch pair[1] {
		case anyKey:
			return true
		case ownKey:
			return *e.StateKey == me
		case lazyKey:
			return e.Type == isMember && speakers[*e.StateKey]
		}
		return pair[1] == *e.StateKey
	})
}

// allMembers tells whether members are wanted who do not speak.
func (w Wish) allMembers() bool {
	return slices.ContainsFunc(w.State, func(pair [2]string) bool {
		return (pair[0] == anyKey || pair[0] == isMember) && pair[1] != lazyKey && pair[1] != ownKey
	})
}

// seen is what decides about an event that is written already.
type seen struct {
	EventID  string  `json:"event_id"`
	Type     string  `json:"type"`
	Sender   string  `json:"sender"`
	StateKey *string `json:"state_key"`
	Content  struct {
		Name        string `json:"name"`
		URL         string `json:"url"`
		Membership  string `json:"membership"`
		DisplayName string `json:"displayname"`
		AvatarURL   string `json:"avatar_url"`
	} `json:"content"`
}

// look reads what decides. An event whose content is of another shape than people's clients write has none of it.
func look(raw json.RawMessage) seen {
	var e seen
	if json.Unmarshal(raw, &e) != nil {
		var head struct {
			EventID  string  `json:"event_id"`
			Type     string  `json:"type"`
			Sender   string  `json:"sender"`
			StateKey *string `json:"state_key"`
		}
		if json.Unmarshal(raw, &head) == nil {
			e = seen{EventID: head.EventID, Type: head.Type, Sender: head.Sender, StateKey: head.StateKey}
		}
	}
	return e
}
