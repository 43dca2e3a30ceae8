package clean_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"panah/hub/media/clean"
)

func drawn(side int) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, side, side))
	for y := range side {
		for x := range side {
			m.SetNRGBA(x, y, color.NRGBA{uint8(x * 3), uint8(y * 5), 90, 255})
		}
	}
	return m
}

func encoded(t testing.TB, kind string) []byte {
	t.Helper()
	var out bytes.Buffer
	err := png.Encode(&out, drawn(48))
	switch kind {
	case "jpeg":
		out.Reset()
		err = jpeg.Encode(&out, drawn(48), nil)
	case "gif":
		out.Reset()
		err = gif.Encode(&out, drawn(48), nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// marked has exiftool write into a picture where it was taken, by whom and with what.
func marked(t testing.TB, raw []byte, ending string) []byte {
	t.Helper()
	file := filepath.Join(t.TempDir(), "marked."+ending)
	if err := os.WriteFile(file, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	said, err := exec.CommandContext(t.Context(), "exiftool", "-q", "-overwrite_original", "-GPSLatitude=38.5598", "-GPSLatitudeRef=N",
		"-Artist=Parvina", "-Make=Telephone", "-XMP:City=Dushanbe", "-XMP:Description=secret", file).CombinedOutput()
	if err != nil {
		t.Fatalf("exiftool: %v\n%s", err, said)
	}
	marked, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return marked
}

// losslessWebP is a picture of one clear dot in VP8L, the smallest there is.
const losslessWebP = "RIFF\x1a\x00\x00\x00WEBPVP8L\x0d\x00\x00\x00\x2f\x00\x00\x00\x10\x07\x10\x11\x11\x88\x88\xfe\x07\x00"

func TestPicturesLoseWhatIsWrittenBesideThem(t *testing.T) {
	for ending, raw := range map[string][]byte{"jpg": encoded(t, "jpeg"), "png": encoded(t, "png"), "webp": []byte(losslessWebP)} {
		t.Run(ending, func(t *testing.T) {
			kinds := map[string]string{"jpg": "image/jpeg", "png": "image/png", "webp": "image/png"}
			f := checkClean(t, marked(t, raw, ending), kinds[ending])
			for _, small := range f.Thumbnails {
				checkBare(t, small.Data)
			}
			checkBare(t, f.Data)
		})
	}
}

// checkBare looks that a picture is its pixels alone: nothing of another format stands in it or behind it.
func checkBare(t *testing.T, raw []byte) {
	t.Helper()
	for _, trace := range []string{"PK\x03\x04", "PK\x05\x06", "%PDF", "<html", "<script", "<svg", "Exif", "http://ns.adobe", "Parvina", "secret"} {
		if bytes.Contains(raw, []byte(trace)) {
			t.Errorf("%q stands in the picture", trace)
		}
	}
	if bytes.HasPrefix(raw, []byte("\x89PNG")) && !bytes.HasSuffix(raw, []byte("IEND\xaeB`\x82")) {
		t.Error("something stands behind the end of the PNG")
	}
	if bytes.HasPrefix(raw, []byte("\xff\xd8")) && !bytes.HasSuffix(raw, []byte("\xff\xd9")) {
		t.Error("something stands behind the end of the JPEG")
	}
}

func archive(t testing.TB) []byte {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	to, err := w.Create("secret.txt")
	if err == nil {
		_, err = to.Write([]byte("secret"))
	}
	if err := errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// comment is a JPEG segment with words (ITU T.81, B.2.4.5), which goes behind the first two bytes.
func comment(raw []byte, words string) []byte {
	segment := binary.BigEndian.AppendUint16([]byte("\xff\xfe"), uint16(len(words)+2))
	return bytes.Join([][]byte{raw[:2], segment, []byte(words), raw[2:]}, nil)
}

// chunk is one of PNG.
func chunk(kind, data string) []byte {
	out := binary.BigEndian.AppendUint32(nil, uint32(len(data)))
	out = append(out, kind+data...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE([]byte(kind+data)))
}

// What is two files at once comes out as the picture alone.
func TestPolyglotsBecomePictures(t *testing.T) {
	photo, drawing, page := encoded(t, "jpeg"), encoded(t, "png"), "<html><script>alert(1)</script></html>"
	after := func(raw []byte, more string) []byte { return append(bytes.Clone(raw), more...) }
	const afterHeader = 8 + 25 // behind IHDR
	tests := map[string][]byte{
		"JPEG and ZIP":         after(photo, string(archive(t))),
		"JPEG and HTML":        comment(photo, page),
		"JPEG and PDF":         comment(photo, "%PDF-1.4 secret"),
		"PNG and ZIP":          after(drawing, string(archive(t))),
		"PNG and what follows": after(drawing, page),
		"PNG with a page":      bytes.Join([][]byte{drawing[:afterHeader], chunk("tEXt", "Comment\x00"+page), drawing[afterHeader:]}, nil),
		"GIF and ZIP":          after(encoded(t, "gif"), string(archive(t))),
		"WebP and HTML":        after([]byte(losslessWebP), page),
	}
	for name, raw := range tests {
		f, err := clean.Clean(t.Context(), raw)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if f.Type != "image/jpeg" && f.Type != "image/png" {
			t.Errorf("%s became %s", name, f.Type)
		}
		checkBare(t, f.Data)
	}
}

// Drawings and pages in markup are more than text, whatever stands before them; a text may begin with a bracket.
func TestWhatIsNoPicture(t *testing.T) {
	const svg = `<svg xmlns="http://www.w3.org/2000/svg"><metadata>Parvina</metadata><script>alert(1)</script></svg>`
	for name, raw := range map[string]string{
		"SVG": svg, "SVG as XML": `<?xml version="1.0"?>` + svg, "SVG behind a mark and a remark": "\xef\xbb\xbf\n <!-- a drawing -->" + svg,
		"HTML": "<!DOCTYPE html><script>alert(1)</script>", "HTML that is a PDF further on": "<HTML>\n%PDF-1.4\n<script>alert(1)</script>",
		"packed SVG": "\x1f\x8b\x08\x00 and so on", "rich text": `{\rtf1{\info{\author Parvina}}}`, "PostScript": "%!PS-Adobe-3.0\n%%For: Parvina",
	} {
		if f, err := clean.Clean(t.Context(), []byte(raw)); !errors.Is(err, clean.ErrType) {
			t.Errorf("%s: %v, %v", name, f, err)
		}
	}
	if f, err := clean.Clean(t.Context(), []byte("<Parvina> салом\n<3")); err != nil || f.Type != "text/plain" {
		t.Errorf("text: %v", err)
	}
	// A document that is a page to whoever looks further: everything before and behind what a PDF is goes.
	pdf := append(small("", ""), "<html><script>alert(1)</script></html>"...)
	if f, err := clean.Clean(t.Context(), pdf); err == nil && bytes.Contains(f.Data, []byte("<script")) {
		t.Error("a page came through behind a PDF")
	}
}

func animatedGIF(t testing.TB) []byte {
	t.Helper()
	one := image.NewPaletted(image.Rect(0, 0, 8, 8), color.Palette{color.Black, color.White})
	var out bytes.Buffer
	if err := gif.EncodeAll(&out, &gif.GIF{Image: []*image.Paletted{one, one}, Delay: []int{9, 9}}); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestPicturesThatAreRefused(t *testing.T) {
	drawing := encoded(t, "png")
	const afterHeader = 8 + 25
	huge := func(width, height uint32) []byte { // as large as its header says, in a few bytes
		header := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, width), height)
		return bytes.Join([][]byte{drawing[:8], chunk("IHDR", string(header)+"\x08\x06\x00\x00\x00"), drawing[afterHeader:]}, nil)
	}
	vp8x := "RIFF\x1e\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x02\x00\x00\x00\x07\x00\x00\x07\x00\x00ANIM\x00\x00\x00\x00"
	wide := bytes.Clone([]byte("GIF89a\xff\xff\xff\xff\x80\x00\x00\xff\xff\xff\x00\x00\x00,\x00\x00\x00\x00\xff\xff\xff\xff\x00\x02\x02D\x01\x00;"))
	tests := []struct {
		name string
		raw  []byte
		want error
	}{
		{"a GIF that moves", animatedGIF(t), clean.ErrMoving},
		{"a PNG that moves", bytes.Join([][]byte{drawing[:afterHeader], chunk("acTL", "\x00\x00\x00\x02\x00\x00\x00\x00"), drawing[afterHeader:]}, nil), clean.ErrMoving},
		{"a WebP that moves", []byte(vp8x), clean.ErrMoving},
		{"too many pixels", huge(19_000, 19_000), clean.ErrPixels},
		{"too wide", huge(20_001, 1), clean.ErrPixels},
		{"more than counts", huge(0x7fffffff, 0x7fffffff), nil},
		{"a GIF of four billion pixels", wide, clean.ErrPixels},
		{"cut", drawing[:len(drawing)/2], clean.ErrBroken},
	}
	for _, test := range tests {
		_, err := clean.Clean(t.Context(), test.raw)
		if err == nil || test.want != nil && !errors.Is(err, test.want) {
			t.Errorf("%s: got %v, want %v", test.name, err, test.want)
		}
	}
}
