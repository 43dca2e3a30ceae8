package place

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"panah/hub/feed"
	"panah/hub/notice"
	"panah/hub/people"
	"panah/hub/place/allot"
	"panah/hub/rota"
	"panah/hub/store"
)

// NoticeKind is why somebody is told.
type NoticeKind string

// The kinds of notice.
const (
	NoticeAsked    NoticeKind = "asked"    // to a shelter's staff: a request is held and waits for their word
	NoticeAgain    NoticeKind = "again"    // nobody has answered it
	NoticeOrganise NoticeKind = "organise" // to the administrators of the shelter's organisation: nobody has answered it
	NoticeHeld     NoticeKind = "held"     // to who asked: places came free and are held
	NoticeAccepted NoticeKind = "accepted"
	NoticeDeclined NoticeKind = "declined"
	NoticeExpired  NoticeKind = "expired" // nobody answered
	NoticeStepped  NoticeKind = "stepped" // to a shelter's staff: who had been accepted does not come
	NoticePassed   NoticeKind = "passed"  // to the partner of who asked: the request is theirs now; to who asked: it was put to another shelter
	NoticeConfirm  NoticeKind = "confirm" // to a shelter's staff: the numbers are old
)

// Notice is what one person is told. It says nothing of who it is about.
type Notice struct {
	ID     string
	UserID string
	About  string // id of a request, or of a shelter
	Kind   NoticeKind
	At     int64 // Unix milliseconds
}

// Shower shows people what is open for them on all their devices. *feed.Feed is one.
type Shower interface {
	SetAccountDataTx(tx *store.Tx, userID, roomID, kind string, content json.RawMessage) error
}

// Show has the hub's own devices shown what is open. The node sets it once, before anybody acts.
func (p *Places) Show(s Shower) { p.shower = s }

// notify tells people, once each for a kind and what it is about; the same again is told again.
func (p *Places) notify(tx *store.Tx, users []string, about string, kind NoticeKind) error {
	if len(users) == 0 {
		return nil
	}
	position, err := p.rooms.NextTx(tx)
	if err != nil {
		return err
	}
	for _, user := range users {
		n := outside{user: user, at: tx.Now.UnixMilli()}
		row := tx.QueryRow(`INSERT INTO place_notices (notice_id, user_id, about, kind, at, position) VALUES ($1, $2, $3, $4, $5, $6)
			ON CONFLICT (user_id, about, kind) DO UPDATE SET at = excluded.at, position = excluded.position, settled_at = 0 RETURNING notice_id`,
			newID(), user, about, string(kind), n.at, position)
		if err := row.Scan(&n.id); err != nil {
			return fmt.Errorf("note what somebody is told: %w", err)
		}
		if err := n.tell(tx, about, kind, position); err != nil {
			return err
		}
		if err := p.show(tx, user); err != nil {
			return err
		}
	}
	return nil
}

// settleWhere settles notices, and takes them off the devices of those who have them.
func (p *Places) settleWhere(tx *store.Tx, where string, args ...any) error {
	told, err := store.All(tx, func(row store.Scanner) (n outside, err error) { return n, row.Scan(&n.user, &n.id, &n.at) },
		`SELECT user_id, notice_id, at FROM place_notices WHERE settled_at = 0 AND `+where+` ORDER BY user_id`, args...)
	if err != nil || len(told) == 0 {
		return err
	}
	var users []string
	for _, n := range told {
		if err := notice.DropTx(tx, n.key(), n.user); err != nil {
			return err
		}
		if !slices.Contains(users, n.user) {
			users = append(users, n.user)
		}
	}
	_, err = tx.Exec(fmt.Sprintf(`UPDATE place_notices SET settled_at = $%d WHERE settled_at = 0 AND %s`, len(args)+1, where), append(args, tx.Now.UnixMilli())...)
	for _, user := range users {
		if err == nil {
			err = p.show(tx, user)
		}
	}
	return err
}

// show writes what is open for somebody into their account data.
func (p *Places) show(tx *store.Tx, user string) error {
	if p.shower == nil {
		return nil
	}
	type shown struct {
		ID    string     `json:"id"`
		About string     `json:"about"`
		Kind  NoticeKind `json:"kind"`
		At    int64      `json:"at"`
	}
	open, err := store.All(tx, func(row store.Scanner) (s shown, err error) { return s, row.Scan(&s.ID, &s.About, &s.Kind, &s.At) },
		`SELECT notice_id, about, kind, at FROM place_notices WHERE user_id = $1 AND settled_at = 0 ORDER BY at DESC, notice_id LIMIT 100`, user)
	if err != nil {
		return err
	}
	if open == nil {
		open = []shown{}
	}
	content, err := json.Marshal(map[string]any{"notices": open})
	if err != nil {
		return fmt.Errorf("write notices: %w", err)
	}
	return p.shower.SetAccountDataTx(tx, user, "", feed.TypePlaceNotices, content)
}

// SettleNotice takes away what the caller was told and has no more to do about.
func (p *Places) SettleNotice(ctx context.Context, userID, id string) error {
	return p.db.Write(ctx, func(tx *store.Tx) error {
		return p.settleWhere(tx, `user_id = $1 AND notice_id = $2 AND kind IN ('held', 'accepted', 'declined', 'expired', 'stepped', 'passed')`, userID, id)
	})
}

// staffTx are those who take people in: whoever said that they are on duty or is by the shelter's rota, or else all of them.
func (p *Places) staffTx(tx *store.Tx, s Shelter, everybody bool) (users []string, err error) {
	colleagues, err := p.people.ColleaguesTx(tx, s.OrganisationID)
	if err != nil {
		return nil, err
	}
	week, err := p.rotas.RotaTx(tx, rota.Of{Organisation: s.OrganisationID, Shelter: s.ID})
	if err != nil {
		return nil, err
	}
	var onDuty []string
	for _, person := range colleagues {
		staff, err := isStaff(tx, s, person)
		if err != nil {
			return nil, err
		}
		if !staff {
			continue
		}
		users = append(users, person.UserID)
		duty, err := p.people.OnDutyTx(tx, person.UserID)
		if err != nil {
			return nil, err
		}
		if duty || slices.Contains(week.Now, person.UserID) {
			onDuty = append(onDuty, person.UserID)
		}
	}
	if len(onDuty) > 0 && !everybody {
		return onDuty, nil
	}
	return users, nil
}

// noticeChange tells the other side what became of a request, and settles what asked for it.
func (p *Places) noticeChange(tx *store.Tx, s Shelter, d deed, r Request, before allot.State) error {
	if before.Open() && !r.State.Open() {
		if err := p.settleWhere(tx, `about = $1 AND kind IN ('asked', 'again', 'organise', 'held')`, r.ID); err != nil {
			return err
		}
	}
	switch r.State {
	case allot.Held:
		staff, err := p.staffTx(tx, s, false)
		if err == nil {
			err = p.notify(tx, staff, r.ID, NoticeAsked)
		}
		if err != nil || before == "" {
			return err
		}
		return p.noticeWorker(tx, d, r, NoticeHeld)
	case allot.Accepted:
		return p.noticeWorker(tx, d, r, NoticeAccepted)
	case allot.Declined:
		return p.noticeWorker(tx, d, r, NoticeDeclined)
	case allot.Expired:
		return p.noticeWorker(tx, d, r, NoticeExpired)
	case allot.Withdrawn:
		if before != allot.Accepted {
			return nil
		}
		staff, err := p.staffTx(tx, s, false)
		if err != nil {
			return err
		}
		return p.notify(tx, staff, r.ID, NoticeStepped)
	}
	return nil
}

// noticeWorker tells who asked, but for what they did themselves. Where who asked is there no more, those of the organisation are told who may ask.
func (p *Places) noticeWorker(tx *store.Tx, d deed, r Request, kind NoticeKind) error {
	a, err := askTx(tx, r.AskID)
	if err != nil {
		return err
	}
	gone, err := p.workerGone(tx, a)
	if err != nil {
		return err
	}
	users := []string{a.worker}
	if gone {
		if users, err = p.askersTx(tx, a.organisationID); err != nil {
			return err
		}
	}
	return p.notify(tx, slices.DeleteFunc(users, func(user string) bool { return user == d.by.UserID }), r.ID, kind)
}

// askersTx are those of an organisation who may ask for places.
func (p *Places) askersTx(tx *store.Tx, organisationID string) (users []string, err error) {
	colleagues, err := p.people.ColleaguesTx(tx, organisationID)
	for _, person := range colleagues {
		if people.May(person.Role, people.ActAskPlaces) {
			users = append(users, person.UserID)
		}
	}
	return users, err
}
