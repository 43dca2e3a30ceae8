package room

import (
	"fmt"
	"strings"
	"time"

	"panah/hub/store"
)

// chunk is how many values one query takes in a list.
const chunk = 200

// inLists runs query once for every chunk of values, with the list of their placeholders in place of %s, and gathers the events.
func inLists[V any](tx *store.Tx, query string, values []V) (events []Event, err error) {
	for len(values) > 0 {
		part := values[:min(chunk, len(values))]
		values = values[len(part):]
		marks, args := marked(part)
		found, err := queryEvents(tx, fmt.Sprintf(query, marks), args...)
		if err != nil {
			return nil, err
		}
		events = append(events, found...)
	}
	return events, nil
}

// marked is how a query names some values, and these as its arguments.
func marked[V any](values []V) (marks string, args []any) {
	each := make([]string, len(values))
	args = make([]any, len(values))
	for i, value := range values {
		args[i], each[i] = value, fmt.Sprintf("$%d", i+1)
	}
	return strings.Join(each, ", "), args
}

// EventsAt gives the events at some positions, the newest first within each 200 of them, whoever asks. Positions without an event
// are left out.
func (r *Rooms) EventsAt(tx *store.Tx, positions []store.Position) ([]Event, error) {
	return inLists(tx, `SELECT `+eventColumns+` FROM events e WHERE e.position IN (%s) ORDER BY e.position DESC`, positions)
}

// EventsByID gives the events with some ids, whoever asks. Unknown ids are left out.
func (r *Rooms) EventsByID(tx *store.Tx, ids []string) ([]Event, error) {
	return inLists(tx, `SELECT `+eventColumns+` FROM events e WHERE e.event_id IN (%s) ORDER BY e.position`, ids)
}

// EventsBack gives the events of the log at and before a position, the newest first, at most limit of them.
func (r *Rooms) EventsBack(tx *store.Tx, from store.Position, limit int) ([]Event, error) {
	return queryEvents(tx, `SELECT `+eventColumns+` FROM events e WHERE e.position <= $1 AND e.position > 0 ORDER BY e.position DESC LIMIT $2`, from, limit)
}

// LastWordings gives, by the id of a post, the last event that words it anew: by its own sender, of its own type, not redacted
// (Matrix Client-Server API, "Event replacements"). sees tells which of them count, for a reader who may not see all; nil is for all.
func (r *Rooms) LastWordings(tx *store.Tx, posts []Event, sees func(*Event) (bool, error)) (map[string]*Event, error) {
	byID := make(map[string]*Event, len(posts))
	ids := make([]string, 0, len(posts))
	for i := range posts {
		byID[posts[i].ID] = &posts[i]
		ids = append(ids, posts[i].ID)
	}
	edits, err := inLists(tx, `SELECT `+eventColumns+` FROM events e WHERE e.relates_to IN (%s) AND e.rel_type = 'm.replace'
		AND e.redacted_by = '' ORDER BY e.position`, ids)
	if err != nil {
		return nil, err
	}
	last := map[string]*Event{}
	for i := range edits {
		edit, post := &edits[i], byID[edits[i].RelatesTo]
		if !words(edit, post) {
			continue
		}
		if sees != nil {
			if seen, err := sees(edit); err != nil {
				return nil, err
			} else if !seen {
				continue
			}
		}
		last[post.ID] = edit
	}
	return last, nil
}

// WordingAt gives the wording of a post that a reader had before them at a moment: the post itself, or the last of its later wordings that they
// could see by then. It is nil where that wording was taken back since.
func (r *Rooms) WordingAt(tx *store.Tx, post *Event, reader string, moment time.Time) (*Event, error) {
	view, err := r.ViewOf(tx, post.RoomID, reader)
	if err != nil {
		return nil, err
	}
	edits, err := inLists(tx, `SELECT `+eventColumns+` FROM events e WHERE e.relates_to IN (%s) AND e.rel_type = 'm.replace' ORDER BY e.position DESC`,
		[]string{post.ID})
	if err != nil {
		return nil, err
	}
	for i := range edits {
		edit := &edits[i]
		if !words(edit, post) || edit.OriginTS > moment.UnixMilli() || !view.saw(edit) {
			continue
		}
		if edit.RedactedBy != "" || edit.Purged {
			return nil, nil
		}
		return edit, nil
	}
	return post, nil
}

// words tells whether an event that says so really words a post anew.
func words(edit, post *Event) bool {
	return edit.Sender == post.Sender && edit.Type == post.Type && edit.RoomID == post.RoomID && edit.StateKey == nil && post.StateKey == nil
}
