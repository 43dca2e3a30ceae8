package feed

import (
	"encoding/json"
	"errors"

	"panah/hub/fault"
	"panah/hub/room"
	"panah/hub/store"
)

// typeIgnored is the account data in which a person keeps whom they ignore (Matrix C-S API, "Ignoring Users").
const typeIgnored = "m.ignored_user_list"

// ignored are people whose posts and invitations somebody does not want.
type ignored map[string]bool

// Ignored reads whom a person ignores. Nobody can ignore the hub's own account, through which the network speaks to all, or themselves.
func (f *Feed) Ignored(tx *store.Tx, userID string) (map[string]bool, error) {
	content, err := accountDataTx(tx, userID, "", typeIgnored)
	if errors.Is(err, fault.NotFound("error.account_data_absent")) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var list struct {
		Users map[string]json.RawMessage `json:"ignored_users"`
	}
	if json.Unmarshal(content, &list) != nil {
		return nil, nil // what a client wrote in another shape ignores nobody
	}
	all := make(map[string]bool, len(list.Users))
	for user := range list.Users {
		all[user] = true
	}
	delete(all, "@hub:"+f.rooms.ServerName())
	delete(all, userID)
	return all, nil
}

// hides is the list for a span of the log, or nil.
func (q *question) hides() *ignored {
	if len(q.ignored) == 0 {
		return nil
	}
	return &q.ignored
}

// hides tells whether an event is kept from the reader: state is not, and neither is taking something back.
func (i *ignored) hides(e *room.Event) bool { return i != nil && Hidden(*i, e) }

// Hidden tells whether an event is kept from somebody who ignores these people.
func Hidden(people map[string]bool, e *room.Event) bool {
	return e.StateKey == nil && e.Type != "m.room.redaction" && people[e.Sender]
}
