package clean

import (
	"context"
	"encoding/xml"
	"path"
	"slices"
	"strings"
)

// OpenDocument (OASIS ODF 1.3): a package whose first part is its mimetype.

var openDocumentKinds = []string{
	"application/vnd.oasis.opendocument.text", "application/vnd.oasis.opendocument.spreadsheet", "application/vnd.oasis.opendocument.presentation",
}

func openDocument(mimetype string) *office {
	if !slices.Contains(openDocumentKinds, mimetype) {
		return nil
	}
	return &office{mimetype, cleanOpenDocument}
}

// openDocumentDropped are parts that go: who made the document when, settings with the names of printers, previews.
func openDocumentDropped(name string) bool {
	return slices.Contains([]string{"meta.xml", "settings.xml", "layout-cache", "manifest.rdf"}, path.Base(name)) ||
		under(name, "Thumbnails/", "Configurations2/", "ObjectReplacements/", "META-INF/documentsignatures.xml")
}

func cleanOpenDocument(_ context.Context, _ *office, p *part, _ *purse) (keep bool, err error) {
	switch {
	case p.name == "mimetype":
		return true, nil
	case openDocumentDropped(p.name):
		return false, nil
	case under(p.name, "Basic/", "Scripts/", "Dialogs/", "META-INF/macrosignatures.xml"):
		return false, ErrActive
	case p.name == "META-INF/manifest.xml":
		p.data, err = filterXML(p.data, xmlRules{look: lookManifest})
	case path.Ext(p.name) == ".xml":
		p.data, err = filterXML(p.data, openDocumentRules)
	default:
		err = cleanInside(p)
	}
	return err == nil, err
}

func lookManifest(e xml.StartElement) (xmlAct, error) {
	if e.Name.Local == "encryption-data" {
		return xmlKeep, ErrProtected
	}
	name := attribute(e, "full-path")
	if openDocumentDropped(name) || under(name, "Basic/", "Scripts/", "Dialogs/") {
		return xmlDrop, nil
	}
	return xmlKeep, nil
}

var openDocumentRules = xmlRules{
	drop: []string{"scripts", "event-listeners", "meta", "tracked-changes", "change", "change-start", "change-end", "notes"},
	empty: []string{"initial-creator", "creator-initials", "author-name", "author-initials", "printed-by", "sender-firstname",
		"sender-lastname", "sender-initials", "sender-email", "sender-phone-private", "sender-phone-work", "sender-street", "sender-city", "sender-company",
		"file-name", "editing-duration"},
	dropAttr:   []string{"paragraph-rsid"},
	dropPrefix: []string{"rsid"},
	look:       lookReference,
}

// lookReference takes out who made a remark, lets a person follow links, and refuses what a program would fetch from elsewhere by itself.
func lookReference(e xml.StartElement) (xmlAct, error) {
	if e.Name.Space == "dc" && (e.Name.Local == "creator" || e.Name.Local == "date") {
		return xmlDrop, nil // of remarks and changes; text:date is something else
	}
	if err := openDocumentHidden(e); err != nil {
		return xmlKeep, err
	}
	href := attribute(e, "href")
	inside := href == "" || slices.ContainsFunc([]string{"#", "Pictures/", "Fonts/", "./", "Object"}, func(start string) bool { return strings.HasPrefix(href, start) })
	if e.Name.Local == "a" {
		inside = inside || followable(href)
	}
	switch e.Name.Local {
	case "applet", "plugin", "object-ole":
		return xmlKeep, ErrEmbedded
	case "dde-source", "dde-connection-decl":
		return xmlKeep, ErrActive
	}
	if !inside {
		return xmlKeep, ErrLinked
	}
	return xmlKeep, nil
}
