package clean

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strings"
	"unicode/utf8"
)

// Sniff tells what a file is by its bytes alone: a mimetype that Clean has a cleaner for, or the fault for which it is refused. Office documents are
// all application/zip to it; which of them one is stands inside.
func Sniff(raw []byte) (kind string, err error) {
	for _, s := range signatures {
		if s.fits(raw) {
			return s.kind, s.refused
		}
	}
	if isText(raw) {
		if disguised(raw) {
			return "", ErrDisguised
		}
		return "text/plain", nil
	}
	return "", ErrType
}

type signature struct {
	kind    string
	refused error
	fits    func(raw []byte) bool
}

// signatures are tried in their order.
var signatures = []signature{
	{"image/jpeg", nil, starts("\xff\xd8\xff")},
	{"image/png", nil, starts("\x89PNG\r\n\x1a\n")},
	{"image/gif", nil, starts("GIF87a")},
	{"image/gif", nil, starts("GIF89a")},
	{"image/webp", nil, riff("WEBP")},
	{"application/pdf", nil, starts("%PDF-")},
	{"application/zip", nil, starts("PK\x03\x04")},
	{"audio/ogg", nil, starts("OggS")},
	{"audio/webm", nil, starts("\x1a\x45\xdf\xa3")},
	{"audio/mp4", nil, isMP4},
	{"", ErrVideo, riff("AVI ")},
	{"", ErrVideo, starts("\x00\x00\x01\xba")},
	{"", ErrOldOffice, starts("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")},
	// These are text, and more than text: they say who made them, and hold pictures and scripts.
	{"", ErrType, isMarkup},
	{"", ErrType, starts(`{\rtf`)},
	{"", ErrType, starts("%!PS")},
}

func starts(with string) func([]byte) bool {
	return func(raw []byte) bool { return bytes.HasPrefix(raw, []byte(with)) }
}

// riff fits a RIFF file of one form (WebP container specification, "RIFF file format").
func riff(form string) func([]byte) bool {
	return func(raw []byte) bool {
		return len(raw) >= 12 && string(raw[:4]) == "RIFF" && string(raw[8:12]) == form
	}
}

// isMP4 fits ISO files but those of still pictures, such as HEIC (ISO/IEC 14496-12, "ftyp": the major brand).
func isMP4(raw []byte) bool {
	if len(raw) < 12 || string(raw[4:8]) != "ftyp" {
		return false
	}
	brand := string(raw[8:12])
	return !strings.HasPrefix(brand, "hei") && !strings.HasPrefix(brand, "hev") && brand != "mif1" && brand != "msf1" && !strings.HasPrefix(brand, "avi")
}

// markupLooked is how far in, in bytes, a document in markup has said what it is.
const markupLooked = 1024

// isMarkup fits SVG, HTML and other XML (WHATWG MIME Sniffing, 7.1, looks for the same beginnings), and not text that happens to begin with a bracket.
func isMarkup(raw []byte) bool {
	head := bytes.TrimLeft(bytes.TrimPrefix(raw, []byte("\xef\xbb\xbf")), " \t\r\n\f")
	head = bytes.ToLower(head[:min(len(head), markupLooked)])
	if !bytes.HasPrefix(head, []byte("<")) {
		return false
	}
	for _, said := range []string{"<?xml", "<!doctype", "<svg", "<html", "<head", "<body", "<script", "<iframe"} {
		if bytes.Contains(head, []byte(said)) {
			return true
		}
	}
	return false
}

// isText tells whether the file is UTF-8 without control characters, and so can be nothing else.
func isText(raw []byte) bool {
	if len(raw) == 0 || !utf8.Valid(raw) {
		return false
	}
	return bytes.IndexFunc(raw, func(r rune) bool {
		return r < ' ' && r != '\t' && r != '\n' && r != '\r' && r != '\f' || r == 0x7f
	}) < 0
}

// containers are the beginnings of other kinds that can stand in a text. Programs look for them some way into a file (ISO 32000-1, H.3.4.1: in the
// first 1024 bytes), and would open the file as that kind without its having been cleaned as one.
var containers = [][]byte{
	[]byte("%PDF-"), []byte("%!PS-"), []byte("PK\x03\x04"), []byte("{\\rtf"), []byte("GIF87a"), []byte("GIF89a"), []byte("OggS"), []byte("Rar!"),
}

func disguised(raw []byte) bool {
	head := raw[:min(len(raw), 1024+8)]
	return slices.ContainsFunc(containers, func(magic []byte) bool { return bytes.Contains(head, magic) })
}

// be32 reads a big-endian number; the caller has seen that it is there.
func be32(raw []byte) uint32 { return binary.BigEndian.Uint32(raw) }

// shortText is up to what length, in bytes, an encrypted file happens to be a text often enough to matter: of one byte every third is, of 20 one in some
// hundred million.
const shortText = 20

// refused begin kinds of files that have no cleaner and are no encrypted file either; Sniff does not tell them from what is of no kind.
var refused = [][]byte{
	[]byte("RIFF"), []byte("ID3"), []byte("fLaC"), []byte("II*\x00"), []byte("MM\x00*"), []byte("8BPS"), []byte("Rar!"), []byte("7z\xbc\xaf\x27\x1c"),
	[]byte("\x1f\x8b\x08"), []byte("PK\x05\x06"), []byte("\x7fELF"),
}

// Formless tells whether nothing in the bytes says what they are, as it is with encrypted files. A text says so, unless it is so short that chance
// makes it one.
func Formless(raw []byte) bool {
	if len(raw) == 0 || len(raw) > shortText && isText(raw) || len(raw) >= 8 && string(raw[4:8]) == "ftyp" {
		return false
	}
	begins := func(magic []byte) bool { return bytes.HasPrefix(raw, magic) }
	return !slices.ContainsFunc(refused, begins) && !slices.ContainsFunc(signatures, func(s signature) bool { return s.fits(raw) })
}
