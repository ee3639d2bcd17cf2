package e2e

import (
	"fmt"
	"testing"

	"github.com/sekisho-project/sekisho/verifier/libsql/readonly"
)

// column is the first column of the rows that a statement gives.
func (h *house) column(t *testing.T, database, token, sql string) []string {
	t.Helper()
	result := h.mustQuery(t, database, token, sql).results(t)[0]
	if result.Type != "ok" {
		t.Fatalf("%s: %+v", sql, result.Error)
	}
	var values []string
	for _, row := range result.Response.Result.Rows {
		values = append(values, fmt.Sprint(row[0].Value))
	}
	return values
}

// ordinary are modules of tables that a database has by CREATE VIRTUAL TABLE, so
// that naming one is naming a table, and shows its rows only.
var ordinary = map[string]bool{
	"fts3": true, "fts4": true, "fts5": true, "rtree": true, "rtree_i32": true, "geopoly": true, "fts3tokenize": true,
}

func TestWhatTheServerBringsIsOnOneOfOurLists(t *testing.T) {
	h := startHouse(t)
	full := h.furnish(t, "my-db")
	rules, err := readonly.New()
	if err != nil {
		t.Fatal(err)
	}
	for list, listing := range map[string]func(string) readonly.Listing{
		"pragma_function_list": rules.ListingOfFunction,
		"pragma_module_list":   rules.ListingOfTable,
		"pragma_pragma_list":   readonly.ListingOfPragma,
	} {
		counted := map[readonly.Listing]int{}
		for _, name := range h.column(t, "my-db", full, "SELECT DISTINCT name FROM "+list+" ORDER BY name") {
			is := listing(name)
			if is == readonly.Unlisted && !ordinary[name] && !operators[name] {
				t.Errorf("%s: nobody has said what %s does", list, name)
			}
			counted[is]++
		}
		t.Logf("%s: %d allowed, %d denied, %d neither", list, counted[readonly.Allowed], counted[readonly.Denied], counted[readonly.Unlisted])
		if counted[readonly.Allowed] == 0 || counted[readonly.Denied] == 0 {
			t.Errorf("%s: the server's list is not what we take it for", list)
		}
	}
}

// operators are functions that no text can call by name.
var operators = map[string]bool{"->": true, "->>": true}
