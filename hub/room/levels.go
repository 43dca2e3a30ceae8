package room

import (
	"strconv"

	"github.com/matrix-org/gomatrixserverlib/spec"
	"github.com/tidwall/gjson"
)

// levels are a room's power levels (Matrix Client-Server API, "m.room.power_levels").
type levels struct {
	content gjson.Result // of the event; nothing where the room has none
	creator string       // who has all power there
}

func (j judgement) levels() levels { return j.auth.levels() }

// levels are those of the state.
func (a *authState) levels() (l levels) {
	if create, _ := a.Create(); create != nil { // it never fails
		l.creator = string(create.SenderID())
	}
	if event, _ := a.PowerLevels(); event != nil { // it never fails
		l.content = contentOf(event)
	}
	return l
}

// named is one of the levels that stand beside the lists.
func (l levels) named(name string, otherwise int64) int64 {
	if n, is := integer(member(l.content, name)); is {
		return n
	}
	return otherwise
}

// of is somebody's level.
func (l levels) of(user string) int64 {
	if !l.content.Exists() && user == l.creator {
		return 100
	}
	if n, is := integer(member(member(l.content, "users"), user)); is {
		return n
	}
	return l.named("users_default", 0)
}

// needed is the level for sending an event of some type.
func (l levels) needed(kind string, isState bool) int64 {
	if n, is := integer(member(member(l.content, "events"), kind)); is {
		return n
	}
	if isState {
		return l.named("state_default", 50)
	}
	return l.named("events_default", 0)
}

func integer(value gjson.Result) (n int64, is bool) {
	if value.Type != gjson.Number {
		return 0, false
	}
	n, err := strconv.ParseInt(value.Raw, 10, 64)
	return n, err == nil
}

// levelNames are the levels that stand beside the lists.
var levelNames = []string{"users_default", "events_default", "state_default", "ban", "redact", "kick", "invite"}

// powerLevels judges a change of the levels by somebody of a level (rule 9).
func (j judgement) powerLevels(before levels, own int64) error {
	for _, name := range levelNames {
		if value := member(j.content, name); value.Exists() && !isInteger(value) {
			return against("9.1", name+" is no integer")
		}
	}
	for _, name := range []string{"events", "notifications"} {
		if value := member(j.content, name); value.Exists() && !isListOfIntegers(value, false) {
			return against("9.2", name+" is no list of integers")
		}
	}
	if users := member(j.content, "users"); users.Exists() && !isListOfIntegers(users, true) {
		return against("9.3", "users is no list of integers by person")
	}
	if !before.content.Exists() {
		return nil
	}
	if !mayChange(named(before.content), named(j.content), own, own) {
		return against("9.5", "a level is changed that is above the sender's")
	}
	for _, name := range []string{"events", "notifications"} {
		if !mayChange(list(before.content, name), list(j.content, name), own, own) {
			return against("9.6", "a level is changed that is above the sender's")
		}
	}
	were, are := list(before.content, "users"), list(j.content, "users")
	if !mayChange(only(were, j.sender), only(are, j.sender), own, own) || !mayChange(exceptFor(were, j.sender), exceptFor(are, j.sender), own-1, own) {
		return against("9.8", "a person's level is changed that is not below the sender's, or is to be above it")
	}
	return nil
}

func isInteger(value gjson.Result) bool {
	_, is := integer(value)
	return is
}

// isListOfIntegers tells whether an object has integers alone, by names of people where these are asked for.
func isListOfIntegers(object gjson.Result, ofPeople bool) bool {
	right := object.IsObject()
	object.ForEach(func(key, value gjson.Result) bool {
		if ofPeople {
			_, err := spec.NewUserID(key.Str, true)
			right = right && err == nil
		}
		right = right && isInteger(value)
		return right
	})
	return right
}

// list are the integers of an object in the levels, by name.
func list(content gjson.Result, name string) map[string]int64 {
	all := map[string]int64{}
	if object := member(content, name); object.IsObject() {
		object.ForEach(func(key, value gjson.Result) bool {
			if n, is := integer(value); is {
				all[key.Str] = n
			}
			return true
		})
	}
	return all
}

// named are the levels that stand beside the lists.
func named(content gjson.Result) map[string]int64 {
	all := map[string]int64{}
	for _, name := range levelNames {
		if n, is := integer(member(content, name)); is {
			all[name] = n
		}
	}
	return all
}

func only(all map[string]int64, name string) map[string]int64 {
	one := map[string]int64{}
	if n, is := all[name]; is {
		one[name] = n
	}
	return one
}

func exceptFor(all map[string]int64, name string) map[string]int64 {
	delete(all, name)
	return all
}

// mayChange tells whether one list may become another: what is changed or taken away was at most one level, and what is changed or added is at
// most the other.
func mayChange(were, are map[string]int64, mostBefore, mostAfter int64) bool {
	for name, was := range were {
		if now, stays := are[name]; (!stays || now != was) && was > mostBefore {
			return false
		}
	}
	for name, now := range are {
		if was, stood := were[name]; (!stood || now != was) && now > mostAfter {
			return false
		}
	}
	return true
}
