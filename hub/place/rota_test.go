package place

import (
	"testing"
	"time"

	"panah/hub/people"
	"panah/hub/rota"
)

// allWeek puts people on duty day and night.
func allWeek(users ...people.Caller) (slots []rota.Slot) {
	for day := range 7 {
		for place, user := range users {
			slots = append(slots, rota.Slot{Weekday: day, Until: 1440, UserID: user.UserID, Place: place + 1})
		}
	}
	return slots
}

// TestWhoIsOnDutyAtAShelterIsTold: by the shelter's own rota, of those who take people in; the others when nobody answers, and everybody where nobody is on duty.
func TestWhoIsOnDutyAtAShelterIsTold(t *testing.T) {
	eachHouse(t, func(t *testing.T, c *cast) {
		c.must(c.places.SetStaff(t.Context(), c.head, c.shelter, []string{c.intake.UserID, c.other.UserID}))
		of, err := c.places.Rota(t.Context(), c.intake, c.shelter)
		c.must(err)
		set := func(slots []rota.Slot) { c.must(c.places.rotas.Set(t.Context(), c.head, of, slots)) }

		set(allWeek(c.intake))
		first := c.ask(c.kunduzWorker, wish(c.shelter))[0]
		c.wantTold("on duty", c.intake, first, "asked")
		c.wantTold("not on duty", c.other, first)
		c.clock.pass(61 * time.Minute)
		c.due()
		c.wantTold("after an hour", c.other, first, "again")

		set(nil)
		second := c.ask(c.kunduzWorker, wish(c.shelter))[0]
		c.wantTold("nobody on duty", c.other, second, "asked")

		c.must(c.places.SetStaff(t.Context(), c.head, c.shelter, []string{c.intake.UserID}))
		set(allWeek(c.other))
		third := c.ask(c.kunduzWorker, wish(c.shelter))[0]
		c.wantTold("on duty, and no longer of the staff", c.other, third)
		c.wantTold("of the staff", c.intake, third, "asked")
	})
}

// TestARotaOfAShelterIsItsOrganisations: nobody else reads it or changes it, and it is not the organisation's own.
func TestARotaOfAShelterIsItsOrganisations(t *testing.T) {
	eachHouse(t, func(t *testing.T, c *cast) {
		for _, who := range []people.Caller{c.kunduzWorker, c.focal, c.steward} {
			if _, err := c.places.Rota(t.Context(), who, c.shelter); !is(err, errUnknownShelter()) {
				t.Errorf("%s: %v", who.UserID, err)
			}
		}
		of, err := c.places.Rota(t.Context(), c.head, c.shelter)
		c.must(err)
		c.must(c.places.rotas.Set(t.Context(), c.head, of, allWeek(c.intake)))
		if err := c.places.rotas.Set(t.Context(), c.intake, of, nil); err == nil {
			t.Error("a member changed the rota")
		}
		own, err := c.places.rotas.Read(t.Context(), c.head, rota.Of{Organisation: c.khatlon.ID})
		c.must(err)
		its, err := c.places.rotas.Read(t.Context(), c.head, of)
		c.must(err)
		if len(own.Slots) != 0 || len(its.Slots) != 7 {
			t.Errorf("the organisation's rota has %d hours, the shelter's %d", len(own.Slots), len(its.Slots))
		}
	})
}
