package clean

import (
	"context"
	"encoding/xml"
	"path"
	"regexp"
	"slices"
	"strings"
)

// Office Open XML (ECMA-376): parts, and relationships between them that stand in parts of their own.

const openXMLPrefix = "application/vnd.openxmlformats-officedocument."

// openXMLKinds are the kinds of document by the content type of their main part. Kinds with macros have others.
var openXMLKinds = map[string]string{
	openXMLPrefix + "wordprocessingml.document.main+xml":   openXMLPrefix + "wordprocessingml.document",
	openXMLPrefix + "spreadsheetml.sheet.main+xml":         openXMLPrefix + "spreadsheetml.sheet",
	openXMLPrefix + "presentationml.presentation.main+xml": openXMLPrefix + "presentationml.presentation",
	openXMLPrefix + "presentationml.slideshow.main+xml":    openXMLPrefix + "presentationml.slideshow",
}

// openXML finds the kind of document in its list of content types.
func openXML(types []byte) *office {
	for main, kind := range openXMLKinds {
		if strings.Contains(string(types), `"`+main+`"`) {
			return &office{kind, cleanOpenXML}
		}
	}
	if macros.Match(types) {
		return &office{"", func(context.Context, *office, *part, *purse) (bool, error) { return false, ErrActive }}
	}
	return nil
}

var macros = regexp.MustCompile(`(?i)macroEnabled|vbaProject`)

// openXMLDropped are parts that go: properties of the document, data of other programs, settings of printers, who worked on it when.
func openXMLDropped(name string) bool {
	lower := strings.ToLower(name)
	return under(lower, "docprops/", "customxml/", "docmetadata/", "_xmlsignatures/", "xl/revisions/", "xl/usernames.xml", "ppt/revisioninfo.xml", "ppt/changesinfos/") ||
		strings.Contains(lower, "/printersettings")
}

// openXMLRefused is the reason for parts with which a document is refused.
func openXMLRefused(name string) error {
	lower := strings.ToLower(name)
	switch {
	case strings.Contains(lower, "vba"), strings.Contains(lower, "activex/"), strings.Contains(lower, "ctrlprops/"), strings.Contains(lower, "macrosheets/"),
		strings.Contains(lower, "customui"), strings.Contains(lower, "webextensions/"), strings.Contains(lower, "dialogsheets/"):
		return ErrActive
	case under(lower, "xl/externallinks/", "xl/connections.xml", "xl/querytables/"), strings.Contains(lower, "/model/"):
		return ErrLinked
	}
	return nil
}

func cleanOpenXML(ctx context.Context, _ *office, p *part, may *purse) (keep bool, err error) {
	if openXMLDropped(p.name) || openXMLDropped(sourceOf(p.name)) {
		return false, nil
	}
	if err := openXMLRefused(p.name); err != nil {
		return false, err
	}
	lower := strings.ToLower(p.name)
	switch {
	case lower == "[content_types].xml":
		p.data, err = filterXML(p.data, xmlRules{look: lookContentType})
	case strings.HasSuffix(lower, ".rels"):
		base := path.Dir(path.Dir(p.name))
		p.data, err = filterXML(p.data, xmlRules{look: func(e xml.StartElement) (xmlAct, error) { return lookRelationship(e, base) }})
	case strings.HasSuffix(lower, ".xml"), strings.HasSuffix(lower, ".vml"):
		if commands.Match(p.data) {
			return false, ErrActive
		}
		p.data, err = filterXML(p.data, openXMLRules(lower))
	case strings.Contains(lower, "embeddings/") && may.depth < maxInside && strings.HasPrefix(string(p.data), "PK\x03\x04"):
		var inner *File
		may.depth++
		if inner, err = cleanParts(ctx, p.data, may); err == nil {
			p.data = inner.Data
		}
		may.depth--
	default:
		err = cleanInside(p)
	}
	return err == nil, err
}

// sourceOf gives the part whose relationships a part holds; "" for any other.
func sourceOf(name string) string {
	folder, file := path.Split(name)
	if path.Base(folder) != "_rels" {
		return ""
	}
	return path.Join(path.Dir(path.Clean(folder)), strings.TrimSuffix(file, ".rels"))
}

// commands finds fields that start programs (ECMA-376 part 4, DDE and DDEAUTO).
var commands = regexp.MustCompile(`(?i)<w:instrText[^>]*>\s*DDE|w:instr="\s*DDE`)

func lookContentType(e xml.StartElement) (xmlAct, error) {
	if macros.MatchString(attribute(e, "ContentType")) && e.Name.Local == "Override" {
		return xmlKeep, ErrActive
	}
	if name := strings.TrimPrefix(attribute(e, "PartName"), "/"); name != "" && openXMLDropped(name) {
		return xmlDrop, nil
	}
	return xmlKeep, nil
}

// lookRelationship drops those to parts that go and to the template that the document was made from, and refuses those to other places but links that
// a person follows.
func lookRelationship(e xml.StartElement, base string) (xmlAct, error) {
	if e.Name.Local != "Relationship" {
		return xmlKeep, nil
	}
	kind, target := path.Base(attribute(e, "Type")), attribute(e, "Target")
	if strings.EqualFold(attribute(e, "TargetMode"), "External") {
		switch {
		case kind == "attachedTemplate":
			return xmlDrop, nil
		case kind == "hyperlink" && followable(target):
			return xmlKeep, nil
		}
		return xmlKeep, ErrLinked
	}
	whole := strings.TrimPrefix(target, "/")
	if whole == target {
		whole = path.Join(base, target)
	}
	if openXMLDropped(whole) {
		return xmlDrop, nil
	}
	return xmlKeep, nil
}

// followable tells whether a link leads to a page, an address or a place in the document: not into the maker's own folders.
func followable(target string) bool {
	lower := strings.ToLower(target)
	return slices.ContainsFunc([]string{"http://", "https://", "mailto:", "tel:", "#"}, func(start string) bool { return strings.HasPrefix(lower, start) })
}

// openXMLRules say what goes from a part's XML.
func openXMLRules(lower string) xmlRules {
	rules := xmlRules{
		drop: []string{"rsids", "attachedTemplate", "absPath", "fileSharing", "docVars", "mailMerge", "saveThroughXslt", "revisionPtr", "printerSettings",
			"oleLink", "ddeLink", "webPublishObjects", "docPartUnique"},
		clear:      []string{"author", "initials", "userName", "userId", "providerId", "lastModifiedBy"},
		dropAttr:   []string{"date", "dateUtc"},
		dropPrefix: []string{"rsid"},
	}
	switch {
	case strings.HasPrefix(lower, "xl/comments"), strings.HasPrefix(lower, "xl/threadedcomments/"):
		rules.empty = []string{"author"}
		rules.dropAttr = append(rules.dropAttr, "dT")
	case strings.HasPrefix(lower, "xl/persons/"):
		rules.clear = append(rules.clear, "displayName")
	case strings.HasPrefix(lower, "ppt/commentauthors"), lower == "ppt/authors.xml":
		rules.clear = append(rules.clear, "name")
	case strings.HasPrefix(lower, "ppt/comments/"):
		rules.dropAttr = append(rules.dropAttr, "dt", "created")
	}
	hiddenRules(lower, &rules)
	return rules
}
