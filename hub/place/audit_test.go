package place

import (
	"slices"
	"testing"

	"panah/hub/people"
)

// TestWhatAdministratorsDoIsWrittenDown: with the organisation that it is about, and no name of a shelter.
func TestWhatAdministratorsDoIsWrittenDown(t *testing.T) {
	eachHouse(t, func(t *testing.T, c *cast) {
		c.must(c.places.Edit(t.Context(), c.head, c.shelter, profile("Lola")))
		c.must(c.places.SetPartner(t.Context(), c.head, c.kunduz.ID))
		c.must(c.places.Danger(t.Context(), c.head, true))
		c.must(c.places.Safe(t.Context(), c.steward, c.khatlon.ID))
		entries, err := c.people.Audit(t.Context(), c.steward, people.AuditQuery{OrganisationID: c.khatlon.ID, Limit: 50})
		c.must(err)
		var acts []string
		for _, e := range slices.Backward(entries) {
			if e.Organisation == "Umed" && e.TargetName != "Lola" {
				acts = append(acts, e.Act)
			}
		}
		for _, want := range []string{"register_shelter", "set_shelter_staff", "edit_shelter", "set_partner", "declare_danger", "end_danger"} {
			if !slices.Contains(acts, want) {
				t.Errorf("%s is not written down: %v", want, acts)
			}
		}
	})
}
