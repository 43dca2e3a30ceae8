package federation

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"strconv"
	"time"

	"panah/hub/fault"
	"panah/hub/media"
	"panah/hub/media/clean"
	"panah/hub/outside"
	"panah/hub/store"
)

const (
	// mediaTime is how long a file may take from one server to another.
	mediaTime = 5 * time.Minute
	// What is sent at once, in all and to one server.
	filesAtOnce, filesEach = 32, 8
	// maxSide bounds what may be asked for as a thumbnail's side, in pixels.
	maxSide = 10_000
)

// mediaRoutes give other servers the files of this hub ("Content Repository").
func (s *Server) mediaRoutes() []route {
	return []route{
		{"GET", v1 + "/media/download/{mediaId}", proven, 0, s.file},
		{"GET", v1 + "/media/thumbnail/{mediaId}", proven, 0, s.thumbnail},
	}
}

func (s *Server) file(c *Call) (any, error) {
	return s.sendFile(c, func() (media.Content, error) { return s.Media.OpenFor(c.Context(), s.visitor(c), c.Path("mediaId")) })
}

func (s *Server) thumbnail(c *Call) (any, error) {
	wish := clean.Size{Method: c.Query().Get("method")}
	if wish.Method == "" {
		wish.Method = "scale"
	}
	for name, side := range map[string]*int{"width": &wish.Width, "height": &wish.Height} {
		var err error
		if *side, err = strconv.Atoi(c.Query().Get(name)); err != nil || *side < 0 || *side > maxSide {
			return nil, fault.InvalidParam("error.invalid_param", "Name", name)
		}
	}
	if wish.Method != "scale" && wish.Method != "crop" {
		return nil, fault.InvalidParam("error.invalid_param", "Name", "method")
	}
	return s.sendFile(c, func() (media.Content, error) {
		return s.Media.OpenThumbnailFor(c.Context(), s.visitor(c), c.Path("mediaId"), wish)
	})
}

func (s *Server) visitor(c *Call) media.Visitor {
	return media.Visitor{Server: c.Origin, Knows: func(tx *store.Tx, userID string) (bool, error) { return s.mayKnow(tx, c.Origin, userID) }}
}

// sendFile answers with two parts: what there is to say of a file, which is nothing yet, and the file.
func (s *Server) sendFile(c *Call, open func() (media.Content, error)) (any, error) {
	leave, free := s.files.take(c.Origin)
	if !free {
		return nil, fault.LimitExceeded(time.Second)
	}
	defer leave()
	found, err := open()
	if err != nil {
		return nil, err
	}
	defer found.Close()
	if err := http.NewResponseController(c.w).SetWriteDeadline(time.Now().Add(mediaTime)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return answered{}, nil // the connection is gone
	}
	parts := multipart.NewWriter(c.w)
	c.w.Header().Set("Content-Type", mime.FormatMediaType("multipart/mixed", map[string]string{"boundary": parts.Boundary()}))
	if err := writeFile(parts, found); err != nil {
		s.Log.Debug("file not read", "route", c.r.Pattern, "err", err)
		panic(http.ErrAbortHandler) // nobody takes half a file for a whole one
	}
	return answered{}, nil
}

func writeFile(parts *multipart.Writer, f media.Content) error {
	about, err := parts.CreatePart(textproto.MIMEHeader{"Content-Type": {"application/json"}})
	if err == nil {
		_, err = io.WriteString(about, "{}")
	}
	if err != nil {
		return err
	}
	head := textproto.MIMEHeader{"Content-Type": {f.Type}, "Content-Disposition": {"attachment"}}
	if f.Name != "" {
		head.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": f.Name})) // encodes what a header cannot hold (RFC 2231)
	}
	file, err := parts.CreatePart(head)
	if err == nil {
		_, err = io.Copy(file, io.NewSectionReader(f, 0, f.Size()))
	}
	if err != nil {
		return err
	}
	return parts.Close()
}

var _ media.Remote = (*Client)(nil)

// Media fetches a file of at most so many bytes, and what its server calls it, which may be "" ("Content Repository"). Servers that would have it
// fetched from elsewhere are not followed there.
func (c *Client) Media(ctx context.Context, server, mediaID string, most int64) (raw []byte, name string, err error) {
	ctx, cancel := context.WithTimeout(ctx, mediaTime)
	defer cancel()
	response, err := c.do(ctx, server, http.MethodGet, path("v1", "media", "download", mediaID), nil)
	if err != nil {
		return nil, "", shown(err)
	}
	if response.StatusCode/100 != 2 {
		body, err := outside.Body(response, small.size)
		if err == nil {
			err = refusalOf(response.StatusCode, body)
		}
		return nil, "", shown(err)
	}
	defer func() { err = errors.Join(err, response.Body.Close()) }()
	raw, name, err = readFile(response, most)
	if err != nil {
		err = shown(fmt.Errorf("read a file of %s: %w", server, err))
	}
	return raw, name, err
}

// partsMost bounds what is around a file, in bytes.
const partsMost = 64 << 10

func readFile(response *http.Response, most int64) (raw []byte, name string, err error) {
	kind, params, err := mime.ParseMediaType(response.Header.Get("Content-Type"))
	if err == nil && kind != "multipart/mixed" {
		err = fmt.Errorf("not in parts: %q", kind)
	}
	if err != nil {
		return nil, "", err
	}
	parts := multipart.NewReader(io.LimitReader(response.Body, most+partsMost), params["boundary"])
	if _, err := parts.NextPart(); err != nil { // says nothing that is used
		return nil, "", err
	}
	file, err := parts.NextPart()
	if err != nil {
		return nil, "", err
	}
	if file.Header.Get("Location") != "" {
		return nil, "", errors.New("it lies elsewhere")
	}
	var kept bytes.Buffer
	if _, err := io.Copy(&kept, io.LimitReader(file, most+1)); err != nil {
		return nil, "", err
	}
	if int64(kept.Len()) > most {
		return nil, "", fault.TooLarge(int(most))
	}
	if _, said, err := mime.ParseMediaType(file.Header.Get("Content-Disposition")); err == nil {
		name = said["filename"]
	}
	return kept.Bytes(), name, nil
}
