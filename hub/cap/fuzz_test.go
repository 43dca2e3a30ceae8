package cap_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"

	"panah/hub/cap"
	"panah/hub/fault"
)

// hostile are files that were made to do harm, with what is said about each.
func hostile() map[string][2]string {
	var laughs strings.Builder
	laughs.WriteString(`<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol">`)
	for i := range 9 {
		fmt.Fprintf(&laughs, `<!ENTITY lol%d "%s">`, i+1, strings.Repeat(fmt.Sprintf("&lol%d;", i), 10))
	}
	laughs.WriteString(`]><alert xmlns="` + cap.Namespace + `"><identifier>&lol9;</identifier></alert>`)
	external := `<?xml version="1.0"?><!DOCTYPE alert [<!ENTITY x SYSTEM "file:///etc/passwd">]><alert xmlns="` + cap.Namespace + `"><identifier>&x;</identifier></alert>`
	parameter := `<!DOCTYPE alert [<!ENTITY % x SYSTEM "http://169.254.169.254/latest"> %x;]><alert/>`
	return map[string][2]string{
		"billion laughs":      {laughs.String(), "error.cap_doctype"},
		"external entity":     {external, "error.cap_doctype"},
		"parameter entity":    {parameter, "error.cap_doctype"},
		"include":             {strings.Replace(small, "<sender>s", `<x:include xmlns:x="http://www.w3.org/2001/XInclude" href="file:///etc/passwd"/><sender>s`, 1), "error.cap_namespace"},
		"100,000 deep":        {strings.Repeat("<alert xmlns='"+cap.Namespace+"'>", 100_000), "error.too_large"},
		"deep within a limit": {"<alert xmlns='" + cap.Namespace + "'>" + strings.Repeat("<a>", 100_000), "error.cap_deep"},
		"deep signature":      {strings.Replace(small, "</info>", "</info><S xmlns='http://www.w3.org/2000/09/xmldsig#'>"+strings.Repeat("<a>", 100_000), 1), "error.cap_deep"},
		"wide":                {strings.Replace(small, "<area>", strings.Repeat("<a/>", 100_000)+"<area>", 1), "error.cap_elements"},
		"huge attribute":      {`<alert xmlns="` + cap.Namespace + `" xmlns:a="` + strings.Repeat("a", 400_000) + `"/>`, "error.cap_text"},
		"many attributes":     {`<alert xmlns="` + cap.Namespace + `"` + strings.Repeat(` a=""`, 80_000) + `/>`, "error.cap_attribute"},
		"huge name":           {`<alert xmlns="` + cap.Namespace + `"><` + strings.Repeat("a", 400_000) + `/></alert>`, "error.cap_missing"},
		"huge text":           {strings.Replace(small, "<event>", "<event>"+strings.Repeat("a", 400_000), 1), "error.cap_text"},
		"wrong namespace":     {strings.Replace(small, "cap:1.2", "cap:1.2 ", 1), "error.cap_namespace"},
		"UTF-16":              {wide(binary.BigEndian), "error.cap_encoding"},
		"UTF-16, other way":   {wide(binary.LittleEndian), "error.cap_encoding"},
		"NULs":                {strings.Repeat("\x00", 1000), "error.cap_encoding"},
		"NUL by number":       {strings.Replace(small, "<event>", "<event>&#0;", 1), "error.cap_not_xml"},
		"duplicate elements":  {strings.Replace(small, "<sender>s</sender>", "<sender>s</sender><sender>t</sender>", 1), "error.cap_element"},
		"unclosed comment":    {strings.Replace(small, "<event>", "<event><!--", 1), "error.cap_not_xml"},
		"unclosed CDATA":      {strings.Replace(small, "<event>", "<event><![CDATA[", 1), "error.cap_not_xml"},
		"reference to itself": {strings.Replace(small, "Alert</msgType><scope>Public</scope>", "Update</msgType><scope>Public</scope><references>s,a1,2026-03-21T13:00:00+04:30</references>", 1), "error.cap_references_self"},
		"expired":             {strings.Replace(small, "<area>", "<expires>2026-03-21T14:00:00+04:30</expires><area>", 1), "error.cap_expired"},
	}
}

// wide is the small file in UTF-16 with its byte order mark.
func wide(order binary.AppendByteOrder) string {
	var out []byte
	for _, unit := range utf16.Encode([]rune("\ufeff" + small)) {
		out = order.AppendUint16(out, unit)
	}
	return string(out)
}

// noon is the moment of these tests.
var noon = time.Date(2026, 3, 21, 9, 30, 0, 0, time.UTC)

func TestHostileFilesAreRefused(t *testing.T) {
	for name, test := range hostile() {
		t.Run(name, func(t *testing.T) {
			a, err := cap.Parse(strings.NewReader(test[0]), cap.Usual)
			if err == nil {
				err = a.Fresh(noon)
			}
			var f *fault.Fault
			if !errors.As(err, &f) || f.Key != test[1] {
				t.Errorf("got %v, want %s", err, test[1])
			}
		})
	}
}

// endless gives spaces for ever and counts them.
type endless struct{ given int }

func (e *endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	e.given += len(p)
	return len(p), nil
}

func TestNoMoreIsReadThanTheLimit(t *testing.T) {
	var source endless
	if _, err := cap.Parse(&source, cap.Usual); !errors.Is(err, fault.TooLarge(cap.Usual.Bytes)) {
		t.Errorf("got %v", err)
	}
	if source.given > cap.Usual.Bytes+1 {
		t.Errorf("%d bytes were read", source.given)
	}
}

// FuzzParse: whatever comes in, it is refused with a fault or it is a message that is written and reads as the same again.
func FuzzParse(f *testing.F) {
	for _, test := range hostile() {
		f.Add([]byte(test[0]))
	}
	f.Add([]byte(small))
	for _, name := range []string{"everything", "languages", "answer"} {
		file, err := os.ReadFile("testdata/" + name + ".xml")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(file)
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		a, err := cap.Parse(bytes.NewReader(file), cap.Usual)
		if err != nil {
			var refusal *fault.Fault
			if !errors.As(err, &refusal) {
				t.Fatalf("not a fault: %v", err)
			}
			return
		}
		var out bytes.Buffer
		if err := cap.Write(&out, a); err != nil {
			t.Fatalf("%v\n%s", err, file)
		}
		again, err := cap.Parse(&out, cap.Usual)
		if err != nil && !errors.Is(err, fault.TooLarge(cap.Usual.Bytes)) {
			t.Fatalf("%v\n%s", err, file)
		}
		if diff := cmp.Diff(a, again); err == nil && diff != "" {
			t.Fatal(diff)
		}
	})
}
