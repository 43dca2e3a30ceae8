package federation

import (
	"cmp"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"panah/hub/fault"
	"panah/hub/people"
	"panah/hub/room"
	"panah/hub/store"
)

// profile tells of one of this hub's people ("Querying for information"). A server that the operator has not named learns only of those
// with whom one of its own people shares a channel: who belongs to the network is nobody else's business.
func (s *Server) profile(c *Call) (any, error) {
	userID, field := c.Query().Get("user_id"), c.Query().Get("field")
	if !strings.HasPrefix(userID, "@") || !strings.HasSuffix(userID, ":"+s.name) {
		return nil, fault.NotFound("error.unknown_person")
	}
	if field != "" && field != "displayname" && field != "avatar_url" {
		return nil, fault.InvalidParam("error.invalid_param", "Name", "field")
	}
	var p people.Person
	err := s.DB.Read(c.Context(), func(tx *store.Tx) (err error) {
		if p, err = s.People.PersonTx(tx, userID); err != nil {
			return err
		}
		known, err := s.mayKnow(tx, c.Origin, userID)
		if err == nil && (!known || p.Standing != people.Active) {
			err = fault.NotFound("error.unknown_person")
		}
		return err
	})
	answer := map[string]string{}
	if field != "avatar_url" {
		answer["displayname"] = p.Name
	}
	if field != "displayname" && p.AvatarURL != "" {
		answer["avatar_url"] = p.AvatarURL
	}
	return answer, err
}

func (s *Server) mayKnow(tx *store.Tx, origin, userID string) (known bool, err error) {
	if s.Allow.Names(origin) {
		return true, nil
	}
	err = tx.QueryRow(`SELECT 1 FROM memberships mine JOIN memberships theirs ON theirs.room_id = mine.room_id
		WHERE mine.user_id = $1 AND mine.membership = 'join' AND theirs.membership = 'join' AND theirs.user_id LIKE $2 ESCAPE '\' LIMIT 1`,
		userID, "@%:"+like.Replace(origin)).Scan(new(int))
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

// like takes the meaning from what means something to LIKE.
var like = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)

// alias tells which room a name of this hub leads to, and by which servers one can join it ("Querying for information").
func (s *Server) alias(c *Call) (any, error) {
	alias := c.Query().Get("room_alias")
	if !strings.HasSuffix(alias, ":"+s.name) {
		return nil, fault.NotFound("error.unknown_alias")
	}
	var found room.Alias
	servers := []string{s.name}
	err := s.DB.Read(c.Context(), func(tx *store.Tx) (err error) {
		if found, err = s.Rooms.Alias(tx, alias); err != nil {
			return err
		}
		members, err := s.Rooms.JoinedMembers(tx, found.RoomID)
		servers = append(servers, serversOf(members, s.name, serversMost)...)
		return err
	})
	return map[string]any{"room_id": found.RoomID, "servers": servers}, err
}

// serversOf are the servers of people, without one of them, at most so many.
func serversOf(users []string, without string, most int) (servers []string) {
	seen := map[string]bool{without: true}
	for _, user := range users {
		_, server, _ := strings.Cut(user, ":")
		if !seen[server] && len(servers) < most {
			seen[server] = true
			servers = append(servers, server)
		}
	}
	return servers
}

// hierarchy shows a space and what is right below it to servers that may know of it ("Spaces").
func (s *Server) hierarchy(c *Call) (any, error) {
	suggested, err := strconv.ParseBool(cmp.Or(c.Query().Get("suggested_only"), "false"))
	if err != nil {
		return nil, fault.InvalidParam("error.invalid_param", "Name", "suggested_only")
	}
	return s.Hierarchy(c.Context(), c.Origin, c.Path("roomId"), suggested)
}

// publicRooms shows the published channels to servers that the operator has named; to others there are none ("Public room directory").
func (s *Server) publicRooms(c *Call) (any, error) {
	if !s.Allow.Names(c.Origin) {
		return map[string]any{"chunk": []any{}, "total_room_count_estimate": 0}, nil
	}
	if c.r.Method == http.MethodPost && len(c.Body) == 0 {
		return nil, fault.NotJSON()
	}
	answer, err := s.Directory(c.Context(), c.Body, c.Query())
	if err != nil {
		return nil, fmt.Errorf("read the directory: %w", err)
	}
	return answer, nil
}
