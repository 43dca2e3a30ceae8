package place

import (
	"maps"
	"slices"
	"time"

	"panah/hub/place/code"
)

var uncounted = code.UncountedAfter.Milliseconds()

// Status is what FHIR calls the state of a shelter's places of a category (Bed status of capacity reports): waitlist where some are free but others
// wait for more than there are.
func (s Shelter) Status(category string) string {
	free, waits := s.Free[category] > 0 && !s.Closed, s.Waiting[category] > 0
	switch {
	case free && waits:
		return "waitlist"
	case free:
		return "capacity"
	case waits:
		return "no-capacity-has-waitlist"
	}
	return "no-capacity"
}

// ServiceCapacity is how many places of a category a shelter has, as Open Referral says it (HSDS 3.1, service_capacity).
type ServiceCapacity struct {
	ID        string `json:"id"`
	ServiceID string `json:"service_id"`
	Unit      struct {
		ID         string `json:"id"`
		Name       string `json:"name"`
		Scheme     string `json:"scheme"`
		Identifier string `json:"identifier"`
	} `json:"unit"`
	Available int    `json:"available"`
	Maximum   *int   `json:"maximum,omitempty"` // of one's own shelters
	Updated   string `json:"updated"`
}

// HSDS says shelters' numbers in that form; own tells of whose the whole capacity may be told.
func HSDS(shelters []Shelter, own func(Shelter) bool) []ServiceCapacity {
	all := []ServiceCapacity{}
	for _, s := range shelters {
		for _, category := range slices.Sorted(maps.Keys(s.Free)) {
			one := ServiceCapacity{ID: s.ID + "." + category, ServiceID: s.ID, Available: s.Free[category], Updated: time.UnixMilli(s.ConfirmedAt).UTC().Format(time.RFC3339)}
			one.Unit.ID, one.Unit.Name, one.Unit.Scheme, one.Unit.Identifier = category, category, "network.panah.place", category
			if own(s) {
				most := s.usable(category)
				one.Maximum = &most
			}
			all = append(all, one)
		}
	}
	return all
}
