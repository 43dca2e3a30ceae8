package network

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/matrix-org/gomatrixserverlib/spec"

	"panah/hub/fault"
	"panah/hub/people"
	"panah/hub/room"
	"panah/hub/store"
)

// Report tells those who look after the network that something is wrong with a post, a channel or a person. The caller must be able to see
// what it is about. audience is who reads it, which may be others than those whom the caller chose (people.Report).
func (n *Network) Report(ctx context.Context, caller people.Caller, r people.Report) (audience string, err error) {
	if err := n.people.CheckReport(caller, &r); err != nil {
		return "", err
	}
	err = n.db.Write(ctx, func(tx *store.Tx) error {
		switch {
		case r.EventID != "":
			e, err := n.rooms.ReadableEvent(tx, r.RoomID, r.EventID, caller.UserID)
			if err != nil {
				return err
			}
			r.UserID = e.Sender
		case r.RoomID != "":
			membership, err := n.rooms.Membership(tx, r.RoomID, caller.UserID)
			if err != nil {
				return err
			}
			if membership == "" {
				return fault.NotFound("error.unknown_room")
			}
		}
		if r.UserID == caller.UserID {
			return fault.Forbidden("error.not_to_yourself")
		}
		audience, err = n.people.ReportTx(tx, caller, r)
		return err
	})
	return audience, err
}

// excerpt is how much of a reported post those who decide on it are shown, in characters.
const excerpt = 500

// Reported is what those who decide on a report are shown of what it is about. Texts are "" where there is nothing.
type Reported struct {
	Channel string // what it is called
	Seen    string // the post as it was worded when it was reported, as far as its reporter could read it and it still stands
	Now     string // the post as it is worded now
	Gone    bool   // the post was taken back, or is kept no longer: what it said is not kept for reports either
}

// Reported reads it.
func (n *Network) Reported(tx *store.Tx, r people.Report) (seen Reported, err error) {
	if r.RoomID != "" {
		if seen.Channel, err = n.text(tx, r.RoomID, spec.MRoomName, "name"); err != nil {
			return seen, err
		}
	}
	if r.EventID == "" {
		return seen, nil
	}
	post, err := n.rooms.EventByID(tx, r.EventID)
	if err != nil {
		return seen, err
	}
	if post.RedactedBy != "" || post.Purged {
		seen.Gone = true
		return seen, nil
	}
	then, err := n.rooms.WordingAt(tx, post, r.Reporter, r.At)
	if err != nil {
		return seen, err
	}
	last, err := n.rooms.LastWordings(tx, []room.Event{*post}, nil)
	if err != nil {
		return seen, err
	}
	seen.Seen, seen.Now = said(then), said(post)
	if last[post.ID] != nil {
		seen.Now = said(last[post.ID])
	}
	return seen, nil
}

// said is the beginning of what a post says, or of what a later wording has it say.
func said(e *room.Event) string {
	var c struct {
		Body string `json:"body"`
		New  *struct {
			Body string `json:"body"`
		} `json:"m.new_content"`
	}
	if e == nil || json.Unmarshal(e.Content, &c) != nil {
		return ""
	}
	body := c.Body
	if e.RelType == "m.replace" && c.New != nil {
		body = c.New.Body
	}
	letters := []rune(body)
	return string(letters[:min(len(letters), excerpt)])
}

func (n *Network) text(tx *store.Tx, roomID, eventType, member string) (string, error) {
	e, err := n.rooms.StateEvent(tx, roomID, eventType, "")
	if err != nil || e == nil {
		return "", err
	}
	var content map[string]any
	if json.Unmarshal(e.Content, &content) != nil {
		return "", nil
	}
	text, _ := content[member].(string)
	return text, nil
}

// RemoveReported takes a reported post back, with all its wordings. Who decides on a report need not be in the channel: it is taken back in the
// hub's name where the hub is in it, else in its author's, and says whose decision it was.
func (n *Network) RemoveReported(ctx context.Context, caller people.Caller, reportID string) error {
	return n.db.Write(ctx, func(tx *store.Tx) error {
		r, err := n.people.OpenReportTx(tx, caller, reportID)
		if err != nil {
			return err
		}
		if r.EventID == "" {
			return fault.NotFound("error.unknown_event")
		}
		e, err := n.rooms.EventByID(tx, r.EventID)
		if err != nil {
			return err
		}
		wordings, err := n.rooms.Wordings(tx, e)
		if err != nil {
			return err
		}
		for _, id := range append([]string{e.ID}, wordings...) {
			if err := n.takeBack(ctx, tx, e.RoomID, e.Sender, id); err != nil {
				return err
			}
		}
		return n.people.AuditTx(tx, caller.UserID, "remove_post", r.ID, map[string]string{"organisation": ""})
	})
}

// takeBack redacts an event as an author's own. Where the author is gone and the hub never was, the hub empties it.
func (n *Network) takeBack(ctx context.Context, tx *store.Tx, roomID, author, eventID string) error {
	by, err := n.redactor(tx, roomID, author)
	if errors.Is(err, errNoRedactor) {
		return n.rooms.EmptyTx(tx, roomID, eventID)
	}
	if err != nil {
		return err
	}
	content := map[string]any{"network.panah.by": "network"}
	_, err = n.rooms.Append(ctx, tx, room.Draft{RoomID: roomID, Sender: by, Type: spec.MRoomRedaction, Redacts: eventID, Content: content})
	return err
}

// errNoRedactor: neither the hub nor the author is in the room.
var errNoRedactor = fault.Forbidden("error.other_not_member")

// redactor is in whose name something of an author's is taken away: the hub's where it is in the room, since it keeps that, else the author's
// own. Channels that people made have no place for the hub, and the rules of Matrix let everybody take back what is theirs.
func (n *Network) redactor(tx *store.Tx, roomID, author string) (string, error) {
	for _, user := range []string{n.people.HubUser(), author} {
		membership, err := n.rooms.Membership(tx, roomID, user)
		if err != nil || membership == spec.Join {
			return user, err
		}
	}
	return "", errNoRedactor
}
