package media

import (
	"path"
	"strings"
	"unicode/utf8"

	"panah/hub/script"
)

// nameLimit is the length of the longest file name, in bytes.
const nameLimit = 200

// CleanName gives the last part of a file's name without what could deceive a reader or a header: folders, control characters, marks
// of direction. The ending is kept when the name is cut.
func CleanName(name string) string {
	name = strings.ToValidUTF8(name, "")
	name = path.Base(strings.ReplaceAll("/"+name, `\`, "/"))
	name = strings.Trim(script.CleanName(name), ". ")
	if name == "/" {
		return ""
	}
	if len(name) > nameLimit {
		end := path.Ext(name)
		if len(end) > 10 {
			end = ""
		}
		name = cut(name, nameLimit-len(end)) + end
	}
	return name
}

// cut shortens a text to at most limit bytes, between letters.
func cut(text string, limit int) string {
	for limit > 0 && !utf8.RuneStart(text[limit]) {
		limit--
	}
	return text[:limit]
}
