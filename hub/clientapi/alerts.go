package clientapi

import (
	"strings"

	"panah/hub/alert"
	"panah/hub/fault"
	"panah/hub/people"
)

// alertRoutes are urgent alerts (docs/alerts.md).
func (a *API) alertRoutes() []route {
	return []route{
		{"GET", us + "/alerts", signedIn, a.alerts},
		{"POST", us + "/alerts", signedIn, a.sendAlert},
		{"POST", us + "/alerts/audience", signedIn, a.alertAudience},
		{"GET", us + "/alerts/waiting", signedIn, a.waitingAlerts},
		{"POST", us + "/alert-drafts/{id}/approve", signedIn, a.approveAlert},
		{"POST", us + "/alert-drafts/{id}/refuse", signedIn, a.refuseAlert},
		{"DELETE", us + "/alert-drafts/{id}", signedIn, a.withdrawAlert},
		{"GET", us + "/alerts/{id}", signedIn, a.alert},
		{"POST", us + "/alerts/{id}/update", signedIn, a.updateAlert},
		{"POST", us + "/alerts/{id}/cancel", signedIn, a.cancelAlert},
		{"POST", us + "/alerts/{id}/answer", signedIn, a.answerAlert},
		{"GET", us + "/alerts/{id}/drill", signedIn, a.drill},
		{"GET", us + "/alerts/figures", signedIn, a.alertFigures},
		{"GET", us + "/alerts/translations", signedIn, a.wantedTranslations},
		{"POST", us + "/alerts/translations", signedIn, a.translateAlert},
		{"POST", us + "/alerts/translations/claim", signedIn, a.claimTranslation},
		{"POST", us + "/alerts/translations/release", signedIn, a.releaseTranslation},
		{"POST", us + "/alert-notices/{id}/settle", signedIn, a.settleAlertNotice},
		{"GET", us + "/countries/leads", signedIn, a.leads},
		{"PUT", us + "/countries/{country}/lead", signedIn, a.setLead},
	}
}

// wishIn is the body of a sending. Of an update, words that are left out stay, and empty ones take them away.
type wishIn struct {
	TxnID string  `json:"txn_id"`
	Text  *string `json:"text"`
	alert.Wish
}

func (a *API) sendAlert(c *call) (any, error) {
	var in wishIn
	if err := c.read(&in); err != nil {
		return nil, err
	}
	in.Update, in.MsgType, in.By = "", "", ""
	return a.send1(c, in)
}

// updateAlert sends a later version. What it leaves out stays as it is.
func (a *API) updateAlert(c *call) (any, error) {
	var in wishIn
	if err := c.read(&in); err != nil {
		return nil, err
	}
	in.Update = c.path("id")
	return a.send1(c, in)
}

func (a *API) send1(c *call, in wishIn) (any, error) {
	if in.TxnID == "" {
		return nil, fault.MissingParam("txn_id")
	}
	if in.Text != nil {
		in.Wish.Text, in.Wordless = *in.Text, strings.TrimSpace(*in.Text) == ""
	}
	s, err := a.Alerts.Send(c.ctx(), c.caller, in.TxnID, in.Wish)
	return sentAnswer(s), err
}

func sentAnswer(s alert.Sent) map[string]any {
	if s.DraftID != "" && s.AlertID == "" {
		return map[string]any{"state": "waiting", "draft_id": s.DraftID, "causes": s.Causes}
	}
	return map[string]any{"state": "sent", "alert_id": s.AlertID, "event_id": s.EventID}
}

// alertAudience tells to whom a choice would send: {"audience", "areas", "tlp"}.
func (a *API) alertAudience(c *call) (any, error) {
	var in struct {
		Audience alert.Choice `json:"audience"`
		Areas    []string     `json:"areas"`
		TLP      alert.Label  `json:"tlp"`
	}
	if err := c.read(&in); err != nil {
		return nil, err
	}
	p, err := a.Alerts.Preview(c.ctx(), c.caller, in.Audience, in.Areas, in.TLP)
	if err != nil {
		return nil, err
	}
	return previewAnswer(p), nil
}

func previewAnswer(p alert.Preview) map[string]any {
	organisations, named := []map[string]any{}, []map[string]any{}
	for _, o := range p.Organisations {
		organisations = append(organisations, map[string]any{"id": o.ID, "name": o.Name, "kind": o.Kind, "country": o.Country, "people": o.Count})
	}
	for _, person := range p.Named {
		named = append(named, map[string]any{"user_id": person.UserID, "name": person.Name, "organisation_id": person.OrganisationID})
	}
	roles := p.Roles
	if roles == nil {
		roles = []people.Role{}
	}
	abroad := []map[string]any{}
	for _, f := range p.Abroad {
		abroad = append(abroad, foreignAnswer(f))
	}
	return map[string]any{"organisations": organisations, "people": p.People, "roles": roles, "named": named, "abroad": abroad}
}

func (a *API) waitingAlerts(c *call) (any, error) {
	decide, own, err := a.Alerts.Waiting(c.ctx(), c.caller)
	if err != nil {
		return nil, err
	}
	return map[string]any{"decide": draftAnswers(decide), "own": draftAnswers(own)}, nil
}

func draftAnswers(drafts []alert.Draft) []map[string]any {
	list := []map[string]any{}
	for _, d := range drafts {
		one := map[string]any{
			"id": d.ID, "organisation_id": d.OrganisationID, "author": d.Author, "causes": d.Causes, "at": d.At, "until": d.Until,
			"standing": d.Standing, "decided_by": d.DecidedBy, "decided_at": d.DecidedAt, "reason": d.Reason, "alert_id": d.AlertID,
		}
		if d.Wish.Code != "" {
			one["alert"] = blockAnswer(d.Wish.Block)
			one["audience"], one["update"] = d.Wish.Audience, d.Wish.Update
		}
		list = append(list, one)
	}
	return list
}

func (a *API) approveAlert(c *call) (any, error) {
	s, err := a.Alerts.Approve(c.ctx(), c.caller, c.path("id"))
	return sentAnswer(s), err
}

func (a *API) refuseAlert(c *call) (any, error) {
	var in struct {
		Reason string `json:"reason"`
	}
	if err := c.read(&in); err != nil {
		return nil, err
	}
	return map[string]any{}, a.Alerts.Refuse(c.ctx(), c.caller, c.path("id"), in.Reason)
}

func (a *API) withdrawAlert(c *call) (any, error) {
	return map[string]any{}, a.Alerts.Withdraw(c.ctx(), c.caller, c.path("id"))
}

func (a *API) cancelAlert(c *call) (any, error) {
	var in struct {
		Reason    string   `json:"reason"`
		Language  string   `json:"language"`
		Confirmed []string `json:"confirmed"`
	}
	if err := c.read(&in); err != nil {
		return nil, err
	}
	s, err := a.Alerts.Cancel(c.ctx(), c.caller, c.path("id"), in.Reason, in.Language, in.Confirmed...)
	return sentAnswer(s), err
}

func (a *API) answerAlert(c *call) (any, error) {
	var in struct {
		Answer alert.Said `json:"answer"`
		Why    string     `json:"why"`
		Whole  bool       `json:"whole"`
		Note   string     `json:"note"`

		Confirmed []string `json:"confirmed"`
	}
	if err := c.read(&in); err != nil {
		return nil, err
	}
	id, err := a.Alerts.Answer(c.ctx(), c.caller, c.path("id"), alert.Reply{Answer: in.Answer, Why: in.Why, Whole: in.Whole, Note: in.Note, Confirmed: in.Confirmed})
	return map[string]any{"event_id": id}, err
}

// alerts is the board, or with state=history a page of what is over.
func (a *API) alerts(c *call) (any, error) {
	q := alert.BoardQuery{
		Country: c.query("country"), Area: c.query("area"), Code: c.query("code"), Urgency: c.query("urgency"),
		Organisation: c.query("organisation"), Status: c.query("status"), Before: c.query("before"), Language: c.query("language"),
	}
	switch c.query("state") {
	case "", "live":
	case "history":
		q.History = true
	default:
		return nil, fault.InvalidParam("error.invalid_param", "Name", "state")
	}
	var err error
	if q.Limit, err = c.queryInt("limit", 50, 50); err != nil {
		return nil, err
	}
	entries, err := a.Alerts.Board(c.ctx(), c.caller, q)
	if err != nil {
		return nil, err
	}
	list := []map[string]any{}
	for i := range entries {
		list = append(list, entryAnswer(&entries[i]))
	}
	next := ""
	if q.History && len(entries) == q.Limit {
		next = entries[len(entries)-1].Cursor()
	}
	return map[string]any{"alerts": list, "next": next}, nil
}

func blockAnswer(b alert.Block) map[string]any {
	return map[string]any{
		"code": b.Code, "slots": b.Slots, "status": b.Status, "msg_type": b.MsgType, "urgency": b.Urgency, "severity": b.Severity,
		"certainty": b.Certainty, "areas": b.Areas, "expires": b.Expires, "tlp": b.TLP, "text": b.Text, "language": b.Language,
		"quotes": b.Quotes, "by": b.By,
	}
}

func entryAnswer(e *alert.Entry) map[string]any {
	one := map[string]any{
		"id": e.ID, "room_id": e.RoomID, "event_id": e.LastEventID, "organisation_id": e.OrganisationID, "sender": e.Sender,
		"sent_at": e.SentAt, "updated_at": e.UpdatedAt, "state": e.Stage, "alert": blockAnswer(e.Block),
		"mine": e.Mine, "ours": e.Ours, "asked": e.Asked, "needs_me": e.NeedsMe, "late": e.Late, "standings": e.Standings,
	}
	if e.Hub != "" {
		one["hub"] = e.Hub
	}
	if e.Deadline > 0 {
		one["deadline"] = e.Deadline
	}
	if e.Translation != nil {
		one["translation"] = translationAnswer(*e.Translation)
	}
	return one
}

func translationAnswer(t alert.Translation) map[string]any {
	return map[string]any{
		"event_id": t.EventID, "version_id": t.VersionID, "language": t.Language, "sender": t.Sender, "at": t.At, "text": t.Text, "outdated": t.Outdated,
	}
}

func (a *API) alert(c *call) (any, error) {
	d, err := a.Alerts.Detail(c.ctx(), c.caller, c.path("id"), c.query("language"))
	if err != nil {
		return nil, err
	}
	return detailAnswer(&d), nil
}

func detailAnswer(d *alert.Detail) map[string]any {
	one := entryAnswer(&d.Entry)
	versions, organisations, translations := []map[string]any{}, []map[string]any{}, []map[string]any{}
	for _, v := range d.Versions {
		versions = append(versions, map[string]any{"event_id": v.EventID, "sender": v.Sender, "at": v.At, "alert": blockAnswer(v.Block)})
	}
	for _, o := range d.Organisations {
		organisations = append(organisations, map[string]any{"id": o.ID, "standing": o.Standing, "asked": o.Asked, "answers": answerList(o.Answers)})
	}
	for _, t := range d.Translations {
		translations = append(translations, translationAnswer(t))
	}
	one["versions"], one["organisations"], one["translations"], one["timeline"] = versions, organisations, translations, d.Timeline
	if d.Delivery != nil {
		one["delivery"] = deliveryList(d.Delivery)
	}
	return one
}

func answerList(answers []alert.Answer) []map[string]any {
	list := []map[string]any{}
	for _, n := range answers {
		list = append(list, map[string]any{
			"event_id": n.EventID, "user_id": n.UserID, "organisation_id": n.OrganisationID, "at": n.At, "answer": n.Answer, "why": n.Why,
			"whole": n.Whole, "note": n.Note,
		})
	}
	return list
}

// farAnswer is how another hub stands to an alert.
func farAnswer(h *alert.Far) map[string]any {
	one := map[string]any{"server": h.Server, "took": h.Took}
	if h.HeardAt > 0 {
		one["heard_at"] = h.HeardAt
	}
	if h.SilentSince > 0 {
		one["silent_since"] = h.SilentSince
	}
	return one
}

func deliveryList(all []alert.Delivery) []map[string]any {
	list := []map[string]any{}
	for _, d := range all {
		one := map[string]any{
			"id": d.ID, "people": d.People, "reached": d.Reached, "seen": d.Seen, "standing": d.Standing, "truth": d.Truth(),
		}
		if d.SilentSince > 0 {
			one["silent_since"] = d.SilentSince
		}
		if h := d.Hub; h != nil {
			one["hub"] = farAnswer(h)
		}
		list = append(list, one)
	}
	return list
}
