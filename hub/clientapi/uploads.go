package clientapi

import (
	"encoding/base64"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"

	"panah/hub/fault"
	"panah/hub/media"
)

// Uploads that can be interrupted follow tus 1.0.0 (https://tus.io/protocols/resumable-upload) with its extensions creation, termination and
// expiration. The protocol's four methods stand here and not in a library, because each of its failures must be a fault with a sentence, the
// offset must move in the transaction that counts the quota, and whichever node a piece reaches must be able to take it.
const (
	tusVersion    = "1.0.0"
	tusExtensions = "creation,termination,expiration"
	tusPiece      = "application/offset+octet-stream"
	// maxMetadata bounds what a creation may say about its file, in bytes.
	maxMetadata = 4096
)

func (a *API) uploadRoutes() []route {
	const all, one = us + "/uploads", us + "/uploads/{id}"
	return []route{
		{"OPTIONS", all, open, a.uploadTerms},
		{"OPTIONS", one, open, a.uploadTerms},
		{"POST", all, uploading, a.tus(a.beginUpload)},
		{"HEAD", one, signedIn, a.tus(a.uploadOffset)},
		{"PATCH", one, uploading, a.tus(a.continueUpload)},
		{"DELETE", one, signedIn, a.tus(a.endUpload)},
		{"GET", one, signedIn, a.upload},
	}
}

// tus refuses a version of the protocol that is not ours.
func (a *API) tus(serve func(c *call) (any, error)) func(c *call) (any, error) {
	return func(c *call) (any, error) {
		c.w.Header().Set("Tus-Resumable", tusVersion)
		if c.r.Header.Get("Tus-Resumable") != tusVersion {
			c.w.Header().Set("Tus-Version", tusVersion)
			return nil, fault.New(http.StatusPreconditionFailed, "M_UNRECOGNIZED", "error.upload_version")
		}
		return serve(c)
	}
}

func (a *API) uploadTerms(c *call) (any, error) {
	h := c.w.Header()
	h.Set("Tus-Resumable", tusVersion)
	h.Set("Tus-Version", tusVersion)
	h.Set("Tus-Extension", tusExtensions)
	h.Set("Tus-Max-Size", strconv.FormatInt(a.Media.Limit(), 10))
	c.w.WriteHeader(http.StatusNoContent)
	return answered{}, nil
}

// beginUpload is tus' creation: Upload-Length, and Upload-Metadata with filename and room. What it says of the file's type is not believed.
func (a *API) beginUpload(c *call) (any, error) {
	length, err := headerNumber(c, "Upload-Length")
	if err != nil {
		return nil, err
	}
	said, err := metadata(c.r.Header.Get("Upload-Metadata"))
	if err != nil {
		return nil, err
	}
	u, err := a.Media.Begin(c.ctx(), c.caller, media.Wish{Name: said["filename"], Length: length, RoomID: said["room"]})
	if err != nil {
		return nil, err
	}
	c.w.Header().Set("Location", us+"/uploads/"+u.ID)
	showUpload(c, u)
	c.w.WriteHeader(http.StatusCreated)
	return answered{}, nil
}

func showUpload(c *call, u media.Upload) {
	c.w.Header().Set("Upload-Offset", strconv.FormatInt(u.Received, 10))
	c.w.Header().Set("Upload-Expires", u.ExpiresAt.UTC().Format(http.TimeFormat))
}

func (a *API) uploadOffset(c *call) (any, error) {
	u, err := a.Media.Upload(c.ctx(), c.caller, c.path("id"))
	if err != nil {
		return nil, err
	}
	showUpload(c, u)
	c.w.Header().Set("Upload-Length", strconv.FormatInt(u.Length, 10))
	c.w.WriteHeader(http.StatusOK)
	return answered{}, nil
}

// continueUpload takes a piece. The one that completes the upload waits for the file to be cleaned, and is answered with the reason if the file is
// refused.
func (a *API) continueUpload(c *call) (any, error) {
	if c.r.Header.Get("Content-Type") != tusPiece {
		return nil, fault.New(http.StatusUnsupportedMediaType, "M_UNRECOGNIZED", "error.invalid_param", "Name", "Content-Type")
	}
	at, err := headerNumber(c, "Upload-Offset")
	if err != nil {
		return nil, err
	}
	u, err := a.Media.Upload(c.ctx(), c.caller, c.path("id"))
	if err != nil {
		return nil, err
	}
	received := u.Received
	if at != u.Length || received != u.Length { // a piece of nothing at the end asks for the outcome once more
		if received, err = a.Media.Append(c.ctx(), c.caller, u.ID, at, a.pieces(c)); err != nil {
			return nil, err
		}
	}
	u.Received = received
	showUpload(c, u)
	if received == u.Length {
		if _, err := a.Media.Finish(c.ctx(), c.caller, u.ID); err != nil {
			return nil, err
		}
	}
	c.w.WriteHeader(http.StatusNoContent)
	return answered{}, nil
}

func (a *API) endUpload(c *call) (any, error) {
	if err := a.Media.Discard(c.ctx(), c.caller, c.path("id")); err != nil {
		return nil, err
	}
	c.w.WriteHeader(http.StatusNoContent)
	return answered{}, nil
}

// upload tells what became of an upload: the file, the reason why it was refused, or that it is not complete.
func (a *API) upload(c *call) (any, error) {
	f, err := a.Media.Finish(c.ctx(), c.caller, c.path("id"))
	if err != nil {
		return nil, err
	}
	info := map[string]any{"mimetype": f.Type, "size": f.Size}
	if f.Width > 0 {
		info["w"], info["h"] = f.Width, f.Height
	}
	if f.Duration > 0 {
		info["duration"] = f.Duration.Milliseconds()
	}
	return map[string]any{"content_uri": a.Media.URI(f.ID), "info": info, "name": f.Name}, nil
}

// headerNumber gives a header that must be a whole number of bytes.
func headerNumber(c *call, name string) (int64, error) {
	n, err := strconv.ParseInt(c.r.Header.Get(name), 10, 64)
	if err != nil || n < 0 {
		return 0, fault.InvalidParam("error.invalid_param", "Name", name)
	}
	return n, nil
}

var errMetadata = fault.InvalidParam("error.invalid_param", "Name", "Upload-Metadata")

// metadata reads the header Upload-Metadata: pairs of a name and a value in Base64, separated by commas (tus 1.0.0, "Creation").
func metadata(header string) (map[string]string, error) {
	if len(header) > maxMetadata {
		return nil, errMetadata
	}
	said := map[string]string{}
	for _, pair := range strings.Split(header, ",") {
		name, encoded, _ := strings.Cut(strings.TrimSpace(pair), " ")
		value, err := base64.StdEncoding.DecodeString(encoded)
		if err == nil && (!utf8.Valid(value) || strings.ContainsRune(string(value), 0)) {
			err = errors.New("not a text")
		}
		if err != nil {
			return nil, errMetadata.Because(err)
		}
		said[name] = string(value)
	}
	return said, nil
}
