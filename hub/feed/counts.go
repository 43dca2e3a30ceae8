package feed

import "slices"

// heroesShown is how many people name a room that has no name (Matrix C-S API, RoomSummary).
const heroesShown = 5

// counts is how many people are in a room, and the first of them.
type counts struct {
	joined, invited int
	first           []string // the first people, one more than are shown; empty for a room with a name
}

// heroes are the people after whom the reader sees a room called that has no name: the first ones, without the reader.
func (c *counts) heroes(reader string) []string {
	all := slices.DeleteFunc(slices.Clone(c.first), func(user string) bool { return user == reader })
	return all[:min(len(all), heroesShown)]
}

// names reports whether the room is called after this person, among others.
func (c *counts) names(user string) bool { return slices.Contains(c.first, user) }
