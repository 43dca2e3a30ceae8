package clientapi

import "panah/hub/place"

// revokeConsent takes consent back, and has what was asked and said be forgotten.
func (a *API) revokeConsent(c *call) (any, error) {
	var in txnIn
	if err := c.read(&in); err != nil {
		return nil, err
	}
	if err := in.check(); err != nil {
		return nil, err
	}
	return map[string]any{}, a.Places.Revoke(c.ctx(), c.caller, in.TxnID, c.path("id"))
}

// giveConsent records consent that was given after the asking.
func (a *API) giveConsent(c *call) (any, error) {
	var in struct {
		txnIn
		Consent place.Consent `json:"consent"`
	}
	if err := c.read(&in); err != nil {
		return nil, err
	}
	if err := in.check(); err != nil {
		return nil, err
	}
	return map[string]any{}, a.Places.Agree(c.ctx(), c.caller, in.TxnID, c.path("id"), in.Consent)
}

// setPlaceKey says to which key notes for the calling device are sealed.
func (a *API) setPlaceKey(c *call) (any, error) {
	var in struct {
		Recipient string `json:"recipient"`
	}
	if err := c.read(&in); err != nil {
		return nil, err
	}
	return map[string]any{}, a.Places.SetKey(c.ctx(), c.caller, in.Recipient)
}

func (a *API) placeKeys(c *call) (any, error) {
	all, err := a.Places.Keys(c.ctx(), c.caller, c.path("id"))
	return map[string]any{"keys": orEmpty(all)}, err
}

func (a *API) placeNotes(c *call) (any, error) {
	all, err := a.Places.Notes(c.ctx(), c.caller, c.path("id"))
	list := []map[string]any{}
	for _, n := range all {
		list = append(list, map[string]any{"id": n.ID, "user_id": n.UserID, "at": n.At, "sealed": n.Sealed})
	}
	return map[string]any{"notes": list}, err
}

// addPlaceNote takes {"txn_id", "sealed": an age file in base64}.
func (a *API) addPlaceNote(c *call) (any, error) {
	var in struct {
		txnIn
		Sealed []byte `json:"sealed"`
	}
	if err := c.read(&in); err != nil {
		return nil, err
	}
	if err := in.txnIn.check(); err != nil {
		return nil, err
	}
	id, err := a.Places.AddNote(c.ctx(), c.caller, in.TxnID, c.path("id"), in.Sealed)
	return map[string]any{"id": id}, err
}

func (a *API) partner(c *call) (any, error) {
	id, err := a.Places.Partner(c.ctx(), c.caller)
	return map[string]any{"organisation_id": id}, err
}

func (a *API) setPartner(c *call) (any, error) {
	var in struct {
		OrganisationID string `json:"organisation_id"`
	}
	if err := c.read(&in); err != nil {
		return nil, err
	}
	return map[string]any{}, a.Places.SetPartner(c.ctx(), c.caller, in.OrganisationID)
}

// danger takes {"sure": true}. The caller's own session ends with it.
func (a *API) danger(c *call) (any, error) {
	var in struct {
		Sure bool `json:"sure"`
	}
	if err := c.read(&in); err != nil {
		return nil, err
	}
	return map[string]any{}, a.Places.Danger(c.ctx(), c.caller, in.Sure)
}

func (a *API) organisationSafe(c *call) (any, error) {
	return map[string]any{}, a.Places.Safe(c.ctx(), c.caller, c.path("id"))
}

// journeys are those of the caller's organisation, each leg with how far it has come.
func (a *API) journeys(c *call) (any, error) {
	all, err := a.Places.Journeys(c.ctx(), c.caller)
	list := []map[string]any{}
	for _, j := range all {
		list = append(list, map[string]any{"id": j.ID, "worker": j.Worker, "at": j.At, "legs": j.Legs, "states": j.States})
	}
	return map[string]any{"journeys": list}, err
}

// planJourney takes {"txn_id", "legs": [{"from", "to", "date", "escort", "ask_id"?}]}.
func (a *API) planJourney(c *call) (any, error) {
	var in struct {
		txnIn
		Legs []place.Leg `json:"legs"`
	}
	if err := c.read(&in); err != nil {
		return nil, err
	}
	if err := in.check(); err != nil {
		return nil, err
	}
	id, err := a.Places.Plan(c.ctx(), c.caller, in.TxnID, c.path("id"), in.Legs)
	return map[string]any{"id": id}, err
}
