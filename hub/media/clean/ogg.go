package clean

import (
	"bytes"
	"context"
	"encoding/binary"
	"time"
)

// Ogg pages as RFC 3533 has them, Opus in Ogg as RFC 7845.
const (
	oggHeader    = 27
	oggContinued = 1
	oggFirst     = 2
	oggLast      = 4
	opusRate     = 48_000 // granule positions count samples at this rate whatever was recorded
)

// oggPage is one page. Its parts lie in the file.
type oggPage struct {
	flags    byte
	granule  uint64
	serial   uint32
	segments []byte
	body     []byte
}

// cleanOgg keeps an Opus stream's first header and its sound, and writes a comment header without comments between them. Files with
// more than one stream are refused: what is beside the sound cannot be told.
func cleanOgg(ctx context.Context, raw []byte) (*File, error) {
	pages, err := oggPages(raw)
	if err != nil {
		return nil, err
	}
	head, sound, err := opusPages(pages)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	head.write(&out, 0)
	tags := oggPage{serial: head.serial, body: emptyOpusTags()}
	tags.segments = []byte{byte(len(tags.body))}
	tags.write(&out, 1)
	for i, p := range sound {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		p.write(&out, uint32(i+2))
	}
	skip := uint64(binary.LittleEndian.Uint16(head.body[10:]))
	return &File{Type: "audio/ogg", Data: out.Bytes(), Duration: opusDuration(sound, skip)}, nil
}

// emptyOpusTags is a comment header that says nothing (RFC 7845, 5.2).
func emptyOpusTags() []byte { return append([]byte("OpusTags"), 0, 0, 0, 0, 0, 0, 0, 0) }

func oggPages(raw []byte) ([]oggPage, error) {
	var pages []oggPage
	for len(raw) > 0 {
		p, rest, err := nextOggPage(raw)
		if err != nil {
			return nil, err
		}
		if len(pages) > 0 && p.serial != pages[0].serial {
			return nil, ErrEmbedded
		}
		pages, raw = append(pages, p), rest
	}
	return pages, nil
}

func nextOggPage(raw []byte) (p oggPage, rest []byte, err error) {
	if len(raw) < oggHeader || string(raw[:4]) != "OggS" || raw[4] != 0 {
		return p, nil, broken("read an Ogg page", errCut)
	}
	end := oggHeader + int(raw[26])
	if end > len(raw) {
		return p, nil, broken("read an Ogg page", errCut)
	}
	p = oggPage{flags: raw[5], granule: binary.LittleEndian.Uint64(raw[6:]), serial: binary.LittleEndian.Uint32(raw[14:]), segments: raw[oggHeader:end]}
	size := 0
	for _, s := range p.segments {
		size += int(s)
	}
	if end+size > len(raw) {
		return p, nil, broken("read an Ogg page", errCut)
	}
	p.body = raw[end : end+size]
	return p, raw[end+size:], nil
}

// opusPages takes the stream's pages apart: the head, which is a page of its own, the comments, which may fill several and end with one,
// and the sound.
func opusPages(pages []oggPage) (head oggPage, sound []oggPage, err error) {
	if len(pages) < 2 || pages[0].flags&oggFirst == 0 || len(pages[0].body) < 19 || !bytes.HasPrefix(pages[0].body, []byte("OpusHead")) {
		return head, nil, ErrType
	}
	head, pages = pages[0], pages[1:]
	if !bytes.HasPrefix(pages[0].body, []byte("OpusTags")) {
		return head, nil, ErrBroken
	}
	comments := 1
	for comments < len(pages) && pages[comments].flags&oggContinued != 0 && !ends(pages[comments-1]) {
		comments++
	}
	if !ends(pages[comments-1]) {
		return head, nil, ErrBroken
	}
	for _, p := range pages[comments:] {
		if p.flags&oggFirst != 0 {
			return head, nil, ErrEmbedded // a second stream after the first
		}
	}
	return head, pages[comments:], nil
}

// ends tells whether the page's last packet ends in it.
func ends(p oggPage) bool { return len(p.segments) > 0 && p.segments[len(p.segments)-1] < 255 }

// opusDuration is by the last page that says where it ends; all ones mean that it does not.
func opusDuration(sound []oggPage, skip uint64) time.Duration {
	for i := len(sound) - 1; i >= 0; i-- {
		if g := sound[i].granule; g != 1<<64-1 && g > skip && g-skip < opusRate*24*3600 {
			return time.Duration(g-skip) * time.Second / opusRate
		}
	}
	return 0
}

// write puts the page into out under its new number, with its checksum.
func (p oggPage) write(out *bytes.Buffer, number uint32) {
	page := make([]byte, oggHeader, oggHeader+len(p.segments)+len(p.body))
	copy(page, "OggS")
	page[5] = p.flags & (oggContinued | oggFirst | oggLast)
	binary.LittleEndian.PutUint64(page[6:], p.granule)
	binary.LittleEndian.PutUint32(page[14:], p.serial)
	binary.LittleEndian.PutUint32(page[18:], number)
	page[26] = byte(len(p.segments))
	page = append(append(page, p.segments...), p.body...)
	binary.LittleEndian.PutUint32(page[22:], oggSum(page))
	out.Write(page)
}

// oggTable is for the checksum of RFC 3533, 6 (22): CRC-32 by 0x04c11db7, neither reflected nor inverted.
var oggTable = func() (table [256]uint32) {
	for i := range table {
		sum := uint32(i) << 24
		for range 8 {
			carry := sum&(1<<31) != 0
			sum <<= 1
			if carry {
				sum ^= 0x04c11db7
			}
		}
		table[i] = sum
	}
	return table
}()

func oggSum(page []byte) (sum uint32) {
	for _, b := range page {
		sum = sum<<8 ^ oggTable[byte(sum>>24)^b]
	}
	return sum
}
