package network

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"

	"github.com/matrix-org/gomatrixserverlib/spec"

	"panah/hub/fault"
	"panah/hub/people"
	"panah/hub/room"
	"panah/hub/store"
)

// SharingType is the state that says whether what is written in a channel may be passed on to others: {"forward": bool}. Without it
// nothing may.
const SharingType = "network.panah.sharing"

// forwardedMember is the part of a post's content that says which post it passes on.
const forwardedMember = "network.panah.forwarded"

// Send posts into a channel. The same transaction id of the same device gives the same event again. A post that says that it
// passes another one on is refused where its channel does not allow that.
func (n *Network) Send(ctx context.Context, caller people.Caller, d room.Draft) (eventID string, err error) {
	d.StateKey = nil
	if d.Type == spec.MRoomRedaction {
		return n.Redact(ctx, caller, d)
	}
	if err := caller.Require(people.ActSend); err != nil {
		return "", err
	}
	source, err := forwardedFrom(d.Content)
	if err != nil {
		return "", err
	}
	err = n.db.Write(ctx, func(tx *store.Tx) error {
		if err := n.mayForward(tx, caller, source); err != nil {
			return err
		}
		events, err := n.rooms.Append(ctx, tx, by(caller, d))
		if err == nil {
			eventID = events[0].ID
		}
		return err
	})
	return eventID, err
}

// forwarded names the post that another one passes on.
type forwarded struct {
	RoomID  string `json:"room_id"`
	EventID string `json:"event_id"`
	Sender  string `json:"sender"`
}

// forwardedFrom gives nil for a post that passes nothing on.
func forwardedFrom(content any) (*forwarded, error) {
	raw, err := json.Marshal(content)
	if err != nil {
		return nil, fault.BadJSON().Because(err)
	}
	if !bytes.Contains(raw, []byte(forwardedMember)) && !bytes.ContainsRune(raw, '\\') { // an escaped name is found by parsing alone
		return nil, nil
	}
	var members map[string]json.RawMessage
	if json.Unmarshal(raw, &members) != nil || members[forwardedMember] == nil {
		return nil, nil // what is no object is refused when it is appended
	}
	var source forwarded
	if err := json.Unmarshal(members[forwardedMember], &source); err != nil {
		return nil, fault.BadJSON().Because(err)
	}
	return &source, nil
}

// mayForward: the caller must see the post, it must be by whom they say, and its channel must let posts be passed on.
func (n *Network) mayForward(tx *store.Tx, caller people.Caller, source *forwarded) error {
	if source == nil {
		return nil
	}
	e, err := n.rooms.ReadableEvent(tx, source.RoomID, source.EventID, caller.UserID)
	if err != nil {
		return err
	}
	if e.Sender != source.Sender || e.RedactedBy != "" {
		return fault.NotFound("error.unknown_event")
	}
	rule, err := n.rooms.StateEvent(tx, source.RoomID, SharingType, "")
	if err != nil {
		return err
	}
	var sharing struct {
		Forward bool `json:"forward"`
	}
	if rule == nil || json.Unmarshal(rule.Content, &sharing) != nil || !sharing.Forward {
		return fault.Forbidden("error.forward_not_allowed")
	}
	return nil
}

// Redact takes back what the caller wrote, or what another one wrote where the channel gives the power. With a post go its later
// wordings: they say the same.
func (n *Network) Redact(ctx context.Context, caller people.Caller, d room.Draft) (eventID string, err error) {
	d.Type, d.StateKey = spec.MRoomRedaction, nil
	if err := caller.Require(people.ActSend); err != nil {
		return "", err
	}
	err = n.db.Write(ctx, func(tx *store.Tx) error {
		wordings, err := n.wordings(tx, d)
		if err != nil {
			return err
		}
		drafts := []room.Draft{by(caller, d)}
		for _, id := range wordings {
			drafts = append(drafts, by(caller, room.Draft{RoomID: d.RoomID, Type: d.Type, Redacts: id, Content: d.Content}))
		}
		events, err := n.rooms.Append(ctx, tx, drafts...)
		if err == nil {
			eventID = events[0].ID
		}
		return err
	})
	return eventID, err
}

// wordings are the ids of the later wordings of a post, by its own author.
func (n *Network) wordings(tx *store.Tx, d room.Draft) ([]string, error) {
	target, err := n.rooms.EventByID(tx, d.Redacts)
	if errors.Is(err, fault.NotFound("error.unknown_event")) || err == nil && target.RoomID != d.RoomID {
		return nil, nil // refused when it is appended
	}
	if err != nil {
		return nil, err
	}
	return n.rooms.Wordings(tx, target)
}
