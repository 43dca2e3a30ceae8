package clean

import (
	"bytes"
	"slices"
)

// stripJPEG takes out of a JPEG, as it stands in a document, all segments that are not needed to show it: it stays the same picture to the last bit.
// The document says how it lies on the page, so its orientation goes too.
func stripJPEG(raw []byte) ([]byte, error) {
	if len(raw) < 4 || raw[0] != 0xff || raw[1] != 0xd8 {
		return nil, broken("read a JPEG inside", errCut)
	}
	out := bytes.NewBuffer(make([]byte, 0, len(raw)))
	out.Write(raw[:2])
	for at := 2; ; {
		if at+4 > len(raw) || raw[at] != 0xff {
			return nil, broken("read a JPEG inside", errCut)
		}
		marker := raw[at+1]
		if marker == 0xff { // fill
			at++
			continue
		}
		end := at + 2 + int(raw[at+2])<<8 + int(raw[at+3])
		if end > len(raw) || end < at+4 {
			return nil, broken("read a JPEG inside", errCut)
		}
		if marker == 0xda { // the scan, and whatever comes up to the end of the picture
			last := bytes.LastIndex(raw, []byte{0xff, 0xd9})
			if last < end || bytes.Contains(raw[end:last], []byte{0xff, 0xd8}) || hasSegment(raw[end:last]) {
				return nil, ErrBroken
			}
			out.Write(raw[at : last+2])
			return out.Bytes(), nil
		}
		if keepsSegment(marker, raw[at+4:end]) {
			out.Write(raw[at:end])
		}
		at = end
	}
}

// keepsSegment: all but applications' (APP0 to APP15) and comments, without Adobe's mark of the colours, which a decoder needs.
func keepsSegment(marker byte, content []byte) bool {
	if marker == 0xee {
		return len(content) == 12 && bytes.HasPrefix(content, []byte("Adobe"))
	}
	return marker != 0xfe && (marker < 0xe0 || marker > 0xef)
}

// hasSegment finds applications' segments and comments between the scans of a progressive picture. Inside a scan a byte 0xff is always followed by 0 or a
// restart marker (ITU-T T.81, B.1.1.5).
func hasSegment(scans []byte) bool {
	for i := 0; i+1 < len(scans); i++ {
		if scans[i] == 0xff && (scans[i+1] == 0xfe || scans[i+1] >= 0xe0 && scans[i+1] <= 0xef) {
			return true
		}
	}
	return false
}

// pngKept are the chunks of a PNG, as it stands in a document, that are needed to show it.
var pngKept = []string{"IHDR", "PLTE", "IDAT", "IEND", "tRNS", "gAMA", "cHRM", "sRGB", "sBIT", "pHYs", "bKGD"}

// stripPNG takes all other chunks out.
func stripPNG(raw []byte) ([]byte, error) {
	if len(raw) < 8 || string(raw[1:4]) != "PNG" {
		return nil, broken("read a PNG inside", errCut)
	}
	out := bytes.NewBuffer(make([]byte, 0, len(raw)))
	out.Write(raw[:8])
	for at := 8; at+12 <= len(raw); {
		size, kind := int(be32(raw[at:])), string(raw[at+4:at+8])
		if size < 0 || size > len(raw)-at-12 {
			return nil, broken("read a PNG inside", errCut)
		}
		if slices.Contains(pngKept, kind) {
			out.Write(raw[at : at+12+size])
		}
		if kind == "IEND" {
			return out.Bytes(), nil
		}
		at += 12 + size
	}
	return nil, broken("read a PNG inside", errCut)
}
