package people

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"panah/hub/fault"
	"panah/hub/store"
)

// Report is what somebody tells those who look after the network of a post, a channel or a person.
type Report struct {
	ID             string
	At             time.Time
	Reporter       string // user id
	RoomID         string // "" for a person
	EventID        string // "" for a channel or a person
	UserID         string // whom it is about, or ""
	OrganisationID string // theirs, or ""
	Audience       string // "stewards"; "admins": those of the organisation whom it is about as well; "others": see reportOthers
	Code           string
	Words          string
	Standing       string // "open", "taken", "settled"
	TakenBy        string // user id, or ""
	Note           string // of whoever settled it
}

// ReportCodes are the codes of what is wrong.
func ReportCodes() []string {
	return []string{"danger", "identity", "harassment", "false", "spam", "other"}
}

const (
	reportWords    = 500  // characters of the words, and of the note
	reportsOpen    = 50   // open ones of one person
	reportsKept    = 2000 // open ones of the whole hub
	reportsRead    = 500
	reportStewards = "stewards"
	reportAdmins   = "admins"
	// reportOthers is where the hub sends a report that would reach nobody else, about the only steward: the administrators of the other
	// organisations. Nobody chooses it, and the reporter is told.
	reportOthers = "others"
)

// perReport is how often one person may report.
var perReport = pace{10, 10 * time.Minute}

// ReportTx writes a report down, and gives who reads it. The caller must have checked that the reporter may see what it is about. A report that
// nobody would read is refused: error.report_unread.
func (p *People) ReportTx(tx *store.Tx, by Caller, r Report) (audience string, err error) {
	if r.UserID != "" {
		about, err := p.PersonTx(tx, r.UserID)
		if err != nil {
			return "", err
		}
		r.OrganisationID = about.OrganisationID
		if about.Role == Steward {
			if r.Audience, err = p.readersTx(tx, by, r); err != nil {
				return "", err
			}
		}
	}
	return r.Audience, p.insertReportTx(tx, by, r)
}

// readersTx finds who reads a report about a steward: the other stewards, or the administrators whom the reporter chose, or else those of all
// other organisations. The reporter is no reader of their own report.
func (p *People) readersTx(tx *store.Tx, by Caller, r Report) (string, error) {
	const reads = `standing = 'active' AND user_id <> $1 AND user_id <> $2 AND user_id <> $3 AND organisation_id NOT IN
		(SELECT organisation_id FROM organisations WHERE standing = 'suspended') AND role = `
	stewards, err := p.countTx(tx, reads+`'steward'`, r.UserID, by.UserID, p.HubUser())
	if err != nil || stewards > 0 {
		return r.Audience, err
	}
	own, err := p.countTx(tx, reads+`'admin' AND organisation_id <> '' AND organisation_id = $4`, r.UserID, by.UserID, p.HubUser(), r.OrganisationID)
	if err != nil || own > 0 && r.Audience == reportAdmins {
		return r.Audience, err
	}
	others, err := p.countTx(tx, reads+`'admin' AND organisation_id <> '' AND organisation_id <> $4`, r.UserID, by.UserID, p.HubUser(), r.OrganisationID)
	if err == nil && others == 0 {
		err = fault.New(http.StatusConflict, "M_FORBIDDEN", "error.report_unread")
	}
	return reportOthers, err
}

func (p *People) insertReportTx(tx *store.Tx, by Caller, r Report) error {
	id, err := randomID(9)
	if err != nil {
		return err
	}
	n, err := tx.Exec(`INSERT INTO reports (report_id, at, reporter, room_id, event_id, user_id, organisation_id, audience, code, words, standing)
		SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'open' WHERE (SELECT COUNT(*) FROM reports WHERE standing <> 'settled') < $11
		AND (SELECT COUNT(*) FROM reports WHERE standing <> 'settled' AND reporter = $3) < $12`,
		id, tx.Now.UnixMilli(), by.UserID, r.RoomID, r.EventID, r.UserID, r.OrganisationID, r.Audience, r.Code, r.Words, reportsKept, reportsOpen)
	if err == nil && n == 0 {
		return fault.LimitExceeded(24 * time.Hour)
	}
	if err != nil {
		return err
	}
	return p.auditTx(tx, by.UserID, "report", id, "", map[string]string{"code": r.Code})
}

// CheckReport looks at a report before anything else is, and counts it against the limits.
func (p *People) CheckReport(by Caller, r *Report) error {
	if err := by.Require(ActReport); err != nil {
		return err
	}
	if r.Code == "" {
		r.Code = "other"
	}
	if r.Audience == "" {
		r.Audience = reportStewards
	}
	r.Words = strings.TrimSpace(r.Words)
	if !slices.Contains(ReportCodes(), r.Code) || r.Audience != reportStewards && r.Audience != reportAdmins {
		return fault.InvalidParam("error.bad_reason")
	}
	if !storable(r.Words) || utf8.RuneCountInString(r.Words) > reportWords {
		return fault.InvalidParam("error.long_text", "Limit", reportWords)
	}
	if r.UserID == by.UserID {
		return fault.Forbidden("error.not_to_yourself")
	}
	return p.limits.take("report "+by.UserID, perReport)
}

// seesReport is the rule of who reads a report: stewards all, administrators those about their organisation's people that were sent to
// them too and those about the only steward, and nobody one about themselves.
const seesReport = `user_id <> $1 AND ($2 OR $3 <> '' AND (audience = 'admins' AND organisation_id = $3 OR audience = 'others' AND organisation_id <> $3))`

// Reports are those that the caller may read, the open ones first, then the newest.
func (p *People) Reports(ctx context.Context, caller Caller, settled bool) (all []Report, err error) {
	if err := caller.Require(ActSeeReports); err != nil {
		return nil, err
	}
	err = p.db.Read(ctx, func(tx *store.Tx) error {
		all, err = p.reportsTx(tx, caller, `(standing = 'settled') = $4`, settled)
		return err
	})
	return all, err
}

func (p *People) reportsTx(tx *store.Tx, caller Caller, where string, arg any) (all []Report, err error) {
	rows, err := tx.Query(fmt.Sprintf(`SELECT report_id, at, reporter, room_id, event_id, user_id, organisation_id, audience, code, words, standing,
		taken_by, note FROM reports WHERE %s AND %s ORDER BY standing, at DESC, report_id LIMIT %d`, seesReport, where, reportsRead),
		caller.UserID, caller.Require(ActSeeOverview) == nil, caller.OrganisationID, arg)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var r Report
		var at int64
		err := rows.Scan(&r.ID, &at, &r.Reporter, &r.RoomID, &r.EventID, &r.UserID, &r.OrganisationID, &r.Audience, &r.Code, &r.Words, &r.Standing,
			&r.TakenBy, &r.Note)
		if err != nil {
			return nil, fmt.Errorf("read reports: %w", err)
		}
		r.At = time.UnixMilli(at)
		all = append(all, r)
	}
	return all, rows.Err()
}

// OpenReportTx finds a report that the caller may act on and nobody has settled; error.unknown_report otherwise.
func (p *People) OpenReportTx(tx *store.Tx, caller Caller, id string) (Report, error) {
	if err := caller.Require(ActSeeReports); err != nil {
		return Report{}, err
	}
	found, err := p.reportsTx(tx, caller, `standing <> 'settled' AND report_id = $4`, id)
	if err == nil && len(found) == 0 {
		err = fault.NotFound("error.unknown_report")
	}
	if err != nil {
		return Report{}, err
	}
	return found[0], nil
}

// SettleReport takes a report up, or, with settled, closes it with a note.
func (p *People) SettleReport(ctx context.Context, caller Caller, id string, settled bool, note string) error {
	note = strings.TrimSpace(note)
	if !storable(note) || utf8.RuneCountInString(note) > reportWords {
		return fault.InvalidParam("error.long_text", "Limit", reportWords)
	}
	return p.db.Write(ctx, func(tx *store.Tx) error {
		if _, err := p.OpenReportTx(tx, caller, id); err != nil {
			return err
		}
		act, standing, at := "take_report", "taken", sql.NullInt64{}
		if settled {
			act, standing, at = "settle_report", "settled", sql.NullInt64{Int64: tx.Now.UnixMilli(), Valid: true}
		}
		_, err := tx.Exec(`UPDATE reports SET standing = $2, taken_by = $3, note = $4, settled_at = $5 WHERE report_id = $1`,
			id, standing, caller.UserID, note, at)
		return errors.Join(err, p.auditTx(tx, caller.UserID, act, id, "", nil))
	})
}

// Waiting is what waits for those who look after the network.
type Waiting struct {
	Organisations int // proposed
	Reports       int // open, and for the caller
	Corrections   int
	Invitations   int // open
	Homeless      int // people who belong to no organisation and are not stewards
	Countries     map[string]int
}

// Overview counts what waits, and the active people of each country.
func (p *People) Overview(ctx context.Context, caller Caller) (w Waiting, err error) {
	if err := caller.Require(ActSeeOverview); err != nil {
		return w, err
	}
	err = p.db.Read(ctx, func(tx *store.Tx) error {
		err := tx.QueryRow(`SELECT (SELECT COUNT(*) FROM organisations WHERE standing = 'proposed'),
			(SELECT COUNT(*) FROM reports WHERE standing <> 'settled' AND user_id <> $1), (SELECT COUNT(*) FROM corrections),
			(SELECT COUNT(*) FROM invitations WHERE used_at IS NULL AND revoked_at IS NULL AND expires_at > $2 AND invited_by <> $3),
			(SELECT COUNT(*) FROM people WHERE organisation_id = '' AND role <> 'steward' AND standing <> 'gone')`,
			caller.UserID, tx.Now.UnixMilli(), p.HubUser()).Scan(&w.Organisations, &w.Reports, &w.Corrections, &w.Invitations, &w.Homeless)
		if err != nil {
			return fmt.Errorf("count what waits: %w", err)
		}
		w.Countries, err = countriesTx(tx)
		return err
	})
	return w, err
}

func countriesTx(tx *store.Tx) (map[string]int, error) {
	rows, err := tx.Query(`SELECT o.country, COUNT(*) FROM people p JOIN organisations o ON o.organisation_id = p.organisation_id
		WHERE p.standing = 'active' GROUP BY o.country`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	all := map[string]int{}
	for rows.Next() {
		var country string
		var n int
		if err := rows.Scan(&country, &n); err != nil {
			return nil, fmt.Errorf("count people: %w", err)
		}
		all[country] = n
	}
	return all, rows.Err()
}
