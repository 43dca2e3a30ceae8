package code

import (
	"maps"
	"slices"
)

// Unit is a country of the network or one of its ISO 3166-2 units.
type Unit struct {
	Code    string // AF, AF-HER
	Country string // ISO 3166-1 alpha-2
	Kind    string // which noun takes the case for its name: af_province, city …; country and single have words of their own
}

// Units are all countries and units, ordered by code. The tribal areas of Pakistan, PK-TA, are part of PK-KP since 2018.
func Units() []Unit {
	var all []Unit
	for _, code := range slices.Sorted(maps.Keys(table().Places)) {
		all = append(all, unitOf(code))
	}
	return all
}

// Known tells whether a code is one of Units.
func Known(code string) bool { return table().Places[code] != "" }

func unitOf(code string) Unit {
	return Unit{Code: code, Country: code[:min(2, len(code))], Kind: table().Places[code]}
}

// Places are the codes of the places that the slots speak of, in the order of the code's slots and each once: CAP's area.
func (s Spec) Places(slots Slots) []string {
	var codes []string
	for _, slot := range s.Slots {
		if code, ok := slots[slot.Name].(string); ok && slot.Type == Place && !slices.Contains(codes, code) {
			codes = append(codes, code)
		}
	}
	return codes
}

// Countries are the countries of those places: where those who must act are looked for first.
func (s Spec) Countries(slots Slots) []string {
	var countries []string
	for _, code := range s.Places(slots) {
		if country := unitOf(code).Country; !slices.Contains(countries, country) {
			countries = append(countries, country)
		}
	}
	return countries
}
