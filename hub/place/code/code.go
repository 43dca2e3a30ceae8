// Package code is the closed lists that everything about shelter places is said with, and whether a shelter suits a request.
//
// The lists are in codes.json, which the client reads as well; what a code is called in a language is in the catalogs. A request holds codes,
// counts and a province, and nothing by which anybody could be known. Fit and Order are pure: they decide, and change nothing.
package code

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"sync"

	"panah/hub/fault"
)

// List is one of the closed lists.
type List string

// The lists.
const (
	Facility  List = "facility"  // what kind of house it is
	Category  List = "category"  // for whom a place is
	Service   List = "service"   // what a shelter does beside giving a place
	Urgency   List = "urgency"   // the least first
	Age       List = "age"       // bands of years; the last one has no end
	Need      List = "need"      // what a request asks for beside a place
	Fact      List = "fact"      // what may be said of a group: yes, no, or nothing
	Language  List = "language"  // spoken ones
	Criteria  List = "criterion" // what a shelter may ask for
	Decline   List = "decline"   // why a shelter says no
	Withdraw  List = "withdraw"  // why a person says no
	Exit      List = "exit"      // how a stay ended
	Escort    List = "escort"    // who goes along on a leg of a journey
	States    List = "state"     // of a request
	Freshness List = "freshness" // of a shelter's count
	Show      List = "show"      // who sees a shelter's numbers
	Consent   List = "consent"   // whether it was given

	rooms List = "room" // categories whose places are rooms for one group, not beds for one person
)

//go:embed codes.json
var raw []byte

var table = sync.OnceValue(func() map[List][]string {
	var t map[List][]string
	if err := json.Unmarshal(raw, &t); err != nil {
		panic(fmt.Errorf("codes.json: %w", err)) // a file of ours, read by every test
	}
	return t
})

// All are the codes of a list, in the order in which they are offered.
func (l List) All() []string { return slices.Clone(table()[l]) }

// Has tells whether a code is of the list.
func (l List) Has(code string) bool { return slices.Contains(table()[l], code) }

// rank is the place of a code in its list; -1 for none.
func (l List) rank(code string) int { return slices.Index(table()[l], code) }

// Check refuses what is not of the list: M_INVALID_PARAM, naming the field.
func (l List) Check(field, code string) error {
	if !l.Has(code) {
		return bad(field)
	}
	return nil
}

// CheckAll refuses a list of codes that has one that is unknown, or one twice.
func (l List) CheckAll(field string, codes []string) error {
	for i, code := range codes {
		if !l.Has(code) || slices.Contains(codes[:i], code) {
			return bad(field)
		}
	}
	return nil
}

func bad(field string) error { return fault.InvalidParam("error.invalid_param", "Name", field) }

// Haste is how urgent an urgency is: 0 for the least, and for what is unknown.
func Haste(urgency string) int { return max(0, Urgency.rank(urgency)) }

// ByRoom tells whether a place of a category is a room for one group; otherwise it is a bed for one person.
func ByRoom(category string) bool { return rooms.Has(category) }
