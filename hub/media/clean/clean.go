// Package clean takes out of a file what it says about those who made it, or refuses the file.
//
// It believes neither names nor headers: Clean looks at the bytes, takes only kinds of file that are on its list, and gives back a
// file of which it understood every part that it kept. Pictures are decoded and encoded anew, so that nothing but their pixels comes
// through. Documents and sounds are taken apart and put together from what is on a list; what is not on it is emptied, or the file is
// refused with the reason. A file that could not be cleaned never comes back.
//
// What it costs is bounded before it is spent: pixels before a picture is decoded, unpacked bytes while a document is unpacked. Clean
// keeps no state and touches neither disk nor network.
package clean

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"panah/hub/fault"
)

// File is a cleaned file.
type File struct {
	Type       string // mimetype, by its bytes
	Data       []byte
	Width      int // of a picture, in pixels
	Height     int
	Duration   time.Duration // of a sound, as far as it says
	Thumbnails []Thumbnail   // of a picture, smallest first
}

// Opaque is the type of a file that nobody here can look into (RFC 2046, 4.5.1). Clean never gives one.
const Opaque = "application/octet-stream"

// The reasons for which a file is refused. Each is a sentence of the catalogs.
var (
	ErrType      = refusal("error.media_type")
	ErrBroken    = refusal("error.media_broken")
	ErrMoving    = refusal("error.media_moving")
	ErrVideo     = refusal("error.media_video")
	ErrProtected = refusal("error.media_protected")
	ErrActive    = refusal("error.media_active")
	ErrEmbedded  = refusal("error.media_embedded")
	ErrLinked    = refusal("error.media_linked")
	ErrOldOffice = refusal("error.media_old_office")
	ErrUnpacks   = refusal("error.media_unpacks")
	ErrPixels    = fault.New(http.StatusRequestEntityTooLarge, "M_TOO_LARGE", "error.media_pixels", "Limit", maxPixels/1_000_000)
	ErrHidden    = refusal("error.media_hidden")
	ErrDisguised = refusal("error.media_disguised")
	ErrSlow      = refusal("error.media_slow")
)

func refusal(key string) *fault.Fault { return fault.Forbidden(key) }

func broken(doing string, err error) error {
	return ErrBroken.Because(fmt.Errorf("%s: %w", doing, err))
}

// cleaners has one for each kind of file.
var cleaners = map[string]func(ctx context.Context, raw []byte) (*File, error){
	"image/jpeg":      cleanPicture(decodeJPEG),
	"image/png":       cleanPicture(decodePNG),
	"image/webp":      cleanPicture(decodeWebP),
	"image/gif":       cleanPicture(decodeGIF),
	"text/plain":      cleanText,
	"application/pdf": cleanPDF,
	"application/zip": cleanOffice,
	"audio/ogg":       cleanOgg,
	"audio/webm":      cleanWebM,
	"audio/mp4":       cleanMP4,
}

// Clean gives the file without its metadata, or the fault that says why it is refused. It ends soon after ctx does.
func Clean(ctx context.Context, raw []byte) (f *File, err error) {
	kind, err := Sniff(raw)
	if err != nil {
		return nil, err
	}
	// The libraries underneath read what strangers sent: whatever they trip over is a broken file and no reason to fall.
	defer func() {
		if trouble := recover(); trouble != nil {
			f, err = nil, ErrBroken.Because(fmt.Errorf("panic while cleaning %s: %v", kind, trouble))
		}
	}()
	f, err = cleaners[kind](ctx, raw)
	if ctx.Err() != nil {
		return nil, ErrSlow.Because(ctx.Err())
	}
	if err != nil {
		return nil, fmt.Errorf("clean %s: %w", kind, err)
	}
	return f, nil
}
