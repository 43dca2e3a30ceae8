package media

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"panah/hub/fault"
	"panah/hub/people"
	"panah/hub/store"
)

const (
	// pieceSize is how much of an upload is in memory at a time, and at most lost when the hub is killed.
	pieceSize = 1 << 20
	// openLimit bounds how many uploads and empty files one person may have at a time.
	openLimit = 20
	// refusedLimit bounds how many of one person's files are refused within refusedTime until no more are taken: cleaning costs before it refuses.
	refusedLimit = 20
	refusedTime  = 10 * time.Minute
)

// Unsized is the length of an upload whose sender does not know it: it is as long as what comes.
const Unsized = -1

// Wish is a file that someone wants to upload.
type Wish struct {
	Name    string // for those who download it; "" for none
	Length  int64  // in bytes, or Unsized
	RoomID  string // where it will be posted; "" for not yet known
	MediaID string // an empty file to fill (Reserve); "" for a new one
	Opaque  bool   // its sender says that it is of no kind, as encrypted files are
}

// Upload is how far an upload is.
type Upload struct {
	ID        string
	Length    int64 // in bytes; what it may become at most for one begun as Unsized
	Received  int64
	ExpiresAt time.Time
	Done      bool
	MediaID   string // of the file, once done

	userID         string
	organisationID string
	name           string
	state          string
	refusal        string
	opaque         bool
}

var (
	errUnknownUpload = fault.NotFound("error.upload_unknown")
	errOffset        = fault.New(http.StatusConflict, "M_UNKNOWN", "error.upload_offset")
	errIncomplete    = fault.New(http.StatusConflict, "M_UNKNOWN", "error.upload_incomplete")
)

func (m *Media) tooLarge() error {
	return fault.New(http.StatusRequestEntityTooLarge, "M_TOO_LARGE", "error.media_too_large", "Limit", m.limit>>20)
}

// Begin enters an upload. It is refused if it is too large, if the organisation's quota is used up, or if the caller is no member of
// the channel for which it is meant.
func (m *Media) Begin(ctx context.Context, by people.Caller, w Wish) (u Upload, err error) {
	if err := by.Require(people.ActSend); err != nil {
		return Upload{}, err
	}
	u = Upload{ID: newID(), Length: w.Length, MediaID: w.MediaID, userID: by.UserID, organisationID: by.OrganisationID, name: CleanName(w.Name), state: "open",
		opaque: w.Opaque}
	if w.Length == Unsized {
		u.Length = m.limit
	}
	if u.Length < 0 || u.Length > m.limit {
		return Upload{}, m.tooLarge()
	}
	err = m.db.Write(ctx, func(tx *store.Tx) error {
		u.ExpiresAt = tx.Now.Add(keepTime)
		return m.beginTx(tx, u, w.RoomID)
	})
	return u, err
}

func (m *Media) beginTx(tx *store.Tx, u Upload, roomID string) error {
	if roomID != "" {
		membership, err := m.rooms.Membership(tx, roomID, u.userID)
		if err != nil {
			return err
		}
		if membership != "join" {
			return fault.Forbidden("error.not_member")
		}
	}
	if err := emptyTx(tx, u); err != nil {
		return err
	}
	if err := errors.Join(fewTx(tx, u), pacedTx(tx, u.userID), m.roomTx(tx, u.organisationID, u.Length)); err != nil {
		return err
	}
	_, err := tx.Exec(`INSERT INTO uploads (upload_id, user_id, organisation_id, name, length, received, media_id, state, refusal, expires_at, opaque)
		VALUES ($1, $2, $3, $4, $5, 0, $6, 'open', '', $7, $8)`, u.ID, u.userID, u.organisationID, u.name, u.Length, u.MediaID, u.ExpiresAt.UnixMilli(), u.opaque)
	return err
}

// emptyTx looks whether the file that is to be filled is the uploader's own and empty.
func emptyTx(tx *store.Tx, u Upload) error {
	if u.MediaID == "" {
		return nil
	}
	var blob string
	err := tx.QueryRow(`SELECT blob FROM media WHERE media_id = $1 AND user_id = $2`, u.MediaID, u.userID).Scan(&blob)
	if errors.Is(err, sql.ErrNoRows) {
		return errUnknown
	}
	if err == nil && blob != "" {
		err = errFilled
	}
	return err
}

// fewTx bounds what one person may have open. The file that an upload fills does not count beside it.
func fewTx(tx *store.Tx, u Upload) error {
	var uploads, empty int
	err := errors.Join(
		tx.QueryRow(`SELECT count(*) FROM uploads WHERE user_id = $1 AND state = 'open'`, u.userID).Scan(&uploads),
		tx.QueryRow(`SELECT count(*) FROM media WHERE user_id = $1 AND blob = '' AND media_id <> $2`, u.userID, u.MediaID).Scan(&empty),
	)
	if err == nil && uploads+empty >= openLimit {
		err = fault.New(http.StatusTooManyRequests, "M_LIMIT_EXCEEDED", "error.upload_too_many", "Limit", openLimit)
	}
	return err
}

// pacedTx holds back a person of whose files too many were refused lately, until the first of those is long enough ago.
func pacedTx(tx *store.Tx, userID string) error {
	var count int
	var first sql.NullInt64
	err := tx.QueryRow(`SELECT count(*), MIN(expires_at) FROM uploads WHERE user_id = $1 AND state = 'refused' AND expires_at > $2`,
		userID, tx.Now.Add(keepTime-refusedTime).UnixMilli()).Scan(&count, &first)
	if err == nil && count >= refusedLimit {
		err = fault.LimitExceeded(time.UnixMilli(first.Int64).Add(refusedTime - keepTime).Sub(tx.Now))
	}
	return err
}

// Take takes in a file that comes in one piece.
func (m *Media) Take(ctx context.Context, by people.Caller, w Wish, body io.Reader) (File, error) {
	u, err := m.Begin(ctx, by, w)
	if err != nil {
		return File{}, err
	}
	f, err := m.take(ctx, by, u, w.Length == Unsized, body)
	if err != nil { // nobody knows the upload's id, so nobody would ever go on with it
		err = errors.Join(err, m.Discard(context.WithoutCancel(ctx), by, u.ID))
	}
	return f, err
}

func (m *Media) take(ctx context.Context, by people.Caller, u Upload, unsized bool, body io.Reader) (File, error) {
	received, err := m.Append(ctx, by, u.ID, 0, body)
	if err == nil && unsized {
		err = m.db.Write(ctx, func(tx *store.Tx) error {
			_, err := tx.Exec(`UPDATE uploads SET length = $2 WHERE upload_id = $1`, u.ID, received)
			return err
		})
	}
	if err != nil {
		return File{}, err
	}
	return m.Finish(ctx, by, u.ID)
}

// Upload tells its uploader how far an upload is. To all others there is none, and after a day neither. One that was refused is
// its reason.
func (m *Media) Upload(ctx context.Context, by people.Caller, id string) (u Upload, err error) {
	err = m.db.Read(ctx, func(tx *store.Tx) (err error) {
		u, err = uploadTx(tx, by.UserID, id)
		return err
	})
	if err == nil && u.state == "refused" {
		err = readRefusal(u.refusal)
	}
	return u, err
}

func uploadTx(tx *store.Tx, userID, id string) (Upload, error) {
	u := Upload{ID: id, userID: userID}
	var expires int64
	err := tx.QueryRow(`SELECT organisation_id, name, length, received, media_id, state, refusal, expires_at, opaque FROM uploads
		WHERE upload_id = $1 AND user_id = $2`, id, userID).
		Scan(&u.organisationID, &u.name, &u.Length, &u.Received, &u.MediaID, &u.state, &u.refusal, &expires, &u.opaque)
	if errors.Is(err, sql.ErrNoRows) || err == nil && expires <= tx.Now.UnixMilli() {
		return Upload{}, errUnknownUpload
	}
	if err != nil {
		return Upload{}, fmt.Errorf("read an upload: %w", err)
	}
	u.ExpiresAt, u.Done = time.UnixMilli(expires), u.state == "done"
	return u, nil
}

// Append takes in what comes after at, as far as it comes: what has arrived when the line breaks is kept. It gives how much there is.
// Of two who append at the same place one is refused.
func (m *Media) Append(ctx context.Context, by people.Caller, id string, at int64, body io.Reader) (received int64, err error) {
	u, err := m.Upload(ctx, by, id)
	if err != nil {
		return 0, err
	}
	if u.state != "open" || at != u.Received {
		return u.Received, errOffset
	}
	buffer := make([]byte, min(pieceSize, u.Length-at+1))
	for {
		n, broken := io.ReadFull(body, buffer)
		if at+int64(n) > u.Length {
			return at, m.tooLong(u)
		}
		if n > 0 {
			// What has come is worth keeping also when its sender is gone.
			if err := m.appendPiece(context.WithoutCancel(ctx), u, at, buffer[:n]); err != nil {
				return at, err
			}
			at += int64(n)
		}
		if errors.Is(broken, io.EOF) || errors.Is(broken, io.ErrUnexpectedEOF) {
			return at, nil
		}
		if broken != nil {
			return at, fault.NotJSON().Because(fmt.Errorf("read a piece of an upload: %w", broken))
		}
	}
}

// tooLong is for more bytes than were announced, or than any file may have.
func (m *Media) tooLong(u Upload) error {
	if u.Length >= m.limit {
		return m.tooLarge()
	}
	return fault.TooLarge(int(u.Length))
}

func (m *Media) appendPiece(ctx context.Context, u Upload, at int64, piece []byte) error {
	name, err := m.putBlob(ctx, bytes.NewReader(piece), int64(len(piece)))
	if err != nil {
		return err
	}
	return m.db.Write(ctx, func(tx *store.Tx) error {
		n, err := tx.Exec(`UPDATE uploads SET received = received + $3 WHERE upload_id = $1 AND received = $2 AND state = 'open'`,
			u.ID, at, len(piece))
		if err != nil {
			return err
		}
		if n == 0 {
			return errOffset // somebody else was here, or it is gone
		}
		if err := keepTx(tx, name); err != nil {
			return err
		}
		_, err = tx.Exec(`INSERT INTO upload_parts (upload_id, at, size, blob) VALUES ($1, $2, $3, $4)`, u.ID, at, len(piece), name)
		return err
	})
}

// Discard ends an upload and forgets what has arrived. A file that has come of it stays, and so does for a day that one was refused: refusals
// are counted.
func (m *Media) Discard(ctx context.Context, by people.Caller, id string) error {
	return m.db.Write(ctx, func(tx *store.Tx) error {
		u, err := uploadTx(tx, by.UserID, id)
		if err != nil || u.state == "refused" {
			return err
		}
		return discardTx(tx, id)
	})
}

func discardTx(tx *store.Tx, id string) error {
	if err := dropPartsTx(tx, id); err != nil {
		return err
	}
	_, err := tx.Exec(`DELETE FROM uploads WHERE upload_id = $1`, id)
	return err
}

func dropPartsTx(tx *store.Tx, id string) error {
	_, err := tx.Exec(`INSERT INTO media_gone (blob, due) SELECT blob, CAST($2 AS BIGINT) FROM upload_parts WHERE upload_id = $1`, id, tx.Now.UnixMilli())
	if err != nil {
		return err
	}
	_, err = tx.Exec(`DELETE FROM upload_parts WHERE upload_id = $1`, id)
	return err
}

// refusal is how the reason for which a file was refused is kept.
type refusal struct {
	Status  int              `json:"status"`
	Errcode string           `json:"errcode"`
	Key     string           `json:"key"`
	Args    map[string]int64 `json:"args,omitempty"` // reasons insert numbers only
}

func writeRefusal(f *fault.Fault) (string, error) {
	kept := refusal{Status: f.Status, Errcode: f.Errcode, Key: f.Key, Args: map[string]int64{}}
	for name, value := range f.Args {
		if n, ok := value.(int); ok {
			kept.Args[name] = int64(n)
		}
	}
	raw, err := json.Marshal(kept)
	return string(raw), err
}

func readRefusal(text string) error {
	var kept refusal
	if err := json.Unmarshal([]byte(text), &kept); err != nil {
		return fmt.Errorf("read why an upload was refused: %w", err)
	}
	var args []any
	for name, value := range kept.Args {
		args = append(args, name, value)
	}
	return fault.New(kept.Status, kept.Errcode, kept.Key, args...)
}
