package readonly

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
)

func TestNewRefusesFunctionsThatAreDenied(t *testing.T) {
	for _, name := range []string{"optimize", "ReadFile", "load_extension", "sqlite_dbpage", "pragma_optimize", "pragma_anything"} {
		if _, err := New("good", name); !errors.Is(err, ErrFunctionDenied) {
			t.Errorf("New(%q): %v, want ErrFunctionDenied", name, err)
		}
	}
}

func TestNewRefusesWhatIsNoName(t *testing.T) {
	for _, name := range []string{"", "x", "a b", "a(", "1a", "\"a\"", "a$b", "é", "a;b", strings.Repeat("m", maxName+1)} {
		if _, err := New(name); !errors.Is(err, ErrFunctionName) {
			t.Errorf("New(%q): %v, want ErrFunctionName", name, err)
		}
	}
}

func TestConfiguringOneRuleLeavesOthersAlone(t *testing.T) {
	mustNew(t, "mystery")
	if v, _ := mustNew(t).Judge("SELECT mystery(1)", nil); v.OK() {
		t.Error("another rule's function passed")
	}
}

func TestListsHoldOnlyNamesThatAreLookedUp(t *testing.T) {
	for name := range baseWords() {
		if len(name) < minName || len(name) > maxName || name != strings.ToLower(name) {
			t.Errorf("%q is never found", name)
		}
	}
}

func TestNoFunctionIsBothAllowedAndDenied(t *testing.T) {
	for name, w := range baseWords() {
		if w.role&callable != 0 && (w.call != passed || w.table != passed) {
			t.Errorf("%s is allowed and denied", name)
		}
	}
}

func TestEveryDeniedNameIsRefused(t *testing.T) {
	r := mustNew(t)
	for name := range strings.FieldsSeq(strings.Join(slices.Collect(maps.Values(deniedFunctions)), " ")) {
		for _, sql := range []string{"SELECT " + name + "(1)", "SELECT * FROM " + name + "(1)", "SELECT * FROM x." + name + "(1)"} {
			if v, _ := r.Judge(sql, nil); v.OK() {
				t.Errorf("%q passed", sql)
			}
		}
	}
	for name := range strings.FieldsSeq(strings.Join(slices.Collect(maps.Values(deniedTables)), " ")) {
		for _, sql := range []string{"SELECT * FROM " + name, "SELECT 1 IN '" + name + "'", "SELECT * FROM t, [" + name + "]"} {
			if v, _ := r.Judge(sql, nil); v.OK() {
				t.Errorf("%q passed", sql)
			}
		}
	}
}

func TestPragmasAreReadButNeverSet(t *testing.T) {
	r := mustNew(t)
	for name, p := range pragmas {
		if v, _ := r.Judge("PRAGMA "+name, nil); v.OK() == p.only {
			t.Errorf("PRAGMA %s: OK is %v", name, v.OK())
		}
		if v, _ := r.Judge("PRAGMA "+name+" = 1", nil); v.OK() {
			t.Errorf("PRAGMA %s = 1 passed", name)
		}
		if v, _ := r.Judge("PRAGMA "+name+"(x)", nil); v.OK() != p.argument {
			t.Errorf("PRAGMA %s(x): OK is %v", name, v.OK())
		}
		if v, _ := r.Judge("SELECT * FROM pragma_"+name, nil); v.OK() != p.table {
			t.Errorf("pragma_%s: OK is %v", name, v.OK())
		}
	}
}
