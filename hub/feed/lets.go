package feed

import "panah/hub/room"

// Lets reports whether an event of a room's history passes this part of the filter.
func (e *EventFilter) Lets(event *room.Event) bool {
	return e.inRoom(event.RoomID) && e.wantsEvent(event.Type, event.Sender, event.Content)
}
