package libsql_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/sekisho-project/sekisho/token/refusal"
)

// forbidden are texts of which no part may reach the server with a read-only
// token: writes, and what no such token may touch.
var forbidden = []string{
	"INSERT INTO t VALUES (1)", "insert or replace into t values (1)", "REPLACE INTO t VALUES (1)", "UPDATE t SET x = 1", "DELETE FROM t",
	"DELETE FROM t WHERE 0", "INSERT INTO t VALUES (1) RETURNING x", "INSERT INTO t VALUES (1) ON CONFLICT DO UPDATE SET x = 2",
	"WITH a AS (SELECT 1) INSERT INTO t SELECT * FROM a", "WITH a AS (SELECT 1) DELETE FROM t", "WITH a AS (SELECT 1) UPDATE t SET x = 1",
	"CREATE TABLE u (x)", "CREATE TEMP TABLE u (x)", "CREATE TABLE u AS SELECT 1", "CREATE INDEX i ON t (x)", "CREATE VIEW v AS SELECT 1",
	"CREATE TRIGGER r AFTER INSERT ON t BEGIN SELECT 1; END", "CREATE VIRTUAL TABLE f USING fts5(x)", "ALTER TABLE t ADD COLUMN y",
	"DROP TABLE t", "DROP TABLE IF EXISTS t", "REINDEX", "ANALYZE", "VACUUM", "VACUUM INTO 'x'",
	"ATTACH 'x' AS y", `ATTACH "other-db" AS y`, "DETACH y", "BEGIN CONCURRENT", "BEGIN TRANSACTION IMMEDIATE", "BEGIN IMMEDIATE; DELETE FROM t",
	"PRAGMA user_version = 5", "PRAGMA user_version(5)", "PRAGMA journal_mode", "PRAGMA wal_checkpoint", "PRAGMA optimize",
	"PRAGMA writable_schema = 1", "PRAGMA hard_heap_limit = 1", "EXPLAIN QUERY PLAN PRAGMA hard_heap_limit = 1", "EXPLAIN PRAGMA cache_size = 1",
	"EXPLAIN INSERT INTO t VALUES (1)", "SELECT * FROM pragma_optimize", "SELECT * FROM 'pragma_optimize'", "SELECT optimize(f) FROM f",
	"SELECT readfile('/etc/passwd')", "SELECT writefile('x', 'y')", "SELECT * FROM fsdir WHERE path = '/'", "SELECT lsmode(1)",
	"SELECT sha3_query('ATTACH ''x'' AS z')", "SELECT load_extension('x')", "SELECT edit('x')", "SELECT no_such_function(1)",
	"select 1; delete from t", "select 1;;;delete from t", "/* */ delete from t", "-- x\ndelete from t", "select 1 -- x\n; delete from t",
	"select 1; select 1 1 delete from t", "select '; delete from t", "select 1 /* ; delete from t", "\ufeffdelete from t", "dElEtE from t",
	"select 1\x00; delete from t", "SELECT $x('); DELETE FROM t; --')", "(DELETE FROM t)", "SELECT * FROM (DELETE FROM t RETURNING 1)",
	"SELECT 1 INTO t", "KILL", "GRANT ALL",
}

// doors are the bodies that bring a text to the server, %s being the text as a JSON string.
var doors = map[string][]string{
	"POST /":           {`{"statements":[%s]}`, `{"statements":["select 1",{"params":[],"q":%s}]}`},
	"POST /v1/execute": {`{"stmt":{"sql":%s}}`},
	"POST /v1/batch":   {`{"batch":{"steps":[{"stmt":{"sql":%s}}]}}`},
	"POST /v3/cursor": {
		`{"batch":{"steps":[{"stmt":{"sql":%s}}]}}`,
		`{"baton":"b","batch":{"steps":[{"stmt":{"sql":"select 1"}},{"condition":{"type":"or","conds":[]},"stmt":{"sql":%s}}]}}`,
	},
	"POST /v2/pipeline": pipelines, "POST /v3/pipeline": pipelines,
}

var pipelines = []string{
	`{"requests":[{"type":"execute","stmt":{"sql":%s}}]}`,
	`{"requests":[{"stmt":{"want_rows":false,"\u0073ql":%s,"args":[]},"type":"execute"},{"type":"close"}]}`,
	`{"requests":[{"type":"batch","batch":{"steps":[{"stmt":{"sql":%s}}]}}]}`,
	`{"requests":[{"type":"batch","batch":{"steps":[{"condition":{"type":"or","conds":[]},"stmt":{"sql":%s}}]}}]}`,
	`{"requests":[{"type":"sequence","sql":%s}]}`,
	`{"requests":[{"type":"describe","sql":%s}]}`,
	`{"requests":[{"type":"store_sql","sql_id":1,"sql":%s},{"type":"execute","stmt":{"sql_id":1}}]}`,
	`{"baton":"b","requests":[{"type":"store_sql","sql_id":1,"sql":%s},{"type":"sequence","sql_id":1}]}`,
}

func TestNothingForbiddenReachesTheServerThroughAnyDoor(t *testing.T) {
	s := newSite(t)
	baton := s.begin("read")
	for line, bodies := range doors {
		for _, body := range bodies {
			for _, sql := range forbidden {
				quoted, err := json.Marshal(sql)
				if err != nil {
					t.Fatal(err)
				}
				body := strings.NewReplacer("%s", string(quoted), `"baton":"b"`, `"baton":"`+baton+`"`).Replace(body)
				response, answer := s.send(line, "read", body)
				reason, _ := s.decided()
				for _, sent := range s.requests() {
					if sent.body != `{"requests":[]}` {
						t.Fatalf("%s with %q: the server got %s", line, sql, sent.body)
					}
				}
				if !refusedInProtocol(line, response.StatusCode, answer) || reason != refusal.ReadOnlyToken {
					t.Errorf("%s with %q: %d %s %s", line, sql, response.StatusCode, reason, answer)
				}
			}
		}
	}
}

// refusedInProtocol reports whether an answer is an error in the shape that clients of that door read.
func refusedInProtocol(line string, status int, answer string) bool {
	code := strings.Contains(answer, `"code":"SQLITE_READONLY"`) || strings.Contains(answer, `"code":"SQLITE_AUTH"`)
	switch line {
	case "POST /":
		return status == 200 && strings.Contains(answer, `{"error":"`)
	case "POST /v1/execute", "POST /v1/batch":
		return status == 400 && code && strings.HasPrefix(answer, `{"message":"`)
	case "POST /v3/cursor":
		head, rest, _ := strings.Cut(answer, "\n")
		return status == 200 && code && strings.HasSuffix(head, `,"base_url":null}`) && strings.HasPrefix(rest, `{"type":"step_error","step":`)
	default:
		answer = strings.Replace(answer, `{"type":"ok","response":{"type":"store_sql"}},`, "", 1)
		return status == 200 && code && strings.Contains(answer, `"results":[{"type":"error","error":{"message":"`)
	}
}

func TestAReadOnlyTransactionTakesNoLockAtAnyDoor(t *testing.T) {
	for line, bodies := range doors {
		for _, body := range bodies {
			s := newSite(t)
			s.result = `{"cols":[],"rows":[]}`
			body = strings.NewReplacer("%s", `"/* x */ begin\t-- now\n Immediate transaction;"`, `"baton":"b"`, `"baton":"`+s.begin("read")+`"`).Replace(body)
			response, answer := s.send(line, "read", body)
			if response.StatusCode != 200 || len(s.requests()) != 1 {
				t.Fatalf("%s %s: %d %s", line, body, response.StatusCode, answer)
			}
			if sent := s.requests()[0].body; !strings.Contains(sent, `"BEGIN DEFERRED"`) || strings.Contains(sent, "mmediate") {
				t.Errorf("%s: sent %s", line, sent)
			}
		}
	}
}

func TestReadsGetThroughEveryDoor(t *testing.T) {
	for line, bodies := range doors {
		for _, body := range bodies {
			s := newSite(t)
			s.result = `{"cols":[],"rows":[]}`
			body = strings.NewReplacer("%s", `"/* x */ SELECT 'delete' AS \"insert\";"`, `"baton":"b"`, `"baton":"`+s.begin("read")+`"`).Replace(body)
			response, answer := s.send(line, "read", body)
			if response.StatusCode != 200 || len(s.requests()) != 1 {
				t.Fatalf("%s %s: %d %s", line, body, response.StatusCode, answer)
			}
			if sent := s.requests()[0].body; !strings.Contains(sent, `"SELECT 'delete' AS \"insert\""`) {
				t.Errorf("%s: sent %s", line, sent)
			}
		}
	}
}
