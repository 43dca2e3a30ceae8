package people

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"regexp"
	"strings"
	"time"

	"panah/hub/fault"
	"panah/hub/store"
)

// AuditTx writes down what an administrator did, in the same transaction as the deed. detail must hold no secret and no text that
// people wrote. The entry belongs to the organisation that detail names, else to that of the person it is about; administrators read
// those of their own.
func (p *People) AuditTx(tx *store.Tx, actor, act, target string, detail map[string]string) error {
	organisation, named := detail["organisation"]
	if !named && strings.HasPrefix(target, "@") {
		err := tx.QueryRow(`SELECT COALESCE(MAX(organisation_id), '') FROM people WHERE user_id = $1`, target).Scan(&organisation)
		if err != nil {
			return fmt.Errorf("find whose audit entry it is: %w", err)
		}
	}
	return p.auditTx(tx, actor, act, target, organisation, detail)
}

func (p *People) auditTx(tx *store.Tx, actor, act, target, organisation string, detail map[string]string) error {
	id, err := randomID(12)
	if err != nil {
		return err
	}
	raw, err := json.Marshal(detail)
	if err != nil {
		return fmt.Errorf("write the audit log: %w", err)
	}
	_, err = tx.Exec(`INSERT INTO audit (audit_id, at, actor, act, target, detail, organisation_id) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		id, tx.Now.UnixMilli(), actor, act, target, string(raw), organisation)
	return err
}

// AuditEntry is one thing that an administrator did.
type AuditEntry struct {
	ID             string
	At             time.Time
	Actor          string // user id
	ActorName      string // "" for somebody who left
	Act            string
	Target         string // id of a person, an organisation, an invitation, a report …
	TargetName     string // of a person or an organisation, or ""
	OrganisationID string // whose people it concerns, or ""
	Organisation   string // its name
	Detail         map[string]string
}

// AuditQuery chooses entries. Zero values choose all.
type AuditQuery struct {
	Person         string // who did it or to whom
	Act            string
	OrganisationID string
	From, To       time.Time // from the first on, and before the second
	Before         string    // the last entry's Cursor of the page before
	Limit          int       // entries of a page, at most 500
}

// AuditPage is how many entries a page of the log has at most.
const AuditPage = 500

var (
	auditAct    = regexp.MustCompile(`^[a-z_]{1,40}$`)
	auditCursor = regexp.MustCompile(`^(\d{1,15})\.([A-Za-z0-9_-]{1,32})$`)
)

// Cursor is where the page after this entry begins.
func (e AuditEntry) Cursor() string { return fmt.Sprintf("%d.%s", e.At.UnixMilli(), e.ID) }

// bounds gives the span of time, and the entry before which the page begins.
func (q AuditQuery) bounds() (from, to, at int64, id string, err error) {
	if len(q.Person) > 255 || len(q.OrganisationID) > 64 || q.Act != "" && !auditAct.MatchString(q.Act) || !storable(q.Person+q.OrganisationID) {
		return 0, 0, 0, "", fault.InvalidParam("error.bad_search")
	}
	to, at = math.MaxInt64, math.MaxInt64
	if !q.From.IsZero() {
		from = q.From.UnixMilli()
	}
	if !q.To.IsZero() {
		to = q.To.UnixMilli()
	}
	if q.Before == "" {
		return from, to, at, "", nil
	}
	found := auditCursor.FindStringSubmatch(q.Before)
	if found == nil {
		return 0, 0, 0, "", fault.InvalidParam("error.bad_search")
	}
	_, err = fmt.Sscan(found[1], &at)
	return from, to, at, found[2], err
}

// Audit gives entries that the caller may read, the newest first: stewards all, administrators those of their organisation. Nobody
// reads there that they themselves were reported.
func (p *People) Audit(ctx context.Context, caller Caller, q AuditQuery) (entries []AuditEntry, err error) {
	if err := caller.Require(ActSeeAudit); err != nil {
		return nil, err
	}
	from, to, at, id, err := q.bounds()
	if err != nil {
		return nil, err
	}
	all := caller.Require(ActSeeOverview) == nil
	if !all && caller.OrganisationID == "" {
		return nil, nil
	}
	err = p.db.Read(ctx, func(tx *store.Tx) error {
		entries, err = auditTx(tx, `a.at >= $1 AND a.at < $2 AND (a.at < $3 OR a.at = $3 AND a.audit_id < $4)
			AND ($5 OR a.organisation_id = $6) AND ($7 = '' OR a.organisation_id = $7) AND ($8 = '' OR a.act = $8)
			AND ($9 = '' OR a.actor = $9 OR a.target = $9)
			AND NOT EXISTS (SELECT 1 FROM reports r WHERE r.report_id = a.target AND r.user_id = $10)`,
			max(1, min(q.Limit, AuditPage)), from, to, at, id, all, caller.OrganisationID, q.OrganisationID, q.Act, q.Person, caller.UserID)
		return err
	})
	return entries, err
}

// auditTx reads entries; limit is ours, never a number from outside.
func auditTx(tx *store.Tx, where string, limit int, args ...any) (entries []AuditEntry, err error) {
	rows, err := tx.Query(fmt.Sprintf(`SELECT a.audit_id, a.at, a.actor, COALESCE(pa.name, ''), a.act, a.target, COALESCE(pt.name, o.name, ''),
		a.organisation_id, COALESCE(w.name, ''), a.detail
		FROM audit a LEFT JOIN people pa ON pa.user_id = a.actor LEFT JOIN people pt ON pt.user_id = a.target
		LEFT JOIN organisations o ON o.organisation_id = a.target LEFT JOIN organisations w ON w.organisation_id = a.organisation_id
		WHERE %s ORDER BY a.at DESC, a.audit_id DESC LIMIT %d`, where, limit), args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var e AuditEntry
		var at int64
		var detail string
		err := rows.Scan(&e.ID, &at, &e.Actor, &e.ActorName, &e.Act, &e.Target, &e.TargetName, &e.OrganisationID, &e.Organisation, &detail)
		if err != nil {
			return nil, fmt.Errorf("read the audit log: %w", err)
		}
		e.At = time.UnixMilli(at)
		if err := json.Unmarshal([]byte(detail), &e.Detail); err != nil {
			return nil, fmt.Errorf("read the audit log: %w", err)
		}
		entries = append(entries, e)
	}
	return entries, rows.Err()
}

// NoteAuditExport writes down that somebody takes the log, or a part of it, away.
func (p *People) NoteAuditExport(ctx context.Context, caller Caller, format string, q AuditQuery) error {
	if err := caller.Require(ActSeeAudit); err != nil {
		return err
	}
	organisation := q.OrganisationID
	if caller.Require(ActSeeOverview) != nil {
		organisation = caller.OrganisationID
	}
	return p.db.Write(ctx, func(tx *store.Tx) error {
		return p.auditTx(tx, caller.UserID, "export_audit", organisation, organisation, map[string]string{"format": format})
	})
}
