package clientapi_test

import (
	"bytes"
	"encoding/base64"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"panah/hub/node"
	"panah/hub/node/nodetest"
	"panah/hub/store/storetest"
)

const (
	mediaV1 = "/_matrix/client/v1/media"
	mediaV3 = "/_matrix/media/v3"
	uploads = "/_panah/v1/uploads"
)

// pattern is a picture whose quarters can be told apart.
func pattern(width, height int) image.Image {
	m := image.NewNRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			c := color.NRGBA{40, 40, 40, 255}
			if x < width/2 {
				c.R = 220
			}
			if y < height/2 {
				c.G = 220
			}
			m.SetNRGBA(x, y, c)
		}
	}
	return m
}

func pngPicture(t testing.TB, width, height int) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := png.Encode(&out, pattern(width, height)); err != nil {
		t.Fatalf("encode: %v", err)
	}
	return out.Bytes()
}

// located is a photograph as a telephone makes it: held upright, with the place where it was taken.
func located(t testing.TB, width, height int) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := jpeg.Encode(&out, pattern(width, height), nil); err != nil {
		t.Fatalf("encode: %v", err)
	}
	file := filepath.Join(t.TempDir(), "photo.jpg")
	if err := os.WriteFile(file, out.Bytes(), 0o600); err != nil {
		t.Fatalf("write: %v", err)
	}
	command := exec.CommandContext(t.Context(), "exiftool", "-q", "-overwrite_original", "-Orientation#=6", "-GPSLatitude=38.5598",
		"-GPSLatitudeRef=N", "-GPSLongitude=68.7870", "-GPSLongitudeRef=E", "-Artist=Parvina", "-Make=Telephone", "-XMP:City=Dushanbe",
		"-IPTC:By-line=Parvina", "-Comment=secret", file)
	if said, err := command.CombinedOutput(); err != nil {
		t.Fatalf("exiftool: %v\n%s", err, said)
	}
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("read: %v", err)
	}
	return raw
}

// exif is what exiftool finds in a file, without what every file has.
func exif(t testing.TB, raw []byte) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, raw, 0o600); err != nil {
		t.Fatalf("write: %v", err)
	}
	said, err := exec.CommandContext(t.Context(), "exiftool", "-G1", "-a", "-u", "-n", "-x", "System:all", "-x", "ExifTool:all", file).CombinedOutput()
	if err != nil {
		t.Fatalf("exiftool: %v\n%s", err, said)
	}
	return string(said)
}

// upload gives the content URI.
func upload(t testing.TB, c *nodetest.Client, name string, raw []byte) string {
	t.Helper()
	return c.OK(t, "POST", mediaV3+"/upload?filename="+url.QueryEscape(name), raw).Text("content_uri")
}

// at is where a content URI is downloaded.
func at(contentURI string) string {
	return mediaV1 + "/download/" + strings.TrimPrefix(contentURI, "mxc://")
}

func TestAPictureComesBackWithoutWhereItWasTaken(t *testing.T) {
	eachHub(t, func(t *testing.T, _ *nodetest.Hub, steward *nodetest.Client) {
		raw := located(t, 400, 200)
		if before := exif(t, raw); !strings.Contains(before, "GPS") || !strings.Contains(before, "Parvina") {
			t.Fatalf("the photograph lacks what is to be removed:\n%s", before)
		}
		uri := upload(t, steward, "photo.jpg", raw)
		answer := steward.OK(t, "GET", at(uri), nil)
		after := exif(t, answer.Raw)
		for _, trace := range []string{"GPS", "Parvina", "Telephone", "Dushanbe", "secret", "Orientation", "XMP", "IPTC"} {
			if strings.Contains(after, trace) {
				t.Errorf("%s is still in it:\n%s", trace, after)
			}
		}
		seen, kind, err := image.Decode(bytes.NewReader(answer.Raw))
		if err != nil || kind != "jpeg" || seen.Bounds().Size() != image.Pt(200, 400) {
			t.Fatalf("it came back as %s, %v, %v", kind, seen.Bounds(), err)
		}
		// Orientation 6: what was stored at the top left is seen at the top right.
		if r, g, _, _ := seen.At(180, 20).RGBA(); r>>8 < 180 || g>>8 < 180 {
			t.Errorf("it does not stand upright: top right is %d, %d", r>>8, g>>8)
		}
	})
}

func TestWhatBrowsersAreToldOfAFile(t *testing.T) {
	eachHub(t, func(t *testing.T, hub *nodetest.Hub, steward *nodetest.Client) {
		uri := upload(t, steward, "..\\..\\a\r\nSet-Cookie: x=1/снимок \"1\".png", pngPicture(t, 30, 30))
		answer := steward.OK(t, "GET", at(uri), nil)
		h := answer.Header
		for name, want := range map[string]string{
			"Content-Type": "image/png", "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store", "Cross-Origin-Resource-Policy": "cross-origin",
		} {
			if h.Get(name) != want {
				t.Errorf("%s: got %q, want %q", name, h.Get(name), want)
			}
		}
		if !strings.HasPrefix(h.Get("Content-Security-Policy"), "sandbox;") || h.Get("Set-Cookie") != "" {
			t.Errorf("headers: %v", h)
		}
		if got := h.Get("Content-Disposition"); !strings.HasPrefix(got, "inline; filename*=utf-8''%D1%81") || strings.ContainsAny(got, "/\\\r\n") {
			t.Errorf("Content-Disposition: %q", got)
		}
		part := steward.Do(t, "GET", at(uri), nil, "Range", "bytes=0-7")
		if part.Status != http.StatusPartialContent || string(part.Raw) != "\x89PNG\r\n\x1a\n" {
			t.Errorf("a part: %d %q", part.Status, part.Raw)
		}
		if same := steward.Do(t, "GET", at(uri), nil, "If-None-Match", h.Get("ETag")); same.Status != http.StatusNotModified {
			t.Errorf("what is known: %d", same.Status)
		}
		if beyond := steward.Do(t, "GET", at(uri), nil, "Range", "bytes=999999-"); beyond.Status != http.StatusRequestedRangeNotSatisfiable {
			t.Errorf("beyond the end: %d", beyond.Status)
		}
		hub.Nobody().Refused(t, "GET", at(uri), nil, http.StatusUnauthorized, "M_MISSING_TOKEN")
		old := mediaV3 + "/download/" + strings.TrimPrefix(uri, "mxc://")
		steward.Refused(t, "GET", old, nil, http.StatusNotFound, "M_NOT_FOUND")
		steward.Refused(t, "GET", at("mxc://elsewhere.example/abc"), nil, http.StatusNotFound, "M_NOT_FOUND")
		steward.Refused(t, "GET", mediaV1+"/preview_url?url=https://example.org", nil, http.StatusNotFound, "M_NOT_FOUND")
		if size := steward.OK(t, "GET", mediaV1+"/config", nil).Value("m.upload.size"); size != float64(25<<20) {
			t.Errorf("the largest file has %v bytes", size)
		}
	})
}

// A page of ours shows pictures, sounds and plain text; documents are saved. Nothing of any kind runs, or is taken for another kind.
func TestEachKindIsShownOrSaved(t *testing.T) {
	const office, open = "application/vnd.openxmlformats-officedocument.", "application/vnd.oasis.opendocument."
	tests := []struct{ file, kind, way string }{
		{"voice.ogg", "audio/ogg", "inline"}, {"voice.webm", "audio/webm", "inline"}, {"voice.m4a", "audio/mp4", "inline"},
		{"photo.pdf", "application/pdf", "attachment"},
		{"letter.docx", office + "wordprocessingml.document", "attachment"}, {"table.xlsx", office + "spreadsheetml.sheet", "attachment"},
		{"slides.pptx", office + "presentationml.presentation", "attachment"}, {"letter.odt", open + "text", "attachment"},
		{"table.ods", open + "spreadsheet", "attachment"}, {"slides.odp", open + "presentation", "attachment"},
	}
	hub := nodetest.Start(t, storetest.SQLiteAddress(t))
	steward := hub.SignUp(t, hub.FirstToken(t), "samira")
	check := func(named, name string, raw []byte, kind, way string) {
		t.Helper()
		h := steward.OK(t, "GET", at(upload(t, steward, named, raw)), nil).Header
		for header, want := range map[string]string{
			"Content-Type": kind, "Content-Disposition": way + "; filename=" + name, "X-Content-Type-Options": "nosniff",
			"Content-Security-Policy": "sandbox; default-src 'none'; script-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
		} {
			if h.Get(header) != want {
				t.Errorf("%s: %s is %q, want %q", name, header, h.Get(header), want)
			}
		}
	}
	for _, test := range tests {
		raw, err := os.ReadFile(filepath.Join("..", "media", "clean", "testdata", test.file))
		if err != nil {
			t.Fatalf("read: %v", err)
		}
		check(test.file, test.file, raw, test.kind, test.way)
	}
	check("photo.jpg", "photo.jpg", located(t, 40, 20), "image/jpeg", "inline")
	check("drawing.png", "drawing.png", pngPicture(t, 40, 20), "image/png", "inline")
	check("page.html", "page.txt", []byte("words, whatever they are called"), "text/plain; charset=utf-8", "inline")
	svg := []byte("<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>")
	steward.Refused(t, "POST", mediaV3+"/upload?filename=drawing.png", svg, http.StatusForbidden, "M_FORBIDDEN")
}

// TestAnEncryptedFileIsNeverShown: whatever it is called, it is saved, as bytes of no kind; and a post in clear with it is refused with a reason that
// its sender can read.
func TestAnEncryptedFileIsNeverShown(t *testing.T) {
	eachHub(t, func(t *testing.T, hub *nodetest.Hub, steward *nodetest.Client) {
		raw := []byte("\x93\x00\xfe<html><script>alert(1)</script>, which no browser is to find in here")
		answer := steward.Do(t, "POST", mediaV3+"/upload?filename=page.html", raw, "Content-Type", "application/octet-stream")
		uri := answer.Text("content_uri")
		if answer.Status != http.StatusOK {
			t.Fatalf("upload: %d %s", answer.Status, answer.Raw)
		}
		for path, disposition := range map[string]string{at(uri): "attachment", at(uri) + "/page.html": "attachment; filename=page.bin"} {
			found := steward.OK(t, "GET", path, nil)
			if !bytes.Equal(found.Raw, raw) {
				t.Errorf("%s: %q came back", path, found.Raw)
			}
			for name, want := range map[string]string{
				"Content-Type": "application/octet-stream", "Content-Disposition": disposition, "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store",
				"Content-Security-Policy": "sandbox; default-src 'none'; script-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
			} {
				if got := found.Header.Get(name); got != want {
					t.Errorf("%s: %s is %q, want %q", path, name, got, want)
				}
			}
		}
		steward.Refused(t, "GET", mediaV1+"/thumbnail/"+strings.TrimPrefix(uri, "mxc://")+"?width=96&height=96", nil, http.StatusBadRequest, "M_UNKNOWN")
		steward.Refused(t, "PUT", "/_matrix/client/v3/profile/"+url.PathEscape(steward.UserID)+"/avatar_url", nodetest.M{"avatar_url": uri}, http.StatusForbidden, "M_FORBIDDEN")
		room := steward.OK(t, "POST", "/_matrix/client/v3/createRoom", nodetest.M{}).Text("room_id")
		for i, want := range map[string]string{"ru": "Этот файл пришёл зашифрованным", "tg": "Ин файл рамзгузоришуда", "en": "This file came encrypted"} {
			refused := steward.Do(t, "PUT", "/_matrix/client/v3/rooms/"+url.PathEscape(room)+"/send/m.room.message/"+i,
				nodetest.M{"msgtype": "m.file", "body": "page.html", "url": uri}, "Accept-Language", i)
			if refused.Status != http.StatusForbidden || refused.Text("network.panah.key") != "error.media_opaque" || !strings.HasPrefix(refused.Text("error"), want) {
				t.Errorf("%s: %d %s", i, refused.Status, refused.Raw)
			}
		}
	})
}

func TestThumbnails(t *testing.T) {
	hub := nodetest.Start(t, storetest.SQLiteAddress(t))
	steward := hub.SignUp(t, hub.FirstToken(t), "samira")
	uri := strings.TrimPrefix(upload(t, steward, "wide.png", pngPicture(t, 1000, 500)), "mxc://")
	small := strings.TrimPrefix(upload(t, steward, "small.png", pngPicture(t, 50, 40)), "mxc://")
	tests := []struct {
		of, query string
		want      image.Point
	}{
		{uri, "?width=96&height=96&method=crop", image.Pt(96, 96)},
		{uri, "?width=32&height=32&method=crop&animated=true", image.Pt(96, 96)},
		{uri, "?width=320&height=240&method=scale", image.Pt(320, 160)},
		{uri, "?width=320&height=240", image.Pt(320, 160)},
		{uri, "?width=321&height=1", image.Pt(800, 400)},
		{uri, "?width=300&height=200&method=crop", image.Pt(320, 160)},
		{uri, "?width=5000&height=5000&method=scale", image.Pt(1000, 500)},
		{small, "?width=96&height=96&method=crop", image.Pt(40, 40)},
		{small, "?width=320&height=240&method=scale", image.Pt(50, 40)},
	}
	for _, test := range tests {
		answer := steward.OK(t, "GET", mediaV1+"/thumbnail/"+test.of+test.query, nil)
		got, err := jpegOrPNG(answer.Raw)
		if err != nil || got != test.want {
			t.Errorf("%s: got %v, %v, want %v", test.query, got, err, test.want)
		}
	}
	steward.Refused(t, "GET", mediaV1+"/thumbnail/"+uri+"?width=96", nil, http.StatusBadRequest, "M_MISSING_PARAM")
	steward.Refused(t, "GET", mediaV1+"/thumbnail/"+uri+"?width=96&height=96&method=stretch", nil, http.StatusBadRequest, "M_INVALID_PARAM")
	text := strings.TrimPrefix(upload(t, steward, "a.txt", []byte("Салом")), "mxc://")
	steward.Refused(t, "GET", mediaV1+"/thumbnail/"+text+"?width=96&height=96", nil, http.StatusBadRequest, "M_UNKNOWN")
}

func jpegOrPNG(raw []byte) (image.Point, error) {
	c, _, err := image.DecodeConfig(bytes.NewReader(raw))
	return image.Pt(c.Width, c.Height), err
}

// tus sends one request of the protocol.
func tus(t testing.TB, c *nodetest.Client, method, path string, body []byte, headers ...string) nodetest.Answer {
	t.Helper()
	var sent any
	if body != nil {
		sent = body
	}
	return c.Do(t, method, path, sent, append([]string{"Tus-Resumable", "1.0.0", "Content-Type", "application/offset+octet-stream"}, headers...)...)
}

func begin(t testing.TB, c *nodetest.Client, length, name string) nodetest.Answer {
	t.Helper()
	said := "filename " + base64.StdEncoding.EncodeToString([]byte(name)) + ",filetype " + base64.StdEncoding.EncodeToString([]byte("text/html"))
	return tus(t, c, "POST", uploads, nil, "Upload-Length", length, "Upload-Metadata", said)
}

func TestAnUploadGoesOnAfterARestart(t *testing.T) {
	storetest.EachAddress(t, func(t *testing.T, address string) {
		files := t.TempDir()
		sameFolder := func(c *node.Config) { c.MediaStore = files }
		hub := nodetest.Start(t, address, sameFolder)
		steward := hub.SignUp(t, hub.FirstToken(t), "samira")
		raw := pngPicture(t, 200, 100)
		length := itoa(len(raw))
		begun := begin(t, steward, length, "снимок.png")
		where := begun.Header.Get("Location")
		if begun.Status != http.StatusCreated || !strings.HasPrefix(where, uploads+"/") || begun.Header.Get("Upload-Expires") == "" {
			t.Fatalf("begin: %d %v %s", begun.Status, begun.Header, begun.Raw)
		}
		if first := tus(t, steward, "PATCH", where, raw[:100], "Upload-Offset", "0"); first.Status != http.StatusNoContent || first.Header.Get("Upload-Offset") != "100" {
			t.Fatalf("the first piece: %d %v %s", first.Status, first.Header, first.Raw)
		}
		hub.Stop(t)

		hub = nodetest.Start(t, address, sameFolder)
		steward.URL = hub.URL
		head := tus(t, steward, "HEAD", where, nil)
		if head.Status != http.StatusOK || head.Header.Get("Upload-Offset") != "100" || head.Header.Get("Upload-Length") != length {
			t.Fatalf("after the restart: %d %v", head.Status, head.Header)
		}
		steward.Refused(t, "GET", where, nil, http.StatusConflict, "M_UNKNOWN")
		if wrong := tus(t, steward, "PATCH", where, raw[50:], "Upload-Offset", "50"); wrong.Status != http.StatusConflict || wrong.Text("network.panah.key") != "error.upload_offset" {
			t.Errorf("a piece twice: %d %s", wrong.Status, wrong.Raw)
		}
		if last := tus(t, steward, "PATCH", where, raw[100:], "Upload-Offset", "100"); last.Status != http.StatusNoContent {
			t.Fatalf("the last piece: %d %s", last.Status, last.Raw)
		}
		told := steward.OK(t, "GET", where, nil)
		if told.Text("name") != "снимок.png" || told.Text("info", "mimetype") != "image/png" || told.Value("info", "w") != 200.0 || told.Value("info", "h") != 100.0 {
			t.Errorf("told: %s", told.Raw)
		}
		steward.OK(t, "GET", at(told.Text("content_uri")), nil)
	})
}

func TestUploadsThatAreRefused(t *testing.T) {
	eachHub(t, func(t *testing.T, hub *nodetest.Hub, steward *nodetest.Client) {
		check := func(answer nodetest.Answer, status int, key string) {
			t.Helper()
			if answer.Status != status || answer.Text("network.panah.key") != key || answer.Text("error") == "" {
				t.Errorf("got %d %s, want %d %s", answer.Status, answer.Raw, status, key)
			}
		}
		check(begin(t, steward, "26214401", "a"), http.StatusRequestEntityTooLarge, "error.media_too_large")
		check(begin(t, steward, "-1", "a"), http.StatusBadRequest, "error.invalid_param")
		check(begin(t, steward, "99999999999999999999", "a"), http.StatusBadRequest, "error.invalid_param")
		check(steward.Do(t, "POST", uploads, nil, "Upload-Length", "5"), http.StatusPreconditionFailed, "error.upload_version")
		check(tus(t, steward, "POST", uploads, nil, "Upload-Length", "5", "Upload-Metadata", "filename !"), http.StatusBadRequest, "error.invalid_param")
		elsewhere := "room " + base64.StdEncoding.EncodeToString([]byte("!none:hub.test"))
		check(tus(t, steward, "POST", uploads, nil, "Upload-Length", "5", "Upload-Metadata", elsewhere), http.StatusForbidden, "error.not_member")

		where := begin(t, steward, "9", "page.txt").Header.Get("Location")
		check(tus(t, steward, "PATCH", where, []byte("too many bytes"), "Upload-Offset", "0"), http.StatusRequestEntityTooLarge, "error.too_large")
		check(tus(t, steward, "PATCH", where, []byte("x"), "Upload-Offset", "7"), http.StatusConflict, "error.upload_offset")
		other := colleague(t, hub, steward, "parvina")
		for _, method := range []string{"HEAD", "PATCH", "DELETE", "GET"} {
			if answer := tus(t, other, method, where, nil, "Upload-Offset", "0"); answer.Status != http.StatusNotFound {
				t.Errorf("%s of somebody else's upload: %d", method, answer.Status)
			}
		}
		// The bytes decide, not the name; the reason stays to be asked for, and the bytes do not stay.
		check(tus(t, steward, "PATCH", where, []byte("MZ\x90\x00\x03\x00\x00\x00\x04"), "Upload-Offset", "0"), http.StatusForbidden, "error.media_type")
		check(steward.Do(t, "GET", where, nil), http.StatusForbidden, "error.media_type")
		if ended := tus(t, steward, "DELETE", begin(t, steward, "9", "a").Header.Get("Location"), nil); ended.Status != http.StatusNoContent {
			t.Errorf("delete: %d %s", ended.Status, ended.Raw)
		}
	})
}

func itoa(n int) string { return strconv.Itoa(n) }
