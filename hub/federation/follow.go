package federation

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"panah/hub/fault"
	"panah/hub/feed"
	"panah/hub/room"
	"panah/hub/store"
)

const (
	// stepEvents is how many events are read at once.
	stepEvents = 100
	// keepRead is how many positions with nothing for anybody are read before that is written down.
	keepRead = 1000
)

// part is a stretch of the log and what follows from it.
type part struct {
	from, to store.Position
	events   []waiting
	edus     []waitingEDU
}

type waiting struct {
	server   string
	position store.Position
}

type waitingEDU struct {
	server, key string
	edu         json.RawMessage
}

// step reads one stretch, and writes down what is due for whom together with how far it has read.
func (s *Sender) step(ctx context.Context) (more bool, err error) {
	var p part
	err = s.db.Read(ctx, func(tx *store.Tx) (err error) {
		p, more, err = s.readPart(tx)
		return err
	})
	if err != nil || p.to == p.from {
		return false, err
	}
	noted, err := s.note(ctx, p)
	if err != nil {
		return false, err
	}
	return more || !noted, nil // what another node has not read as far as this one is read again
}

// note keeps what was read, if it is worth that; false where another node has been there.
func (s *Sender) note(ctx context.Context, p part) (noted bool, err error) {
	if len(p.events)+len(p.edus) > 0 || p.to-p.from >= keepRead || p.from == 0 {
		err := s.db.Write(ctx, func(tx *store.Tx) (err error) {
			noted, err = s.noteTx(tx, p)
			return err
		})
		if err != nil || !noted {
			return false, err
		}
	}
	s.mu.Lock()
	s.read = max(s.read, p.to)
	s.mu.Unlock()
	return true, nil
}

func (s *Sender) readPart(tx *store.Tx) (p part, more bool, err error) {
	if p.from, err = Live(tx); err != nil {
		return p, false, err
	}
	head, err := tx.Head()
	if err != nil {
		return p, false, err
	}
	if p.from == 0 || p.from >= head {
		p.to = max(head, p.from) // a hub that begins to federate sends nobody what was before
		return p, false, nil
	}
	s.mu.Lock()
	after := max(s.read, p.from)
	s.mu.Unlock()
	all, err := s.rooms.FollowEvents(tx, after, head, stepEvents)
	if err != nil {
		return p, false, err
	}
	p.to = head
	if more = len(all) == stepEvents; more {
		p.to = all[len(all)-1].Position
	}
	for i := range all {
		if err := s.readEvent(tx, &p, &all[i]); err != nil {
			return p, false, err
		}
	}
	return p, more, s.readReads(tx, &p, after)
}

// Live is the position up to which the log was read for other servers.
func Live(tx *store.Tx) (live store.Position, err error) {
	err = tx.QueryRow(`SELECT live FROM federation_progress WHERE id = 1`).Scan(&live)
	return live, err
}

// noteTx writes down what a stretch of the log has for whom, unless another node has been there.
func (s *Sender) noteTx(tx *store.Tx, p part) (noted bool, err error) {
	live, err := Live(tx)
	if err != nil || live > p.from {
		return false, err
	}
	for _, w := range p.events {
		if err := queueEventTx(tx, w.server, w.position); err != nil {
			return false, err
		}
	}
	for _, w := range p.edus {
		if err := queueEDUTx(tx, w.server, w.key, w.edu); err != nil {
			return false, err
		}
	}
	_, err = tx.Exec(`UPDATE federation_progress SET live = $1 WHERE id = 1`, max(p.to, 1))
	return true, err
}

// ours tells whether somebody is of this hub.
func (s *Sender) ours(userID string) bool { return strings.HasSuffix(userID, ":"+s.own) }

// readEvent finds the servers for which an event is due.
func (s *Sender) readEvent(tx *store.Tx, p *part, e *room.Event) error {
	if !s.ours(e.Sender) {
		return nil
	}
	servers, err := s.serversAt(tx, e)
	for server := range servers {
		may, err := s.may(tx, e.RoomID, server)
		if err != nil {
			return err
		}
		if may {
			p.events = append(p.events, waiting{server, e.Position})
		}
	}
	return err
}

// may tells whether a server is reached at all and takes part in the room by the room's access list.
func (s *Sender) may(tx *store.Tx, roomID, server string) (bool, error) {
	if !s.allow.Admits(server) {
		return false, nil
	}
	err := s.rooms.CheckServer(tx, roomID, server)
	if err != nil && fault.From(err).Status < http.StatusInternalServerError {
		return false, nil
	}
	return err == nil, err
}

// serversAt are the servers that have a member in an event's room when it happens, and that of whoever it sends away. The memberships are
// those of now, so whoever's has changed since is looked up as it was.
func (s *Sender) serversAt(tx *store.Tx, e *room.Event) (map[string]bool, error) {
	type member struct {
		user, membership string
		position         store.Position
	}
	all, err := store.All(tx, func(row store.Scanner) (m member, err error) { return m, row.Scan(&m.user, &m.membership, &m.position) },
		`SELECT user_id, membership, position FROM memberships WHERE room_id = $1 AND user_id NOT LIKE $2 ESCAPE '\'`, e.RoomID, "@%:"+like.Replace(s.own))
	if err != nil {
		return nil, err
	}
	servers := map[string]bool{}
	for _, m := range all {
		server := serverOf(m.user)
		if servers[server] {
			continue
		}
		if m.position > e.Position {
			if m.membership, err = membershipAt(tx, e.RoomID, m.user, e.Position); err != nil {
				return nil, err
			}
		}
		if m.membership == "join" || e.Type == "m.room.member" && e.StateKey != nil && *e.StateKey == m.user && (m.membership == "leave" || m.membership == "ban") {
			servers[server] = true
		}
	}
	return servers, nil
}

func serverOf(id string) string {
	_, server, _ := strings.Cut(id, ":")
	return server
}

// membershipAt is how somebody stood to a room at a position; "" for not at all.
func membershipAt(tx *store.Tx, roomID, user string, at store.Position) (string, error) {
	raws, err := store.All(tx, func(row store.Scanner) (raw []byte, err error) { return raw, row.Scan(&raw) },
		`SELECT e.pdu FROM room_state s JOIN events e ON e.event_id = s.event_id WHERE s.room_id = $1 AND s.type = 'm.room.member' AND s.state_key = $2
		AND s.from_position <= $3 AND (s.until_position IS NULL OR s.until_position > $3)`, roomID, user, at)
	if err != nil || len(raws) == 0 {
		return "", err
	}
	var pdu struct {
		Content struct {
			Membership string `json:"membership"`
		} `json:"content"`
	}
	if err := json.Unmarshal(raws[0], &pdu); err != nil {
		return "", fmt.Errorf("read a membership: %w", err)
	}
	return pdu.Content.Membership, nil
}

// readReads finds the servers for which it is news how far somebody has read.
func (s *Sender) readReads(tx *store.Tx, p *part, after store.Position) error {
	reads, err := feed.ReadsBetween(tx, after, p.to)
	if err != nil {
		return err
	}
	for _, r := range reads {
		if !s.ours(r.UserID) {
			continue
		}
		servers, err := s.serversNow(tx, r.RoomID)
		if err != nil {
			return err
		}
		if len(servers) == 0 {
			continue
		}
		edu, err := receiptEDU(r)
		if err != nil {
			return err
		}
		for _, server := range servers {
			p.edus = append(p.edus, waitingEDU{server, strings.Join([]string{typeReceipt, r.RoomID, r.UserID, r.Thread}, " "), edu})
		}
	}
	return nil
}

// serversNow are the servers of a room's members that may be told of what happens in it.
func (s *Sender) serversNow(tx *store.Tx, roomID string) (servers []string, err error) {
	users, err := store.Column(tx, `SELECT user_id FROM memberships WHERE room_id = $1 AND membership = 'join' AND user_id NOT LIKE $2 ESCAPE '\'`,
		roomID, "@%:"+like.Replace(s.own))
	if err != nil {
		return nil, err
	}
	for _, server := range serversOf(users, s.own, len(users)) {
		may, err := s.may(tx, roomID, server)
		if err != nil {
			return nil, err
		}
		if may {
			servers = append(servers, server)
		}
	}
	return servers, nil
}

// hearTyping takes in who types where. It is told now or never: whoever is not reached at once is not told.
func (s *Sender) hearTyping(ctx context.Context, payload []byte) {
	var n struct {
		RoomID string `json:"room_id"`
		UserID string `json:"user_id"`
		Millis int64  `json:"millis"`
	}
	if json.Unmarshal(payload, &n) != nil || !s.ours(n.UserID) {
		return
	}
	var servers []string
	err := s.db.Read(ctx, func(tx *store.Tx) (err error) {
		servers, err = s.serversNow(tx, n.RoomID)
		return err
	})
	edu, wrong := json.Marshal(EDU{typeTyping, typingContent{n.RoomID, n.UserID, n.Millis > 0}})
	if err != nil || wrong != nil {
		s.o.Log.Debug("other servers were not told who types", "err", errors.Join(err, wrong))
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, server := range servers {
		if s.downLocked(server) {
			continue
		}
		if s.typing[server] == nil {
			s.typing[server] = map[string]json.RawMessage{}
		}
		if len(s.typing[server]) < typingMost {
			s.typing[server][n.RoomID+" "+n.UserID] = edu
		}
	}
}

// typingMost bounds what waits for one server of who types.
const typingMost = 50
