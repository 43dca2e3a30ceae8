package cap

import "strings"

// parseReferences reads "sender,identifier,sent" groups with space between them (CAP 1.2, 3.2.1).
func parseReferences(text string, limit int) ([]Reference, error) {
	groups := strings.Fields(text)
	if len(groups) > limit {
		return nil, tooMany("references", limit)
	}
	var list []Reference
	for _, group := range groups {
		parts := strings.Split(group, ",")
		if len(parts) != 3 || !plainID(parts[0]) || !plainID(parts[1]) {
			return nil, refuse("error.cap_references")
		}
		sent, ok := parseTime(parts[2])
		if !ok {
			return nil, refuse("error.cap_references")
		}
		list = append(list, Reference{Sender: parts[0], Identifier: parts[1], Sent: sent})
	}
	return list, nil
}

// String writes a reference as CAP does.
func (r Reference) String() string { return r.Sender + "," + r.Identifier + "," + r.Sent.String() }

// checkReferences: a message that follows another one says which, and it can be neither itself nor something that is yet to come.
func (a *Alert) checkReferences() error {
	if a.MsgType != MsgAlert && len(a.References) == 0 {
		return refuse("error.cap_references_missing")
	}
	for _, r := range a.References {
		switch {
		case !plainID(r.Sender) || !plainID(r.Identifier) || r.Sent.IsZero():
			return refuse("error.cap_references")
		case r.Sender == a.Sender && r.Identifier == a.Identifier:
			return refuse("error.cap_references_self")
		case r.Sent.Unix > a.Sent.Unix:
			return refuse("error.cap_references_later")
		}
	}
	return nil
}
