package locales

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"text/template"
	"text/template/parse"
	"unicode"
)

// catalog is one language's files as they stand: id → plural form → text. What has no plural forms has the form "other".
type catalog map[string]map[string]string

func read(t *testing.T, tag string) catalog {
	t.Helper()
	c := catalog{}
	for _, name := range Catalogs() {
		c.add(t, name, tag)
	}
	return c
}

func (c catalog) add(t *testing.T, name, tag string) {
	t.Helper()
	var raw map[string]any
	if err := json.Unmarshal(Catalog(name, tag), &raw); err != nil {
		t.Fatalf("%s.%s: %v", name, tag, err)
	}
	for id, value := range raw {
		if c[id] != nil {
			t.Errorf("%s of %s is in two catalogs", id, tag)
		}
		c[id] = map[string]string{}
		switch v := value.(type) {
		case string:
			c[id]["other"] = v
		case map[string]any:
			for form, text := range v {
				c[id][form] = text.(string)
			}
		}
	}
}

func eachTranslation(t *testing.T, f func(t *testing.T, tag string, source, c catalog)) {
	t.Helper()
	source := read(t, Source)
	for _, tag := range Tags() {
		if tag != Source {
			t.Run(tag, func(t *testing.T) { f(t, tag, source, read(t, tag)) })
		}
	}
}

func TestEveryLanguageHasEverySentence(t *testing.T) {
	eachTranslation(t, func(t *testing.T, tag string, source, c catalog) {
		for id := range source {
			if c[id] == nil {
				t.Errorf("%s is missing", id)
			}
		}
		for id := range c {
			if source[id] == nil {
				t.Errorf("%s is in no English catalog", id)
			}
		}
	})
}

// pluralForms are CLDR's forms of whole numbers in each language.
var pluralForms = map[string][]string{
	"fa-AF": {"one", "other"}, "ps": {"one", "other"}, "tg": {"one", "other"}, "uz": {"one", "other"}, "tk": {"one", "other"},
	"ur": {"one", "other"}, "ru": {"few", "many", "one", "other"}, "en": {"one", "other"},
}

func TestEveryPluralHasItsForms(t *testing.T) {
	source := read(t, Source)
	for _, tag := range Tags() {
		for id, forms := range read(t, tag) {
			want := []string{"other"}
			if len(source[id]) > 1 {
				want = pluralForms[tag]
			}
			if got := slices.Sorted(maps.Keys(forms)); !slices.Equal(got, want) {
				t.Errorf("%s %s has the forms %v, want %v", tag, id, got, want)
			}
		}
	}
}

// placeholders gives what a text inserts; a text that is no template is an error.
func placeholders(text string) ([]string, error) {
	parsed, err := template.New("").Parse(text)
	if err != nil {
		return nil, err
	}
	found := map[string]bool{}
	for _, node := range parsed.Root.Nodes {
		if action, ok := node.(*parse.ActionNode); ok {
			found[action.String()] = true
		}
	}
	return slices.Sorted(maps.Keys(found)), nil
}

func TestPlaceholdersAreThoseOfEnglish(t *testing.T) {
	source := read(t, Source)
	for _, tag := range Tags() {
		for id, forms := range read(t, tag) {
			if source[id] == nil {
				continue
			}
			want, err := placeholders(source[id]["other"])
			if err != nil {
				t.Fatalf("en %s: %v", id, err)
			}
			for form, text := range forms {
				got, err := placeholders(text)
				if err != nil || !slices.Equal(got, want) {
					t.Errorf("%s %s (%s) inserts %v, want %v; %v", tag, id, form, got, want, err)
				}
			}
		}
	}
}

// TestEverySentencePrints runs each sentence of each language as people will see it: a misspelt placeholder prints "<no value>".
func TestEverySentencePrints(t *testing.T) {
	for _, tag := range Tags() {
		before := Missing()
		p := For(tag, "")
		for id, forms := range read(t, tag) {
			for _, n := range []int{0, 1, 2, 5, 11, 21} {
				args := map[string]any{}
				if len(forms) > 1 {
					args["Count"] = n
				}
				found, err := placeholders(forms["other"])
				if err != nil {
					t.Fatalf("%s %s: %v", tag, id, err)
				}
				for _, placeholder := range found {
					if name := strings.Trim(placeholder, "{}."); name != "Count" {
						args[name] = "X"
					}
				}
				got := p.Text(id, args)
				if got == id || got == "" || strings.Contains(got, "<no value>") || strings.Contains(got, "{{") {
					t.Errorf("%s %s with %v prints %q", tag, id, args, got)
				}
			}
		}
		if n := Missing() - before; n > 0 {
			t.Errorf("%s: %d sentences fell back to another language", tag, n)
		}
	}
}

// letters are those a language is written in beside the ASCII that names of programs and settings need.
var letters = map[string]string{
	"fa-AF": "ءآأؤئابتثجحخدذرزسشصضطظعغفقلمنهوپچژکگیٔةً",
	"ps":    "ءآأؤئابتثجحخدذرزسشصضطظعغفقلمنهوي" + "پټچځڅډړژږښکګڼیېۍۀهة",
	"tg":    "абвгғдеёжзиӣйкқлмнопрстуӯфхҳчҷшъэюя",
	"uz":    "abcdefghijklmnopqrstuvxyzʻʼ",
	"tk":    "abçdeäfghijžklmnňoöprsştuüwyýz",
	"ur":    "ءآأؤئابپتٹثجچحخدڈذرڑزژسشصضطظعغفقکگلمنںوہھیےۂۃةُ",
	"ru":    "абвгдеёжзийклмнопрстуфхцчшщъыьэюя",
}

// latinAllowed: names of programs, settings and addresses stay in Latin letters everywhere.
func isASCII(r rune) bool { return r < 128 }

func TestOnlyLettersOfTheLanguage(t *testing.T) {
	eachTranslation(t, func(t *testing.T, tag string, _, c catalog) {
		for id, forms := range c {
			for _, text := range forms {
				for _, r := range strings.ToLower(text) {
					if unicode.IsLetter(r) && !isASCII(r) && !strings.ContainsRune(letters[tag], r) {
						t.Errorf("%s has the letter %q (%U), which %s does not: %s", id, r, r, tag, text)
					}
				}
			}
		}
	})
}

// Signs that a keyboard of another language puts in place of the right ones, and the dot between words, which is a zero beside eastern digits.
var wrongSigns = map[string]*regexp.Regexp{
	"fa-AF": regexp.MustCompile(`[·يكہھںے,;?]`),
	"ps":    regexp.MustCompile(`[·كگہھںے,;?]`),
	"ur":    regexp.MustCompile(`[·يكهۀ,;?]|[^\s.0-9A-Za-z]\.(\s|$)`),
	"uz":    regexp.MustCompile(`[A-Za-z]['` + "`" + `‘’][A-Za-z]`),
	"tg":    regexp.MustCompile(`[щыьЩЫЬ]`),
	"tk":    regexp.MustCompile(`[șțȘȚ]`),
	"ru":    regexp.MustCompile(`[ӣӯқғҳҷ]`),
}

// technical are texts whose Latin parts bring Latin punctuation with them.
func technical(id string) bool { return strings.HasPrefix(id, "cli.") }

func TestSignsOfTheLanguage(t *testing.T) {
	eachTranslation(t, func(t *testing.T, tag string, _, c catalog) {
		for id, forms := range c {
			for _, text := range forms {
				bare := inserts.ReplaceAllString(text, "x")
				if found := wrongSigns[tag].FindString(bare); found != "" && !technical(id) {
					t.Errorf("%s has %q, which %s writes otherwise: %s", id, found, tag, text)
				}
			}
		}
	})
}

// sameAsEnglish are texts that are alike in two languages: codes, names, and words that one took from the other.
var sameAsEnglish = regexp.MustCompile(`^(app\.name|country\.pk|cli\.setting\.log_level|timeline\.announce)$|^place\.([A-Z]|language\.)`)

var inserts = regexp.MustCompile(`\{\{[^}]*\}\}`)

func TestNothingStaysEnglish(t *testing.T) {
	eachTranslation(t, func(t *testing.T, tag string, source, c catalog) {
		for id, forms := range c {
			wordless := !strings.ContainsFunc(inserts.ReplaceAllString(forms["other"], ""), unicode.IsLetter)
			if text := forms["other"]; source[id] != nil && text == source[id]["other"] && !wordless && !sameAsEnglish.MatchString(id) {
				t.Errorf("%s is still English: %s", id, text)
			}
		}
	})
}

// buttonLength is what fits a full-width button on a phone of 360 px, in characters.
const buttonLength = 34

var buttons = regexp.MustCompile(`^(act|help)\.|\.(act|button|join|open|invite_act|leave_act|copy|propose|revoke|accept|decline|reply|remove_sure|discard)$`)

func TestButtonsAreShort(t *testing.T) {
	for _, tag := range Tags() {
		for id, forms := range read(t, tag) {
			for _, text := range forms {
				if n := len([]rune(text)); buttons.MatchString(id) && n > buttonLength {
					t.Errorf("%s %s has %d characters, at most %d: %s", tag, id, n, buttonLength, text)
				}
			}
		}
	}
}

// glossaryEntry is one word of the field in all languages; words are stems of which a translation must have one.
type glossaryEntry struct {
	Term    string
	Meaning string
	Checked bool
	Words   map[string][]string
}

func TestCatalogsFollowTheGlossary(t *testing.T) {
	raw, err := os.ReadFile("glossary.json")
	if err != nil {
		t.Fatal(err)
	}
	var glossary []glossaryEntry
	if err := json.Unmarshal(raw, &glossary); err != nil {
		t.Fatal(err)
	}
	if len(glossary) < 30 {
		t.Fatalf("the glossary has %d words, want the field's thirty-odd", len(glossary))
	}
	eachTranslation(t, func(t *testing.T, tag string, source, c catalog) {
		for _, entry := range glossary {
			if len(entry.Words[tag]) == 0 {
				t.Errorf("the glossary lacks %q in %s", entry.Term, tag)
			}
			word := regexp.MustCompile(`(?i)\b` + regexp.QuoteMeta(entry.Term) + `s?\b`)
			for id, forms := range source {
				text := inserts.ReplaceAllString(commands.ReplaceAllString(forms["other"], ""), "")
				if !entry.Checked || technical(id) || !word.MatchString(text) || c[id] == nil {
					continue
				}
				if !containsOne(c[id]["other"], entry.Words[tag]) {
					t.Errorf("%s: %q should have one of %v: %s", id, entry.Term, entry.Words[tag], c[id]["other"])
				}
			}
		}
	})
}

// commands are what people type; they are the same in all languages.
var commands = regexp.MustCompile(`hub (help|serve)( serve)?`)

func containsOne(text string, stems []string) bool {
	return slices.ContainsFunc(stems, func(stem string) bool {
		return strings.Contains(strings.ToLower(text), strings.ToLower(stem))
	})
}

var (
	goKey = regexp.MustCompile(`"((?:error|cli)\.[a-z0-9_.]*[a-z0-9_])"`)
	tsKey = regexp.MustCompile("[\"'`]([a-z_]+\\.[a-z0-9_.]*[a-z0-9_])[\"'`]")
)

// TestEverySentenceThatIsAskedForExists finds the ids in the sources.
func TestEverySentenceThatIsAskedForExists(t *testing.T) {
	source := read(t, Source)
	used := usedKeys(t)
	for id, where := range used {
		if source[id] == nil {
			t.Errorf("%s is asked for in %s, but in no catalog", id, where)
		}
	}
}

func usedKeys(t *testing.T) map[string]string {
	t.Helper()
	areas := map[string]bool{}
	for id := range read(t, Source) {
		area, _, _ := strings.Cut(id, ".")
		areas[area] = true
	}
	used := map[string]string{}
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "node_modules" || d.Name() == "dist" || d.Name() == "testdata" || d.Name() == ".git" || d.Name() == "e2e") {
			return filepath.SkipDir
		}
		pattern := patternFor(path)
		if pattern == nil {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return fmt.Errorf("read a source: %w", err)
		}
		for _, m := range pattern.FindAllSubmatch(text, -1) {
			id := string(m[1])
			if area, _, _ := strings.Cut(id, "."); areas[area] && !bytes.HasSuffix(m[1], []byte(".")) {
				used[id] = path
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return used
}

func patternFor(path string) *regexp.Regexp {
	switch {
	case strings.HasSuffix(path, "_test.go") || strings.Contains(path, ".test."):
		return nil
	case strings.HasSuffix(path, ".go"):
		return goKey
	case strings.Contains(path, filepath.Join("web", "src")) && (strings.HasSuffix(path, ".ts") || strings.HasSuffix(path, ".tsx")):
		return tsKey
	}
	return nil
}
