package federation

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"panah/hub/fault"
	"panah/hub/feed"
	"panah/hub/store"
)

const (
	typeTyping  = "m.typing"
	typeReceipt = "m.receipt"
	// receiptsMost bounds the receipts of one transaction, and the rooms that they name: each is looked up, and most are written. Servers tell of
	// what their people read as they read it.
	receiptsMost = 1000
)

// EDU is something that servers tell each other that is no event ("EDUs").
type EDU struct {
	Type    string `json:"edu_type"`
	Content any    `json:"content"`
}

type typingContent struct {
	RoomID string `json:"room_id"`
	UserID string `json:"user_id"`
	Typing bool   `json:"typing"`
}

// readBy is what an m.receipt says of one person ("Receipts").
type readBy struct {
	Events []string `json:"event_ids"`
	Data   struct {
		At     int64  `json:"ts"`
		Thread string `json:"thread_id,omitempty"`
	} `json:"data"`
}

// receiptContent is by room, kind and person.
type receiptContent map[string]map[string]map[string]readBy

func receiptEDU(r feed.Read) (json.RawMessage, error) {
	by := readBy{Events: []string{r.EventID}}
	by.Data.At, by.Data.Thread = r.At, r.Thread
	raw, err := json.Marshal(EDU{typeReceipt, receiptContent{r.RoomID: {"m.read": {r.UserID: by}}}})
	if err != nil {
		return nil, fmt.Errorf("write a receipt: %w", err)
	}
	return raw, nil
}

// visit is one transaction of a server, with what it may still bring.
type visit struct {
	origin   string
	receipts int
	present  int // people of whom it may still say how they are there
}

func newVisit(origin string) *visit { return &visit{origin, receiptsMost, presencesTold} }

// takeEDU takes in something from a server. What is malformed, of an unknown kind, or about people of another server is left out, as the
// specification asks; an error is the hub's own trouble.
func (s *Server) takeEDU(ctx context.Context, v *visit, raw json.RawMessage) error {
	var edu struct {
		Type    string          `json:"edu_type"`
		Content json.RawMessage `json:"content"`
	}
	if json.Unmarshal(raw, &edu) != nil {
		return nil
	}
	take := s.edus[edu.Type]
	if take == nil {
		return nil
	}
	err := take(ctx, v, edu.Content)
	var refused *fault.Fault
	if errors.As(err, &refused) && refused.Status < 500 {
		s.Log.Debug("an EDU was left out", "type", edu.Type, "server", v.origin, "err", err)
		return nil
	}
	return err
}

func (s *Server) takeTyping(ctx context.Context, v *visit, content json.RawMessage) error {
	var t typingContent
	if json.Unmarshal(content, &t) != nil || !isOf(t.UserID, v.origin) {
		return fault.BadJSON()
	}
	if err := s.admits(ctx, v.origin, t.RoomID); err != nil {
		return err
	}
	return s.Feed.SetTyping(ctx, t.UserID, t.RoomID, t.Typing, 0)
}

func (s *Server) takeReceipts(ctx context.Context, v *visit, content json.RawMessage) error {
	var rooms receiptContent
	if json.Unmarshal(content, &rooms) != nil {
		return fault.BadJSON()
	}
	for roomID, kinds := range rooms {
		if v.receipts--; v.receipts < 0 {
			return fault.TooLarge(receiptsMost)
		}
		if err := s.admits(ctx, v.origin, roomID); err != nil {
			if fault.From(err).Status >= 500 {
				return err
			}
			continue
		}
		if err := s.takeReads(ctx, v, roomID, kinds["m.read"]); err != nil {
			return err
		}
	}
	return nil
}

// takeReads takes in what people of a server have read in a room.
func (s *Server) takeReads(ctx context.Context, v *visit, roomID string, reads map[string]readBy) error {
	for userID, by := range reads {
		if !isOf(userID, v.origin) || len(by.Events) == 0 {
			continue
		}
		if v.receipts--; v.receipts < 0 {
			return fault.TooLarge(receiptsMost)
		}
		marker := feed.Marker{Kind: "m.read", Event: by.Events[0], Thread: by.Data.Thread}
		err := s.Feed.SetReceipts(ctx, userID, roomID, marker)
		if f := fault.From(err); err != nil && f.Status >= 500 {
			return err
		}
	}
	return nil
}

// admits refuses a server that a room's access list keeps out ("Server Access Control Lists" hold for what is said of a room, too).
func (s *Server) admits(ctx context.Context, origin, roomID string) error {
	return s.DB.Read(ctx, func(tx *store.Tx) error { return s.Rooms.CheckServer(tx, roomID, origin) })
}

// isOf tells whether somebody is of a server.
func isOf(userID, server string) bool {
	return strings.HasPrefix(userID, "@") && len(userID) <= maxID && serverOf(userID) == server
}
