package feed

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"sync"
	"time"
)

// Presence is a person's state as others see it.
type Presence string

// The states of the Matrix specification.
const (
	Online      Presence = "online"
	Unavailable Presence = "unavailable"
	Offline     Presence = "offline"
)

const (
	statusLimit    = 256              // bytes of a status message
	presenceLife   = 90 * time.Second // without news for so long, a person counts as offline
	presenceRenew  = 30 * time.Second // attached devices say so often that they are there
	presenceKeep   = 10 * time.Minute // offline people are remembered so long, so that every token meets the change
	presenceAtOnce = 100              // changed people that one round tells of; the others wait for the next
	activeFor      = 60 * time.Second // a person counts as active so long after the last act

	// Servers say anew that somebody is still there before half an hour is over (Synapse each 25 minutes, hubs more often). What they say of one
	// person is shown once in a while, so that a server that changes its mind all the time keeps nobody's device awake; the last word is shown.
	farLife  = 30 * time.Minute
	farPause = 10 * time.Second
)

// valid reports whether the state is one that a client may set.
func (p Presence) valid() bool { return p == Online || p == Unavailable || p == Offline }

// presenceNotice is what nodes tell each other on the topic "presence", several at a time.
type presenceNotice struct {
	UserID   string   `json:"user_id"`
	Presence Presence `json:"presence"`
	Status   *string  `json:"status_msg,omitempty"` // nil leaves it as it is
	Active   bool     `json:"active"`               // the person did something; otherwise only the line lives
	Far      bool     `json:"far,omitempty"`        // another server says so of its own person
	Ago      int64    `json:"ago,omitempty"`        // milliseconds since the person did it
}

func (n *presenceNotice) life() time.Duration {
	if n.Far {
		return farLife
	}
	return presenceLife
}

// State is one person's presence.
type State struct {
	UserID   string
	Presence Presence
	Status   string
	Active   time.Time // zero when unknown
	changed  int64     // the moment of the last change that others should see
	until    time.Time
	far      bool
	late     bool      // others do not see yet what changed
	shown    time.Time // when others were shown a change last
}

// presences knows who is online. Nothing of it is durable.
type presences struct {
	mu      sync.Mutex
	people  map[string]*State
	waiting map[string]bool // changed, and not yet told to sessions
	last    int64           // the moment of the last change
}

// note takes a notice in. What others see changes only with the state or the words, not with every sign of life.
func (p *presences) note(n presenceNotice, now time.Time, moment int64) (changed bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.people[n.UserID]
	if s == nil {
		if n.Presence == Offline && (n.Status == nil || *n.Status == "") {
			return false
		}
		s = &State{UserID: n.UserID, Presence: Offline}
		p.people[n.UserID] = s
	}
	changed = s.Presence != n.Presence || n.Status != nil && *n.Status != s.Status
	s.Presence, s.until, s.far = n.Presence, now.Add(n.life()), n.Far
	if n.Status != nil {
		s.Status = *n.Status
	}
	if n.Active {
		s.Active = now.Add(-time.Duration(n.Ago) * time.Millisecond)
	}
	if s.late = s.late || changed; s.late {
		return p.showLocked(s, now, moment)
	}
	return false
}

// showLocked has others see what changed of somebody, unless that is of another server and they were shown a change just now.
func (p *presences) showLocked(s *State, now time.Time, moment int64) (shown bool) {
	if s.far && now.Sub(s.shown) < farPause {
		return false
	}
	s.late, s.shown = false, now
	s.changed, p.last = moment, moment
	p.waiting[s.UserID] = true
	return true
}

// expire turns people of whom nothing was heard offline, and forgets those who have been it for long. It reports whether
// anybody's state changed.
func (p *presences) expire(now time.Time, moment int64) (changed bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for user, s := range p.people {
		switch {
		case s.Presence != Offline && !s.until.After(now):
			s.Presence, s.until, s.late = Offline, now, true
			changed = p.showLocked(s, now, moment) || changed
		case s.late:
			changed = p.showLocked(s, now, moment) || changed
		case s.Presence == Offline && now.Sub(s.until) > presenceKeep && (s.Status == "" || s.far):
			delete(p.people, user)
		}
	}
	return changed
}

// take gives some of the people whose change was not told yet.
func (p *presences) take() []State {
	p.mu.Lock()
	defer p.mu.Unlock()
	var states []State
	for user := range p.waiting {
		if len(states) == presenceAtOnce {
			break
		}
		delete(p.waiting, user)
		if s := p.people[user]; s != nil {
			states = append(states, *s)
		}
	}
	slices.SortFunc(states, byUser)
	return states
}

// again puts people back whose change could not be told.
func (p *presences) again(states []State) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, s := range states {
		p.waiting[s.UserID] = true
	}
}

// after gives everyone whose state changed after the moment, or, for an unknown moment, everyone who is not offline.
func (p *presences) after(moment int64) []State {
	p.mu.Lock()
	defer p.mu.Unlock()
	var states []State
	for _, s := range p.people {
		if s.changed > moment && (moment > 0 || s.Presence != Offline || s.Status != "") {
			states = append(states, *s)
		}
	}
	slices.SortFunc(states, byUser)
	return states
}

// changedAfter reports whether anybody's state changed after the moment.
func (p *presences) changedAfter(moment int64) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.last > moment
}

// of gives one person's state; someone of whom nothing is known is offline.
func (p *presences) of(user string) State {
	p.mu.Lock()
	defer p.mu.Unlock()
	if s := p.people[user]; s != nil {
		return *s
	}
	return State{UserID: user, Presence: Offline}
}

func byUser(a, b State) int { return cmp.Compare(a.UserID, b.UserID) }

// CurrentlyActive tells whether the person did something just now.
func (s State) CurrentlyActive(now time.Time) bool {
	return s.Presence == Online && !s.Active.IsZero() && now.Sub(s.Active) < activeFor
}

// Content is the state as the content of an m.presence event (Matrix C-S API, presence).
func (s State) Content(now time.Time) map[string]any {
	content := map[string]any{"presence": s.Presence}
	if s.Status != "" {
		content["status_msg"] = s.Status
	}
	if !s.Active.IsZero() {
		ago := max(now.Sub(s.Active), 0)
		content["last_active_ago"] = ago.Milliseconds()
		if s.Presence == Online {
			content["currently_active"] = s.CurrentlyActive(now)
		}
	}
	return content
}

func (s State) event(now time.Time) json.RawMessage {
	return encode(map[string]any{"type": "m.presence", "sender": s.UserID, "content": s.Content(now)})
}

func (f *Feed) tellPresence(ctx context.Context, notices ...presenceNotice) error {
	return f.broker.Publish(ctx, "presence", encode(notices))
}
