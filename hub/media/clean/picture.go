package clean

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"

	"github.com/bep/imagemeta"
	"golang.org/x/image/webp"
)

const (
	// maxPixels bounds a picture. Decoding takes some 16 bytes a pixel at the worst (progressive JPEG without subsampling).
	maxPixels = 25_000_000
	// maxSide bounds its width and height, in pixels.
	maxSide = 20_000
	// jpegQuality is that of pictures and thumbnails as they are encoded anew.
	jpegQuality = 85
)

// decoder reads one kind of picture.
type decoder struct {
	bounds      func(r io.Reader) (image.Config, error) // without decoding the pixels
	decode      func(r io.Reader) (image.Image, error)
	orientation imagemeta.ImageFormat // where EXIF is looked for; 0 for nowhere
	still       func(raw []byte) error
}

var (
	decodeJPEG = decoder{jpeg.DecodeConfig, jpeg.Decode, imagemeta.JPEG, nil}
	decodePNG  = decoder{png.DecodeConfig, png.Decode, imagemeta.PNG, stillPNG}
	decodeWebP = decoder{webp.DecodeConfig, webp.Decode, imagemeta.WebP, stillWebP}
	decodeGIF  = decoder{gif.DecodeConfig, gif.Decode, 0, stillGIF}
)

// cleanPicture decodes a picture, turns it as its EXIF says, and encodes its pixels anew: as PNG where some are transparent or
// the picture came as PNG or GIF, as JPEG otherwise.
func cleanPicture(d decoder) func(ctx context.Context, raw []byte) (*File, error) {
	return func(ctx context.Context, raw []byte) (*File, error) {
		if err := d.check(raw); err != nil {
			return nil, err
		}
		pixels, err := d.decode(limited{ctx, bytes.NewReader(raw)})
		if err != nil {
			return nil, broken("decode", err)
		}
		pixels = turn(pixels, d.turned(raw))
		lossless := d.orientation == imagemeta.PNG || d.orientation == 0
		f := &File{Width: pixels.Bounds().Dx(), Height: pixels.Bounds().Dy()}
		if f.Data, f.Type, err = encode(ctx, pixels, lossless); err != nil {
			return nil, err
		}
		f.Thumbnails, err = thumbnails(ctx, pixels)
		return f, err
	}
}

// check bounds the picture before its pixels are decoded.
func (d decoder) check(raw []byte) error {
	c, err := d.bounds(bytes.NewReader(raw))
	if err != nil {
		return broken("read the bounds", err)
	}
	if c.Width < 1 || c.Height < 1 {
		return ErrBroken
	}
	if c.Width > maxSide || c.Height > maxSide || c.Width*c.Height > maxPixels {
		return ErrPixels
	}
	if d.still != nil {
		return d.still(raw)
	}
	return nil
}

// turned reads how the camera was held: 1 to 8 as EXIF 2.32, 4.6.4, "Orientation" has it. What cannot be read is 1.
func (d decoder) turned(raw []byte) int {
	orientation := 1
	if d.orientation == 0 {
		return orientation
	}
	// An error is of no account: EXIF that is broken goes away with all of it.
	_, _ = imagemeta.Decode(imagemeta.Options{
		R: bytes.NewReader(raw), ImageFormat: d.orientation, Sources: imagemeta.EXIF,
		ShouldHandleTag: func(tag imagemeta.TagInfo) bool { return tag.Tag == "Orientation" && tag.Namespace == "IFD0" },
		HandleTag: func(tag imagemeta.TagInfo) error {
			if n, ok := tag.Value.(uint16); ok && n >= 1 && n <= 8 {
				orientation = int(n)
			}
			return imagemeta.ErrStopWalking
		},
	})
	return orientation
}

// turn gives the picture as the camera was held. Orientations above 4 lie on their side.
func turn(pixels image.Image, orientation int) image.Image {
	if orientation <= 1 {
		return pixels
	}
	b := pixels.Bounds()
	width, height := b.Dx(), b.Dy()
	size := image.Rect(0, 0, width, height)
	if orientation > 4 {
		size = image.Rect(0, 0, height, width)
	}
	turned := image.NewNRGBA(size)
	for y := range height {
		for x := range width {
			to := place(orientation, x, y, width, height)
			turned.SetNRGBA(to.X, to.Y, color.NRGBAModel.Convert(pixels.At(b.Min.X+x, b.Min.Y+y)).(color.NRGBA))
		}
	}
	return turned
}

// place is where a pixel of the stored picture stands in the turned one.
func place(orientation, x, y, width, height int) image.Point {
	right, below := width-1-x, height-1-y
	switch orientation {
	case 2:
		return image.Pt(right, y)
	case 3:
		return image.Pt(right, below)
	case 4:
		return image.Pt(x, below)
	case 5:
		return image.Pt(y, x)
	case 6:
		return image.Pt(below, x)
	case 7:
		return image.Pt(below, right)
	case 8:
		return image.Pt(y, right)
	}
	return image.Pt(x, y)
}

// encode writes pixels and nothing else.
func encode(ctx context.Context, pixels image.Image, lossless bool) (data []byte, kind string, err error) {
	var out bytes.Buffer
	if lossless || !opaque(pixels) {
		kind = "image/png"
		err = png.Encode(limited{ctx, &out}, pixels)
	} else {
		kind = "image/jpeg"
		err = jpeg.Encode(limited{ctx, &out}, pixels, &jpeg.Options{Quality: jpegQuality})
	}
	if err != nil {
		return nil, "", broken("encode", err)
	}
	return out.Bytes(), kind, nil
}

func opaque(pixels image.Image) bool {
	o, ok := pixels.(interface{ Opaque() bool })
	return ok && o.Opaque()
}

// limited reads or writes until its context ends, which is how decoders and encoders are stopped.
type limited struct {
	ctx context.Context
	on  any
}

func (l limited) Read(b []byte) (int, error) {
	if err := l.ctx.Err(); err != nil {
		return 0, err
	}
	return l.on.(io.Reader).Read(b)
}

func (l limited) Write(b []byte) (int, error) {
	if err := l.ctx.Err(); err != nil {
		return 0, err
	}
	return l.on.(io.Writer).Write(b)
}

var errCut = errors.New("the file ends too early")

// stillPNG refuses animated PNG (PNG specification, third edition, acTL), of which a decoder would show one picture only.
func stillPNG(raw []byte) error {
	for at := 8; at+12 <= len(raw); {
		size := int(be32(raw[at:]))
		switch kind := string(raw[at+4 : at+8]); {
		case kind == "acTL":
			return ErrMoving
		case kind == "IDAT" || size > len(raw)-at-12:
			return nil
		}
		at += 12 + size
	}
	return nil
}

// stillWebP refuses animated WebP (WebP container specification, "Extended file format": flag A).
func stillWebP(raw []byte) error {
	if len(raw) > 20 && string(raw[12:16]) == "VP8X" && raw[20]&0x02 != 0 {
		return ErrMoving
	}
	return nil
}

// stillGIF walks the blocks (GIF89a, section 15 and following) and refuses a second picture.
func stillGIF(raw []byte) error {
	pictures, at := 0, 13+tableSize(raw[10])
	for at < len(raw) {
		switch raw[at] {
		case 0x2c: // image descriptor, colour table, least code size
			if pictures++; pictures > 1 {
				return ErrMoving
			}
			if at+10 > len(raw) {
				return broken("walk the blocks", errCut)
			}
			at += 11 + tableSize(raw[at+9])
		case 0x21: // extension with its label
			at += 2
		default: // the trailer, or what no decoder reads
			return nil
		}
		for at < len(raw) && raw[at] != 0 {
			at += 1 + int(raw[at])
		}
		at++
	}
	return nil
}

// tableSize is the size of a colour table in bytes, by the packed field before it.
func tableSize(packed byte) int {
	if packed&0x80 == 0 {
		return 0
	}
	return 3 << (packed&7 + 1)
}
