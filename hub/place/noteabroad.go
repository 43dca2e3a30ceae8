package place

import (
	"encoding/base64"
	"encoding/json"
	"errors"

	"panah/hub/room"
	"panah/hub/store"
)

// sealedNote is a sealed note as one hub's account tells the other's of it, beside how the request stands (Member).
type sealedNote struct {
	Request string `json:"request_id"`
	Note    string `json:"note"`
	By      string `json:"by"`     // who wrote it
	Sealed  string `json:"sealed"` // an age file, in base64
}

// abroad is how a note is told to another hub.
func (n Note) abroad() map[string]any {
	return map[string]any{"note": n.ID, "by": n.UserID, "sealed": base64.StdEncoding.EncodeToString(n.Sealed)}
}

// heardNoteTx keeps a sealed note that came from the other hub of a request, if what it said holds one. What comes when nobody is expected any more, or
// is one too many, is passed over: the two hubs may not have heard of each other's last word yet.
func (p *Places) heardNoteTx(tx *store.Tx, l link, raw json.RawMessage) error {
	var told sealedNote
	if json.Unmarshal(raw, &told) != nil {
		return bad(Member)
	}
	if told.Note == "" {
		return nil
	}
	sealed, err := p.checkTold(tx, l, told)
	if err != nil {
		return err
	}
	r, err := requestTx(tx, l.request)
	if err != nil {
		return err
	}
	n, err := notesTx(tx, r.ID)
	if err != nil || !r.takesNotes() || n >= 2*notesMost { // each side has counted both sides' as far as it knew of them
		return err
	}
	return keepNote(tx, r.ID, Note{ID: abroadID(told.Note, l.server), UserID: told.By, At: tx.Now.UnixMilli(), Sealed: sealed})
}

// checkTold refuses what no hub would tell of a note, and gives what was sealed.
func (p *Places) checkTold(tx *store.Tx, l link, told sealedNote) ([]byte, error) {
	if told.Request != l.request || !idForm.MatchString(told.Note) || len(told.Sealed) > base64.StdEncoding.EncodedLen(sealedMost) {
		return nil, bad("note")
	}
	sealed, err := base64.StdEncoding.Strict().DecodeString(told.Sealed)
	if err != nil {
		return nil, bad("sealed")
	}
	membership, err := p.rooms.Membership(tx, l.room, told.By)
	if err == nil && (membership != "join" || room.ServerOf(told.By) != l.server) {
		err = bad("by")
	}
	return sealed, errors.Join(err, checkSealed(sealed))
}
