package federation

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"time"

	"panah/hub/fault"
	"panah/hub/feed"
	"panah/hub/store"
)

const (
	typePresence = "m.presence"
	// presencesTold is of how many people one transaction tells how they are there, in and out. What is beyond that waits, or is left out.
	presencesTold = 100
	// presencePause is how long after one word of somebody's presence other servers are sent the next. Only the newest is sent.
	presencePause = 10 * time.Second
	// presenceAgain is how often they are told that somebody is still there: before they would take the person for gone, and so that
	// one that restarted, or that came into a room later, knows soon.
	presenceAgain = 10 * time.Minute
)

// presenceContent is the content of m.presence between servers ("Presence").
type presenceContent struct {
	Push []pushed `json:"push"`
}

type pushed struct {
	UserID   string        `json:"user_id"`
	Presence feed.Presence `json:"presence"`
	Status   string        `json:"status_msg,omitempty"`
	Ago      *int64        `json:"last_active_ago,omitempty"` // milliseconds
	Active   bool          `json:"currently_active,omitempty"`
}

// longestAgo bounds what a server says of when somebody was there last; beyond, nobody asks.
const longestAgo = 365 * 24 * time.Hour

// takePresences takes in how people of a server are there, as far as somebody of this hub shares a channel with them.
func (s *Server) takePresences(ctx context.Context, v *visit, content json.RawMessage) error {
	var in presenceContent
	if json.Unmarshal(content, &in) != nil {
		return fault.BadJSON()
	}
	var people []feed.Elsewhere
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		for _, p := range in.Push {
			if !isOf(p.UserID, v.origin) {
				continue
			}
			if v.present--; v.present < 0 {
				break
			}
			near, err := s.meets(tx, p.UserID)
			if err != nil {
				return err
			}
			if near {
				people = append(people, p.elsewhere())
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return s.Feed.SetPresencesElsewhere(ctx, people)
}

func (p *pushed) elsewhere() feed.Elsewhere {
	e := feed.Elsewhere{UserID: p.UserID, Presence: p.Presence, Status: p.Status, Ago: -1}
	switch {
	case p.Active:
		e.Ago = 0
	case p.Ago != nil:
		e.Ago = time.Duration(min(max(*p.Ago, 0), longestAgo.Milliseconds())) * time.Millisecond
	}
	return e
}

// meets tells whether somebody of another server is in a room with somebody of this hub.
func (s *Server) meets(tx *store.Tx, userID string) (bool, error) {
	err := tx.QueryRow(`SELECT 1 FROM memberships theirs JOIN memberships ours ON ours.room_id = theirs.room_id
		WHERE theirs.user_id = $1 AND theirs.membership = 'join' AND ours.membership = 'join' AND ours.user_id LIKE $2 ESCAPE '\' LIMIT 1`,
		userID, "@%:"+like.Replace(s.name)).Scan(new(int))
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

// present is how one of this hub's people is there.
type present struct {
	state feed.State
	due   bool // it changed since it was told
	told  time.Time
}

// HearPresences takes in whose presence changed. Each node hears of it, so that any may come to send.
func (s *Sender) HearPresences(states []feed.State) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, state := range states {
		if !s.ours(state.UserID) {
			continue
		}
		p := s.people[state.UserID]
		if p == nil {
			p = &present{}
			s.people[state.UserID] = p
		}
		p.state, p.due = state, true
	}
}

// duePresences are the people of whom other servers are to be told, some at a time. It looks once a beat.
func (s *Sender) duePresences(now time.Time) (due []feed.State) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now.Sub(s.looked) < beat {
		return nil
	}
	s.looked = now
	for user, p := range s.people {
		after := presenceAgain
		if p.due {
			after = presencePause
		}
		if now.Sub(p.told) < after {
			continue
		}
		p.told, p.due = now, false
		if due = append(due, p.state); p.state.Presence == feed.Offline {
			delete(s.people, user)
		}
		if len(due) == presencesTold {
			break
		}
	}
	return due
}

// dueAgain has people be told of later who could not be now.
func (s *Sender) dueAgain(states []feed.State) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, state := range states {
		if p := s.people[state.UserID]; p != nil {
			p.due = true
		} else {
			s.people[state.UserID] = &present{state: state, due: true}
		}
	}
}

// tellPresences has those servers be told how somebody is there whose people share a room with the person. It is told now or never:
// whoever is not reached at once hears the next time.
func (s *Sender) tellPresences(ctx context.Context) error {
	due := s.duePresences(s.o.Now())
	if len(due) == 0 {
		return nil
	}
	by := map[string][]string{} // servers by room: of people who come together, most share their rooms
	near := make([]map[string]bool, len(due))
	err := s.db.Read(ctx, func(tx *store.Tx) (err error) {
		for i := range due {
			if near[i], err = s.serversNear(tx, due[i].UserID, by); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		s.dueAgain(due)
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range due {
		for server := range near[i] {
			s.putThereLocked(server, due[i])
		}
	}
	return nil
}

func (s *Sender) putThereLocked(server string, state feed.State) {
	if s.downLocked(server) {
		return
	}
	if s.there[server] == nil {
		s.there[server] = map[string]pushed{}
	}
	p := pushed{UserID: state.UserID, Presence: state.Presence, Status: state.Status}
	if !state.Active.IsZero() {
		ago := max(s.o.Now().Sub(state.Active), 0)
		millis := ago.Milliseconds()
		p.Ago, p.Active = &millis, state.CurrentlyActive(s.o.Now())
	}
	s.there[server][state.UserID] = p
}

// takeThereLocked gives what goes to a server in its next transaction.
func (s *Sender) takeThereLocked(server string) (told []pushed) {
	for _, user := range slices.Sorted(maps.Keys(s.there[server])) {
		if len(told) == presencesTold {
			return told
		}
		told = append(told, s.there[server][user])
		delete(s.there[server], user)
	}
	delete(s.there, server)
	return told
}

// serversNear are the servers with whose people somebody shares a room. by keeps what was found of rooms.
func (s *Sender) serversNear(tx *store.Tx, userID string, by map[string][]string) (map[string]bool, error) {
	rooms, err := store.Column(tx, `SELECT room_id FROM memberships WHERE user_id = $1 AND membership = 'join'`, userID)
	if err != nil {
		return nil, err
	}
	near := map[string]bool{}
	for _, roomID := range rooms {
		servers, known := by[roomID]
		if !known {
			if servers, err = s.serversNow(tx, roomID); err != nil {
				return nil, err
			}
			by[roomID] = servers
		}
		for _, server := range servers {
			near[server] = true
		}
	}
	return near, nil
}
