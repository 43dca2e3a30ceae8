package network

import (
	"encoding/json"

	"github.com/matrix-org/gomatrixserverlib/spec"

	"panah/hub/fault"
	"panah/hub/room"
	"panah/hub/script"
)

// namings are the states of a channel that people read, with the member of the content in which the text stands and how it is cleaned. A name
// is one line, as people's are. A topic has lines and may mix directions by marks, but not turn what stands around it.
var namings = map[string]struct {
	member string
	clean  func(string) string
}{
	spec.MRoomName:  {"name", script.CleanName},
	spec.MRoomTopic: {"topic", script.StripBidi},
}

// cleanNaming takes out of a channel's name or topic the characters with which it could turn the text around it. Other state is left alone.
func cleanNaming(d *room.Draft) error {
	naming, ok := namings[d.Type]
	if !ok {
		return nil
	}
	raw, err := json.Marshal(d.Content)
	if err != nil {
		return fault.BadJSON().Because(err)
	}
	var content map[string]json.RawMessage
	var text string
	if json.Unmarshal(raw, &content) != nil || json.Unmarshal(content[naming.member], &text) != nil {
		return nil // what is no object is refused when it is appended, and what is no text names nothing
	}
	if content[naming.member], err = json.Marshal(naming.clean(text)); err != nil {
		return fault.BadJSON().Because(err)
	}
	d.Content = content
	return nil
}

// cleanCreation cleans all that names a new channel, and checks its first state as one checks it that is set later.
func cleanCreation(c *room.Create) error {
	c.Name, c.Topic = script.CleanName(c.Name), script.StripBidi(c.Topic)
	for i := range c.InitialState {
		if err := checkState(&c.InitialState[i]); err != nil {
			return err
		}
	}
	return nil
}

// checkState refuses state that the hub could not keep to, and cleans what names a channel.
func checkState(d *room.Draft) error {
	if d.Type == room.RetentionType {
		return room.CheckRetention(d.Content)
	}
	return cleanNaming(d)
}
