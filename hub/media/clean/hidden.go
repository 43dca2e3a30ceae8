package clean

import (
	"encoding/xml"
	"slices"
	"strings"
)

// What a document keeps without showing it: its sender does not see that it goes out with the rest.

// wordDeleted are what tracked changes took out of a Word document, and how things looked before (ECMA-376 part 1, 17.13.5). That they go is what
// accepting the changes does.
var wordDeleted = []string{"del", "delText", "delInstrText", "moveFrom", "moveFromRangeStart", "moveFromRangeEnd", "rPrChange", "pPrChange",
	"sectPrChange", "tblPrChange", "tblGridChange", "trPrChange", "tcPrChange", "tblPrExChange", "numberingChange"}

// wordHidden takes out runs of hidden text and deleted rows. Styles that hide text are refused: what they hide stands elsewhere.
func wordHidden(e xml.StartElement, open []opened) (levels int, err error) {
	within := func(names ...string) bool {
		n := len(open) - len(names)
		return n >= 0 && slices.EqualFunc(open[n:], names, func(o opened, name string) bool { return o.name == name })
	}
	switch e.Name.Local {
	case "vanish":
		switch {
		case off(attribute(e, "val")), within("pPr", "rPr"), within("lvl", "rPr"), within("sdtPr", "rPr"), within("sdtEndPr", "rPr"):
			return 0, nil // shown, or only the mark of a paragraph, a list or a field to fill
		case within("r", "rPr"):
			return 2, nil
		}
		return 0, ErrHidden
	case "del":
		if within("tr", "trPr") {
			return 2, nil
		}
	case "cellDel":
		return 0, ErrHidden
	}
	return 0, nil
}

// off is a switch that is not on (ECMA-376 part 1, 22.9.2.7).
func off(value string) bool { return slices.Contains([]string{"0", "false", "off"}, value) }

func on(value string) bool { return value != "" && !off(value) }

// sheetHidden refuses hidden sheets, rows and columns: formulas need them, so that they cannot be taken out.
func sheetHidden(e xml.StartElement) (xmlAct, error) {
	switch e.Name.Local {
	case "sheet":
		if state := attribute(e, "state"); state == "hidden" || state == "veryHidden" {
			return xmlKeep, ErrHidden
		}
	case "row", "col":
		if on(attribute(e, "hidden")) {
			return xmlKeep, ErrHidden
		}
	case "pageSetup":
		if attribute(e, "id") != "" {
			return xmlDrop, nil // it names the printer's settings; how the page is cut goes with them
		}
	}
	return xmlKeep, nil
}

// slideHidden refuses slides that are not shown.
func slideHidden(e xml.StartElement) (xmlAct, error) {
	if e.Name.Local == "sld" && off(attribute(e, "show")) {
		return xmlKeep, ErrHidden
	}
	return xmlKeep, nil
}

// hiddenRules adds to a part's rules what it may hide.
func hiddenRules(lower string, rules *xmlRules) {
	switch {
	case strings.HasPrefix(lower, "word/"):
		rules.drop, rules.around = append(rules.drop, wordDeleted...), wordHidden
	case lower == "xl/workbook.xml", strings.HasPrefix(lower, "xl/worksheets/"), strings.HasPrefix(lower, "xl/chartsheets/"):
		rules.look = sheetHidden
	case strings.HasPrefix(lower, "ppt/slides/"):
		rules.look = slideHidden
	case strings.HasPrefix(lower, "ppt/notesslides/"):
		rules.empty = append(rules.empty, "t") // an audience never sees them
	}
}

// openDocumentHidden refuses what an OpenDocument file hides: texts (ODF 1.3 part 3, 19.816), sheets' rows and columns (19.757), and slides and
// sheets by their style (20.262, 20.406).
func openDocumentHidden(e xml.StartElement) error {
	name := e.Name.Local
	switch {
	case name == "hidden-text", name == "hidden-paragraph",
		(name == "table-row" || name == "table-column") && slices.Contains([]string{"collapse", "filter"}, attribute(e, "visibility")),
		name == "text-properties" && attribute(e, "display") == "none",
		name == "table-properties" && attribute(e, "display") == "false",
		name == "drawing-page-properties" && attribute(e, "visibility") == "hidden":
		return ErrHidden
	}
	return nil
}
