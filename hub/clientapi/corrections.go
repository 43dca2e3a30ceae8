package clientapi

import "panah/hub/people"

// correct sends what somebody says of the words in their language to the stewards.
func (a *API) correct(c *call) (any, error) {
	var in struct {
		Language string `json:"language"`
		Words    string `json:"words"`
		Better   string `json:"better"`
		Place    string `json:"place"`
	}
	if err := c.read(&in); err != nil {
		return nil, err
	}
	one := people.Correction{Language: in.Language, Words: in.Words, Better: in.Better, Place: in.Place}
	return map[string]any{}, a.People.Correct(c.ctx(), c.caller, one)
}

func (a *API) corrections(c *call) (any, error) {
	found, err := a.People.Corrections(c.ctx(), c.caller)
	if err != nil {
		return nil, err
	}
	list := make([]map[string]any, 0, len(found))
	for _, one := range found {
		list = append(list, map[string]any{
			"id": one.ID, "by": one.UserID, "at": one.At.UnixMilli(), "language": one.Language,
			"words": one.Words, "better": one.Better, "place": one.Place,
		})
	}
	return map[string]any{"corrections": list}, nil
}

func (a *API) settleCorrection(c *call) (any, error) {
	return map[string]any{}, a.People.SettleCorrection(c.ctx(), c.caller, c.path("id"))
}
