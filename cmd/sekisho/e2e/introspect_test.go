package e2e

import (
	"fmt"
	"strings"
	"testing"

	"github.com/sekisho-project/sekisho/cmd/internal/testrig"
)

// furnishForMappers makes a schema with something of all that object mappers ask about.
func (h *house) furnishForMappers(t *testing.T) {
	t.Helper()
	full := h.furnish(t, "my-db")
	h.execute(t, "my-db", full,
		"CREATE TABLE posts (id INTEGER PRIMARY KEY, author INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE, title TEXT DEFAULT 'none')",
		"CREATE UNIQUE INDEX posts_title ON posts (author, title)", "CREATE VIEW titles AS SELECT title FROM posts")
}

func TestDrizzleKitReadsTheSchemaWithAReadOnlyToken(t *testing.T) {
	h := startHouse(t)
	h.furnishForMappers(t)
	reader := h.mint(t, myDB, "authorization=read-only", "").JWT
	schema := node(t, testrig.Script{Path: "testdata/clients/introspect.mjs", Env: []string{"DB_URL=" + h.url("my-db"), "DB_TOKEN=" + reader}})
	for _, part := range []string{`sqliteTable("users"`, `sqliteTable("posts"`, `references(() => users.id`, `onDelete: "cascade"`, `uniqueIndex("posts_title")`, `default("none")`} {
		if !strings.Contains(schema, part) {
			t.Errorf("the schema lacks %s:\n%s", part, schema)
		}
	}
}

func TestKyselyReadsTheSchemaWithAReadOnlyToken(t *testing.T) {
	h := startHouse(t)
	h.furnishForMappers(t)
	reader := h.mint(t, myDB, "authorization=read-only", "").JWT
	if s := h.session(t, "kysely", reader); fmt.Sprint(s.Tables) != "[posts(id,author,title) titles(title) users(id,name)]" {
		t.Errorf("tables %v", s.Tables)
	}
}
