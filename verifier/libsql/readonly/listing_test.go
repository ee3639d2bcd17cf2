package readonly

import "testing"

// The listings must say what the rule does, or a test of a server's names by them
// proves nothing.
func TestListingsAgreeWithTheRule(t *testing.T) {
	r := mustNew(t, "mystery")
	for name := range r.words {
		if name[0] == '-' {
			continue
		}
		if got := r.ListingOfFunction(name); (got == Allowed) != passes(r, `SELECT "`+name+`"(1)`) {
			t.Errorf("the function %s is listed as %d", name, got)
		}
		if got := r.ListingOfTable(name); (got == Denied) == passes(r, `SELECT * FROM "`+name+`"`) {
			t.Errorf("the table %s is listed as %d", name, got)
		}
	}
	for name := range pragmas {
		got := ListingOfPragma(name)
		if reads := passes(r, "PRAGMA "+name) || passes(r, "SELECT * FROM pragma_"+name); got != Allowed || !reads {
			t.Errorf("the pragma %s is listed as %d", name, got)
		}
	}
}

func passes(r *Rules, sql string) bool {
	v, _ := r.Judge(sql, nil)
	return v.OK()
}

func TestListingsOfNames(t *testing.T) {
	r := mustNew(t)
	for _, c := range []struct {
		name                    string
		function, table, pragma Listing
	}{
		{"abs", Allowed, Allowed, Unlisted},
		{"ReadFile", Denied, Unlisted, Unlisted},
		{"fsdir", Denied, Denied, Unlisted},
		{"json_each", Allowed, Allowed, Unlisted},
		{"pragma_table_info", Allowed, Allowed, Unlisted},
		{"pragma_optimize", Denied, Denied, Unlisted},
		{"pragma_unheard_of", Denied, Denied, Unlisted},
		{"mystery", Unlisted, Unlisted, Unlisted},
		{"USER_VERSION", Unlisted, Unlisted, Allowed},
		{"hard_heap_limit", Unlisted, Unlisted, Denied},
		{"wal_checkpoint", Unlisted, Unlisted, Denied},
		{"->", Unlisted, Unlisted, Unlisted},
		{"", Unlisted, Unlisted, Unlisted},
	} {
		if f, tb, p := r.ListingOfFunction(c.name), r.ListingOfTable(c.name), ListingOfPragma(c.name); f != c.function || tb != c.table || p != c.pragma {
			t.Errorf("%q: function %d, table %d, pragma %d", c.name, f, tb, p)
		}
	}
}
