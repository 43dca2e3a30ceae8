package feedtest

import (
	"encoding/json"
	"time"

	"github.com/matrix-org/gomatrixserverlib"

	"panah/hub/room"
	"panah/hub/store"
)

// Fork has a draft happen on top of an event of the past, as it does where a server did not know what came since. It is refused as Try.
func (h *Hub) Fork(base room.Event, d room.Draft, when time.Time) (got room.Received, err error) {
	h.T.Helper()
	raw := h.signed(base, d, when)
	err = h.DB.Write(h.T.Context(), func(tx *store.Tx) (err error) {
		got, err = h.Rooms.ReceiveTx(h.T.Context(), tx, raw)
		return err
	})
	return got, err
}

func (h *Hub) signed(base room.Event, d room.Draft, when time.Time) []byte {
	h.T.Helper()
	content, err := json.Marshal(d.Content)
	if err != nil {
		h.T.Fatal(err)
	}
	version := gomatrixserverlib.MustGetRoomVersion(room.Version)
	auth := gomatrixserverlib.NewAuthEvents(nil)
	err = h.DB.Read(h.T.Context(), func(tx *store.Tx) error {
		events, err := h.Rooms.StateAt(tx, base.RoomID, base.Position)
		for _, e := range events {
			pdu, err := version.NewEventFromTrustedJSONWithEventID(e.ID, e.PDU, false)
			if err != nil {
				return err
			}
			if err := auth.AddEvent(pdu); err != nil {
				return err
			}
		}
		return err
	})
	if err != nil {
		h.T.Fatalf("read the state: %v", err)
	}
	builder := version.NewEventBuilderFromProtoEvent(&gomatrixserverlib.ProtoEvent{SenderID: d.Sender, RoomID: d.RoomID, Type: d.Type, StateKey: d.StateKey,
		Content: content, PrevEvents: []string{base.ID}, Depth: base.Depth + 1})
	if err := builder.AddAuthEvents(&auth); err != nil {
		h.T.Fatalf("choose auth events: %v", err)
	}
	id, key := h.ring.Current()
	pdu, err := builder.Build(when, "hub.example", id, key)
	if err != nil {
		h.T.Fatalf("build an event: %v", err)
	}
	return pdu.JSON()
}
