//go:build !race

package differential

import (
	"errors"
	"fmt"

	sqlite "modernc.org/sqlite/lib"
)

// finding is what SQLite did with a text.
type finding struct {
	statements int  // that compiled
	whole      bool // all of the text did
	cause      error
}

func (f *finding) String() string {
	if f == nil {
		return "not asked"
	}
	return fmt.Sprintf("%d statements, and then: %v", f.statements, f.cause)
}

// try compiles and runs the statements of a text until one does not compile. The
// error says what was more than reading.
func (o *oracle) try(text string) (finding, error) {
	defer o.endTransaction()
	o.forbidden = o.forbidden[:0]
	sql, free := o.cString(text)
	defer free()
	var f finding
	for {
		stmt, tail, err := o.compile(o.db, sql)
		if len(o.forbidden) > 0 {
			return f, fmt.Errorf("compiling it asks for %s", o.forbidden)
		}
		if err != nil {
			f.whole = errors.Is(err, errEnd)
			f.cause = err
			return f, nil
		}
		f.statements++
		if sqlite.Xsqlite3_stmt_readonly(o.tls, stmt) == 0 {
			err = errors.New("SQLite says it writes")
		} else {
			_, _ = o.run(o.db, stmt) // that it fails at run time is no matter
		}
		sqlite.Xsqlite3_finalize(o.tls, stmt)
		if len(o.forbidden) > 0 {
			err = fmt.Errorf("running it asks for %s", o.forbidden)
		}
		if err != nil {
			return f, err
		}
		sql = tail
	}
}

// endTransaction rolls back what a text left open.
func (o *oracle) endTransaction() {
	if sqlite.Xsqlite3_get_autocommit(o.tls, o.db) == 0 {
		if _, err := o.rows(o.db, "ROLLBACK"); err != nil {
			panic(err)
		}
	}
}
