package clean

import (
	"context"
	"encoding/binary"
	"slices"
	"time"
)

// MP4 boxes as ISO/IEC 14496-12 has them. A box that is not on the list becomes a free box of zeros of the same size: what stands after it does not
// move, so the tables of positions still hold.

// box is one box of a file: where it begins, where its content does, and where it ends.
type box struct {
	kind             string
	at, content, end int
}

// inside are the boxes that hold boxes.
var inside = []string{"moov", "trak", "mdia", "minf", "dinf", "stbl", "edts", "mvex", "moof", "traf"}

// kept are the boxes whose content stays as it is: headers, tables of samples, and the sound itself.
var kept = []string{"ftyp", "styp", "mdat", "tkhd", "mdhd", "mvhd", "hdlr", "smhd", "dref", "stsd", "stts", "stsc", "stsz", "stz2", "stco", "co64",
	"ctts", "stss", "sgpd", "sbgp", "elst", "mehd", "trex", "mfhd", "tfhd", "tfdt", "trun", "sidx"}

// maxBoxes bounds how many boxes a file has.
const maxBoxes = 100_000

// mp4 is a file that is being cleaned in place.
type mp4 struct {
	raw      []byte
	boxes    int
	sound    bool
	duration time.Duration
	scale    uint64 // of the sound, in ticks a second
	ticks    uint64 // of fragments, by their runs
	each     uint64 // the usual duration of a sample in fragments
}

// cleanMP4 keeps the sound of an MP4 or M4A file. One with anything but sound is refused as a video.
func cleanMP4(ctx context.Context, raw []byte) (*File, error) {
	m := &mp4{raw: slices.Clone(raw)}
	if err := m.walk(ctx, 0, len(raw)); err != nil {
		return nil, err
	}
	if !m.sound {
		return nil, ErrType
	}
	if m.duration == 0 && m.scale > 0 && m.ticks < m.scale*24*3600 {
		m.duration = time.Duration(m.ticks) * time.Second / time.Duration(m.scale)
	}
	return &File{Type: "audio/mp4", Data: m.raw, Duration: m.duration}, nil
}

func (m *mp4) walk(ctx context.Context, at, end int) error {
	for at < end {
		if m.boxes++; m.boxes > maxBoxes {
			return ErrUnpacks
		}
		b, err := m.next(at, end)
		if err != nil {
			return err
		}
		if err := m.clean(ctx, b); err != nil {
			return err
		}
		at = b.end
	}
	return ctx.Err()
}

// next reads a box's head: 32 bits of size, or 64 after the kind for size 1, or up to the end of the file for size 0.
func (m *mp4) next(at, end int) (box, error) {
	if end-at < 8 {
		return box{}, broken("read an MP4 box", errCut)
	}
	b := box{kind: string(m.raw[at+4 : at+8]), at: at, content: at + 8}
	size := uint64(be32(m.raw[at:]))
	switch size {
	case 0:
		size = uint64(end - at)
	case 1:
		if end-at < 16 {
			return box{}, broken("read an MP4 box", errCut)
		}
		size = binary.BigEndian.Uint64(m.raw[at+8:])
		b.content = at + 16
	}
	if size < uint64(b.content-at) || size > uint64(end-at) {
		return box{}, broken("read an MP4 box", errCut)
	}
	b.end = at + int(size)
	return b, nil
}

func (m *mp4) clean(ctx context.Context, b box) error {
	switch {
	case slices.Contains(inside, b.kind):
		return m.walk(ctx, b.content, b.end)
	case !slices.Contains(kept, b.kind):
		copy(m.raw[b.at+4:], "free")
		clear(m.raw[b.content:b.end])
		return nil
	}
	content := m.raw[b.content:b.end]
	if look, special := mp4Special[b.kind]; special {
		if len(content) < 4 {
			return broken("read an MP4 box", errCut)
		}
		return look(m, content)
	}
	return nil
}

// mp4Special are the boxes in which something is looked for or taken out.
var mp4Special = map[string]func(m *mp4, content []byte) error{
	"mvhd": (*mp4).movieHeader, "tkhd": (*mp4).trackHeader, "mdhd": (*mp4).mediaHeader, "hdlr": (*mp4).handler,
	"trex": (*mp4).fragmentDefaults, "trun": (*mp4).run, "dref": (*mp4).references, "stsd": (*mp4).descriptions,
}

// times clears when something was made and changed, and gives what stands after that and the width of its numbers (full box, version 0 or 1).
func times(content []byte) (rest []byte, width int, err error) {
	width = 4
	if content[0] == 1 {
		width = 8
	}
	if len(content) < 4+4*width+4 {
		return nil, 0, broken("read an MP4 header", errCut)
	}
	clear(content[4 : 4+2*width])
	return content[4+2*width:], width, nil
}

func number(raw []byte, width int) uint64 {
	if width == 8 {
		return binary.BigEndian.Uint64(raw)
	}
	return uint64(be32(raw))
}

func (m *mp4) movieHeader(content []byte) error {
	rest, width, err := times(content)
	if err != nil {
		return err
	}
	scale, ticks := uint64(be32(rest)), number(rest[4:], width)
	if scale > 0 && ticks < scale*24*3600 {
		m.duration = time.Duration(ticks) * time.Second / time.Duration(scale)
	}
	return nil
}

func (m *mp4) trackHeader(content []byte) error {
	_, _, err := times(content)
	return err
}

func (m *mp4) mediaHeader(content []byte) error {
	rest, _, err := times(content)
	if err == nil {
		m.scale = uint64(be32(rest))
	}
	return err
}

// handler looks what a track is, and clears the name that a program or a person gave it.
func (m *mp4) handler(content []byte) error {
	if len(content) < 24 {
		return broken("read an MP4 handler", errCut)
	}
	if string(content[8:12]) != "soun" {
		return ErrVideo
	}
	m.sound = true
	clear(content[24:])
	return nil
}

// references: the sound must be in this file, and the box must not name another one (flag 1 of its one entry).
func (m *mp4) references(content []byte) error {
	if len(content) != 20 || be32(content[4:]) != 1 || string(content[12:16]) != "url " || content[19]&1 == 0 {
		return ErrLinked
	}
	return nil
}

// descriptions: the sound is AAC or Opus, and beside what a decoder needs nothing is said of it. What comes after an entry's own 28 bytes are boxes.
func (m *mp4) descriptions(content []byte) error {
	inner := &mp4{raw: content}
	for at := 8; at < len(content); {
		entry, err := inner.next(at, len(content))
		if err != nil {
			return err
		}
		if entry.kind != "mp4a" && entry.kind != "Opus" || entry.end-entry.content < 28 {
			return ErrType
		}
		if version := binary.BigEndian.Uint16(content[entry.content+8:]); version != 0 {
			return ErrType // QuickTime's own form
		}
		if err := inner.entry(entry.content+28, entry.end); err != nil {
			return err
		}
		at = entry.end
	}
	return nil
}

func (m *mp4) entry(at, end int) error {
	for at < end {
		b, err := m.next(at, end)
		if err != nil {
			return err
		}
		if !slices.Contains([]string{"esds", "dOps", "btrt"}, b.kind) {
			copy(m.raw[b.at+4:], "free")
			clear(m.raw[b.content:b.end])
		}
		at = b.end
	}
	return nil
}

func (m *mp4) fragmentDefaults(content []byte) error {
	if len(content) < 24 {
		return broken("read an MP4 default", errCut)
	}
	m.each = uint64(be32(content[12:]))
	return nil
}

// run adds up the durations of a fragment's samples: each its own (flag 0x100), or the usual one.
func (m *mp4) run(content []byte) error {
	flags := be32(content) & 0xffffff
	if len(content) < 8 {
		return broken("read an MP4 run", errCut)
	}
	count, at, width := uint64(be32(content[4:])), 8, 0
	for _, optional := range []uint32{0x1, 0x4} {
		if flags&optional != 0 {
			at += 4
		}
	}
	for _, each := range []uint32{0x100, 0x200, 0x400, 0x800} {
		if flags&each != 0 {
			width += 4
		}
	}
	if uint64(len(content)) < uint64(at)+count*uint64(width) {
		return broken("read an MP4 run", errCut)
	}
	if flags&0x100 == 0 {
		m.ticks += count * m.each
		return nil
	}
	for range count {
		m.ticks += uint64(be32(content[at:]))
		at += width
	}
	return nil
}
