package network

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"panah/hub/people"
	"panah/hub/room"
	"panah/hub/store"
)

// OrganisationType is the state by which a hub's directory names an organisation, keyed by its id: {"name", "kind", "country"}; {} for one that is
// no longer vetted.
const OrganisationType = "network.panah.organisation"

// directoryFact remembers the room that is this hub's directory.
const directoryFact = "directory"

const (
	// directoryMost bounds how many organisations of one hub are known here.
	directoryMost = 2000
	// organisationIDMost bounds an organisation's id, in bytes.
	organisationIDMost = 64
	// nameMost bounds an organisation's name, in bytes.
	nameMost = 400
)

// directoryPowers: the hub's account alone says what stands in the directory.
const directoryPowers = `{"invite":100,"kick":100,"ban":100,"redact":100,"state_default":100,"events_default":100,"events":{}}`

// organisationState is what the directory says of an organisation. Of its people it says nothing.
type organisationState struct {
	Name    string      `json:"name,omitempty"`
	Kind    people.Kind `json:"kind,omitempty"`
	Country string      `json:"country,omitempty"`
}

// keepDirectory makes the directory, and has it say what stands now.
func (n *Network) keepDirectory(ctx context.Context, tx *store.Tx) error {
	roomID, err := fact(tx, directoryFact)
	if err != nil {
		return err
	}
	if roomID == "" {
		roomID, _, err = n.rooms.CreateTx(ctx, tx, room.Create{
			Creator: n.people.HubUser(), Preset: "private_chat", PowerLevels: json.RawMessage(directoryPowers),
			InitialState: []room.Draft{{Type: ChannelType, Content: map[string]any{"kind": "directory"}}},
		})
		if err != nil {
			return err
		}
		if err := setFact(tx, directoryFact, roomID); err != nil {
			return err
		}
	}
	all, err := n.people.OrganisationsTx(tx)
	if err != nil {
		return err
	}
	for _, o := range all {
		if err := n.listOrganisation(ctx, tx, o.ID); err != nil {
			return err
		}
	}
	return nil
}

// listOrganisation has the directory, if there is one, say what stands of an organisation.
func (n *Network) listOrganisation(ctx context.Context, tx *store.Tx, id string) error {
	directory, err := fact(tx, directoryFact)
	if err != nil || directory == "" {
		return err
	}
	o, err := n.people.OrganisationTx(tx, id)
	if err != nil {
		return err
	}
	var is, was organisationState
	if o.Standing == people.OrganisationVetted {
		is = organisationState{o.Name, o.Kind, o.Country}
	}
	e, err := n.rooms.StateEvent(tx, directory, OrganisationType, id)
	if err != nil {
		return err
	}
	if e != nil {
		if err := json.Unmarshal(e.Content, &was); err != nil {
			return err
		}
	}
	if is == was {
		return nil
	}
	return n.hubState(ctx, tx, directory, OrganisationType, id, is)
}

// readDirectory takes in what the directory of another hub says now. Only that hub's account is believed.
func readDirectory(tx *store.Tx, rooms *room.Rooms, roomID string) error {
	kind, server, err := HubRoomTx(tx, rooms, roomID)
	if err != nil || kind != "directory" {
		return err
	}
	state, err := rooms.State(tx, roomID)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(`DELETE FROM foreign_organisations WHERE server = $1`, server); err != nil {
		return err
	}
	taken := 0
	for i := range state {
		e := &state[i]
		var o organisationState
		if e.Type != OrganisationType || e.Sender != HubOf(server) || taken == directoryMost || json.Unmarshal(e.Content, &o) != nil || !o.sound(*e.StateKey) {
			continue
		}
		taken++
		_, err := tx.Exec(`INSERT INTO foreign_organisations (server, organisation_id, name, kind, country, heard_at) VALUES ($1, $2, $3, $4, $5, $6)`,
			server, *e.StateKey, o.Name, string(o.Kind), o.Country, tx.Now.UnixMilli())
		if err != nil {
			return err
		}
	}
	return nil
}

// sound tells whether a directory's entry can be shown: what it is and where must be words of this network.
func (o organisationState) sound(id string) bool {
	return id != "" && !strings.Contains(id, ":") && len(id) <= organisationIDMost && o.Name != "" && len(o.Name) <= nameMost && utf8.ValidString(o.Name) &&
		slices.Contains(people.Kinds(), o.Kind) && slices.Contains(people.Countries(), o.Country)
}

// Foreign is an organisation of another hub.
type Foreign struct {
	Server  string
	ID      string
	Name    string
	Kind    people.Kind
	Country string
}

// AbroadID is how an organisation of another hub is called here: its own id, and after a colon, which no id holds, the hub's server.
func (f Foreign) AbroadID() string { return AbroadID(f.ID, f.Server) }

// AbroadID is how what another hub calls id is called here.
func AbroadID(id, server string) string { return id + ":" + server }

// ForeignTx are the organisations of the neighbours, by server and id.
func (n *Network) ForeignTx(tx *store.Tx) ([]Foreign, error) {
	all, err := store.All(tx, func(row store.Scanner) (f Foreign, err error) {
		return f, row.Scan(&f.Server, &f.ID, &f.Name, &f.Kind, &f.Country)
	}, `SELECT server, organisation_id, name, kind, country FROM foreign_organisations /* reads all */ ORDER BY server, organisation_id`)
	return slices.DeleteFunc(all, func(f Foreign) bool { return !n.admits(f.Server) }), err
}

// ForeignOneTx is the organisation of another hub that is called id here; known is false where no neighbour lists it.
func (n *Network) ForeignOneTx(tx *store.Tx, id string) (f Foreign, known bool, err error) {
	own, server, abroad := strings.Cut(id, ":")
	if !abroad || !n.admits(server) {
		return f, false, nil
	}
	err = tx.QueryRow(`SELECT server, organisation_id, name, kind, country FROM foreign_organisations WHERE server = $1 AND organisation_id = $2`, server, own).
		Scan(&f.Server, &f.ID, &f.Name, &f.Kind, &f.Country)
	if errors.Is(err, sql.ErrNoRows) {
		return f, false, nil
	}
	if err != nil {
		return f, false, fmt.Errorf("read an organisation of another hub: %w", err)
	}
	return f, true, nil
}
