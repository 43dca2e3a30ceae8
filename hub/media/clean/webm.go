package clean

import (
	"context"
	"encoding/binary"
	"math"
	"math/bits"
	"slices"
	"strings"
	"time"
)

// WebM elements as RFC 9559 (Matroska) and RFC 8794 (EBML) have them. An element that is not on the list becomes a Void of the same size, so
// that what stands after it does not move.
const (
	ebmlHead     = 0x1a45dfa3
	ebmlVoid     = 0xec
	segment      = 0x18538067
	segmentInfo  = 0x1549a966
	tracks       = 0x1654ae6b
	trackEntry   = 0xae
	trackType    = 0x83
	codecID      = 0x86
	audioTrack   = 0xe1
	cluster      = 0x1f43b675
	clusterTime  = 0xe7
	simpleBlock  = 0xa3
	blockGroup   = 0xa0
	block        = 0xa1
	cues         = 0x1c53bb6b
	cuePoint     = 0xbb
	cuePositions = 0xb7
	seekHead     = 0x114d9b74
	timeScale    = 0x2ad7b1
	playTime     = 0x4489
	muxingApp    = 0x4d80
	writingApp   = 0x5741
	unknownSize  = math.MaxUint64
)

// webmInside are the elements that hold elements, with those that stay in each. What is not among them is voided.
var webmInside = map[uint32][]uint32{
	ebmlHead:     {0x4286, 0x42f7, 0x42f2, 0x42f3, 0x4282, 0x4287, 0x4285},
	segment:      {segmentInfo, tracks, cluster, cues, seekHead},
	segmentInfo:  {timeScale, playTime, muxingApp, writingApp},
	tracks:       {trackEntry},
	trackEntry:   {0xd7, 0x73c5, trackType, codecID, 0x63a2, 0x56aa, 0x56bb, audioTrack, 0x23e383, 0xb9, 0x88, 0x9c},
	audioTrack:   {0xb5, 0x78b5, 0x9f, 0x6264},
	cluster:      {clusterTime, simpleBlock, blockGroup, 0xa7, 0xab},
	blockGroup:   {block, 0x9b, 0x75a2},
	cues:         {cuePoint},
	cuePoint:     {0xb3, cuePositions},
	cuePositions: {0xf7, 0xf1, 0xf0, 0xb2},
}

type webm struct {
	raw      []byte
	elements int
	tracks   int
	scale    uint64 // nanoseconds of a tick
	length   float64
	base     uint64 // of the cluster, in ticks
	last     uint64 // of the last block, in ticks
}

// cleanWebM keeps the sound of a WebM file with one track of Opus. One with pictures is refused as a video.
func cleanWebM(ctx context.Context, raw []byte) (*File, error) {
	m := &webm{raw: slices.Clone(raw), scale: 1_000_000}
	if _, err := m.walk(ctx, 0, len(raw), []uint32{ebmlHead, segment}, false); err != nil {
		return nil, err
	}
	if m.tracks != 1 {
		return nil, ErrType
	}
	ticks := m.length
	if !(ticks > 0) {
		ticks = float64(m.last)
	}
	f := &File{Type: "audio/webm", Data: m.raw}
	if nanos := ticks * float64(m.scale); nanos < float64(24*time.Hour) {
		f.Duration = time.Duration(nanos)
	}
	return f, nil
}

// walk cleans the elements from at to end. One of unknown size, as a recorder writes them, ends before an element that cannot be
// inside it (RFC 8794, 6.2): walk then gives where.
func (m *webm) walk(ctx context.Context, at, end int, known []uint32, open bool) (int, error) {
	for at < end {
		if m.elements++; m.elements > maxBoxes || ctx.Err() != nil {
			return 0, ErrUnpacks
		}
		id, size, content, err := m.head(at, end)
		if err != nil {
			return 0, err
		}
		if open && !slices.Contains(known, id) && slices.Contains(webmInside[segment], id) {
			return at, nil
		}
		if at, err = m.clean(ctx, element{id, at, content, size}, end, known); err != nil {
			return 0, err
		}
	}
	return at, nil
}

type element struct {
	id          uint32
	at, content int
	size        uint64
}

// clean handles one element and gives where the next one begins.
func (m *webm) clean(ctx context.Context, e element, end int, known []uint32) (int, error) {
	holds := webmInside[e.id]
	if e.size == unknownSize {
		if e.id != segment && e.id != cluster || !slices.Contains(known, e.id) {
			return 0, ErrBroken
		}
		return m.walk(ctx, e.content, end, holds, true)
	}
	if e.size > uint64(end-e.content) {
		return 0, broken("read a WebM element", errCut)
	}
	next := e.content + int(e.size)
	switch {
	case !slices.Contains(known, e.id) || e.id == seekHead:
		return next, m.void(e.at, next)
	case holds != nil:
		_, err := m.walk(ctx, e.content, next, holds, false)
		return next, err
	}
	return next, m.look(e.id, m.raw[e.content:next])
}

// look reads what must be known of an element, and clears what a program wrote about itself.
func (m *webm) look(id uint32, content []byte) error {
	switch id {
	case trackType:
		if m.tracks++; unsigned(content) != 2 {
			return ErrVideo
		}
	case codecID:
		if strings.HasPrefix(string(content), "V_") {
			return ErrVideo
		}
		if string(content) != "A_OPUS" {
			return ErrType
		}
	case muxingApp, writingApp:
		clear(content)
	case timeScale:
		m.scale = unsigned(content)
	case playTime:
		m.length = float(content)
	case clusterTime:
		m.base = unsigned(content)
	case simpleBlock, block:
		if len(content) < 4 {
			return broken("read a WebM block", errCut)
		}
		m.last = max(m.last, m.base+uint64(max(0, int16(binary.BigEndian.Uint16(content[1:])))))
	}
	return nil
}

// head reads an element's id and size: numbers whose first byte tells by its leading zeros how long they are (RFC 8794, 4).
func (m *webm) head(at, end int) (id uint32, size uint64, content int, err error) {
	width, err := m.width(at, end, 4)
	if err != nil {
		return 0, 0, 0, err
	}
	id = uint32(unsigned(m.raw[at : at+width]))
	at += width
	if width, err = m.width(at, end, 8); err != nil {
		return 0, 0, 0, err
	}
	mask := uint64(1)<<(7*width) - 1
	if size = unsigned(m.raw[at:at+width]) & mask; size == mask {
		size = unknownSize
	}
	return id, size, at + width, nil
}

func (m *webm) width(at, end, most int) (int, error) {
	if at >= end {
		return 0, broken("read a WebM element", errCut)
	}
	width := bits.LeadingZeros8(m.raw[at]) + 1
	if width > most || at+width > end {
		return 0, broken("read a WebM element", errCut)
	}
	return width, nil
}

// void writes a Void of zeros over an element: its id, a size of as many bytes as there is room for, and nothing.
func (m *webm) void(at, end int) error {
	total := end - at
	if total < 2 {
		return ErrBroken
	}
	clear(m.raw[at:end])
	m.raw[at] = ebmlVoid
	width := min(8, total-1)
	size := uint64(total - 1 - width)
	for i := range width {
		m.raw[at+width-i] = byte(size >> (8 * i))
	}
	m.raw[at+1] |= 1 << (8 - width)
	return nil
}

// unsigned reads a big-endian number of up to eight bytes.
func unsigned(raw []byte) (n uint64) {
	for _, b := range raw[:min(8, len(raw))] {
		n = n<<8 | uint64(b)
	}
	return n
}

func float(raw []byte) float64 {
	switch len(raw) {
	case 4:
		return float64(math.Float32frombits(be32(raw)))
	case 8:
		return math.Float64frombits(binary.BigEndian.Uint64(raw))
	}
	return 0
}
