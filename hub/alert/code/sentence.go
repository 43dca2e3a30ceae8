package code

import (
	"slices"
	"strings"
	"time"

	"panah/locales"
)

// Alert is what there is to say.
type Alert struct {
	Code   string
	Slots  Slots  // as Decode gave them
	Status string // CAP's: Exercise and Test are said in front; anything else is not
	Kind   string // CAP's msgType: Update and Cancel are said in front
}

// Marked tells whether there is something that must not be overlooked, which the headline alone says.
func (a Alert) Marked() bool { return marks[a.Kind] != "" || marks[a.Status] != "" }

// Reader is for whom an alert is written.
type Reader struct {
	Printer locales.Printer
	Dates   locales.DateStyle
	// Organisation gives an organisation's name by its id; nil, or an answer of "", leaves the organisation out.
	Organisation func(id string) string
}

// ReaderOf is a reader of a language in a country (ISO 3166-1 alpha-2, or ""), with the calendar and clock that are usual there.
func ReaderOf(language, second, country string, organisation func(id string) string) Reader {
	printer := locales.For(language, second)
	return Reader{printer, locales.UsualDates(printer.Language(), country), organisation}
}

// MaxHeadline is how many characters a headline has at most (CAP 1.2, 3.2.2).
const MaxHeadline = 160

// Headline says in one line what it is about and where. An alert of an unknown code is "".
func (r Reader) Headline(a Alert) string {
	spec, known := Of(a.Code)
	if !known {
		return ""
	}
	s := sayer{r, spec, a.Slots}
	line, _ := s.say(spec.Title)
	if where := s.where(); where != "" {
		line = s.text("alert.headline", map[string]any{"Title": locales.Phrase(line), "Where": locales.Phrase(where)})
	}
	for _, mark := range []string{a.Kind, a.Status} {
		if key := marks[mark]; key != "" {
			line = s.text(key, map[string]any{"Headline": locales.Phrase(line)})
		}
	}
	return line
}

// marks are what must not be overlooked.
var marks = map[string]string{
	"Update": "alert.mark.update", "Cancel": "alert.mark.cancel", "Exercise": "alert.mark.exercise", "Test": "alert.mark.test",
}

// Sentence says all of it, in whole sentences. An alert of an unknown code is "".
func (r Reader) Sentence(a Alert) string {
	spec, known := Of(a.Code)
	if !known {
		return ""
	}
	s := sayer{r, spec, a.Slots}
	var said []string
	for _, ways := range spec.Clauses {
		for _, way := range ways {
			if text, ok := s.say(way); ok {
				said = append(said, text)
				break
			}
		}
	}
	return strings.Join(said, " ")
}

// PlaceName is the name of a country or unit with its noun, as on a map or in a list: Herat province.
func PlaceName(p locales.Printer, code string) string {
	return Reader{Printer: p}.place(code, "name")
}

// sayer says one alert.
type sayer struct {
	Reader
	spec  Spec
	slots Slots
}

func (r Reader) text(key string, args map[string]any) string { return r.Printer.Text(key, args) }

// say prints a clause, unless a slot that it needs is empty.
func (s sayer) say(c clause) (string, bool) {
	key := c.Say
	if c.Of != "" {
		value, ok := s.slots[c.Of].(string)
		if !ok {
			return "", false
		}
		key += "." + value
	}
	args := map[string]any{}
	for name, what := range c.With {
		value := s.value(what)
		if value == nil {
			return "", false
		}
		args[name] = value
	}
	return s.text(key, args), true
}

// value is what a clause inserts: a slot's value, or after a dot in which form.
func (s sayer) value(what string) any {
	name, form, _ := strings.Cut(what, ".")
	value := s.slots[name]
	if value == nil {
		return nil
	}
	slot, _ := s.spec.Slot(name)
	switch v := value.(type) {
	case int64:
		return locales.Phrase(s.who(v))
	case Window:
		return s.moment(v, form)
	case string:
		switch slot.Type {
		case Place:
			return locales.Phrase(s.place(v, form))
		case Organisation:
			return s.organisation(v)
		}
		return locales.Phrase(s.text("alert."+string(slot.Type)+"."+v, nil))
	}
	return nil
}

func (r Reader) organisation(id string) any {
	if r.Organisation == nil {
		return nil
	}
	if name := r.Organisation(id); name != "" {
		return name
	}
	return nil
}

// moment is one end of a window. The second end on the same day is the time alone.
func (r Reader) moment(w Window, form string) any {
	begin, end := time.Unix(w.Begin, 0), time.Unix(w.End, 0)
	switch {
	case form == "begin":
		return r.Dates.Moment(begin)
	case w.End == 0:
		return nil
	case r.Dates.SameDay(begin, end):
		return r.Dates.Clock(end)
	}
	return r.Dates.Moment(end)
}

// place is a place's name behind the noun of its kind, in one of the forms name, in, from and to. In all but the first a unit's country
// stands with it.
func (r Reader) place(code, form string) string {
	unit := unitOf(code)
	if unit.Kind == "" {
		return ""
	}
	if unit.Kind == "country" && form == "name" {
		return r.text("country."+strings.ToLower(code), nil)
	}
	if unit.Kind == "country" || unit.Kind == "single" {
		return r.text("alert."+form+"."+code, nil)
	}
	args := map[string]any{"Name": locales.Phrase(r.text("place."+code, nil))}
	if form == "name" {
		return r.text("alert.name."+unit.Kind, args)
	}
	args["Country"] = locales.Phrase(r.text("country."+strings.ToLower(unit.Country), nil))
	return r.text("alert."+form+"."+unit.Kind, args)
}

// where is the place of the headline: the area, or the way from one place to another.
func (s sayer) where() string {
	var names []string
	for _, slot := range []string{"area", "from", "to"} {
		if code, ok := s.slots[slot].(string); ok && (slot != "to" || s.slots["from"] != nil) {
			names = append(names, s.place(code, "name"))
		}
	}
	if len(names) == 2 {
		return s.text("alert.from_to", map[string]any{"From": locales.Phrase(names[0]), "To": locales.Phrase(names[1])})
	}
	return strings.Join(names, "")
}

// who is how many people of which sex and age, in the form that "for" and "of" ask for.
func (s sayer) who(count int64) string {
	age, _ := s.slots["age"].(string)
	text := s.text("alert.one."+s.noun(), nil)
	if count != 1 {
		text = s.text("alert.people."+s.noun(), map[string]any{"Count": count})
	}
	first, last, band := strings.Cut(age, "-")
	if !band {
		return text
	}
	args := map[string]any{"Who": locales.Phrase(text), "From": number(first), "To": number(last)}
	if last == "" {
		return s.text("alert.older", args)
	}
	return s.text("alert.aged", args)
}

// number reads what the table of codes has of an age.
func number(digits string) int {
	n := 0
	for _, digit := range digits {
		n = n*10 + int(digit-'0')
	}
	return n
}

// nouns are what people of a sex are called: as children, as adults, and when nobody knows.
var nouns = map[string][3]string{
	"female": {"girl", "woman", "female"}, "male": {"boy", "man", "male"}, "": {"child", "adult", "person"},
}

// childhood are the ages under eighteen.
var childhood = []string{"0-5", "6-12", "13-15", "16-17", "child"}

func (s sayer) noun() string {
	sex, _ := s.slots["sex"].(string)
	age, _ := s.slots["age"].(string)
	slot, _ := s.spec.Slot("age")
	switch {
	case slices.Contains(childhood, age) || age == "" && slot.Only != nil: // a slot that takes only these
		return nouns[sex][0]
	case age == "":
		return nouns[sex][2]
	}
	return nouns[sex][1]
}
