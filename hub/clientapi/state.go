package clientapi

import (
	"encoding/json"

	"panah/hub/fault"
	"panah/hub/feed"
	"panah/hub/room"
	"panah/hub/store"
)

// contentText gives one text of an event's content; "" when it is not there or no text.
func contentText(e *room.Event, member string) string {
	var members map[string]json.RawMessage
	var text string
	if json.Unmarshal(e.Content, &members) != nil || json.Unmarshal(members[member], &text) != nil {
		return ""
	}
	return text
}

// state is the whole state of a room ("GET …/state").
func (a *API) state(c *call) (any, error) {
	var list []json.RawMessage
	err := a.DB.Read(c.ctx(), func(tx *store.Tx) error {
		at, err := a.reach(tx, c)
		if err != nil {
			return err
		}
		events, err := a.Rooms.StateAt(tx, at.roomID, at.upTo)
		list = plain(events)
		return err
	})
	return list, err
}

// plain writes events as clients read them, without anything of the reader's own.
func plain(events []room.Event) []json.RawMessage {
	list := make([]json.RawMessage, 0, len(events))
	for i := range events {
		list = append(list, events[i].ClientJSON(room.Format{}))
	}
	return list
}

// stateEvent is one event's content ("GET …/state/{eventType}/{stateKey}"), or, as later versions of the specification have it, the whole event.
func (a *API) stateEvent(c *call) (any, error) {
	var found *room.Event
	err := a.DB.Read(c.ctx(), func(tx *store.Tx) error {
		at, err := a.reach(tx, c)
		if err != nil {
			return err
		}
		found, err = a.stateAtReach(tx, at, c.path("type"), c.path("stateKey"))
		return err
	})
	if err != nil {
		return nil, err
	}
	if c.query("format") == "event" {
		return found.ClientJSON(room.Format{}), nil
	}
	return found.Content, nil
}

// members of a room, now or at a token ("GET …/members").
func (a *API) members(c *call) (any, error) {
	var position *store.Position
	if text := c.query("at"); text != "" {
		token, err := feed.ParseToken(text)
		if err != nil {
			return nil, err
		}
		position = &token.Position
	}
	want, unwanted := c.query("membership"), c.query("not_membership")
	var chosen []room.Event
	err := a.DB.Read(c.ctx(), func(tx *store.Tx) error {
		at, err := a.reach(tx, c)
		if err != nil {
			return err
		}
		if position != nil {
			at.upTo = min(at.upTo, *position)
		}
		events, err := a.Rooms.StateAt(tx, at.roomID, at.upTo)
		for _, e := range events {
			if e.Type == "m.room.member" && fitsMembership(&e, want, unwanted) {
				chosen = append(chosen, e)
			}
		}
		return err
	})
	return map[string]any{"chunk": plain(chosen)}, err
}

func fitsMembership(e *room.Event, want, unwanted string) bool {
	is := contentText(e, "membership")
	return (want == "" || is == want) && (unwanted == "" || is != unwanted)
}

// joinedMembers is the short list of a room's members, for members alone ("GET …/joined_members").
func (a *API) joinedMembers(c *call) (any, error) {
	joined := map[string]map[string]any{}
	err := a.DB.Read(c.ctx(), func(tx *store.Tx) error {
		at, err := a.reach(tx, c)
		if err != nil {
			return err
		}
		if !at.joined {
			return errNotMember
		}
		events, err := a.Rooms.State(tx, at.roomID)
		for i := range events {
			if events[i].Type == "m.room.member" && contentText(&events[i], "membership") == "join" {
				joined[*events[i].StateKey] = roomMember(&events[i])
			}
		}
		return err
	})
	return map[string]any{"joined": joined}, err
}

func roomMember(e *room.Event) map[string]any {
	member := map[string]any{}
	if name := contentText(e, "displayname"); name != "" {
		member["display_name"] = name
	}
	if avatar := contentText(e, "avatar_url"); avatar != "" {
		member["avatar_url"] = avatar
	}
	return member
}

// positionOf reads a token of the query; otherwise holds when there is none.
func (c *call) positionOf(name string, otherwise store.Position) (store.Position, error) {
	text := c.query(name)
	if text == "" {
		return otherwise, nil
	}
	position, err := feed.ParsePlace(text)
	if err != nil {
		return 0, fault.InvalidParam("error.bad_token").Because(err)
	}
	return position, nil
}

func tokenText(p store.Position) string { return feed.Token{Position: p}.String() }
