package gateway

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"sync"
)

// Opcodes of RFC 6455, 5.2.
const (
	opText  = 0x1
	opClose = 0x8
	opPing  = 0x9
	opPong  = 0xA

	finalBit      = 0x80
	compressedBit = 0x40 // RSV1 (RFC 7692, 6)
)

// compressFrom is the size in bytes from which compressing a message is worth it.
const compressFrom = 64

// encodeFrame makes one unfragmented frame as a server sends it: without a mask (RFC 6455, 5.1).
func encodeFrame(first byte, payload []byte) []byte {
	frame := make([]byte, 0, len(payload)+10)
	frame = append(frame, finalBit|first)
	switch n := len(payload); {
	case n < 126:
		frame = append(frame, byte(n))
	case n < 1<<16:
		frame = binary.BigEndian.AppendUint16(append(frame, 126), uint16(n))
	default:
		frame = binary.BigEndian.AppendUint64(append(frame, 127), uint64(n))
	}
	return append(frame, payload...)
}

// packPlain makes the frame of a text message.
func packPlain(text []byte) []byte { return encodeFrame(opText, text) }

// packCompressed makes the frame of a text message with permessage-deflate. No context is taken over from message to message
// (RFC 7692, 7.1.1.1), so the same bytes serve every session.
func packCompressed(text []byte) []byte {
	if len(text) < compressFrom {
		return packPlain(text)
	}
	d := deflaters.Get().(*deflater)
	defer deflaters.Put(d)
	packed, ok := d.deflate(text)
	if !ok || len(packed) >= len(text) {
		return packPlain(text) // a message may stay uncompressed (RFC 7692, 6)
	}
	return encodeFrame(opText|compressedBit, packed)
}

// deflater keeps a compressor's tables, which are far larger than a message, for the next message.
type deflater struct {
	out bytes.Buffer
	w   *flate.Writer
}

var deflaters = sync.Pool{New: func() any {
	d := &deflater{}
	d.w, _ = flate.NewWriter(&d.out, flate.DefaultCompression) // it fails only for a level that does not exist
	return d
}}

// deflate compresses text; the result is valid until the next call.
func (d *deflater) deflate(text []byte) ([]byte, bool) {
	d.out.Reset()
	d.w.Reset(&d.out)
	if _, err := d.w.Write(text); err != nil {
		return nil, false
	}
	if err := d.w.Flush(); err != nil {
		return nil, false
	}
	// A flush ends with an empty block, whose last four bytes the receiver adds itself (RFC 7692, 7.2.1).
	return bytes.TrimSuffix(d.out.Bytes(), []byte{0, 0, 0xff, 0xff}), true
}

// closeFrame is a close message (RFC 6455, 5.5.1). The reason is cut to what a control frame holds.
func closeFrame(code int, reason string) []byte {
	payload := binary.BigEndian.AppendUint16(nil, uint16(code))
	return encodeFrame(opClose, append(payload, reason[:min(len(reason), 123)]...))
}
