package media

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"panah/hub/fault"
	"panah/hub/media/clean"
	"panah/hub/people"
	"panah/hub/store"
)

const (
	// fetchersAtOnce bounds how many files of other homeservers are fetched at a time: each is held in memory until it is cleaned.
	fetchersAtOnce = 4
	// fetchTime is how long the fetching of one file may take, waiting for its turn and cleaning included. Lines between countries are slow.
	fetchTime = 5 * time.Minute
	// farLength bounds a server's name and the id of one of its files together, in bytes.
	farLength = 400
	// farMost bounds the files of other homeservers that one event uses.
	farMost = 20
	// dropMost bounds how many copies make room at once.
	dropMost = 10
)

// Remote is what is needed of other homeservers: federation.Client has it.
type Remote interface {
	// Media fetches a file of at most so many bytes, and what its server calls it, which may be "". Its errors are faults that a person may see.
	Media(ctx context.Context, server, mediaID string, most int64) (raw []byte, name string, err error)
}

// Federate has files of other homeservers fetched from those. It is called before anything is asked.
func (m *Media) Federate(remote Remote) { m.remote = remote }

// far tells whether an id is that of a copy of another homeserver's file: of that server's name and the file's id there. This hub's own have no slash.
func far(id string) bool { return strings.Contains(id, "/") }

// serverOf is the server of whose file an id is that of a copy.
func serverOf(id string) (server string, is bool) {
	server, _, is = strings.Cut(id, "/")
	return server, is
}

// idOf gives the id under which the file behind a content URI is kept, or would be: this hub's own, or the copy of another homeserver's.
func idOf(own, contentURI string) (id string, is bool) {
	rest, is := strings.CutPrefix(contentURI, "mxc://")
	server, mediaID, found := strings.Cut(rest, "/")
	switch {
	case !is || !found:
		return "", false
	case server == own:
		return ownID(own, contentURI)
	}
	return rest, server != "" && mediaID != "" && len(rest) <= farLength && !strings.ContainsAny(mediaID, "/?#\x00")
}

// Fetch makes sure that a file of another homeserver lies here, cleaned as if it had been uploaded here, and gives the id by which it is opened. Who
// may read it is decided before anybody is asked.
func (m *Media) Fetch(ctx context.Context, by people.Caller, server, mediaID string) (id string, err error) {
	id, is := idOf(m.rooms.ServerName(), uri(server, mediaID))
	if !is || !far(id) || m.remote == nil {
		return "", errUnknown
	}
	here, opaque, err := m.here(ctx, by, id)
	if here || err != nil {
		return id, err
	}
	// Whoever hangs up meanwhile finds it here the next time.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), fetchTime)
	defer cancel()
	way := id
	if opaque {
		way += "/opaque" // whoever may not have it opaque is answered apart
	}
	_, err, _ = m.fetches.Do(way, func() (any, error) { return nil, m.fetch(ctx, server, mediaID, opaque) })
	return id, err
}

// here tells one who may read a file whether there is a copy of it already, and whether they may have it also if it cannot be cleaned.
func (m *Media) here(ctx context.Context, by people.Caller, id string) (here, opaque bool, err error) {
	err = m.db.Read(ctx, func(tx *store.Tx) error {
		f, err := fileTx(tx, id)
		here = err == nil
		if errors.Is(err, errUnknown) {
			f, err = File{ID: id}, nil
		}
		if err == nil {
			err = mayRead(tx, m.rooms, by.UserID, f)
		}
		if err == nil && !here {
			opaque, err = sharesTx(tx, m.rooms, by.UserID, f)
		}
		return err
	})
	return here, opaque, err
}

func (m *Media) fetch(ctx context.Context, server, mediaID string, opaque bool) error {
	select {
	case m.fetchers <- struct{}{}:
		defer func() { <-m.fetchers }()
	case <-ctx.Done():
		return fault.New(http.StatusServiceUnavailable, "M_UNKNOWN", "error.media_busy").Because(ctx.Err())
	}
	raw, name, err := m.remote.Media(ctx, server, mediaID, m.limit)
	if err != nil {
		return err
	}
	cleaned, err := m.clean(ctx, raw, opaque)
	if err != nil {
		return err
	}
	main, small, err := m.putAll(ctx, cleaned)
	if err != nil {
		return err
	}
	// The copies of each server have a quota like that of an organisation. No organisation's id begins with a slash.
	u := Upload{MediaID: server + "/" + mediaID, organisationID: "/" + server, name: nameOf(CleanName(name), cleaned)}
	return m.db.Write(ctx, func(tx *store.Tx) error { return m.keepCopyTx(tx, u, cleaned, main, small) })
}

// keepCopyTx makes a file of what was fetched.
func (m *Media) keepCopyTx(tx *store.Tx, u Upload, f *clean.File, main string, small []string) error {
	_, err := fileTx(tx, u.MediaID)
	if err == nil {
		return nil // another node was first, and its copy stands; these blobs are deleted when they are due
	}
	if !errors.Is(err, errUnknown) {
		return err
	}
	if err := m.makeRoomTx(tx, u.organisationID, weight(f)); err != nil {
		return err
	}
	return insertAllTx(tx, u, f, u.MediaID, main, small, true)
}

// makeRoomTx drops a server's oldest copies until there is room for more bytes: they can be fetched again.
func (m *Media) makeRoomTx(tx *store.Tx, organisationID string, more int64) error {
	for {
		err := m.roomTx(tx, organisationID, more)
		if err == nil || fault.From(err).Errcode != "M_TOO_LARGE" {
			return err
		}
		oldest, failed := columnTx(tx, `SELECT media_id FROM media WHERE organisation_id = $1 ORDER BY created_at, media_id LIMIT $2`, organisationID, dropMost)
		if failed != nil {
			return failed
		}
		if len(oldest) == 0 {
			return err
		}
		for _, id := range oldest {
			if err := dropFileTx(tx, id); err != nil {
				return err
			}
		}
	}
}
