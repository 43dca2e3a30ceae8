package clean

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"image/gif"
	"io"
	"path"
	"slices"
	"strings"
	"unicode/utf8"
)

// Bounds of a document of many parts.
const (
	maxParts     = 5_000
	maxUnpacked  = 200 << 20 // bytes of all parts together
	freeUnpacked = 16 << 20  // bytes that any document may unpack to, however small it is
	maxRatio     = 100       // beyond those, bytes that one byte of the file may unpack to; what people write reaches some 30
	maxInside    = 1         // documents inside documents, such as the table of a chart
)

// purse is what a document may still cost, those inside it included.
type purse struct {
	depth int   // documents round this one
	left  int64 // bytes of unpacked parts
}

// part is one file of a document.
type part struct {
	name string
	data []byte
}

// cleanOffice takes a Word, Excel, PowerPoint or OpenDocument file apart and puts it together from what is on its kind's lists.
func cleanOffice(ctx context.Context, raw []byte) (*File, error) {
	return cleanParts(ctx, raw, &purse{left: min(maxUnpacked, max(freeUnpacked, maxRatio*int64(len(raw))))})
}

func cleanParts(ctx context.Context, raw []byte, may *purse) (*File, error) {
	parts, err := unpack(ctx, raw, may)
	if err != nil {
		return nil, err
	}
	kind := kindOf(parts)
	if kind == nil {
		return nil, ErrType
	}
	cleaned := make([]part, 0, len(parts))
	for _, p := range parts {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		keep, err := kind.clean(ctx, kind, &p, may)
		if err != nil {
			return nil, fmt.Errorf("part %s: %w", path.Ext(p.name), err) // not by its name: the log keeps none
		}
		if keep {
			cleaned = append(cleaned, p)
		}
	}
	data, err := pack(cleaned)
	return &File{Type: kind.mimetype, Data: data}, err
}

// office is what is known of a document as a whole.
type office struct {
	mimetype string
	clean    func(ctx context.Context, o *office, p *part, may *purse) (keep bool, err error)
}

func kindOf(parts []part) *office {
	if len(parts) > 0 && parts[0].name == "mimetype" {
		return openDocument(string(parts[0].data))
	}
	for _, p := range parts {
		if p.name == "[Content_Types].xml" {
			return openXML(p.data)
		}
	}
	return nil
}

// unpack reads all parts, within bounds of their number and size. An archive that says itself that it is larger is not read at all; what it says
// beyond that is not believed, and the bytes are counted.
func unpack(ctx context.Context, raw []byte, may *purse) ([]part, error) {
	archive, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return nil, broken("open the archive", err)
	}
	if len(archive.File) > maxParts || declared(archive) > uint64(may.left) {
		return nil, ErrUnpacks
	}
	var parts []part
	seen := map[string]bool{}
	for _, file := range archive.File {
		if strings.HasSuffix(file.Name, "/") {
			continue
		}
		if err := checkPart(file, seen); err != nil {
			return nil, err
		}
		data, err := readPart(ctx, file, may.left)
		if err != nil {
			return nil, err
		}
		may.left -= int64(len(data))
		parts = append(parts, part{file.Name, data})
	}
	return parts, nil
}

// declared adds up the sizes that the archive's directory says.
func declared(archive *zip.Reader) (total uint64) {
	for _, file := range archive.File {
		total += min(file.UncompressedSize64, maxUnpacked+1) // so that no sum runs over
	}
	return total
}

func checkPart(file *zip.File, seen map[string]bool) error {
	name, same := file.Name, strings.ToLower(file.Name)
	switch {
	case file.Flags&1 != 0:
		return ErrProtected
	case name == "" || len(name) > 500 || !utf8.ValidString(name) || name != path.Clean(name) || strings.HasPrefix(name, "/") ||
		strings.HasPrefix(name, "../") || strings.ContainsAny(name, "\\:\x00"):
		return broken("read the archive", errors.New("a part has a name that is none"))
	case seen[same]:
		return broken("read the archive", errors.New("a part comes twice"))
	}
	seen[same] = true
	return nil
}

func readPart(ctx context.Context, file *zip.File, left int64) ([]byte, error) {
	r, err := file.Open()
	if err != nil {
		return nil, broken("open a part", err)
	}
	data, err := io.ReadAll(io.LimitReader(limited{ctx, r}, left+1))
	err = errors.Join(err, r.Close())
	if int64(len(data)) > left {
		return nil, ErrUnpacks
	}
	if err != nil {
		return nil, broken("unpack a part", err)
	}
	return data, nil
}

// pack writes parts without times, owners or remarks. OpenDocument's first part is not packed, so that its kind can be read at its place.
func pack(parts []part) ([]byte, error) {
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, p := range parts {
		method := zip.Deflate
		if p.name == "mimetype" {
			method = zip.Store
		}
		to, err := w.CreateHeader(&zip.FileHeader{Name: p.name, Method: method})
		if err == nil {
			_, err = to.Write(p.data)
		}
		if err != nil {
			return nil, fmt.Errorf("pack a document: %w", err)
		}
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("pack a document: %w", err)
	}
	return out.Bytes(), nil
}

// cleanInside cleans a picture or font that lies in a document. It stays of its own kind, because the document names it by that.
func cleanInside(p *part) (err error) {
	switch strings.ToLower(path.Ext(p.name)) {
	case ".jpg", ".jpeg", ".jpe", ".jfif":
		p.data, err = stripJPEG(p.data)
	case ".png":
		p.data, err = stripPNG(p.data)
	case ".gif":
		p.data, err = redrawGIF(p.data)
	case ".odttf", ".fntdata", ".ttf", ".otf":
	default:
		return ErrEmbedded
	}
	return err
}

func redrawGIF(raw []byte) ([]byte, error) {
	if err := decodeGIF.check(raw); err != nil {
		return nil, err
	}
	picture, err := gif.Decode(bytes.NewReader(raw))
	if err != nil {
		return nil, broken("decode a picture inside", err)
	}
	var out bytes.Buffer
	if err := gif.Encode(&out, picture, nil); err != nil {
		return nil, broken("encode a picture inside", err)
	}
	return out.Bytes(), nil
}

// under tells whether a part lies in one of the folders, or is one of the parts.
func under(name string, places ...string) bool {
	return slices.ContainsFunc(places, func(place string) bool {
		return name == place || strings.HasSuffix(place, "/") && strings.HasPrefix(name, place)
	})
}
