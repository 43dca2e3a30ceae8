package alert

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"panah/hub/fault"
	"panah/hub/people"
	"panah/hub/store"
)

// Draft is an alert that waits for a second person, or waited.
type Draft struct {
	ID             string
	OrganisationID string
	Author         string
	Device         string
	Wish           Wish // empty once it was decided
	Causes         []string
	At             int64  // Unix milliseconds, as are the other times
	Until          int64  // it waits no longer than this
	Standing       string // "waiting", "approved", "refused", "lapsed", "withdrawn"
	DecidedBy      string
	DecidedAt      int64
	Reason         string // of a refusal
	AlertID        string // what came of it
}

const (
	waiting   = "waiting"
	approved  = "approved"
	refused   = "refused"
	lapsed    = "lapsed"
	withdrawn = "withdrawn"
	// draftLife is how long a draft waits at most; what it says is old by then.
	draftLife = 24 * time.Hour
	// draftsMost is how many drafts of one author wait at most: those who decide read them all.
	draftsMost = 20
)

// hold keeps a wish until a second person agrees. Nobody is told what it says but its author and those who may agree.
func (a *Alerts) hold(tx *store.Tx, caller people.Caller, w Wish, causes []string) (id string, err error) {
	raw, err := wishJSON(w)
	if err != nil {
		return "", err
	}
	var own int
	if err := tx.QueryRow(`SELECT COUNT(*) FROM alert_drafts WHERE author = $1 AND standing = $2`, caller.UserID, waiting).Scan(&own); err != nil {
		return "", fmt.Errorf("count drafts: %w", err)
	}
	if own >= draftsMost {
		return "", fault.LimitExceeded(time.Hour)
	}
	id = newID()
	until := min(tx.Now.Add(draftLife).UnixMilli(), w.Expires*1000)
	_, err = tx.Exec(`INSERT INTO alert_drafts (draft_id, organisation_id, author, device_id, wish, causes, at, until_at, standing)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		id, caller.OrganisationID, caller.UserID, caller.DeviceID, raw, strings.Join(causes, " "), tx.Now.UnixMilli(), until, waiting)
	if err != nil {
		return "", err
	}
	return id, a.askApprovers(tx, Draft{ID: id, OrganisationID: caller.OrganisationID, Author: caller.UserID})
}

// askApprovers tells those who may approve a draft that it waits for them.
func (a *Alerts) askApprovers(tx *store.Tx, d Draft) error {
	users, err := a.approversTx(tx, d)
	if err != nil {
		return err
	}
	if len(users) == 0 {
		users, err = store.Column(tx, `SELECT user_id FROM people WHERE role = 'steward' AND standing = 'active' AND user_id <> $1 AND user_id <> $2 ORDER BY user_id`,
			a.people.HubUser(), d.Author)
		if err != nil {
			return err
		}
	}
	return a.notify(tx, users, "", NoticeApprove, d.ID)
}

const draftColumns = `d.draft_id, d.organisation_id, d.author, d.device_id, d.wish, d.causes, d.at, d.until_at, d.standing, d.decided_by, d.decided_at,
	d.reason, d.alert_id`

func scanDraft(row store.Scanner) (d Draft, err error) {
	var wish, causes string
	err = row.Scan(&d.ID, &d.OrganisationID, &d.Author, &d.Device, &wish, &causes, &d.At, &d.Until, &d.Standing, &d.DecidedBy, &d.DecidedAt, &d.Reason, &d.AlertID)
	if err != nil {
		return d, err
	}
	d.Causes = strings.Fields(causes)
	if wish != "" {
		err = json.Unmarshal([]byte(wish), &d.Wish)
	}
	return d, err
}

// Waiting are the drafts that the caller may decide on, and their own, the oldest first. Their own stay for a week after they were decided.
func (a *Alerts) Waiting(ctx context.Context, caller people.Caller) (decide, own []Draft, err error) {
	err = a.db.Read(ctx, func(tx *store.Tx) error {
		all, err := store.All(tx, scanDraft, `SELECT `+draftColumns+` FROM alert_drafts d WHERE d.standing = 'waiting' AND d.until_at > $1
			AND d.author <> $2 AND (d.organisation_id = $3 OR $4) ORDER BY d.at, d.draft_id LIMIT 200`, tx.Now.UnixMilli(), caller.UserID,
			caller.OrganisationID, caller.Require(people.ActManageAlerts) == nil)
		if err != nil {
			return err
		}
		for _, d := range all {
			may, err := a.mayDecide(tx, caller, d)
			if err != nil {
				return err
			}
			if may {
				decide = append(decide, d)
			}
		}
		own, err = store.All(tx, scanDraft, `SELECT `+draftColumns+` FROM alert_drafts d WHERE d.author = $1 AND (d.standing = 'waiting' OR d.decided_at > $2)
			ORDER BY d.at DESC, d.draft_id LIMIT 50`, caller.UserID, tx.Now.Add(-7*24*time.Hour).UnixMilli())
		return err
	})
	return decide, own, err
}

// mayDecide: somebody else of the same organisation who may approve, or, where there is nobody, a steward.
func (a *Alerts) mayDecide(tx *store.Tx, caller people.Caller, d Draft) (bool, error) {
	if caller.Require(people.ActApproveAlert) != nil || caller.UserID == d.Author {
		return false, nil
	}
	if caller.OrganisationID == d.OrganisationID {
		return true, nil
	}
	if caller.Require(people.ActManageAlerts) != nil {
		return false, nil
	}
	approvers, err := a.approversTx(tx, d)
	return len(approvers) == 0, err
}

// approversTx are those of the author's organisation who may approve their draft.
func (a *Alerts) approversTx(tx *store.Tx, d Draft) (users []string, err error) {
	colleagues, err := a.people.ColleaguesTx(tx, d.OrganisationID)
	for _, person := range colleagues {
		if person.UserID != d.Author && people.May(person.Role, people.ActApproveAlert) {
			users = append(users, person.UserID)
		}
	}
	return users, err
}

// decidableTx reads a draft that waits and that the caller may decide on. Who may not does not learn that it is there, except its author.
func (a *Alerts) decidableTx(tx *store.Tx, caller people.Caller, id string) (Draft, error) {
	unknown := fault.NotFound("error.unknown_draft")
	d, err := scanDraft(tx.QueryRow(`SELECT `+draftColumns+` FROM alert_drafts d WHERE d.draft_id = $1`, id))
	if errors.Is(err, sql.ErrNoRows) {
		return d, unknown
	}
	if err != nil {
		return d, fmt.Errorf("read a draft: %w", err)
	}
	if d.Author == caller.UserID {
		return d, fault.Forbidden("error.draft_own")
	}
	may, err := a.mayDecide(tx, caller, d)
	switch {
	case err != nil:
		return d, err
	case !may:
		return d, unknown
	case d.Standing != waiting || d.Until <= tx.Now.UnixMilli():
		return d, fault.Forbidden("error.draft_decided")
	}
	return d, nil
}

// Approve sends a draft in its author's name. Who wrote it must still be there and allowed to.
func (a *Alerts) Approve(ctx context.Context, caller people.Caller, id string) (s Sent, err error) {
	err = a.write(ctx, func(tx *store.Tx) error {
		d, err := a.decidableTx(tx, caller, id)
		if err != nil {
			return err
		}
		author, o, err := a.placedTx(tx, d.Author)
		if err != nil {
			return err
		}
		by := people.Caller{Person: author, DeviceID: d.Device}
		if o.Standing != people.OrganisationVetted || author.OrganisationID != d.OrganisationID || by.Require(people.ActSendAlert) != nil {
			return fault.Forbidden("error.draft_author_gone")
		}
		w, _, err := complete(d.Wish, tx.Now)
		if err != nil {
			return err
		}
		if err := a.checkQuote(tx, by, w); err != nil { // the label of what it passes on may have become tighter
			return err
		}
		if s, err = a.sendTx(ctx, tx, author, w); err != nil {
			return err
		}
		_, err = tx.Exec(`UPDATE alert_sends SET alert_id = $2, event_id = $3 WHERE draft_id = $1`, id, s.AlertID, s.EventID)
		if err != nil {
			return err
		}
		return a.decide(tx, caller, d, approved, "", s.AlertID)
	})
	return s, err
}

// Refuse sends a draft back to its author, with a reason.
func (a *Alerts) Refuse(ctx context.Context, caller people.Caller, id, reason string) error {
	reason = strings.TrimSpace(reason)
	if reason == "" {
		return fault.MissingParam("reason")
	}
	if err := checkText("reason", reason, noteLimit); err != nil {
		return err
	}
	return a.write(ctx, func(tx *store.Tx) error {
		d, err := a.decidableTx(tx, caller, id)
		if err != nil {
			return err
		}
		return a.decide(tx, caller, d, refused, reason, "")
	})
}

// Withdraw takes a draft of the caller's own back.
func (a *Alerts) Withdraw(ctx context.Context, caller people.Caller, id string) error {
	return a.write(ctx, func(tx *store.Tx) error {
		n, err := tx.Exec(`UPDATE alert_drafts SET standing = $3, wish = '', decided_by = $2, decided_at = $4 WHERE draft_id = $1 AND author = $2
			AND standing = 'waiting'`, id, caller.UserID, withdrawn, tx.Now.UnixMilli())
		if err == nil && n == 0 {
			err = fault.NotFound("error.unknown_draft")
		}
		if err != nil {
			return err
		}
		return a.settleWhere(tx, `kind = 'approve' AND about = $1`, id)
	})
}

// decide notes how a draft was decided. What it said is kept no longer: an approved one stands in its event. A refused one stays for its author
// to word anew, until they take it away or a week has passed.
func (a *Alerts) decide(tx *store.Tx, caller people.Caller, d Draft, standing, reason, alertID string) error {
	_, err := tx.Exec(`UPDATE alert_drafts SET standing = $2, decided_by = $3, decided_at = $4, reason = $5, alert_id = $6,
		wish = CASE WHEN $2 = 'refused' THEN wish ELSE '' END WHERE draft_id = $1`, d.ID, standing, caller.UserID, tx.Now.UnixMilli(), reason, alertID)
	if err != nil {
		return err
	}
	if err := a.settleWhere(tx, `kind = 'approve' AND about = $1`, d.ID); err != nil {
		return err
	}
	kind := map[string]NoticeKind{approved: NoticeApproved, refused: NoticeRefused}[standing]
	if err := a.notify(tx, []string{d.Author}, alertID, kind, d.ID); err != nil {
		return err
	}
	detail := map[string]string{"organisation": d.OrganisationID, "causes": strings.Join(d.Causes, " ")}
	if alertID != "" {
		detail["alert"] = alertID
	}
	return a.people.AuditTx(tx, caller.UserID, map[string]string{approved: "approve_alert", refused: "refuse_alert"}[standing], d.Author, detail)
}
