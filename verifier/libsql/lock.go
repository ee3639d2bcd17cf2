package libsql

import (
	"maps"
	"sync"
	"time"

	"github.com/sekisho-project/sekisho/verifier/libsql/hrana"
)

// lockRequests make a stream read-only for SQLite itself, and read back whether
// it is. No text shows that a view calls a function that writes; SQLite then
// refuses the write. sqld takes the pragma from a read-only token only when it is
// to describe it, and SQLite sets it while it is compiled.
var lockRequests = []hrana.Request{
	hrana.Describe{Text: hrana.Text{SQL: "PRAGMA query_only=1"}},
	hrana.Execute{Stmt: hrana.Stmt{Text: hrana.Text{SQL: "SELECT * FROM pragma_query_only"}, WantRows: new(true)}},
}

// lockExpiry is how long a server that has honoured the lock of a database is
// taken to honour it again, before the answer to it is seen.
const lockExpiry = 10 * time.Minute

// locks remembers at which databases the lock was honoured. There it is sent in
// one request with what comes after it, and its answer is seen in time to
// withhold the others. Elsewhere it goes ahead.
type locks struct {
	mu       sync.Mutex
	honoured map[string]time.Time // until when, by database
	now      func() time.Time
}

func (l *locks) trusts(database string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.now().Before(l.honoured[database])
}

func (l *locks) saw(database string, honoured bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if honoured {
		l.honoured[database] = l.now().Add(lockExpiry)
	} else {
		delete(l.honoured, database)
	}
}

// checkLock judges the answers to lockRequests. A stream that is not locked is
// closed, as nobody else will.
func (g *Gate) checkLock(x exchange, response *hrana.Response) error {
	value, err := x.codec.FirstValue(response.Results[len(lockRequests)-1])
	honoured := err == nil && value == int64(1)
	g.locks.saw(x.database, honoured)
	if honoured || g.allowUnlocked {
		return nil
	}
	if response.Baton != nil {
		x.w = nowhere{}
		_, _, _ = x.ask(x.codec.PipelinePath(), &hrana.Pipeline{Baton: *response.Baton, Requests: []hrana.Request{hrana.Close{}}})
	}
	return unlockable(err)
}

// begin begins a locked stream at the server, and gives its baton.
func (g *Gate) begin(x exchange) (baton string, err error) {
	response, _, err := x.ask(x.codec.PipelinePath(), &hrana.Pipeline{Requests: lockRequests})
	if err != nil {
		return "", err
	}
	if response.Baton == nil {
		return "", notAnswered(errNoStream)
	}
	return *response.Baton, g.checkLock(x, response)
}

// lock makes a plan begin with the lock, if it begins a stream.
func (g *Gate) lock(x exchange, p *plan) (err error) {
	switch {
	case !x.readOnly || p.forward.Baton != "":
		return nil
	case g.locks.trusts(x.database):
		p.locks, p.rewrites = true, true
		p.forward.Requests = append(lockRequests[:len(lockRequests):len(lockRequests)], p.forward.Requests...)
		return nil
	}
	p.forward.Baton, err = g.begin(x)
	return err
}

// run asks for what is left of a plan, whose answer is seen only if the lock in
// it was honoured.
func (g *Gate) run(x exchange, path string, p plan) (*hrana.Response, error) {
	response, header, err := x.ask(path, &p.forward)
	if err != nil {
		return nil, err
	}
	if p.locks {
		if err := g.checkLock(x, response); err != nil {
			return nil, err
		}
		response.Results = response.Results[len(lockRequests):]
	}
	maps.Copy(x.w.Header(), header)
	return response, nil
}
