//go:build !race

package differential

import (
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"unsafe"

	"modernc.org/libc"
	sqlite "modernc.org/sqlite/lib"

	"github.com/sekisho-project/sekisho/verifier/libsql/readonly"
	"github.com/sekisho-project/sekisho/verifier/libsql/readonly/sqltext"
)

// maxOps bounds the run of one statement, in thousands of SQLite's instructions.
const maxOps = 50

// oracle is an SQLite with the tables of [sqltext.Schema], in a file. It says
// what a text does by compiling and running it, as far as it reads; the authorizer
// stops it at anything else. It is for one goroutine.
type oracle struct {
	tls   *libc.TLS
	rules *readonly.Rules
	dir   string
	db    uintptr // runs the texts, under the authorizer
	watch uintptr // sees what others do to the file
	out   struct{ db, stmt, tail uintptr }

	// SQLite holds only the addresses of these two.
	authorizer func(tls *libc.TLS, arg uintptr, action int32, first, second, schema, trigger uintptr) int32
	progressor func(tls *libc.TLS, arg uintptr) int32

	ops       int
	forbidden []string // what the authorizer stopped
}

func openOracle(t testing.TB, rules *readonly.Rules) *oracle {
	t.Helper()
	o := &oracle{tls: libc.NewTLS(), rules: rules, dir: t.TempDir()}
	o.db = o.open(t)
	for _, sql := range append([]string{"PRAGMA journal_mode = WAL"}, sqltext.Schema...) {
		if _, err := o.rows(o.db, sql); err != nil {
			t.Fatal(err)
		}
	}
	o.watch = o.open(t)
	o.authorizer, o.progressor = o.authorize, o.progress
	sqlite.Xsqlite3_progress_handler(o.tls, o.db, 1000, functionPointer(o.progressor), 0)
	sqlite.Xsqlite3_set_authorizer(o.tls, o.db, functionPointer(o.authorizer), 0)
	t.Cleanup(func() {
		sqlite.Xsqlite3_close_v2(o.tls, o.db)
		sqlite.Xsqlite3_close_v2(o.tls, o.watch)
		o.tls.Close()
		runtime.KeepAlive(o)
	})
	return o
}

func (o *oracle) open(t testing.TB) uintptr {
	t.Helper()
	name, free := o.cString(filepath.Join(o.dir, "database"))
	defer free()
	flags := int32(sqlite.SQLITE_OPEN_READWRITE | sqlite.SQLITE_OPEN_CREATE)
	if rc := sqlite.Xsqlite3_open_v2(o.tls, name, uintptr(unsafe.Pointer(&o.out.db)), flags, 0); rc != sqlite.SQLITE_OK {
		t.Fatalf("opening a database: code %d", rc)
	}
	return o.out.db
}

// functionPointer is a Go function as the C code, translated to Go, calls it.
func functionPointer[F any](f F) uintptr {
	return *(*uintptr)(unsafe.Pointer(&struct{ f F }{f}))
}

func (o *oracle) cString(s string) (c uintptr, free func()) {
	c, err := libc.CString(s)
	if err != nil {
		panic(err) // out of memory
	}
	return c, func() { libc.Xfree(o.tls, c) }
}

func (o *oracle) progress(*libc.TLS, uintptr) int32 {
	if o.ops++; o.ops > maxOps {
		return 1
	}
	return 0
}

// argumentPragmas take the name of what to look at.
var argumentPragmas = map[string]bool{
	"table_info": true, "table_xinfo": true, "table_list": true, "index_list": true, "index_info": true, "index_xinfo": true, "foreign_key_list": true,
}

// operators are functions that no text can call by name.
var operators = map[string]bool{"->": true, "->>": true}

func (o *oracle) authorize(_ *libc.TLS, _ uintptr, action int32, first, second, _, _ uintptr) int32 {
	a, b := libc.GoString(first), libc.GoString(second)
	ok := false
	switch action {
	case sqlite.SQLITE_SELECT, sqlite.SQLITE_RECURSIVE, sqlite.SQLITE_TRANSACTION, sqlite.SQLITE_SAVEPOINT:
		ok = true
	case sqlite.SQLITE_READ:
		ok = o.rules.ListingOfTable(a) != readonly.Denied
	case sqlite.SQLITE_FUNCTION:
		ok = o.rules.ListingOfFunction(b) == readonly.Allowed || operators[b]
	case sqlite.SQLITE_PRAGMA:
		ok = readonly.ListingOfPragma(a) == readonly.Allowed && (second == 0 || argumentPragmas[strings.ToLower(a)])
	}
	if ok {
		return sqlite.SQLITE_OK
	}
	o.forbidden = append(o.forbidden, fmt.Sprintf("action %d on %q, %q", action, a, b))
	return sqlite.SQLITE_DENY
}

var errEnd = errors.New("no statement is left")

// compile compiles the first statement at sql, a C string.
func (o *oracle) compile(db, sql uintptr) (stmt, tail uintptr, err error) {
	rc := sqlite.Xsqlite3_prepare_v2(o.tls, db, sql, -1, uintptr(unsafe.Pointer(&o.out.stmt)), uintptr(unsafe.Pointer(&o.out.tail)))
	switch {
	case rc != sqlite.SQLITE_OK:
		return 0, 0, errors.New(libc.GoString(sqlite.Xsqlite3_errmsg(o.tls, db)))
	case o.out.stmt == 0:
		return 0, 0, errEnd
	}
	return o.out.stmt, o.out.tail, nil
}

// maxRows bounds what is read of one result.
const maxRows = 200

// run steps through a statement and gives its rows.
func (o *oracle) run(db, stmt uintptr) ([]string, error) {
	var rows []string
	o.ops = 0
	for len(rows) < maxRows {
		switch sqlite.Xsqlite3_step(o.tls, stmt) {
		case sqlite.SQLITE_ROW:
			rows = append(rows, libc.GoString(sqlite.Xsqlite3_column_text(o.tls, stmt, 0)))
		case sqlite.SQLITE_DONE:
			return rows, nil
		default:
			return rows, errors.New(libc.GoString(sqlite.Xsqlite3_errmsg(o.tls, db)))
		}
	}
	return rows, nil
}

// rows runs one statement of our own.
func (o *oracle) rows(db uintptr, sql string) ([]string, error) {
	text, free := o.cString(sql)
	defer free()
	stmt, _, err := o.compile(db, text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", sql, err)
	}
	defer sqlite.Xsqlite3_finalize(o.tls, stmt)
	rows, err := o.run(db, stmt)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", sql, err)
	}
	return rows, nil
}

// unwatched runs our own questions without the authorizer.
func (o *oracle) unwatched(ask func()) {
	sqlite.Xsqlite3_set_authorizer(o.tls, o.db, 0, 0)
	defer sqlite.Xsqlite3_set_authorizer(o.tls, o.db, functionPointer(o.authorizer), 0)
	ask()
}
