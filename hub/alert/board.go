package alert

import (
	"cmp"
	"context"
	"regexp"
	"slices"
	"strconv"

	"panah/hub/people"
	"panah/hub/store"
)

// Entry is an alert as somebody finds it on their board.
type Entry struct {
	Alert
	Stage       State
	Hub         string // the server of the hub whose alert it is; "" for one of this hub
	Mine        Said   // the reader's own last answer, or ""
	Ours        Standing
	Asked       bool  // the reader was asked by name: on duty, next, or called
	NeedsMe     bool  // an answer of the reader's would help
	Deadline    int64 // Unix milliseconds by which the reader's organisation should have answered; 0 when nobody waits
	Late        bool
	Standings   map[Standing]int // how many organisations stand how
	Translation *Translation     // of the standing version, into the reader's language
}

// BoardQuery chooses alerts. Zero values choose all.
type BoardQuery struct {
	History      bool   // those that are over, instead of those that live
	Country      string // in whose areas
	Area         string
	Code         string
	Urgency      string
	Organisation string // the sender's
	Status       string
	Before       string // the cursor of the page before; of the history alone
	Limit        int
	Language     string // the reader's, for translations
}

const (
	boardLimit  = 200 // alerts that live
	historyPage = 50
)

var cursorForm = regexp.MustCompile(`^(\d{1,15})\.(\$[A-Za-z0-9_-]{1,100})$`)

// Cursor is where the page after this entry begins.
func (e *Entry) Cursor() string { return strconv.FormatInt(e.SentAt, 10) + "." + e.ID }

// Board gives the alerts that the caller may open: those that live, what needs them most first; or of those that are over a page, the newest
// first.
func (a *Alerts) Board(ctx context.Context, caller people.Caller, q BoardQuery) (entries []Entry, err error) {
	where, args, limit, err := q.where(caller)
	if err != nil {
		return nil, err
	}
	err = a.db.Read(ctx, func(tx *store.Tx) error {
		found, err := store.All(tx, scanAlert, `SELECT `+alertColumns+` FROM alerts a JOIN memberships m ON m.room_id = a.room_id AND m.user_id = $1
			AND m.membership = 'join' WHERE `+where+` LIMIT `+strconv.Itoa(limit), append(args, tx.Now.UnixMilli())...)
		if err != nil {
			return err
		}
		for _, al := range found {
			e, err := a.entryTx(tx, caller, al, q.Language)
			if err != nil {
				return err
			}
			entries = append(entries, e)
		}
		return nil
	})
	if !q.History {
		slices.SortStableFunc(entries, byNeed)
	}
	return entries, err
}

// where makes the condition. Its last argument, $9, is the moment.
func (q BoardQuery) where(caller people.Caller) (where string, args []any, limit int, err error) {
	for name, value := range map[string]string{"country": q.Country, "area": q.Area, "code": q.Code, "urgency": q.Urgency, "organisation": q.Organisation, "status": q.Status} {
		if len(value) > 64 || !storable(value) {
			return "", nil, 0, bad(name)
		}
	}
	if q.Country != "" && !areaForm.MatchString(q.Country) || q.Area != "" && !areaForm.MatchString(q.Area) {
		return "", nil, 0, bad("country")
	}
	args = []any{caller.UserID, q.Code, q.Urgency, q.Organisation, "% " + q.Country + " %", "% " + q.Country + "-%", "% " + q.Area + " %", q.Status}
	where = `($2 = '' OR a.code = $2) AND ($3 = '' OR a.urgency = $3) AND ($4 = '' OR a.organisation_id = $4)
		AND ($5 = '%  %' OR a.areas LIKE $5 OR a.areas LIKE $6) AND ($7 = '%  %' OR a.areas LIKE $7) AND ($8 = '' OR a.status = $8)`
	if !q.History {
		return where + ` AND a.msg_type <> 'Cancel' AND a.expires_at > $9 ORDER BY a.sent_at DESC, a.alert_id`, args, boardLimit, nil
	}
	where += ` AND (a.msg_type = 'Cancel' OR a.expires_at <= $9)`
	if q.Before != "" {
		at := cursorForm.FindStringSubmatch(q.Before)
		if at == nil {
			return "", nil, 0, bad("before")
		}
		// Both parts are digits, and letters of an id: nothing in them could end the text. They are no arguments, since $9 is the last.
		where += ` AND (a.sent_at < ` + at[1] + ` OR a.sent_at = ` + at[1] + ` AND a.alert_id < '` + at[2] + `')`
	}
	return where + ` ORDER BY a.sent_at DESC, a.alert_id DESC`, args, max(1, min(q.Limit, historyPage)), nil
}

// byNeed orders the board: first what somebody was asked by name, then what awaits an answer of theirs, the late before the others; then by
// urgency, severity, and the newest.
func byNeed(x, y Entry) int {
	first := func(x, y bool) int {
		switch {
		case x == y:
			return 0
		case x:
			return -1
		}
		return 1
	}
	return cmp.Or(
		first(x.NeedsMe && x.Asked, y.NeedsMe && y.Asked), first(x.NeedsMe, y.NeedsMe), first(x.NeedsMe && x.Late, y.NeedsMe && y.Late),
		cmp.Compare(slices.Index(urgencies, x.Block.Urgency), slices.Index(urgencies, y.Block.Urgency)),
		cmp.Compare(slices.Index(severities, x.Block.Severity), slices.Index(severities, y.Block.Severity)),
		cmp.Compare(y.SentAt, x.SentAt), cmp.Compare(x.ID, y.ID),
	)
}

// entryTx is an alert with what it means to a reader.
func (a *Alerts) entryTx(tx *store.Tx, caller people.Caller, al Alert, language string) (e Entry, err error) {
	now := tx.Now.UnixMilli()
	e = Entry{Alert: al, Stage: al.State(now), Hub: a.HubOf(al), Standings: map[Standing]int{}, Ours: Silent}
	organisations, err := a.standingsTx(tx, al)
	if err != nil {
		return e, err
	}
	for _, o := range organisations {
		e.Standings[o.Standing]++
		if o.ID == caller.OrganisationID {
			e.Ours = o.Standing
		}
		for _, one := range o.Answers {
			if one.UserID == caller.UserID {
				e.Mine = one.Answer
			}
		}
	}
	if e.Asked, err = askedTx(tx, al.ID, caller.UserID); err != nil {
		return e, err
	}
	addressed, err := addressedTx(tx, al.ID, caller.OrganisationID)
	if err != nil {
		return e, err
	}
	if e.awaits(caller, addressed) {
		wait, asks := Deadline(al.Block.Urgency)
		e.NeedsMe = e.Mine == "" || e.Mine == Seen
		if asks {
			e.Deadline = al.SentAt + wait.Milliseconds()
			e.Late = now > e.Deadline
		}
	}
	if language != "" && al.Block.Text != "" {
		e.Translation, err = translationTx(tx, al, language)
	}
	return e, err
}

// addressedTx tells whether an alert was sent to an organisation, and not only to somebody of it who was called for others.
func addressedTx(tx *store.Tx, alertID, organisationID string) (is bool, err error) {
	err = tx.QueryRow(`SELECT EXISTS (SELECT 1 FROM alert_figures WHERE alert_id = $1 AND organisation_id = $2)`, alertID, organisationID).Scan(&is)
	return is, err
}

// awaits tells whether an answer of the reader's organisation is awaited. Whoever was called for others is awaited as long as they are asked.
func (e *Entry) awaits(caller people.Caller, addressed bool) bool {
	return (addressed || e.Asked) && e.Stage == Live && e.Block.Status != Test && e.OrganisationID != caller.OrganisationID && !Settles(e.Block.Urgency, e.Ours) &&
		(e.Ours != WholeCannot || e.Asked) && caller.Require(people.ActAnswerAlert) == nil
}

// Reached is how an organisation stands to an alert.
type Reached struct {
	ID       string
	Standing Standing
	Asked    int // people who should have it
	Answers  []Answer
}

// standingsTx tells how each organisation that an alert was sent to stands to it, by id; the sender's own as well when somebody of it answered.
func (a *Alerts) standingsTx(tx *store.Tx, al Alert) (all []Reached, err error) {
	asked, err := store.All(tx, func(row store.Scanner) (r Reached, err error) { return r, row.Scan(&r.ID, &r.Asked) },
		`SELECT organisation_id, COUNT(*) FROM alert_recipients WHERE alert_id = $1 GROUP BY organisation_id ORDER BY organisation_id`, al.ID)
	if err != nil {
		return nil, err
	}
	answers, err := lastAnswers(tx, al.ID)
	if err != nil {
		return nil, err
	}
	for _, r := range asked {
		if r.ID == "" {
			continue
		}
		for _, one := range answers {
			if one.OrganisationID == r.ID {
				r.Answers = append(r.Answers, one)
			}
		}
		if r.ID == al.OrganisationID && len(r.Answers) == 0 {
			continue
		}
		r.Standing = RollUp(r.Answers, r.Asked)
		all = append(all, r)
	}
	return all, nil
}
