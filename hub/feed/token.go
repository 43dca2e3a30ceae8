package feed

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"panah/hub/fault"
	"panah/hub/store"
)

// Token says how far a device has been told: a position in the log, and the moment up to which it knows who types and who is
// online. The second part is zero where it is not known; then all that goes on now is told again, which is harmless. The third part is there
// when more waits in the device's inbox than one answer holds: it was told what stands up to there, and of the rest everything.
type Token struct {
	Position store.Position
	Moment   int64          // Unix milliseconds
	Inbox    store.Position // 0 is up to Position; otherwise it is before that, and Moment is not 0
}

// tokenLimit is the length of the longest token: a letter, three 63-bit numbers and two strokes.
const tokenLimit = 1 + 19 + 1 + 19 + 1 + 19

// inbox is up to where the device was told what others sent it.
func (t Token) inbox() store.Position {
	if t.Inbox > 0 {
		return t.Inbox
	}
	return t.Position
}

// errToken answers a token that this hub cannot have given.
func errToken() *fault.Fault {
	return fault.New(http.StatusBadRequest, "M_UNKNOWN_POS", "error.bad_token")
}

// String is the token as clients keep it; to them it is opaque.
func (t Token) String() string {
	s := "s" + strconv.FormatInt(int64(t.Position), 10)
	if t.Moment > 0 {
		s += "_" + strconv.FormatInt(t.Moment, 10)
	}
	if t.Inbox > 0 {
		s += "_" + strconv.FormatInt(int64(t.Inbox), 10)
	}
	return s
}

// ParseToken reads a token. It refuses whatever String does not write.
func ParseToken(s string) (Token, error) {
	rest, ok := strings.CutPrefix(s, "s")
	if !ok || len(s) > tokenLimit {
		return Token{}, errToken()
	}
	position, moment, both := strings.Cut(rest, "_")
	moment, inbox, all := strings.Cut(moment, "_")
	var t Token
	p, ok := number(position)
	if !ok {
		return Token{}, errToken()
	}
	t.Position = store.Position(p)
	if both {
		if t.Moment, ok = number(moment); !ok || t.Moment == 0 {
			return Token{}, errToken()
		}
	}
	if all {
		i, ok := number(inbox)
		if t.Inbox = store.Position(i); !ok || t.Inbox == 0 || t.Inbox >= t.Position {
			return Token{}, errToken()
		}
	}
	return t, nil
}

// ParsePlace reads a place in a room's history: a token, or one that lies before the log, where what was before the hub came into the room is.
func ParsePlace(s string) (store.Position, error) {
	if before, is := strings.CutPrefix(s, "s-"); is && len(s) <= tokenLimit {
		if n, ok := number(before); ok && n > 0 {
			return store.Position(-n), nil
		}
		return 0, errToken()
	}
	t, err := ParseToken(s)
	return t.Position, err
}

// Gap is a stretch of positions after From and before To of which this log has nothing: a hub that was restored from a backup goes on at To, behind
// all that it may have told before, and what it had told after the backup is gone.
type Gap struct{ From, To store.Position }

// holds tells whether the log, whose last position is head, knows what was told up to p.
func (f *Feed) holds(p, head store.Position) bool {
	return p <= head && !slices.ContainsFunc(f.gaps, func(g Gap) bool { return g.From < p && p < g.To })
}

// Holds refuses a token from beyond the end of the log or from a gap in it. A hub that was restored from a backup gets such ones, and a device
// that resumed from one would believe in what is gone: it must begin anew.
func (f *Feed) Holds(ctx context.Context, t Token) error {
	return f.db.Read(ctx, func(tx *store.Tx) error {
		head, err := tx.Head()
		if err == nil && !f.holds(t.Position, head) {
			err = errToken()
		}
		return err
	})
}

// number reads a natural number in its one shortest form.
func number(s string) (int64, bool) {
	if s == "" || len(s) > 1 && s[0] == '0' {
		return 0, false
	}
	n, err := strconv.ParseUint(s, 10, 63)
	return int64(n), err == nil && s[0] != '+'
}
