package sliding

import (
	"crypto/rand"
	"encoding/hex"
	"maps"
	"sync"
	"time"

	"panah/hub/fault"
	"panah/hub/people"
)

const (
	statesKept      = 4      // of one connection: an answer may be lost, and its request come again
	connectionsEach = 8      // of one device
	connectionsKept = 10_000 // of one node
)

// errUnknownPos has an app begin anew.
var errUnknownPos = fault.New(400, "M_UNKNOWN_POS", "error.bad_token")

// state is what a connection was told up to a position of its own. It does not change once it is kept.
type state struct {
	pos   string
	since string           // the feed's token; "" for nothing yet
	sent  map[string]sent  // rooms that the app has
	lists map[string]Count // how many rooms each list had
	fresh map[string]fresh // of rooms that were read on their own, what the next news of them says again
}

// sent is how much of a room an app has.
type sent struct {
	timeline              int
	wish                  string
	notified, highlighted int
}

type fresh map[string]bool // by event id

func (s *state) next() *state {
	return &state{since: s.since, sent: maps.Clone(s.sent), lists: map[string]Count{}, fresh: map[string]fresh{}}
}

func begin() *state {
	return &state{sent: map[string]sent{}, lists: map[string]Count{}, fresh: map[string]fresh{}}
}

// owner names a connection.
type owner struct{ user, device, name string }

type connection struct {
	states []*state // the newest last
	used   time.Time
}

// connections are those of one node.
type connections struct {
	now func() time.Time
	mu  sync.Mutex
	all map[owner]*connection
}

// at finds the state that a request goes on from.
func (c *connections) at(caller people.Caller, r *Request) (*state, error) {
	if r.Pos == "" {
		return begin(), nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	known := c.all[owner{caller.UserID, caller.DeviceID, r.Connection}]
	if known == nil {
		return nil, errUnknownPos
	}
	known.used = c.now()
	for _, s := range known.states {
		if s.pos == r.Pos {
			return s, nil
		}
	}
	return nil, errUnknownPos
}

// keep notes what a connection was told, and gives it its position.
func (c *connections) keep(caller people.Caller, r *Request, s *state) {
	var raw [12]byte
	rand.Read(raw[:]) // never fails (crypto/rand, Go 1.24)
	s.pos = hex.EncodeToString(raw[:])
	c.mu.Lock()
	defer c.mu.Unlock()
	who := owner{caller.UserID, caller.DeviceID, r.Connection}
	known := c.all[who]
	if known == nil || r.Pos == "" {
		c.makeRoomLocked(who)
		known = &connection{}
		c.all[who] = known
	}
	known.used = c.now()
	known.states = append(known.states, s)
	if len(known.states) > statesKept {
		known.states = known.states[1:]
	}
}

// makeRoomLocked ends the connection longest unused: of the same device, where it has its share, or else of all.
func (c *connections) makeRoomLocked(who owner) {
	own := 0
	var oldestOwn, oldest owner
	var ownUsed, used time.Time
	for o, known := range c.all {
		if oldest == (owner{}) || known.used.Before(used) {
			oldest, used = o, known.used
		}
		if o.user != who.user || o.device != who.device {
			continue
		}
		own++
		if oldestOwn == (owner{}) || known.used.Before(ownUsed) {
			oldestOwn, ownUsed = o, known.used
		}
	}
	if own >= connectionsEach {
		delete(c.all, oldestOwn)
	} else if len(c.all) >= connectionsKept {
		delete(c.all, oldest)
	}
}
