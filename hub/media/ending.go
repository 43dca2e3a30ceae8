package media

import (
	"path"
	"slices"
	"strings"

	"panah/hub/media/clean"
)

// endings are what a file's name may end in by what the file is, the usual one first. No system runs any of them.
var endings = map[string][]string{
	"image/jpeg":      {".jpg", ".jpeg"},
	"image/png":       {".png"},
	"image/webp":      {".webp"},
	"image/gif":       {".gif"},
	"text/plain":      {".txt", ".csv"},
	"application/pdf": {".pdf"},
	"audio/ogg":       {".ogg", ".oga", ".opus"},
	"audio/webm":      {".webm", ".weba"},
	"audio/mp4":       {".m4a", ".mp4"},
	"application/vnd.openxmlformats-officedocument.wordprocessingml.document":   {".docx"},
	"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet":         {".xlsx"},
	"application/vnd.openxmlformats-officedocument.presentationml.presentation": {".pptx"},
	"application/vnd.openxmlformats-officedocument.presentationml.slideshow":    {".ppsx"},
	"application/vnd.oasis.opendocument.text":                                   {".odt"},
	"application/vnd.oasis.opendocument.spreadsheet":                            {".ods"},
	"application/vnd.oasis.opendocument.presentation":                           {".odp"},
}

// nameOf is the name under which a file is kept. Of one that nobody here can look into the name would say what it is, so it has none.
func nameOf(name string, f *clean.File) string {
	if f.Type == clean.Opaque {
		return ""
	}
	return NameFor(name, f.Type)
}

// NameFor gives a name as CleanName does, with the ending of what the file was found to be: whoever saves and opens it gets what was looked at.
// An ending that says something else is replaced; what only looks like one, as in a date, stays.
func NameFor(name, mimetype string) string {
	name = CleanName(name)
	if name == "" {
		return ""
	}
	fitting, known := endings[mimetype]
	if !known {
		fitting = []string{".bin"}
	}
	said := path.Ext(name)
	if slices.Contains(fitting, strings.ToLower(said)) {
		return name
	}
	base := name
	if isEnding(said) {
		base = strings.TrimRight(strings.TrimSuffix(name, said), ". ")
	}
	if base == "" {
		base = "file"
	}
	if slices.Contains(fitting, strings.ToLower(path.Ext(base))) {
		return base // "a.pdf.exe"
	}
	if most := nameLimit - len(fitting[0]); len(base) > most {
		base = cut(base, most)
	}
	return base + fitting[0]
}

// isEnding tells whether what follows the last full stop is a kind of file rather than a number or words.
func isEnding(said string) bool {
	if len(said) < 2 || len(said) > 12 {
		return false
	}
	letters := 0
	for _, r := range said[1:] {
		switch {
		case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z':
			letters++
		case '0' <= r && r <= '9', r == '-', r == '_':
		default:
			return false
		}
	}
	return letters > 0
}
