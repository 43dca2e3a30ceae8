package clientapi

func (a *API) settleAlertNotice(c *call) (any, error) {
	return map[string]any{}, a.Alerts.SettleNotice(c.ctx(), c.caller.UserID, c.path("id"))
}

// version names a version of an alert and a language.
type version struct {
	EventID  string `json:"event_id"`
	Language string `json:"language"`
	Text     string `json:"text"`
}

func (a *API) claimTranslation(c *call) (any, error) {
	var in version
	if err := c.read(&in); err != nil {
		return nil, err
	}
	until, err := a.Alerts.Claim(c.ctx(), c.caller, in.EventID, in.Language)
	return map[string]any{"until": until}, err
}

func (a *API) releaseTranslation(c *call) (any, error) {
	var in version
	if err := c.read(&in); err != nil {
		return nil, err
	}
	return map[string]any{}, a.Alerts.Release(c.ctx(), c.caller, in.EventID, in.Language)
}

func (a *API) translateAlert(c *call) (any, error) {
	var in struct {
		version
		Confirmed []string `json:"confirmed"`
	}
	if err := c.read(&in); err != nil {
		return nil, err
	}
	id, err := a.Alerts.Translate(c.ctx(), c.caller, in.EventID, in.Language, in.Text, in.Confirmed...)
	return map[string]any{"event_id": id}, err
}

// wantedTranslations is what waits for a translator, by pair of languages and one by one.
func (a *API) wantedTranslations(c *call) (any, error) {
	found, err := a.Alerts.Wanting(c.ctx(), c.caller, c.query("from"), c.query("to"))
	if err != nil {
		return nil, err
	}
	items, pairs := []map[string]any{}, []map[string]any{}
	at := map[[2]string]int{}
	for _, w := range found {
		pair := [2]string{w.Block.Language, w.To}
		if _, known := at[pair]; !known {
			at[pair] = len(pairs)
			pairs = append(pairs, map[string]any{"from": pair[0], "to": pair[1], "waiting": 0})
		}
		pairs[at[pair]]["waiting"] = pairs[at[pair]]["waiting"].(int) + 1
		one := map[string]any{
			"alert_id": w.ID, "event_id": w.LastEventID, "room_id": w.RoomID, "from": w.Block.Language, "to": w.To, "text": w.Block.Text,
			"at": w.UpdatedAt, "urgency": w.Block.Urgency, "code": w.Block.Code, "outdated": w.Outdated,
		}
		if w.ClaimedBy != "" {
			one["claimed_by"], one["claimed_until"] = w.ClaimedBy, w.ClaimedUntil
		}
		items = append(items, one)
	}
	return map[string]any{"pairs": pairs, "items": items}, nil
}

func (a *API) alertFigures(c *call) (any, error) {
	months, err := c.queryInt("months", 12, 12)
	if err != nil {
		return nil, err
	}
	found, err := a.Alerts.Figures(c.ctx(), c.caller, months)
	if err != nil {
		return nil, err
	}
	list := []map[string]any{}
	for _, f := range found {
		list = append(list, map[string]any{
			"organisation_id": f.OrganisationID, "month": f.Month, "sent": f.Sent, "answered": f.Answered, "median_seconds": int(f.Median.Seconds()),
		})
	}
	return map[string]any{"figures": list}, nil
}

func (a *API) drill(c *call) (any, error) {
	d, err := a.Alerts.Drill(c.ctx(), c.caller, c.path("id"))
	if err != nil {
		return nil, err
	}
	by := []map[string]any{}
	for _, o := range d.By {
		one := map[string]any{"id": o.ID, "truth": o.Truth, "in_time": o.InTime}
		if o.Answered {
			one["seconds"] = int(o.Wait.Seconds())
		}
		by = append(by, one)
	}
	return map[string]any{
		"organisations": d.Organisations, "reached": d.Reached, "answered": d.Answered, "in_time": d.InTime,
		"median_seconds": int(d.Median.Seconds()), "score": d.Score, "by": by,
	}, nil
}
