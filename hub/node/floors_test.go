package node_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"
)

// floors is the house: a package imports only from floors below its own. A new package is given its floor here.
var floors = map[string]int{
	"panah/web":                0,
	"panah/hub/fault":          0,
	"panah/hub/script":         0,
	"panah/hub/whence":         0,
	"panah/hub/cap":            1,
	"panah/hub/endpoint":       1,
	"panah/hub/cap/atom":       1,
	"panah/hub/factor":         1,
	"panah/hub/guard":          1,
	"panah/hub/outside":        1,
	"panah/locales":            1,
	"panah/hub/metrics":        1,
	"panah/hub/store":          1,
	"panah/hub/broker":         1,
	"panah/hub/keyring":        2,
	"panah/hub/people":         2,
	"panah/hub/notice":         2,
	"panah/hub/push":           5,
	"panah/hub/alert/code":     2,
	"panah/hub/place/code":     1,
	"panah/hub/place/allot":    2,
	"panah/hub/device":         3,
	"panah/hub/room":           3,
	"panah/hub/rota":           3,
	"panah/hub/network":        4,
	"panah/hub/feed":           4,
	"panah/hub/feed/sliding":   5,
	"panah/hub/search":         4,
	"panah/hub/media/blob":     1,
	"panah/hub/backup":         2,
	"panah/hub/media/clean":    1,
	"panah/hub/media":          4,
	"panah/hub/alert":          5,
	"panah/hub/place":          5,
	"panah/hub/place/ledger":   3,
	"panah/hub/gateway":        6,
	"panah/hub/alert/exchange": 6,
	"panah/hub/clientapi":      7,
	"panah/hub/federation":     7,
	"panah/hub/demo":           6,
	"panah/hub/dendrite":       1,
	"panah/hub/loopback":       0,
	"panah/hub/node":           8,
	"panah/hub":                9,
	"panah/hub/bench":          9,
	"panah/hub/faults":         9,
}

// TestImportsPointDown reads the imports of every package, without their tests.
func TestImportsPointDown(t *testing.T) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, top := range []string{"hub", "locales", "web"} {
		err := filepath.WalkDir(filepath.Join(root, top), func(file string, entry fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if entry.IsDir() {
				return skipForeign(file, entry)
			}
			if strings.HasSuffix(file, ".go") && !strings.HasSuffix(file, "_test.go") {
				seen++
				checkImports(t, root, file)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if seen < 50 {
		t.Errorf("only %d files were read", seen)
	}
}

// skipForeign leaves out modules of their own, test data and what npm brings.
func skipForeign(folder string, entry fs.DirEntry) error {
	if _, err := os.Stat(filepath.Join(folder, "go.mod")); err == nil {
		return fs.SkipDir
	}
	if name := entry.Name(); name == "node_modules" || name == "testdata" || strings.HasPrefix(name, ".") {
		return fs.SkipDir
	}
	return nil
}

func checkImports(t *testing.T, root, file string) {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
	if err != nil {
		t.Fatal(err)
	}
	folder, err := filepath.Rel(root, filepath.Dir(file))
	if err != nil {
		t.Fatal(err)
	}
	from := path.Join("panah", filepath.ToSlash(folder))
	if strings.HasSuffix(from, "test") {
		return // for tests alone; nothing below may import it, for it has no floor
	}
	floor, known := floors[from]
	if !known {
		t.Errorf("%s has no floor: give it one", from)
		return
	}
	for _, imported := range parsed.Imports {
		to := strings.Trim(imported.Path.Value, `"`)
		if to != "panah" && !strings.HasPrefix(to, "panah/") {
			continue
		}
		if below, known := floors[to]; !known || below >= floor {
			t.Errorf("%s (floor %d) imports %s (floor %d)", from, floor, to, below)
		}
	}
}
