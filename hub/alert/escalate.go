package alert

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"panah/hub/people"
	"panah/hub/room"
	"panah/hub/rota"
	"panah/hub/store"
)

// Step is how far one has gone in asking an organisation.
type Step int

// The steps, in their order. Each one follows when the one before was given the deadline's time and nobody answered.
const (
	StepDuty         Step = iota // who is on duty
	StepNext                     // who comes next
	StepAdmins                   // the organisation's administrators
	StepCoordinators             // the administrators of its country's lead organisation
	StepStewards
)

// steps says how each step tells those whom it asks, and whether they are from outside the organisation.
var steps = map[Step]struct {
	kind    NoticeKind
	outside bool
}{
	StepDuty:         {NoticeDuty, false},
	StepNext:         {NoticeNext, false},
	StepAdmins:       {NoticeAdmin, false},
	StepCoordinators: {NoticeCoordinator, true},
	StepStewards:     {NoticeSteward, true},
}

// stepRow is a step of one organisation that is due.
type stepRow struct {
	alertID, organisation string
	step                  Step
}

// startTx begins to ask the organisations of an alert: who is on duty at once. One that is asked already is not asked again, but what is planned for
// it keeps step with the haste that an update asks for. A test asks nobody.
func (a *Alerts) startTx(ctx context.Context, tx *store.Tx, al Alert) error {
	wait, asks := Deadline(al.Block.Urgency)
	asks = asks && al.Block.Status != Test
	if err := rescheduleTx(tx, al, wait, asks); err != nil || !asks {
		return err
	}
	organisations, err := store.Column(tx, `SELECT DISTINCT organisation_id FROM alert_recipients WHERE alert_id = $1 AND organisation_id <> $2
		AND organisation_id <> '' AND organisation_id NOT LIKE '%:%' AND organisation_id NOT IN (SELECT organisation_id FROM alert_steps WHERE alert_id = $1)
		AND user_id NOT IN (SELECT user_id FROM alert_channel_people WHERE alert_id = $1) ORDER BY organisation_id`,
		al.ID, al.OrganisationID)
	if err != nil {
		return err
	}
	for _, id := range organisations {
		if err := planTx(tx, al.ID, id, StepDuty, tx.Now.UnixMilli()); err != nil {
			return err
		}
		if err := a.fireTx(ctx, tx, al, stepRow{al.ID, id, StepDuty}); err != nil {
			return err
		}
	}
	return a.startAbroadTx(ctx, tx, al)
}

// goesBeyond tells whether people from outside an organisation are called when it does not answer: the label decides, and, for all hubs together, the
// one whose alert it is.
func (a *Alerts) goesBeyond(al Alert) bool {
	return al.Block.TLP.Allows(UseEscalate) && !a.isAbroad(al.RoomID)
}

// rescheduleTx moves what is planned: nearer where there is more haste now, and to the end where there is none.
func rescheduleTx(tx *store.Tx, al Alert, wait time.Duration, asks bool) error {
	if !asks {
		_, err := tx.Exec(`UPDATE alert_steps SET due_at = $2 WHERE alert_id = $1 AND fired_at = 0`, al.ID, al.Block.Expires*1000)
		return err
	}
	_, err := tx.Exec(`UPDATE alert_steps SET due_at = $2 WHERE alert_id = $1 AND fired_at = 0 AND due_at > $2`, al.ID, tx.Now.Add(wait).UnixMilli())
	return err
}

func planTx(tx *store.Tx, alertID, organisation string, step Step, due int64) error {
	_, err := tx.Exec(`INSERT INTO alert_steps (alert_id, organisation_id, step, due_at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (alert_id, organisation_id, step) DO UPDATE SET due_at = CASE WHEN alert_steps.due_at < excluded.due_at THEN alert_steps.due_at ELSE excluded.due_at END`,
		alertID, organisation, int(step), due)
	return err
}

// fireTx asks the people of a step, once. Where there are none, the next step follows at once; otherwise it is planned for the deadline. An
// organisation of another hub is asked there: for as many steps this hub gives it the time.
func (a *Alerts) fireTx(ctx context.Context, tx *store.Tx, al Alert, row stepRow) error {
	for {
		claimed, err := tx.Exec(`UPDATE alert_steps SET fired_at = $4 WHERE alert_id = $1 AND organisation_id = $2 AND step = $3 AND fired_at = 0 AND stopped_at = 0`,
			row.alertID, row.organisation, int(row.step), tx.Now.UnixMilli())
		if err != nil || claimed == 0 {
			return err
		}
		there := room.ServerOf(row.organisation) != "" && !steps[row.step].outside
		called := 0
		if !there {
			a.countTx(tx, "escalated")
			called, err = a.callTx(ctx, tx, al, row)
		}
		if err != nil {
			return fmt.Errorf("escalate to step %d: %w", row.step, err)
		}
		if row.step == StepStewards || row.step+1 > StepAdmins && !a.goesBeyond(al) {
			return nil
		}
		wait, _ := Deadline(al.Block.Urgency)
		due := tx.Now.Add(wait).UnixMilli()
		waits := called > 0 || there
		if !waits {
			due = tx.Now.UnixMilli()
		}
		row.step++
		if err := planTx(tx, row.alertID, row.organisation, row.step, due); err != nil || waits {
			return err
		}
	}
}

// callTx tells the people of a step, and tells how many they were. Those from outside become members of the channel for as long as the alert
// lives.
func (a *Alerts) callTx(ctx context.Context, tx *store.Tx, al Alert, row stepRow) (int, error) {
	users, err := a.whomTx(tx, al, row)
	if err != nil || len(users) == 0 {
		return 0, err
	}
	_, err = tx.Exec(`UPDATE alert_steps SET called = $4 WHERE alert_id = $1 AND organisation_id = $2 AND step = $3`,
		row.alertID, row.organisation, int(row.step), strings.Join(users, " "))
	if err != nil {
		return 0, err
	}
	about := ""
	if steps[row.step].outside {
		about = row.organisation
		if err := a.bringIn(ctx, tx, al, users); err != nil {
			return 0, err
		}
	}
	return len(users), a.notify(tx, users, al.ID, steps[row.step].kind, about)
}

// bringIn makes people members of an alert's channel for as long as it lives. Meanwhile they see what else goes through that channel: so one
// whose label keeps an alert within its organisations is another channel, into which nobody is called.
func (a *Alerts) bringIn(ctx context.Context, tx *store.Tx, al Alert, users []string) error {
	c, err := readChannel(tx, al.RoomID)
	if err != nil {
		return err
	}
	for _, user := range users {
		organisation, err := organisationOf(tx, user)
		if err != nil {
			return err
		}
		_, err = tx.Exec(`INSERT INTO alert_channel_people (room_id, user_id, alert_id, organisation_id) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`,
			al.RoomID, user, al.ID, organisation)
		if err != nil {
			return err
		}
		if err := a.settle(ctx, tx, c, user); err != nil {
			return err
		}
		if err := addTx(tx, al.ID, user, organisation); err != nil {
			return err
		}
	}
	return nil
}

// whomTx is whom a step asks.
func (a *Alerts) whomTx(tx *store.Tx, al Alert, row stepRow) ([]string, error) {
	switch row.step {
	case StepDuty, StepNext:
		r, err := a.rotas.RotaTx(tx, rota.Of{Organisation: row.organisation})
		if err != nil {
			return nil, err
		}
		return a.amongTx(tx, al, row, dutyOf(r, row.step))
	case StepAdmins:
		admins, err := a.adminsTx(tx, row.organisation)
		if err != nil {
			return nil, err
		}
		return a.amongTx(tx, al, row, admins)
	case StepCoordinators:
		return a.coordinatorsTx(tx, al, row.organisation)
	}
	return store.Column(tx, `SELECT user_id FROM people WHERE role = 'steward' AND standing = 'active' AND user_id <> $1 AND user_id <> $2 ORDER BY user_id`,
		a.people.HubUser(), al.Sender)
}

// dutyOf is whom of a rota a step asks: first whoever is on duty before the others, then the others and who comes next.
func dutyOf(r rota.Rota, step Step) []string {
	if step == StepDuty {
		return r.Now[:min(1, len(r.Now))]
	}
	if len(r.Now) == 0 {
		return unique([]string{r.Next})
	}
	return unique(append(slices.Clone(r.Now[1:]), r.Next))
}

// amongTx leaves of an organisation's people those who have the alert and were not asked yet.
func (a *Alerts) amongTx(tx *store.Tx, al Alert, row stepRow, users []string) (all []string, err error) {
	before, err := store.Column(tx, `SELECT called FROM alert_steps WHERE alert_id = $1 AND organisation_id = $2`, row.alertID, row.organisation)
	if err != nil {
		return nil, err
	}
	asked := strings.Fields(strings.Join(before, " "))
	for _, user := range users {
		var has bool
		err := tx.QueryRow(`SELECT EXISTS (SELECT 1 FROM alert_recipients r JOIN memberships m ON m.user_id = r.user_id AND m.room_id = $3 AND m.membership = 'join'
			WHERE r.alert_id = $1 AND r.user_id = $2)`, al.ID, user, al.RoomID).Scan(&has)
		if err != nil {
			return nil, fmt.Errorf("look whether somebody has an alert: %w", err)
		}
		if has && !slices.Contains(asked, user) {
			all = append(all, user)
		}
	}
	return all, nil
}

// adminsTx are those who look after an organisation.
func (a *Alerts) adminsTx(tx *store.Tx, organisation string) (users []string, err error) {
	colleagues, err := a.people.ColleaguesTx(tx, organisation)
	for _, person := range colleagues {
		if person.Role == people.Admin || person.Role == people.Steward {
			users = append(users, person.UserID)
		}
	}
	return users, err
}

// coordinatorsTx are the administrators of the organisation that leads the country of one that does not answer; nobody when it is that one
// itself, or the sender's.
func (a *Alerts) coordinatorsTx(tx *store.Tx, al Alert, organisation string) ([]string, error) {
	country, err := a.countryTx(tx, organisation)
	if err != nil {
		return nil, err
	}
	leads, err := store.Column(tx, `SELECT l.organisation_id FROM alert_leads l JOIN organisations s ON s.organisation_id = l.organisation_id
		WHERE l.country = $1 AND l.organisation_id <> $2 AND s.standing = 'vetted' AND s.kind NOT IN ('government', 'international')`, country, organisation)
	if err != nil || len(leads) == 0 || leads[0] == al.OrganisationID {
		return nil, err
	}
	return a.adminsTx(tx, leads[0])
}

// countryTx is the country of an organisation, of this hub or of another; "" where that is not known any more.
func (a *Alerts) countryTx(tx *store.Tx, organisation string) (string, error) {
	if room.ServerOf(organisation) != "" {
		f, _, err := a.network.ForeignOneTx(tx, organisation)
		return f.Country, err
	}
	o, err := a.people.OrganisationTx(tx, organisation)
	return o.Country, err
}

// haltTx has nobody else be asked for an organisation: somebody of it, or called for it, has answered. Those who were asked by name stay so, until
// somebody acts.
func haltTx(tx *store.Tx, alertID, organisation string) error {
	_, err := tx.Exec(`UPDATE alert_steps SET stopped_at = $3 WHERE alert_id = $1 AND organisation_id = $2 AND fired_at = 0 AND stopped_at = 0`,
		alertID, organisation, tx.Now.UnixMilli())
	return err
}

// resumeTx goes on asking where it was halted: whoever had answered says now that they cannot. What was due meanwhile is due at once.
func resumeTx(tx *store.Tx, alertID, organisation string) error {
	_, err := tx.Exec(`UPDATE alert_steps SET stopped_at = 0 WHERE alert_id = $1 AND organisation_id = $2 AND fired_at = 0`, alertID, organisation)
	return err
}

// stopTx ends the asking of an organisation: somebody acts.
func (a *Alerts) stopTx(tx *store.Tx, alertID, organisation string) error {
	if err := haltTx(tx, alertID, organisation); err != nil {
		return err
	}
	return a.settleWhere(tx, `alert_id = $1 AND (about = $2 OR kind IN ('duty', 'next', 'admin')
		AND user_id IN (SELECT user_id FROM people WHERE organisation_id = $2))`, alertID, organisation)
}

// passOnTx goes on beyond an organisation that cannot act as a whole, without waiting for the deadline.
func (a *Alerts) passOnTx(ctx context.Context, tx *store.Tx, al Alert, organisation string) error {
	if err := a.stopTx(tx, al.ID, organisation); err != nil || !a.goesBeyond(al) {
		return err
	}
	if _, asks := Deadline(al.Block.Urgency); !asks || al.Block.Status == Test || organisation == al.OrganisationID {
		return nil
	}
	if err := planTx(tx, al.ID, organisation, StepCoordinators, tx.Now.UnixMilli()); err != nil {
		return err
	}
	_, err := tx.Exec(`UPDATE alert_steps SET stopped_at = 0 WHERE alert_id = $1 AND organisation_id = $2 AND step = $3 AND fired_at = 0`,
		al.ID, organisation, int(StepCoordinators))
	if err != nil {
		return err
	}
	return a.fireTx(ctx, tx, al, stepRow{al.ID, organisation, StepCoordinators})
}

// answeredTx notes what follows from an answer: for the figures, and for who is asked next. Whoever was called for another organisation
// answers for it too, unless they cannot.
func (a *Alerts) answeredTx(ctx context.Context, tx *store.Tx, al Alert, caller people.Caller, said Said) error {
	_, err := tx.Exec(`UPDATE alert_figures SET answered_at = $3 WHERE alert_id = $1 AND organisation_id = $2 AND answered_at = 0`,
		al.ID, caller.OrganisationID, tx.Now.UnixMilli())
	if err != nil {
		return err
	}
	if err := hushTx(tx, al.ID, caller.UserID); err != nil {
		return err
	}
	all, err := a.standingsTx(tx, al)
	if err != nil {
		return err
	}
	if err := a.answeredForTx(tx, al, caller, said, all); err != nil {
		return err
	}
	for _, o := range all {
		if o.ID == caller.OrganisationID {
			return a.goOnTx(ctx, tx, al, o)
		}
	}
	return nil
}

// goOnTx decides whether others of an organisation are still asked, now that somebody of it has answered. One that is in the channel only because it
// was called for another is not asked, and nobody is called for it.
func (a *Alerts) goOnTx(ctx context.Context, tx *store.Tx, al Alert, o Reached) error {
	var asked bool
	err := tx.QueryRow(`SELECT EXISTS (SELECT 1 FROM alert_steps WHERE alert_id = $1 AND organisation_id = $2)`, al.ID, o.ID).Scan(&asked)
	if err != nil || !asked {
		return err
	}
	switch {
	case o.Standing == WholeCannot:
		return a.passOnTx(ctx, tx, al, o.ID)
	case !Heard(o.Answers):
		return resumeTx(tx, al.ID, o.ID)
	case Settles(al.Block.Urgency, o.Standing):
		return a.stopTx(tx, al.ID, o.ID)
	}
	return haltTx(tx, al.ID, o.ID)
}

// answeredForTx notes the answer of somebody who was called for other organisations than their own. It counts for those, but that they cannot says
// nothing of people who were not called.
func (a *Alerts) answeredForTx(tx *store.Tx, al Alert, caller people.Caller, said Said, all []Reached) error {
	called, err := store.Column(tx, `SELECT DISTINCT about FROM alert_notices WHERE user_id = $1 AND alert_id = $2 AND kind IN ('coordinator', 'steward')
		ORDER BY about`, caller.UserID, al.ID)
	if err != nil {
		return err
	}
	for _, organisation := range called {
		i := slices.IndexFunc(all, func(o Reached) bool { return o.ID == organisation })
		heard := i >= 0 && Heard(all[i].Answers)
		switch {
		case said == CanAct || said == Done:
			err = a.stopTx(tx, al.ID, organisation)
		case said == Seen:
			err = haltTx(tx, al.ID, organisation)
		case !heard:
			err = resumeTx(tx, al.ID, organisation)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// soonerTx brings steps nearer that stand further away than their deadline is long: they were reckoned before the clock was set back, and would come
// as much later.
func (a *Alerts) soonerTx(tx *store.Tx, id string) error {
	al, err := alertTx(tx, id)
	if err != nil {
		return err
	}
	wait, asks := Deadline(al.Block.Urgency)
	if !asks || al.Block.Status == Test {
		return nil
	}
	return rescheduleTx(tx, al, wait, true)
}

// farTx are the alerts with such steps.
func farTx(tx *store.Tx) ([]string, error) {
	var all []string
	for _, urgency := range urgencies {
		wait, asks := Deadline(urgency)
		if !asks {
			continue
		}
		some, err := store.Column(tx, `SELECT a.alert_id FROM alerts a WHERE a.urgency = $1 AND a.status <> 'Test' AND a.closed_at = 0
			AND EXISTS (SELECT 1 FROM alert_steps s WHERE s.alert_id = a.alert_id AND s.fired_at = 0 AND s.stopped_at = 0 AND s.due_at > $2)
			ORDER BY a.alert_id LIMIT $3`, urgency, tx.Now.Add(wait).UnixMilli(), foundMost)
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	return all, nil
}

// dueStepsTx are the steps whose time has come.
func dueStepsTx(tx *store.Tx) ([]stepRow, error) {
	return store.All(tx, func(row store.Scanner) (r stepRow, err error) {
		return r, row.Scan(&r.alertID, &r.organisation, &r.step)
	}, `SELECT alert_id, organisation_id, step FROM alert_steps WHERE fired_at = 0 AND stopped_at = 0 AND due_at <= $1
		ORDER BY due_at, alert_id, organisation_id, step LIMIT $2`, tx.Now.UnixMilli(), foundMost)
}

// stepTx takes one of them, unless it was stopped or put off meanwhile.
func (a *Alerts) stepTx(tx *store.Tx, row stepRow) error {
	var due bool
	err := tx.QueryRow(`SELECT EXISTS (SELECT 1 FROM alert_steps WHERE alert_id = $1 AND organisation_id = $2 AND step = $3 AND fired_at = 0
		AND stopped_at = 0 AND due_at <= $4)`, row.alertID, row.organisation, int(row.step), tx.Now.UnixMilli()).Scan(&due)
	if err != nil || !due {
		return err
	}
	al, err := alertTx(tx, row.alertID)
	switch {
	case errors.Is(err, errUnknown()):
		return a.clearTx(tx.Context(), tx, row.alertID)
	case err != nil:
		return err
	case al.State(tx.Now.UnixMilli()) != Live:
		return a.overTx(tx.Context(), tx, al)
	}
	return a.fireTx(tx.Context(), tx, al, row)
}
