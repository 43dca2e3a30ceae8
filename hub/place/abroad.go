package place

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"panah/hub/network"
	"panah/hub/people"
	"panah/hub/place/allot"
	"panah/hub/place/code"
	"panah/hub/room"
	"panah/hub/store"
)

// Places across hubs. Only the hub of a shelter gives its places; another hub shows what that one says is free, asks, and shows what it is answered.
// All of it goes through two kinds of hub rooms: the channel of numbers, into which each neighbour's hub is called, and the channel of a request,
// which the hub that asks makes and into which it calls the shelter's.
//
// In a request's channel each side says one thing over again, numbered by itself: the hub that asks its state network.panah.place.ask (what is
// asked, or that it was taken back), the shelter's hub how the request stands, and how much of the other it had heard. So whatever was cut between
// them, in whatever order they moved meanwhile, the last word of each is enough, and a word that comes twice changes nothing. What one hub has of
// the other's ids bears the other's name (id:server), so no hub can speak of what is not its own.

// Hub is another hub, as people are shown it.
type Hub struct {
	Server      string
	HeardAt     int64 // when it was last heard, Unix milliseconds
	SilentSince int64 // 0 for one that answers
}

// abroadID is an id of another hub's.
func abroadID(id, server string) string { return id + ":" + server }

// idAt is the id without the server.
func idAt(id string) string {
	own, _, _ := strings.Cut(id, ":")
	return own
}

// idForm is the form of ids that hubs make.
var idForm = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// sheltersAbroad is how many shelters of one other hub are kept.
const sheltersAbroad = 500

// heardShelterTx takes in what a channel of numbers says of a shelter of another hub. What is out of bounds is as if nothing were said.
func (p *Places) heardShelterTx(tx *store.Tx, rooms *room.Rooms, e *room.Event) error {
	kind, server, err := network.HubRoomTx(tx, rooms, e.RoomID)
	if err != nil || kind != "places" || e.Sender != network.HubOf(server) || e.StateKey == nil || !idForm.MatchString(*e.StateKey) {
		return err
	}
	id := abroadID(*e.StateKey, server)
	var says shown
	if err := json.Unmarshal(e.Content, &says); err != nil || says.check(tx.Now.UnixMilli()) != nil {
		if says.Name != "" {
			p.log.Warn("what another hub says of a shelter was not taken in", "server", server, "event", e.ID)
		}
		_, err = tx.Exec(`DELETE FROM shelters_abroad WHERE shelter_id = $1`, id)
		return err
	}
	_, err = tx.Exec(`INSERT INTO shelters_abroad (shelter_id, server, room_id, says, heard_at) SELECT $1, $2, $3, $4, $5
		WHERE (SELECT COUNT(*) FROM shelters_abroad WHERE server = $2) < $6
		ON CONFLICT (shelter_id) DO UPDATE SET room_id = excluded.room_id, says = excluded.says, heard_at = excluded.heard_at`,
		id, server, e.RoomID, written(says), tx.Now.UnixMilli(), sheltersAbroad)
	return err
}

// cameToBoardTx reads all that stands in a channel of numbers that this hub has just come into.
func (p *Places) cameToBoardTx(tx *store.Tx, rooms *room.Rooms, roomID string) error {
	state, err := rooms.State(tx, roomID)
	for i := range state {
		if err == nil && state[i].Type == ShelterType {
			err = p.heardShelterTx(tx, rooms, &state[i])
		}
	}
	return err
}

// forgetBoardTx forgets what a channel of numbers said that this hub is no longer in.
func forgetBoardTx(tx *store.Tx, roomID string) error {
	_, err := tx.Exec(`DELETE FROM shelters_abroad WHERE room_id = $1`, roomID)
	return err
}

// check refuses what no hub would say of a shelter, and brings its moment down to now.
func (s *shown) check(now int64) error {
	f := Profile{Name: s.Name, Country: s.Country, Province: s.Province, Facility: s.Facility, Services: s.Services, Languages: s.Languages,
		Criteria: s.Criteria, SeenBy: "network", Zone: s.Zone}
	if err := f.check(); err != nil {
		return err
	}
	if s.Country == "" || s.For != "" && !slices.Contains(people.Countries(), s.For) {
		return bad("country")
	}
	for category, n := range s.Free {
		if !code.Category.Has(category) || n < 0 || n > 3*code.MaxPlaces {
			return bad("free")
		}
	}
	s.Confirmed = max(0, min(s.Confirmed, now))
	return nil
}

// shelterAbroad is a shelter of another hub, as it is shown.
func (s shown) shelterAbroad(id string, heardAt int64) Shelter {
	one := Shelter{
		Profile: Profile{Name: s.Name, Country: s.Country, Province: s.Province, Facility: s.Facility, Services: s.Services, Languages: s.Languages,
			Criteria: s.Criteria, SeenBy: "network", Zone: s.Zone},
		ID: id, ConfirmedAt: s.Confirmed, Closed: s.Closed, Free: s.Free, Capacity: map[string]allot.Units{}, Hub: &Hub{Server: room.ServerOf(id), HeardAt: heardAt},
	}
	for category, free := range s.Free { // how many there are in all is not said
		one.Capacity[category] = allot.Units{Total: max(1, free)}
	}
	return one
}

// forIn tells whether a shelter shows itself to an organisation of another hub.
func (s shown) forIn(country string) bool { return s.For == "" || s.For == country }

type rowAbroad struct {
	id, says string
	heardAt  int64
}

func scanAbroad(row store.Scanner) (r rowAbroad, err error) {
	return r, row.Scan(&r.id, &r.says, &r.heardAt)
}

// sheltersAbroadTx are the shelters of other hubs that an organisation sees, by name.
func (p *Places) sheltersAbroadTx(tx *store.Tx, o people.Organisation) (all []Shelter, err error) {
	rows, err := store.All(tx, scanAbroad, `SELECT shelter_id, says, heard_at FROM shelters_abroad /* reads all */ ORDER BY shelter_id`)
	hubs := map[string]*Hub{}
	for _, row := range rows {
		if err != nil {
			break
		}
		var s Shelter
		var sees bool
		if s, sees, err = row.shelter(o); err != nil || !sees {
			continue
		}
		if hubs[s.Hub.Server] == nil {
			hubs[s.Hub.Server], err = hubTx(tx, s.Hub.Server, s.Hub.HeardAt)
		}
		known := *hubs[s.Hub.Server]
		known.HeardAt = max(known.HeardAt, s.Hub.HeardAt)
		s.Hub = &known
		all = append(all, s)
	}
	slices.SortStableFunc(all, func(a, b Shelter) int { return strings.Compare(a.Name, b.Name) })
	return all, err
}

func (r rowAbroad) shelter(o people.Organisation) (s Shelter, sees bool, err error) {
	var says shown
	if err := json.Unmarshal([]byte(r.says), &says); err != nil {
		return s, false, fmt.Errorf("read a shelter of another hub: %w", err)
	}
	return says.shelterAbroad(r.id, r.heardAt), says.forIn(o.Country), nil
}

// hubTx is what is known of another hub. heardAt is when it was heard at the least.
func hubTx(tx *store.Tx, server string, heardAt int64) (h *Hub, err error) {
	h = &Hub{Server: server}
	h.HeardAt, h.SilentSince, err = network.StandingTx(tx, server, heardAt)
	return h, err
}

// visibleAbroadTx reads a shelter of another hub that is shown to the caller.
func (p *Places) visibleAbroadTx(tx *store.Tx, caller people.Caller, id string) (Shelter, error) {
	row, err := scanAbroad(tx.QueryRow(`SELECT shelter_id, says, heard_at FROM shelters_abroad WHERE shelter_id = $1`, id))
	if errors.Is(err, sql.ErrNoRows) {
		err = errUnknownShelter()
	}
	if err != nil {
		return Shelter{}, err
	}
	o, err := p.lookerTx(tx, caller)
	if err != nil {
		return Shelter{}, err
	}
	s, sees, err := row.shelter(o)
	if err == nil && !sees {
		err = errUnknownShelter()
	}
	return s, err
}

// shelterOfTx is the shelter of a request, here or at another hub. Of one abroad that is shown no more only its id is left.
func shelterOfTx(tx *store.Tx, r Request) (Shelter, error) {
	server := room.ServerOf(r.ShelterID)
	if server == "" {
		return shelterTx(tx, r.ShelterID)
	}
	row, err := scanAbroad(tx.QueryRow(`SELECT shelter_id, says, heard_at FROM shelters_abroad WHERE shelter_id = $1`, r.ShelterID))
	if errors.Is(err, sql.ErrNoRows) {
		return Shelter{ID: r.ShelterID, Hub: &Hub{Server: server}}, nil
	}
	if err != nil {
		return Shelter{}, fmt.Errorf("read a shelter of another hub: %w", err)
	}
	s, _, err := row.shelter(people.Organisation{})
	return s, err
}

// NeighbourTx has a hub that has become a neighbour see what shelters have free (network.NeighbourFollower).
func (p *Places) NeighbourTx(ctx context.Context, tx *store.Tx, server string) error {
	boards, err := store.Column(tx, `SELECT room_id FROM place_boards ORDER BY room_id`)
	if err != nil {
		return err
	}
	for _, roomID := range boards {
		if err := p.network.CallHubTx(tx, roomID, server); err != nil {
			return err
		}
	}
	shelters, err := store.Column(tx, `SELECT shelter_id FROM shelters ORDER BY shelter_id`)
	for _, id := range shelters { // what was said for people of this hub alone said less
		if err == nil {
			err = p.publish(ctx, tx, id)
		}
	}
	return err
}

// callToBoardTx calls all neighbours into a channel of numbers that has just been made.
func (p *Places) callToBoardTx(tx *store.Tx, roomID string) error {
	neighbours, err := p.network.NeighboursTx(tx)
	for _, server := range neighbours {
		if err == nil {
			err = p.network.CallHubTx(tx, roomID, server)
		}
	}
	return err
}
