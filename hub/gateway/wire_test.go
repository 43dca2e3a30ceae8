package gateway

import (
	"bytes"
	"compress/flate"
	"io"
	"strings"
	"testing"
)

func TestEncodeFrameLengths(t *testing.T) {
	tests := map[int][]byte{
		0:       {0x81, 0},
		125:     {0x81, 125},
		126:     {0x81, 126, 0, 126},
		65535:   {0x81, 126, 0xff, 0xff},
		65536:   {0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0},
		1 << 20: {0x81, 127, 0, 0, 0, 0, 0, 0x10, 0, 0},
	}
	for size, head := range tests {
		frame := packPlain(make([]byte, size))
		if !bytes.HasPrefix(frame, head) || len(frame) != len(head)+size {
			t.Errorf("%d bytes: got head % x and %d bytes", size, frame[:min(len(frame), 10)], len(frame))
		}
	}
}

// TestCompressedFramesStandAlone: each frame is read without those before it, as no context is taken over.
func TestCompressedFramesStandAlone(t *testing.T) {
	text := strings.Repeat(`{"body":"салом"}`, 5)
	for range 3 {
		frame := packCompressed([]byte(text))
		if frame[0] != finalBit|compressedBit|opText || int(frame[1]) != len(frame)-2 {
			t.Fatalf("head % x of %d bytes", frame[:2], len(frame))
		}
		tail := []byte{0, 0, 0xff, 0xff, 1, 0, 0, 0xff, 0xff} // what RFC 7692, 7.2.2 has the reader add, and an end
		got, err := io.ReadAll(flate.NewReader(io.MultiReader(bytes.NewReader(frame[2:]), bytes.NewReader(tail))))
		if err != nil || string(got) != text {
			t.Fatalf("got %q, %v", got, err)
		}
	}
	if short := packCompressed([]byte(`{}`)); short[0] != finalBit|opText {
		t.Errorf("a short message is compressed: % x", short)
	}
}

func TestCloseFrameCutsItsReason(t *testing.T) {
	frame := closeFrame(4008, strings.Repeat("x", 200))
	if frame[0] != finalBit|opClose || frame[1] != 125 || len(frame) != 127 {
		t.Errorf("got % x… of %d bytes", frame[:4], len(frame))
	}
}
