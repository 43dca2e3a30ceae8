package clean

import (
	"context"
	"image"

	"golang.org/x/image/draw"
)

// Thumbnail is a smaller picture of a picture.
type Thumbnail struct {
	Size
	Type   string
	Data   []byte
	Width  int // as it came out, in pixels
	Height int
}

// Size is a wish for a thumbnail (Matrix Client-Server API, "Thumbnails").
type Size struct {
	Width  int
	Height int
	Method string // crop fills the size, scale fits into it
}

// Sizes are those in which thumbnails are made, smallest first: a face, a picture in a list, a picture on a phone.
func Sizes() []Size {
	return []Size{{96, 96, "crop"}, {320, 240, "scale"}, {800, 600, "scale"}}
}

// thumbnails makes those that are smaller than the picture itself.
func thumbnails(ctx context.Context, pixels image.Image) ([]Thumbnail, error) {
	var made []Thumbnail
	for _, size := range Sizes() {
		from, to := size.frame(pixels.Bounds())
		if to.X >= from.Dx() && to.Y >= from.Dy() && from.Size() == pixels.Bounds().Size() {
			continue // the picture is no larger
		}
		small := image.NewNRGBA(image.Rect(0, 0, to.X, to.Y))
		draw.ApproxBiLinear.Scale(small, small.Bounds(), pixels, from, draw.Src, nil)
		data, kind, err := encode(ctx, small, false)
		if err != nil {
			return nil, err
		}
		made = append(made, Thumbnail{Size: size, Type: kind, Data: data, Width: to.X, Height: to.Y})
	}
	return made, nil
}

// frame gives the part of the picture that is shown, and how large.
func (s Size) frame(b image.Rectangle) (from image.Rectangle, to image.Point) {
	width, height := b.Dx(), b.Dy()
	if s.Method == "crop" {
		side := min(width, height)
		corner := b.Min.Add(image.Pt((width-side)/2, (height-side)/2))
		size := min(side, s.Width)
		return image.Rectangle{corner, corner.Add(image.Pt(side, side))}, image.Pt(size, size)
	}
	if width <= s.Width && height <= s.Height {
		return b, image.Pt(width, height)
	}
	if width*s.Height > height*s.Width { // wider than the frame
		return b, image.Pt(s.Width, max(1, height*s.Width/width))
	}
	return b, image.Pt(max(1, width*s.Height/height), s.Height)
}
