package alert

import (
	"context"
	"slices"
	"time"

	"panah/hub/fault"
	"panah/hub/guard"
	"panah/hub/people"
	"panah/hub/room"
	"panah/hub/store"
)

// Said is what somebody answers.
type Said string

// The answers.
const (
	Seen   Said = "seen"
	CanAct Said = "can_act"
	Cannot Said = "cannot"
	Done   Said = "done"
)

// Whys are the codes of why somebody cannot act.
func Whys() []string {
	return []string{"no_capacity", "outside_area", "not_our_field", "unsafe", "nobody_here", "other"}
}

// Answer is one person's answer.
type Answer struct {
	EventID        string
	UserID         string
	OrganisationID string // theirs, when they answered
	At             int64  // Unix milliseconds
	Answer         Said
	Why            string // of cannot
	Whole          bool   // cannot is said for the whole organisation
	Note           string
	Position       store.Position
}

// Deadline is how long an organisation has to answer before the next one is asked. The hours of an office do not matter: whoever is on duty
// is asked. Past and Unknown ask for no haste, so nobody is called for them.
func Deadline(urgency string) (d time.Duration, asks bool) {
	switch urgency {
	case "Immediate":
		return 10 * time.Minute, true
	case "Expected":
		return time.Hour, true
	case "Future":
		return 12 * time.Hour, true
	}
	return 24 * time.Hour, false
}

// Standing is what an organisation's people say together.
type Standing string

// How an organisation stands to an alert, the least first.
const (
	Silent        Standing = "silent"
	SomeSeen      Standing = "seen"
	WholeCannot   Standing = "cannot"
	OrganisedActs Standing = "can_act"
	OrganisedDone Standing = "done"
)

// RollUp joins the last answers of an organisation's people. One who acts stands for all. It cannot act when somebody said so for the whole
// of it and nobody acts, or when all of those asked said that they cannot; a single one who cannot has only seen it.
func RollUp(answers []Answer, asked int) Standing {
	cannot, whole, standing := 0, false, Silent
	for _, one := range answers {
		switch one.Answer {
		case Done:
			return OrganisedDone
		case CanAct:
			standing = OrganisedActs
		case Cannot:
			cannot++
			whole = whole || one.Whole
		}
	}
	switch {
	case standing == OrganisedActs:
		return standing
	case whole || asked > 0 && cannot >= asked:
		return WholeCannot
	case len(answers) > 0:
		return SomeSeen
	}
	return Silent
}

// Heard tells whether somebody of an organisation has answered with anything but that they cannot: then it is in somebody's hands, and nobody else
// is called for it. That somebody opened it is no answer, and one who cannot leaves it to the others.
func Heard(answers []Answer) bool {
	return slices.ContainsFunc(answers, func(n Answer) bool { return n.Answer != Cannot })
}

// Settles tells whether an alert needs nothing more of an organisation that stands so. Having seen it is enough where there is no haste; where there
// is, it stays on the screens of its people until one of them acts, though nobody else is called.
func Settles(urgency string, s Standing) bool {
	switch s {
	case OrganisedActs, OrganisedDone:
		return true
	case SomeSeen:
		return urgency != "Immediate" && urgency != "Expected"
	}
	return false
}

// Reply is what a person wants to answer.
type Reply struct {
	Answer Said
	Why    string
	Whole  bool
	Note   string

	Confirmed []string // as in a Wish, for Note
}

func (r Reply) check() error {
	if !slices.Contains([]Said{Seen, CanAct, Cannot, Done}, r.Answer) {
		return bad("answer")
	}
	if r.Answer == Cannot && r.Why == "" {
		return fault.MissingParam("why")
	}
	if r.Answer != Cannot && (r.Why != "" || r.Whole) || r.Why != "" && !slices.Contains(Whys(), r.Why) {
		return bad("why")
	}
	if err := checkText("note", r.Note, noteLimit); err != nil {
		return err
	}
	return unconfirmed(guard.Names(r.Note), r.Confirmed)
}

// Answer answers an alert in the caller's name; the last answer stands. An answer that says again what stands is the same event.
func (a *Alerts) Answer(ctx context.Context, caller people.Caller, id string, r Reply) (eventID string, err error) {
	if err := caller.Require(people.ActAnswerAlert); err != nil {
		return "", err
	}
	if err := r.check(); err != nil {
		return "", err
	}
	err = a.write(ctx, func(tx *store.Tx) error {
		eventID, err = a.answerTx(ctx, tx, caller, id, r)
		return err
	})
	return eventID, err
}

func (a *Alerts) answerTx(ctx context.Context, tx *store.Tx, caller people.Caller, id string, r Reply) (eventID string, err error) {
	al, err := a.readableTx(tx, caller, id)
	if err != nil {
		return "", err
	}
	if al.State(tx.Now.UnixMilli()) == Cancelled {
		return "", fault.Forbidden("error.alert_over")
	}
	if r.Whole && !people.May(caller.Role, people.ActApproveAlert) {
		return "", fault.Forbidden("error.role_may_not") // it speaks for others
	}
	before, err := lastAnswers(tx, id)
	if err != nil {
		return "", err
	}
	for _, one := range before {
		same := one.Answer == r.Answer && one.Why == r.Why && one.Whole == r.Whole && one.Note == r.Note
		if one.UserID == caller.UserID && (same || r.Answer == Seen) {
			return one.EventID, nil // whoever has answered has seen it
		}
	}
	content := map[string]any{"answer": r.Answer, "m.relates_to": map[string]string{"rel_type": relReference, "event_id": id}}
	if r.Why != "" {
		content["why"] = r.Why
	}
	if r.Whole {
		content["whole"] = true
	}
	if r.Note != "" {
		content["note"] = r.Note
	}
	events, err := a.rooms.Append(ctx, tx, room.Draft{RoomID: al.RoomID, Sender: caller.UserID, Type: AnswerType, Content: content})
	if err != nil {
		return "", err
	}
	return events[0].ID, a.answeredTx(ctx, tx, al, caller, r.Answer)
}

const answerColumns = `n.event_id, n.user_id, n.organisation_id, n.at, n.answer, n.why, n.whole, n.note, n.position`

func scanAnswer(row store.Scanner) (n Answer, err error) {
	return n, row.Scan(&n.EventID, &n.UserID, &n.OrganisationID, &n.At, &n.Answer, &n.Why, &n.Whole, &n.Note, &n.Position)
}

// lastAnswers are the answers to an alert that stand, one a person, in order.
func lastAnswers(tx *store.Tx, alertID string) ([]Answer, error) {
	return store.All(tx, scanAnswer, `SELECT `+answerColumns+` FROM alert_answers n WHERE n.alert_id = $1 AND n.position =
		(SELECT MAX(l.position) FROM alert_answers l WHERE l.alert_id = n.alert_id AND l.user_id = n.user_id) ORDER BY n.position`, alertID)
}
