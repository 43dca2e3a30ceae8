package clientapi

import (
	"panah/hub/fault"
	"panah/hub/place"
	"panah/hub/place/allot"
	"panah/hub/place/code"
)

// placeRoutes are shelters and the requests for their places (docs/places.md).
func (a *API) placeRoutes() []route {
	return []route{
		{"GET", us + "/places/shelters", signedIn, a.shelters},
		{"POST", us + "/places/shelters", signedIn, a.registerShelter},
		{"PUT", us + "/places/shelters/{id}", signedIn, a.editShelter},
		{"GET", us + "/places/shelters/{id}/staff", signedIn, a.shelterStaff},
		{"PUT", us + "/places/shelters/{id}/staff", signedIn, a.setShelterStaff},
		{"POST", us + "/places/shelters/{id}/count", signedIn, a.countPlaces},
		{"POST", us + "/places/shelters/{id}/close", signedIn, a.closeShelter},
		{"POST", us + "/places/shelters/{id}/reopen", signedIn, a.reopenShelter},
		{"GET", us + "/places/shelters/{id}/ledger", signedIn, a.shelterLedger},
		{"GET", us + "/places/shelters/{id}/ledger/check", signedIn, a.checkShelterLedger},
		{"POST", us + "/places/search", signedIn, a.findPlaces},
		{"GET", us + "/places/requests", signedIn, a.placeRequests},
		{"POST", us + "/places/requests", signedIn, a.askForPlaces},
		{"GET", us + "/places/requests/{id}", signedIn, a.placeRequest},
		{"POST", us + "/places/requests/{id}/step", signedIn, a.placeStep},
		{"POST", us + "/places/asks/{id}/consent", signedIn, a.giveConsent},
		{"POST", us + "/places/asks/{id}/revoke", signedIn, a.revokeConsent},
		{"PUT", us + "/places/key", signedIn, a.setPlaceKey},
		{"GET", us + "/places/requests/{id}/keys", signedIn, a.placeKeys},
		{"GET", us + "/places/requests/{id}/notes", signedIn, a.placeNotes},
		{"POST", us + "/places/requests/{id}/notes", signedIn, a.addPlaceNote},
		{"GET", us + "/places/partner", signedIn, a.partner},
		{"PUT", us + "/places/partner", signedIn, a.setPartner},
		{"POST", us + "/places/danger", signedIn, a.danger},
		{"POST", us + "/organisations/{id}/safe", signedIn, a.organisationSafe},
		{"GET", us + "/places/figures", signedIn, a.placeFigures},
		{"GET", us + "/places/report", signedIn, a.placeReport},
		{"GET", us + "/places/export", signedIn, a.exportPlaces},
		{"GET", us + "/places/journeys", signedIn, a.journeys},
		{"POST", us + "/places/journeys", signedIn, a.planJourney},
		{"PUT", us + "/places/journeys/{id}", signedIn, a.planJourney},
		{"POST", us + "/place-notices/{id}/settle", signedIn, a.settlePlaceNotice},
	}
}

// txnIn is the part of a body that makes its second sending harmless.
type txnIn struct {
	TxnID string `json:"txn_id"`
}

func (t txnIn) check() error {
	if t.TxnID == "" {
		return fault.MissingParam("txn_id")
	}
	return nil
}

// shelters are those that the caller sees, with their numbers.
func (a *API) shelters(c *call) (any, error) {
	all, err := a.Places.Shelters(c.ctx(), c.caller)
	if err != nil {
		return nil, err
	}
	list := []map[string]any{}
	for i := range all {
		list = append(list, shelterAnswer(&all[i], all[i].OrganisationID == c.caller.OrganisationID))
	}
	return map[string]any{"shelters": list}, nil
}

// shelterAnswer says whose a shelter is only to its own people.
func shelterAnswer(s *place.Shelter, own bool) map[string]any {
	free, waiting, capacity := s.Free, s.Waiting, s.Capacity
	one := map[string]any{
		"id": s.ID, "name": s.Name, "country": s.Country, "province": s.Province, "facility": s.Facility, "services": orEmpty(s.Services),
		"languages": orEmpty(s.Languages), "criteria": orEmpty(s.Criteria), "hold": s.Hold, "confirmed_at": s.ConfirmedAt,
		"closed": s.Closed, "free": free, "waiting": waiting, "own": own,
	}
	if own || s.Country != "" { // by the half hour of its clock a house would be known to stand in Afghanistan
		one["zone"] = s.Zone
	}
	if s.Hub != nil {
		one["hub"] = hubAnswer(s.Hub)
	}
	if own {
		one["capacity"], one["seen_by"], one["frozen"], one["created_at"] = capacity, s.SeenBy, s.Frozen, s.CreatedAt
	}
	return one
}

// hubAnswer is another hub, and how it stands with it.
func hubAnswer(h *place.Hub) map[string]any {
	one := map[string]any{"server": h.Server}
	if h.HeardAt > 0 {
		one["heard_at"] = h.HeardAt
	}
	if h.SilentSince > 0 {
		one["silent_since"] = h.SilentSince
	}
	return one
}

func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

func (a *API) registerShelter(c *call) (any, error) {
	var in struct {
		txnIn
		place.Profile
	}
	if err := c.read(&in); err != nil {
		return nil, err
	}
	if err := in.txnIn.check(); err != nil {
		return nil, err
	}
	id, err := a.Places.Register(c.ctx(), c.caller, in.TxnID, in.Profile)
	return map[string]any{"id": id}, err
}

func (a *API) editShelter(c *call) (any, error) {
	var in place.Profile
	if err := c.read(&in); err != nil {
		return nil, err
	}
	return map[string]any{}, a.Places.Edit(c.ctx(), c.caller, c.path("id"), in)
}

func (a *API) shelterStaff(c *call) (any, error) {
	users, err := a.Places.Staff(c.ctx(), c.caller, c.path("id"))
	return map[string]any{"staff": orEmpty(users)}, err
}

func (a *API) setShelterStaff(c *call) (any, error) {
	var in struct {
		Staff []string `json:"staff"`
	}
	if err := c.read(&in); err != nil {
		return nil, err
	}
	return map[string]any{}, a.Places.SetStaff(c.ctx(), c.caller, c.path("id"), in.Staff)
}

// countPlaces takes {"txn_id", "capacity"?: {category: {"total", "out"?, "surge"?}}}; without capacity it confirms what was said before.
func (a *API) countPlaces(c *call) (any, error) {
	var in struct {
		txnIn
		Capacity map[string]allot.Units `json:"capacity"`
	}
	if err := c.read(&in); err != nil {
		return nil, err
	}
	if err := in.check(); err != nil {
		return nil, err
	}
	return map[string]any{}, a.Places.Count(c.ctx(), c.caller, in.TxnID, c.path("id"), in.Capacity)
}

func (a *API) closeShelter(c *call) (any, error) {
	var in txnIn
	if err := c.read(&in); err != nil {
		return nil, err
	}
	if err := in.check(); err != nil {
		return nil, err
	}
	return map[string]any{}, a.Places.Close(c.ctx(), c.caller, in.TxnID, c.path("id"))
}

func (a *API) reopenShelter(c *call) (any, error) {
	var in txnIn
	if err := c.read(&in); err != nil {
		return nil, err
	}
	if err := in.check(); err != nil {
		return nil, err
	}
	return map[string]any{}, a.Places.Reopen(c.ctx(), c.caller, in.TxnID, c.path("id"))
}

// shelterLedger gives the ledger as a file that verifies without the hub.
func (a *API) shelterLedger(c *call) (any, error) {
	export, err := a.Places.Ledger(c.ctx(), c.caller, c.path("id"))
	if err != nil {
		return nil, err
	}
	c.w.Header().Set("Content-Disposition", `attachment; filename="ledger.jsonl"`)
	return c.give("application/x-ndjson", export)
}

func (a *API) findPlaces(c *call) (any, error) {
	var in place.Search
	if err := c.read(&in); err != nil {
		return nil, err
	}
	f, err := a.Places.Find(c.ctx(), c.caller, in)
	if err != nil {
		return nil, err
	}
	list := []map[string]any{}
	for i := range f.Shelters {
		m := &f.Shelters[i]
		one := shelterAnswer(&m.Shelter, m.OrganisationID == c.caller.OrganisationID)
		suits := map[string]any{"free": m.Fit.Free, "freshness": m.Fit.Freshness, "distance": m.Fit.Distance, "warnings": orEmpty(m.Fit.Warnings)}
		if m.Fit.Borders != code.Unknown {
			suits["borders"] = m.Fit.Borders
		}
		one["suits"] = suits
		list = append(list, one)
	}
	return map[string]any{"shelters": list, "free": f.Free}, nil
}

func (a *API) placeRequests(c *call) (any, error) {
	over := false
	switch c.query("state") {
	case "", "live":
	case "over":
		over = true
	default:
		return nil, fault.InvalidParam("error.invalid_param", "Name", "state")
	}
	all, err := a.Places.Requests(c.ctx(), c.caller, over)
	return map[string]any{"requests": entryAnswers(all)}, err
}

func entryAnswers(all []place.Entry) []map[string]any {
	list := []map[string]any{}
	for i := range all {
		list = append(list, placeAnswer(&all[i]))
	}
	return list
}

func placeAnswer(e *place.Entry) map[string]any {
	one := map[string]any{
		"id": e.ID, "ask_id": e.AskID, "shelter_id": e.ShelterID, "shelter": e.Shelter, "room_id": e.RoomID, "category": e.Category, "places": e.Places,
		"urgency": e.Urgency, "state": e.State, "reason": e.Reason, "at": e.At, "updated_at": e.UpdatedAt, "mine": e.Mine, "decide": e.Decide,
		"worker": e.Worker, "consent": e.Consent,
	}
	if e.Until > 0 {
		one["until"] = e.Until
	}
	if e.Position > 0 {
		one["position"] = e.Position
	}
	if e.EndedAt > 0 {
		one["ended_at"] = e.EndedAt
	}
	if e.Wish != nil {
		one["wish"] = e.Wish
	}
	if e.Hub != nil {
		one["hub"] = hubAnswer(e.Hub)
	}
	if e.Asker != "" {
		one["asker"] = e.Asker
	}
	if e.Untold {
		one["untold"] = true
	}
	return one
}

// askForPlaces asks up to three shelters, and answers with what became of it at each.
func (a *API) askForPlaces(c *call) (any, error) {
	var in struct {
		txnIn
		place.Asking
	}
	if err := c.read(&in); err != nil {
		return nil, err
	}
	if err := in.txnIn.check(); err != nil {
		return nil, err
	}
	id, err := a.Places.Ask(c.ctx(), c.caller, in.TxnID, in.Asking)
	if err != nil {
		return nil, err
	}
	all, err := a.Places.Asked(c.ctx(), c.caller, id)
	return map[string]any{"ask_id": id, "requests": entryAnswers(all)}, err
}

func (a *API) placeRequest(c *call) (any, error) {
	e, err := a.Places.Request(c.ctx(), c.caller, c.path("id"))
	if err != nil {
		return nil, err
	}
	return placeAnswer(&e), nil
}

// placeStep takes {"txn_id", "step", "reason"?}, and answers with the request as it is afterwards.
func (a *API) placeStep(c *call) (any, error) {
	var in struct {
		txnIn
		Step   allot.Kind `json:"step"`
		Reason string     `json:"reason"`
	}
	if err := c.read(&in); err != nil {
		return nil, err
	}
	if err := in.check(); err != nil {
		return nil, err
	}
	if err := a.Places.Take(c.ctx(), c.caller, in.TxnID, c.path("id"), place.Step{Kind: in.Step, Reason: in.Reason}); err != nil {
		return nil, err
	}
	return a.placeRequest(c)
}

func (a *API) settlePlaceNotice(c *call) (any, error) {
	return map[string]any{}, a.Places.SettleNotice(c.ctx(), c.caller.UserID, c.path("id"))
}
