package search

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"panah/hub/fault"
	"panah/hub/room"
	"panah/hub/store"
)

const (
	// candidates is how many positions are asked of the index at once.
	candidates = 100
	// scanMost is how many candidates one search looks at; the next page goes on from there.
	scanMost = 5000
	// rankMost is how many hits, the newest, are put in order when the best shall come first.
	rankMost = 500
)

// Hit is a post in which everything that was looked for is found.
type Hit struct {
	Event   room.Event
	Wording *room.Event // the last event that words it anew, or nil
	Fields  []Field     // where it was found
	Score   int         // how well it fits: at most 4 for each word that was looked for
	View    *room.View  // what the reader may see of its room
	UpTo    store.Position
}

// Answer is one page of what was found.
type Answer struct {
	Hits []Hit
	// Next leads to the next page; "" when there is none.
	Next string
	// Highlights are the words that were found, as they are written.
	Highlights []string
	// Partial: more may be found later, because the index does not know the whole log yet, or this page ran into its bounds.
	Partial bool
}

// errTooWide is what a question gets that finds nothing within its time.
var errTooWide = fault.New(http.StatusBadRequest, "M_LIMIT_EXCEEDED", "error.search_too_wide")

// Find gives a page of what somebody may see and looks for. Its errors are faults for questions that are too long, have too many
// words, an unknown cursor, or cost too much.
func (s *Search) Find(ctx context.Context, reader string, q Question) (*Answer, error) {
	w, err := understand(q.Text)
	if err != nil {
		return nil, err
	}
	from, err := parseCursor(q.Cursor, q.ByRank)
	if err != nil || len(w.terms) == 0 {
		return &Answer{}, err
	}
	q.Limit = min(max(q.Limit, 1), pageMost)
	within, cancel := context.WithTimeout(ctx, s.o.Deadline)
	defer cancel()
	if err := s.enter(within); err != nil {
		return nil, late(ctx, err)
	}
	defer s.leave()
	whole, err := s.catchUp(within)
	if err != nil {
		return nil, late(ctx, err)
	}
	h := &hunt{s: s, q: &q, w: w, reader: reader, from: from, views: map[string]*room.View{}}
	err = s.db.Read(within, h.run)
	if err != nil && (ctx.Err() != nil || within.Err() == nil || h.reached == 0) {
		return nil, late(ctx, err)
	}
	h.cut = h.cut || err != nil
	return h.answer(whole), nil
}

// late is errTooWide when it was the search's own time that ran out.
func late(ctx context.Context, err error) error {
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		return errTooWide
	}
	return err
}

// hunt is one search under way.
type hunt struct {
	s       *Search
	q       *Question
	w       wanted
	reader  string
	from    cursor
	upTo    map[string]store.Position // by room: how far the reader may read
	views   map[string]*room.View
	hits    []Hit
	reached store.Position // everything from here on was looked at
	cut     bool           // it ended at a bound, not at the end of the log
}

// run goes through the candidates, the newest first, until the page is full or a bound is met.
func (h *hunt) run(tx *store.Tx) error {
	rooms, err := h.reach(tx)
	if err != nil || len(rooms) == 0 {
		return err
	}
	head, err := tx.Head()
	if err != nil {
		return err
	}
	if h.from.before == 0 {
		h.from.before = head + 1
	}
	m := h.q.match(h.w, rooms)
	m.Before = h.from.before
	for scanned := 0; !h.full(); scanned += candidates {
		if h.cut = scanned >= scanMost; h.cut {
			return nil
		}
		positions, err := tx.Words().Find(m)
		if err != nil {
			return err
		}
		if err := h.look(tx, positions); err != nil {
			return err
		}
		if len(positions) < candidates {
			return nil
		}
		m.Before = positions[len(positions)-1]
		h.reached = m.Before
	}
	return nil
}

// full tells whether there is one hit more than the page takes, so that there is a next page.
func (h *hunt) full() bool {
	if h.q.ByRank {
		return len(h.hits) >= rankMost
	}
	return len(h.hits) > h.q.Limit
}

// reach finds out in which rooms the reader may read, and up to where: those that they left, up to their leaving, unless they
// have forgotten them.
func (h *hunt) reach(tx *store.Tx) ([]string, error) {
	head, err := tx.Head()
	if err != nil {
		return nil, err
	}
	memberships, err := h.s.rooms.Memberships(tx, h.reader)
	if err != nil {
		return nil, err
	}
	h.upTo = map[string]store.Position{}
	var rooms []string
	for _, m := range memberships {
		upTo := head
		switch m.Membership {
		case "join":
		case "leave", "ban":
			upTo = m.Position
		default:
			continue
		}
		if m.Forgotten || slices.Contains(h.q.NotRooms, m.RoomID) || h.q.Rooms != nil && !slices.Contains(*h.q.Rooms, m.RoomID) {
			continue
		}
		h.upTo[m.RoomID] = upTo
		rooms = append(rooms, m.RoomID)
	}
	return rooms, nil
}

// look keeps of some candidates what is really there for the reader.
func (h *hunt) look(tx *store.Tx, positions []store.Position) error {
	events, err := h.s.rooms.EventsAt(tx, positions)
	if err != nil {
		return err
	}
	// Who has left reads no wording from after that, neither to find a post by it nor to see it.
	wordings, err := h.s.rooms.LastWordings(tx, events, func(edit *room.Event) (bool, error) { return h.sees(tx, edit) })
	if err != nil {
		return err
	}
	for i := range events {
		if h.full() {
			return nil
		}
		if err := h.consider(tx, &events[i], wordings[events[i].ID]); err != nil {
			return err
		}
	}
	return nil
}

func (h *hunt) consider(tx *store.Tx, e, wording *room.Event) error {
	sees, err := h.sees(tx, e)
	if err != nil || !sees || !h.asked(e) {
		return err
	}
	fields, _ := saying(e, wording)
	if h.q.Keys != nil {
		fields = slices.DeleteFunc(fields, func(f field) bool { return !slices.Contains(h.q.Keys, f.key) })
	}
	if found, score, ok := h.w.find(fields); ok {
		h.hits = append(h.hits, Hit{*e, wording, found, score, h.views[e.RoomID], h.upTo[e.RoomID]})
	}
	return nil
}

// sees asks the one rule for who may see what.
func (h *hunt) sees(tx *store.Tx, e *room.Event) (bool, error) {
	upTo, reachable := h.upTo[e.RoomID]
	if !reachable || e.Position > upTo {
		return false, nil
	}
	if h.views[e.RoomID] == nil {
		view, err := h.s.rooms.ViewOf(tx, e.RoomID, h.reader)
		if err != nil {
			return false, err
		}
		h.views[e.RoomID] = view
	}
	return h.views[e.RoomID].Sees(e), nil
}

// asked looks at what the index narrows down by as well, for its marks may be wrong.
func (h *hunt) asked(e *room.Event) bool {
	return (h.q.Senders == nil || slices.Contains(*h.q.Senders, e.Sender)) && (h.q.Lets == nil || h.q.Lets(e))
}

// answer cuts the page.
func (h *hunt) answer(whole bool) *Answer {
	a := &Answer{Partial: !whole || h.cut}
	if h.q.ByRank {
		a.Hits, a.Next = h.ranked()
	} else {
		a.Hits, a.Next = h.newest()
	}
	for _, hit := range a.Hits {
		for _, f := range hit.Fields {
			for _, word := range f.words {
				if len(a.Highlights) < maxHighlights && !slices.Contains(a.Highlights, word) {
					a.Highlights = append(a.Highlights, word)
				}
			}
		}
	}
	return a
}

// maxHighlights is how many words are named as found.
const maxHighlights = 50

func (h *hunt) newest() ([]Hit, string) {
	if len(h.hits) > h.q.Limit {
		page := h.hits[:h.q.Limit]
		return page, cursor{before: page[len(page)-1].Event.Position}.String()
	}
	if h.cut && h.reached > 0 {
		return h.hits, cursor{before: h.reached}.String()
	}
	return h.hits, ""
}

// ranked orders the newest hits by how well they fit, then by how new they are. The cursor names the last one that was shown and the
// end of the log at the first page, so that what is posted meanwhile moves nothing.
func (h *hunt) ranked() ([]Hit, string) {
	slices.SortFunc(h.hits, func(a, b Hit) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(b.Event.Position, a.Event.Position))
	})
	rest := h.hits
	if h.from.at > 0 {
		rest = slices.DeleteFunc(rest, func(hit Hit) bool {
			return hit.Score > h.from.score || hit.Score == h.from.score && hit.Event.Position >= h.from.at
		})
	}
	if len(rest) <= h.q.Limit {
		return rest, ""
	}
	page := rest[:h.q.Limit]
	last := page[len(page)-1]
	return page, cursor{before: h.from.before, score: last.Score, at: last.Event.Position}.String()
}

// cursor is where a page begins.
type cursor struct {
	before store.Position // candidates are smaller
	score  int            // by rank: hits after this score
	at     store.Position // and, at that score, before this position; 0 for the first page and for the newest first
}

func (c cursor) String() string { return fmt.Sprintf("%d.%d.%d", c.before, c.score, c.at) }

func parseCursor(text string, byRank bool) (c cursor, err error) {
	if text == "" {
		return c, nil
	}
	if n, err := fmt.Sscanf(text, "%d.%d.%d", &c.before, &c.score, &c.at); err != nil || n != 3 || c.before <= 0 || c.at < 0 ||
		c.String() != text || !byRank && c.at != 0 {
		return c, fault.InvalidParam("error.invalid_param", "Name", "next_batch")
	}
	return c, nil
}
