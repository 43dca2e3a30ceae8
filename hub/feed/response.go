package feed

import "encoding/json"

// Response is the answer to /sync and, with whatever is empty left out, a frame of the stream
// (Matrix C-S API, GET /_matrix/client/v3/sync).
type Response struct {
	NextBatch   string  `json:"next_batch"`
	AccountData *Events `json:"account_data,omitempty"`
	Presence    *Events `json:"presence,omitempty"`
	Rooms       *Rooms  `json:"rooms,omitempty"`
	Alert       *Alert  `json:"alert,omitempty"` // of the stream alone

	// ToDevice, DeviceLists and the counts of keys are answered by /sync alone. They are empty for a device that has uploaded no keys.
	ToDevice                     *Events        `json:"to_device,omitempty"`
	DeviceLists                  *DeviceLists   `json:"device_lists,omitempty"`
	DeviceOneTimeKeysCount       map[string]int `json:"device_one_time_keys_count,omitzero"`
	DeviceUnusedFallbackKeyTypes []string       `json:"device_unused_fallback_key_types,omitzero"`
}

// Events is a list of events.
type Events struct {
	Events []json.RawMessage `json:"events"`
}

// DeviceLists names the people whose devices changed.
type DeviceLists struct {
	Changed []string `json:"changed"`
	Left    []string `json:"left"`
}

// Rooms holds what changed in rooms, by how the reader stands to them. The keys are room ids.
type Rooms struct {
	Join   map[string]*JoinedRoom  `json:"join,omitempty"`
	Invite map[string]*InvitedRoom `json:"invite,omitempty"`
	Knock  map[string]*KnockedRoom `json:"knock,omitempty"`
	Leave  map[string]*LeftRoom    `json:"leave,omitempty"`
}

// JoinedRoom is what changed in a room that the reader is in.
type JoinedRoom struct {
	Summary             *Summary  `json:"summary,omitempty"`
	State               *Events   `json:"state,omitempty"`
	Timeline            *Timeline `json:"timeline,omitempty"`
	Ephemeral           *Events   `json:"ephemeral,omitempty"`
	AccountData         *Events   `json:"account_data,omitempty"`
	UnreadNotifications *Unread   `json:"unread_notifications,omitempty"`

	gap     bool     // between the token and the timeline names may have changed
	authors []string // of a lazy reader: those in the timeline, whose member events it has now
}

// Timeline is a stretch of a room's events, oldest first. Limited says that events between the reader's token and the first of
// them were left out; PrevBatch is where /messages goes on backwards.
type Timeline struct {
	Events    []json.RawMessage `json:"events"`
	Limited   bool              `json:"limited,omitempty"`
	PrevBatch string            `json:"prev_batch,omitempty"`
}

// Summary counts the room's people and names the first of them for rooms that have no name.
type Summary struct {
	Heroes  []string `json:"m.heroes,omitzero"`
	Joined  *int     `json:"m.joined_member_count,omitempty"`
	Invited *int     `json:"m.invited_member_count,omitempty"`
}

// Unread counts what the reader has not read yet.
type Unread struct {
	Notifications int `json:"notification_count"`
	Highlights    int `json:"highlight_count"`
}

// InvitedRoom is the little that an invited person is shown.
type InvitedRoom struct {
	State Events `json:"invite_state"`
}

// KnockedRoom is the little that a person who asked to be let in is shown.
type KnockedRoom struct {
	State Events `json:"knock_state"`
}

// LeftRoom is the end of a room that the reader has left.
type LeftRoom struct {
	State       *Events   `json:"state,omitempty"`
	Timeline    *Timeline `json:"timeline,omitempty"`
	AccountData *Events   `json:"account_data,omitempty"`
}

// quiet reports whether the answer holds nothing but its token.
func (r *Response) quiet() bool {
	return r.AccountData == nil && r.Presence == nil && r.Rooms == nil && r.ToDevice == nil && r.DeviceLists == nil
}

// complete puts empty lists where /sync clients expect a member; the stream leaves them out to save bytes.
func (r *Response) complete() {
	fill(&r.AccountData)
	fill(&r.Presence)
	fill(&r.ToDevice)
	if r.DeviceLists == nil {
		r.DeviceLists = &DeviceLists{Changed: []string{}, Left: []string{}}
	}
	if r.DeviceOneTimeKeysCount == nil {
		r.DeviceOneTimeKeysCount, r.DeviceUnusedFallbackKeyTypes = map[string]int{}, []string{}
	}
	if r.Rooms == nil {
		r.Rooms = &Rooms{}
	}
	for _, room := range r.Rooms.Join {
		room.complete()
	}
	for _, room := range r.Rooms.Leave {
		fill(&room.State)
		fill(&room.AccountData)
		fillTimeline(&room.Timeline)
	}
}

func (j *JoinedRoom) complete() {
	fill(&j.State)
	fill(&j.Ephemeral)
	fill(&j.AccountData)
	fillTimeline(&j.Timeline)
	if j.Summary == nil {
		j.Summary = &Summary{}
	}
}

func fill(e **Events) {
	if *e == nil {
		*e = &Events{}
	}
	if (*e).Events == nil {
		(*e).Events = []json.RawMessage{}
	}
}

func fillTimeline(t **Timeline) {
	if *t == nil {
		*t = &Timeline{}
	}
	if (*t).Events == nil {
		(*t).Events = []json.RawMessage{}
	}
}

// listed is nil for an empty list, so that it is left out of a frame.
func listed(events []json.RawMessage) *Events {
	if len(events) == 0 {
		return nil
	}
	return &Events{Events: events}
}
