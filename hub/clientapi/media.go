package clientapi

import (
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"slices"
	"time"

	"panah/hub/fault"
	"panah/hub/media"
	"panah/hub/media/clean"
	"panah/hub/people"
)

const (
	// pieceTime is how long a sender may be silent in the midst of an upload. Lines that are bad fall silent for a minute.
	pieceTime = 90 * time.Second
	// sendTime is how long the reading of a file may take: 25 MiB at 50 kbit/s take over an hour.
	sendTime = 2 * time.Hour
	// waitLimit bounds how long a reader may wait for a file that is still to come.
	waitLimit = 20 * time.Second
	// waitPause is the time between two looks whether it has come.
	waitPause = 500 * time.Millisecond
)

// mediaRoutes are Matrix's ("Content repository"). The endpoints from before v1.11, which asked nobody who they are, know no file.
func (a *API) mediaRoutes() []route {
	const old, now = "/_matrix/media/v3", v1 + "/media"
	return []route{
		{"POST", old + "/upload", uploading, a.takeFile},
		{"PUT", old + "/upload/{serverName}/{mediaId}", uploading, a.fillFile},
		{"POST", "/_matrix/media/v1/create", signedIn, a.reserveFile},
		{"GET", now + "/config", signedIn, a.mediaConfig},
		{"GET", now + "/download/{serverName}/{mediaId}", signedIn, a.download},
		{"GET", now + "/download/{serverName}/{mediaId}/{fileName}", signedIn, a.download},
		{"GET", now + "/thumbnail/{serverName}/{mediaId}", signedIn, a.thumbnail},
		{"GET", now + "/preview_url", signedIn, a.noPreview},
		{"GET", old + "/config", signedIn, a.mediaConfig},
		{"GET", old + "/preview_url", signedIn, a.noPreview},
		{"GET", old + "/download/{serverName}/{mediaId}", open, a.noOldMedia},
		{"GET", old + "/download/{serverName}/{mediaId}/{fileName}", open, a.noOldMedia},
		{"GET", old + "/thumbnail/{serverName}/{mediaId}", open, a.noOldMedia},
		{"GET", us + "/organisations/{id}/media", signedIn, a.mediaUsage},
	}
}

func (a *API) mediaConfig(*call) (any, error) {
	return map[string]int64{"m.upload.size": a.Media.Limit()}, nil
}

var errUnknownFile = fault.NotFound("error.media_unknown")

func (a *API) noOldMedia(*call) (any, error) { return nil, errUnknownFile }

// noPreview: the hub does not visit pages for people, so that nobody learns from it who reads what.
func (a *API) noPreview(*call) (any, error) { return nil, fault.NotFound("error.no_preview") }

func (a *API) takeFile(c *call) (any, error) {
	f, err := a.take(c, "")
	return map[string]string{"content_uri": a.Media.URI(f.ID)}, err
}

// fillFile fills a file that was reserved ("PUT /_matrix/media/v3/upload/{serverName}/{mediaId}").
func (a *API) fillFile(c *call) (any, error) {
	if c.path("serverName") != a.ServerName {
		return nil, errUnknownFile
	}
	_, err := a.take(c, c.path("mediaId"))
	return map[string]string{}, err
}

func (a *API) take(c *call, fill string) (media.File, error) {
	length := int64(media.Unsized)
	if c.r.ContentLength >= 0 {
		length = c.r.ContentLength
	}
	return a.Media.Take(c.ctx(), c.caller, media.Wish{Name: c.query("filename"), Length: length, MediaID: fill, Opaque: ofNoKind(c.r)}, a.pieces(c))
}

// ofNoKind tells whether a sender says that a file is of no kind, as Matrix apps do of encrypted ones. What else they say is not believed.
func ofNoKind(r *http.Request) bool {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return err == nil && kind == clean.Opaque
}

// pieces reads what is sent, as long as it keeps coming.
func (a *API) pieces(c *call) io.Reader {
	return &patient{line: http.NewResponseController(c.w), body: c.r.Body}
}

type patient struct {
	line *http.ResponseController
	body io.Reader
}

func (p *patient) Read(b []byte) (int, error) {
	if err := p.line.SetReadDeadline(time.Now().Add(pieceTime)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return 0, err
	}
	return p.body.Read(b)
}

func (a *API) reserveFile(c *call) (any, error) {
	id, until, err := a.Media.Reserve(c.ctx(), c.caller)
	return map[string]any{"content_uri": a.Media.URI(id), "unused_expires_at": until.UnixMilli()}, err
}

func (a *API) mediaUsage(c *call) (any, error) {
	u, err := a.Media.Usage(c.ctx(), c.caller, c.path("id"))
	return map[string]int64{"used": u.Used, "allowed": u.Allowed}, err
}

func (a *API) download(c *call) (any, error) {
	return a.sendFile(c, a.Media.Open)
}

func (a *API) thumbnail(c *call) (any, error) {
	wish := clean.Size{Method: c.query("method")}
	if wish.Method == "" {
		wish.Method = "scale"
	}
	var errs [2]error
	wish.Width, errs[0] = c.queryInt("width", -1, maxSide)
	wish.Height, errs[1] = c.queryInt("height", -1, maxSide)
	switch {
	case errors.Join(errs[:]...) != nil:
		return nil, errors.Join(errs[:]...)
	case wish.Width < 0:
		return nil, fault.MissingParam("width")
	case wish.Height < 0:
		return nil, fault.MissingParam("height")
	case wish.Method != "scale" && wish.Method != "crop":
		return nil, fault.InvalidParam("error.invalid_param", "Name", "method")
	}
	return a.sendFile(c, func(ctx context.Context, by people.Caller, id string) (media.Content, error) {
		return a.Media.OpenThumbnail(ctx, by, id, wish)
	})
}

// maxSide bounds what may be asked for as a thumbnail's side, in pixels.
const maxSide = 10_000

type opener func(ctx context.Context, by people.Caller, id string) (media.Content, error)

func (a *API) sendFile(c *call, open opener) (any, error) {
	id := c.path("mediaId")
	if server := c.path("serverName"); server != a.ServerName {
		var err error
		if id, err = a.Media.Fetch(c.ctx(), c.caller, server, id); err != nil {
			return nil, err
		}
	}
	found, err := a.waitFor(c, id, open)
	if err != nil {
		return nil, err
	}
	defer found.Close()
	if err := http.NewResponseController(c.w).SetWriteDeadline(time.Now().Add(sendTime)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return answered{}, nil // the connection is gone
	}
	a.headFile(c, found)
	http.ServeContent(c.w, c.r, "", time.Time{}, io.NewSectionReader(found, 0, found.Size()))
	return answered{}, nil
}

// waitFor opens a file, or waits for one that is still to come as long as the caller wishes (timeout_ms).
func (a *API) waitFor(c *call, id string, open opener) (media.Content, error) {
	ms, err := c.queryInt("timeout_ms", int(waitLimit/time.Millisecond), int(waitLimit/time.Millisecond))
	if err != nil {
		return media.Content{}, err
	}
	ctx, cancel := context.WithTimeout(c.ctx(), time.Duration(ms)*time.Millisecond)
	defer cancel()
	for {
		found, err := open(c.ctx(), c.caller, id)
		if err == nil || fault.From(err).Errcode != "M_NOT_YET_UPLOADED" {
			return found, err
		}
		select {
		case <-time.After(waitPause):
		case <-ctx.Done():
			return media.Content{}, err
		case <-a.Stopping.Done():
			return media.Content{}, err
		}
	}
}

// shownTypes may be shown inside a page ("Serving inline content"); everything else is saved.
var shownTypes = []string{"image/jpeg", "image/png", "audio/ogg", "audio/webm", "audio/mp4", "text/plain"}

// headFile sets what a browser must know of a file: what it is, that it is nothing else and runs nothing, and that it is not to be
// kept: on a phone that is searched, pictures must not lie in the browser's cache.
func (a *API) headFile(c *call, f media.Content) {
	h := c.w.Header()
	kind := f.Type
	if kind == "text/plain" {
		kind += "; charset=utf-8"
	}
	h.Set("Content-Type", kind)
	h.Set("Content-Disposition", disposition(f.File, c.path("fileName")))
	h.Set("Content-Security-Policy", "sandbox; default-src 'none'; script-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'")
	h.Set("ETag", `"`+f.ETag()+`"`)
	if c.cookie { // our own page reads it; others bring a token, and may be pages of elsewhere
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
	}
}

// disposition names the file as the reader wishes, or as its uploader called it, with the ending of what it is.
func disposition(f media.File, wished string) string {
	name := media.CleanName(wished)
	if name == "" {
		name = f.Name
	}
	name = media.NameFor(name, f.Type)
	way := "attachment"
	if slices.Contains(shownTypes, f.Type) {
		way = "inline"
	}
	if name == "" {
		return way
	}
	return mime.FormatMediaType(way, map[string]string{"filename": name}) // encodes what a header cannot hold (RFC 2231)
}
