package feed

import (
	"encoding/json"

	"panah/hub/people"
	"panah/hub/store"
)

// dutyPrefix is before a user id in the type of the account data that says whether that person is on duty. It is the same for everybody
// and written by the hub alone: {"user_id", "organisation_id", "from", "until", "note"}, in Unix milliseconds; without "until" for
// somebody who no longer is. So it comes with the log's positions, and clients keep it like any other account data.
const dutyPrefix = "network.panah.duty."

func dutyEvent(d *people.Duty) json.RawMessage {
	content := map[string]any{"user_id": d.UserID}
	if !d.Ended {
		content["organisation_id"] = d.OrganisationID
		content["from"], content["until"] = d.From.UnixMilli(), d.Until.UnixMilli()
		if d.Note != "" {
			content["note"] = d.Note
		}
	}
	return encode(map[string]any{"type": dutyPrefix + d.UserID, "content": content})
}

// duty is who came on duty or went off it after the token; for a device that knows nothing yet, who is on it.
func (q *question) duty(tx *store.Tx, head store.Position) ([]json.RawMessage, error) {
	changed, err := people.DutyChanged(tx, q.since.Position, head)
	if err != nil {
		return nil, err
	}
	var events []json.RawMessage
	for i := range changed {
		if q.filter.AccountData.wants(dutyPrefix+changed[i].UserID, "") {
			events = append(events, dutyEvent(&changed[i]))
		}
	}
	return events, nil
}
