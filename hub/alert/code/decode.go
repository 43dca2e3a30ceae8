package code

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"panah/hub/fault"
)

// The bounds of what comes from outside.
const (
	MaxCount = 999            // people in one alert
	MaxBytes = 2048           // of the slots as JSON
	maxID    = 64             // characters of an organisation's id
	maxSpan  = 92 * 24 * 3600 // seconds between the ends of a window
)

// The seconds between which a window lies: 2020 to 2100. What is outside was never meant.
var earliest, latest = date(2020), date(2100)

func date(year int) int64 { return time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC).Unix() }

// Slots are the checked slots of one alert, by name: int64 for Count, Window for Time, string for all other types.
type Slots map[string]any

// Window is a span of time, in Unix seconds. In JSON it is [begin, end], or [begin] when nobody knows the end.
type Window struct {
	Begin int64
	End   int64 // 0 when it is open
}

// MarshalJSON writes [begin, end] or [begin].
func (w Window) MarshalJSON() ([]byte, error) {
	if w.End == 0 {
		return json.Marshal([]int64{w.Begin})
	}
	return json.Marshal([]int64{w.Begin, w.End})
}

// Decode reads and checks the slots of an alert. What is wrong is a fault: error.alert_code, error.alert_slots for what is no flat object of
// at most MaxBytes, and error.alert_slot_missing, error.alert_slot_unknown, error.alert_slot_wrong or error.alert_window, which carry the
// slot's name as the argument Slot and as the member network.panah.slot of the answer.
func Decode(code string, data []byte) (Slots, error) {
	spec, known := Of(code)
	if !known {
		return nil, fault.InvalidParam("error.alert_code")
	}
	given := map[string]json.RawMessage{}
	if len(data) > MaxBytes || len(data) > 0 && json.Unmarshal(data, &given) != nil {
		return nil, fault.InvalidParam("error.alert_slots")
	}
	return spec.check(given)
}

func (s Spec) check(given map[string]json.RawMessage) (Slots, error) {
	for name := range given {
		if _, known := s.Slot(name); !known {
			return nil, wrong("error.alert_slot_unknown", cut(name))
		}
	}
	slots := Slots{}
	for _, slot := range s.Slots {
		value, there := given[slot.Name]
		if !there || bytes.Equal(value, []byte("null")) {
			if slot.Required {
				return nil, wrong("error.alert_slot_missing", slot.Name)
			}
			continue
		}
		checked, err := slot.decode(value)
		if err != nil {
			return nil, err
		}
		slots[slot.Name] = checked
	}
	if from, to := slots["from"], slots["to"]; from != nil && from == to {
		return nil, wrong("error.alert_slot_wrong", "to")
	}
	return slots, nil
}

// cut keeps a name that a stranger made up from filling the answer.
func cut(name string) string {
	return strings.ToValidUTF8(name[:min(len(name), maxID)], "")
}

func wrong(key, slot string) *fault.Fault {
	return fault.InvalidParam(key, "Slot", slot).With("network.panah.slot", slot)
}

func (s Slot) decode(value json.RawMessage) (any, error) {
	switch s.Type {
	case Count:
		var n int64
		if json.Unmarshal(value, &n) == nil && n >= 1 && n <= MaxCount {
			return n, nil
		}
	case Time:
		if w, ok := decodeWindow(value); ok {
			return w, nil
		}
		return nil, wrong("error.alert_window", s.Name)
	default:
		var text string
		if json.Unmarshal(value, &text) == nil && s.takes(text) {
			return text, nil
		}
	}
	return nil, wrong("error.alert_slot_wrong", s.Name)
}

func (s Slot) takes(text string) bool {
	switch s.Type {
	case Place:
		return table().Places[text] != ""
	case Organisation:
		return text != "" && len(text) <= maxID && strings.Trim(text, idLetters) == ""
	}
	return slices.Contains(s.Values(), text)
}

const idLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~"

func decodeWindow(value json.RawMessage) (Window, bool) {
	var ends []int64
	if json.Unmarshal(value, &ends) != nil || len(ends) < 1 || len(ends) > 2 {
		return Window{}, false
	}
	w := Window{Begin: ends[0]}
	if len(ends) == 2 {
		w.End = ends[1]
	}
	in := w.Begin >= earliest && w.Begin < latest
	return w, in && (len(ends) == 1 || w.End > w.Begin && w.End-w.Begin <= maxSpan)
}
