package cap

import "panah/hub/fault"

// Limits bound one file. Everything above them is refused, not cut.
type Limits struct {
	Bytes    int // of the file
	Depth    int // elements within each other
	Elements int // in the whole file
	Text     int // bytes of one element's text, and of one element's attributes together
	Infos    int // info blocks
	Areas    int // areas, and as many resources, of one info block
	Repeats  int // of any other element that may be repeated, in one parent
}

// Usual are limits that leave room for every alert of a kind that people write: eight languages with a hundred codes each.
var Usual = Limits{Bytes: 512 << 10, Depth: 12, Elements: 8000, Text: 32 << 10, Infos: 24, Areas: 48, Repeats: 256}

// The refusals. name is that of an element; it comes from the file where the element is unknown, so it is cut short.
func refuse(key string, args ...any) *fault.Fault {
	return fault.InvalidParam(key, args...)
}

func wrongPlace(name string) *fault.Fault { return refuse("error.cap_element", "Name", short(name)) }
func missing(name string) *fault.Fault    { return refuse("error.cap_missing", "Name", name) }
func badValue(name string) *fault.Fault   { return refuse("error.cap_value", "Name", name) }
func tooMany(name string, limit int) *fault.Fault {
	return refuse("error.cap_many", "Name", name, "Limit", limit)
}

// nameLength is what is shown of a name that a stranger chose, in letters.
const nameLength = 40

func short(name string) string {
	if letters := []rune(name); len(letters) > nameLength {
		return string(letters[:nameLength]) + "…"
	}
	return name
}
