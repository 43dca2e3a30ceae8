package sliding

import (
	"encoding/json"

	"panah/hub/feed"
)

// Response is what a connection is told.
type Response struct {
	Pos        string           `json:"pos"`
	Lists      map[string]Count `json:"lists"`
	Rooms      map[string]*Room `json:"rooms"`
	Extensions Told             `json:"extensions"`
}

// Count is how many rooms a list has.
type Count struct {
	Count int `json:"count"`
}

// Room is what is new of one room.
type Room struct {
	Name          string            `json:"name,omitempty"`
	Avatar        string            `json:"avatar,omitempty"`
	Heroes        []Hero            `json:"heroes,omitempty"`
	Direct        bool              `json:"is_dm,omitempty"`
	Initial       bool              `json:"initial,omitempty"`
	Expanded      bool              `json:"unstable_expanded_timeline,omitempty"` // more of the past, because more was asked for
	State         []json.RawMessage `json:"required_state,omitempty"`
	Timeline      []json.RawMessage `json:"timeline,omitempty"`
	PrevBatch     string            `json:"prev_batch,omitempty"`
	Limited       bool              `json:"limited,omitempty"`
	Live          int               `json:"num_live,omitempty"`
	Invitation    []json.RawMessage `json:"invite_state,omitempty"` // of an invitation or a knock
	Joined        *int              `json:"joined_count,omitempty"`
	Invited       *int              `json:"invited_count,omitempty"`
	Notifications int               `json:"notification_count"`
	Highlights    int               `json:"highlight_count"`
	Bump          int64             `json:"bump_stamp,omitempty"`
}

// Hero is one of those after whom a room without a name is called.
type Hero struct {
	UserID string `json:"user_id"`
	Name   string `json:"displayname,omitempty"`
	Avatar string `json:"avatar_url,omitempty"`
}

// Told are the extensions that have something to tell.
type Told struct {
	AccountData *accountData `json:"account_data,omitempty"`
	Receipts    *byRoom      `json:"receipts,omitempty"`
	Typing      *byRoom      `json:"typing,omitempty"`
	ToDevice    *toDevice    `json:"to_device,omitempty"`
	Encryption  *encryption  `json:"e2ee,omitempty"`
}

type accountData struct {
	Global []json.RawMessage            `json:"global"`
	Rooms  map[string][]json.RawMessage `json:"rooms"`
}

type byRoom struct {
	Rooms map[string]json.RawMessage `json:"rooms"`
}

type toDevice struct {
	NextBatch string            `json:"next_batch"`
	Events    []json.RawMessage `json:"events"`
}

type encryption struct {
	DeviceLists *feed.DeviceLists `json:"device_lists,omitempty"`
	Counts      map[string]int    `json:"device_one_time_keys_count"`
	Fallback    []string          `json:"device_unused_fallback_key_types"`
}

// quiet tells whether a response says nothing that its connection does not know.
func (r *Response) quiet(known map[string]Count) bool {
	e := r.Extensions
	if len(r.Rooms) > 0 || e.AccountData != nil || e.Receipts != nil || e.Typing != nil || e.ToDevice != nil && len(e.ToDevice.Events) > 0 {
		return false
	}
	if e.Encryption != nil && e.Encryption.DeviceLists != nil && len(e.Encryption.DeviceLists.Changed)+len(e.Encryption.DeviceLists.Left) > 0 {
		return false
	}
	for name, count := range r.Lists {
		if known[name] != count {
			return false
		}
	}
	return true
}
