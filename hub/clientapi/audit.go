package clientapi

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"panah/hub/fault"
	"panah/hub/people"
	"panah/locales"
)

// auditShown is how many entries a page of the log has when it is read on a screen.
const auditShown = 50

// auditQuery reads what was asked for: person, act, organisation, from, to (Unix milliseconds) and before.
func (c *call) auditQuery(limit int) (q people.AuditQuery, err error) {
	q = people.AuditQuery{Person: c.query("person"), Act: c.query("act"), OrganisationID: c.query("organisation"), Before: c.query("before"), Limit: limit}
	if q.From, err = c.queryTime("from"); err != nil {
		return q, err
	}
	q.To, err = c.queryTime("to")
	return q, err
}

// latest is the last moment that a query may name, so that no arithmetic overflows: the year 5138.
const latest = 1e14

func (c *call) queryTime(name string) (time.Time, error) {
	text := c.query(name)
	if text == "" {
		return time.Time{}, nil
	}
	millis, err := strconv.ParseInt(text, 10, 64)
	if err != nil || millis < 0 || millis > latest {
		return time.Time{}, fault.InvalidParam("error.invalid_param", "Name", name)
	}
	return time.UnixMilli(millis), nil
}

// audit is a page of what administrators did, the newest first. next is where the page after it begins.
func (a *API) audit(c *call) (any, error) {
	q, err := c.auditQuery(auditShown)
	if err != nil {
		return nil, err
	}
	found, err := a.People.Audit(c.ctx(), c.caller, q)
	if err != nil {
		return nil, err
	}
	list := make([]auditLine, 0, len(found))
	for _, e := range found {
		list = append(list, lineOf(e))
	}
	answer := map[string]any{"entries": list}
	if len(found) == auditShown {
		answer["next"] = found[len(found)-1].Cursor()
	}
	return answer, nil
}

// auditLine is an entry as it is shown and exported.
type auditLine struct {
	At             int64             `json:"at"`
	Time           string            `json:"time"` // RFC 3339, UTC
	Actor          string            `json:"actor"`
	ActorName      string            `json:"actor_name"`
	Act            string            `json:"act"`
	Target         string            `json:"target"`
	TargetName     string            `json:"target_name"`
	OrganisationID string            `json:"organisation_id"`
	Organisation   string            `json:"organisation"`
	Detail         map[string]string `json:"detail"`
}

func lineOf(e people.AuditEntry) auditLine {
	return auditLine{
		At: e.At.UnixMilli(), Time: e.At.UTC().Format(time.RFC3339), Actor: e.Actor, ActorName: e.ActorName, Act: e.Act, Target: e.Target,
		TargetName: e.TargetName, OrganisationID: e.OrganisationID, Organisation: e.Organisation, Detail: e.Detail,
	}
}

// exportAudit writes the chosen entries as a file, a page at a time, so that it takes no more memory for a long log than for a short one.
// It is written down first that somebody takes it away.
func (a *API) exportAudit(c *call) (any, error) {
	q, err := c.auditQuery(people.AuditPage)
	if err != nil {
		return nil, err
	}
	format := c.query("format")
	if format != "csv" && format != "json" {
		return nil, fault.InvalidParam("error.invalid_param", "Name", "format")
	}
	first, err := a.People.Audit(c.ctx(), c.caller, q) // whoever may not read it is refused before anything is written
	if err != nil {
		return nil, err
	}
	if err := a.People.NoteAuditExport(c.ctx(), c.caller, format, q); err != nil {
		return nil, err
	}
	kinds := map[string]string{"csv": "text/csv; charset=utf-8", "json": "application/json"}
	if err := download(c.w, "audit."+format, kinds[format]); err != nil {
		return nil, err
	}
	out := auditWriter(c.w, format, locales.For(locales.Match(c.query("language"), a.Language), a.Second))
	if err := a.writeAudit(c, q, first, out); err != nil {
		a.log.Debug("an export of the audit log was not read to its end", "id", requestID(c.r), "err", err)
		panic(http.ErrAbortHandler) // half a file must not look like a whole one
	}
	return answered{}, nil
}

// download has a browser keep the answer as a file. The time that an earlier answer on the same connection had is not this one's.
func download(w http.ResponseWriter, name, kind string) error {
	if err := moreTime(w); err != nil {
		return err
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Disposition", `attachment; filename="`+name+`"`)
	w.WriteHeader(http.StatusOK)
	return nil
}

// moreTime gives a client as long as for one answer to read the next part of a long one.
func moreTime(w http.ResponseWriter) error {
	err := http.NewResponseController(w).SetWriteDeadline(time.Now().Add(answerTime))
	if errors.Is(err, http.ErrNotSupported) {
		return nil
	}
	return err
}

func (a *API) writeAudit(c *call, q people.AuditQuery, page []people.AuditEntry, out auditOut) error {
	if err := out.begin(); err != nil {
		return err
	}
	for len(page) > 0 {
		if err := moreTime(c.w); err != nil {
			return err
		}
		for _, e := range page {
			if err := out.line(lineOf(e)); err != nil {
				return err
			}
		}
		if len(page) < people.AuditPage {
			break
		}
		q.Before = page[len(page)-1].Cursor()
		var err error
		if page, err = a.People.Audit(c.ctx(), c.caller, q); err != nil {
			return err
		}
	}
	return out.end()
}

// auditOut is a form in which the log is taken away.
type auditOut interface {
	begin() error
	line(l auditLine) error
	end() error
}

func auditWriter(w io.Writer, format string, words locales.Printer) auditOut {
	if format == "csv" {
		return &auditCSV{w, csv.NewWriter(w), words}
	}
	return &auditJSON{w: w}
}

type auditCSV struct {
	raw   io.Writer
	w     *csv.Writer
	words locales.Printer
}

// byteOrderMark tells spreadsheets that the file is UTF-8.
const byteOrderMark = "\ufeff"

func (o *auditCSV) begin() error {
	if _, err := io.WriteString(o.raw, byteOrderMark); err != nil {
		return err
	}
	return o.w.Write([]string{"time", "actor", "actor_name", "act", "words", "target", "target_name", "organisation_id", "organisation", "detail"})
}

func (o *auditCSV) line(l auditLine) error {
	detail, err := json.Marshal(l.Detail)
	if err != nil {
		return err
	}
	cells := []string{l.Time, l.Actor, l.ActorName, l.Act, l.sentence(o.words), l.Target, l.TargetName, l.OrganisationID, l.Organisation, string(detail)}
	for i, cell := range cells {
		cells[i] = harmless(cell)
	}
	return o.w.Write(cells)
}

func (o *auditCSV) end() error {
	o.w.Flush()
	return o.w.Error()
}

// harmless keeps a spreadsheet from taking a cell for a formula (OWASP, "CSV Injection"): also where what begins it stands behind marks that
// nobody sees, or is as wide as a letter of Chinese.
func harmless(cell string) string {
	seen := strings.TrimLeftFunc(cell, func(r rune) bool { return unicode.IsSpace(r) || unicode.In(r, unicode.Cf, unicode.Cc) })
	first, _ := utf8.DecodeRuneInString(seen)
	if seen != "" && strings.ContainsRune("=+-@＝＋－＠", first) || cell != "" && strings.ContainsRune("\t\r\n", rune(cell[0])) {
		return "'" + cell
	}
	return cell
}

type auditJSON struct {
	w    io.Writer
	some bool
}

func (o *auditJSON) begin() error {
	_, err := io.WriteString(o.w, "[")
	return err
}

func (o *auditJSON) line(l auditLine) error {
	raw, err := json.Marshal(l)
	if err != nil {
		return err
	}
	before := "\n"
	if o.some {
		before = ",\n"
	}
	o.some = true
	_, err = o.w.Write(append([]byte(before), raw...))
	return err
}

func (o *auditJSON) end() error {
	_, err := io.WriteString(o.w, "\n]\n")
	return err
}
