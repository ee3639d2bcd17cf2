package main

import (
	"strings"
	"text/template"
)

// quickStart is a shell session to paste. Every line is a command that works in
// any POSIX shell; ":" is the one that does nothing with the words after it.
func (d *demo) quickStart() (string, error) {
	var text strings.Builder
	err := session.Execute(&text, d)
	return text.String(), err
}

var session = template.Must(template.New("quick start").Parse(`export SEKISHO=http://{{.Gate}}
export SEKISHO_ADMIN_KEY={{.Key}}
TOKENS=$SEKISHO/v1/organizations/my-org/databases/my-db/auth/tokens
admin() { curl -sS -H "Authorization: Bearer $SEKISHO_ADMIN_KEY" "$@"; echo; }
query() { curl -sS -w ' HTTP %{http_code}\n' -H "Authorization: Bearer $1" http://my-db.localhost:{{.Port}}/v2/pipeline -d "{\"requests\":[{\"type\":\"execute\",\"stmt\":{\"sql\":\"$2\"}},{\"type\":\"close\"}]}"; }
field() { sed -E "s/.*\"$1\":\"([^\"]*)\".*/\1/"; }

: "Mint a token that may do everything, and one that may only read. The reply has more than the token."
FULL=$(admin -X POST "$TOKENS?expiration=1h" | field jwt)
REPLY=$(admin -X POST "$TOKENS?expiration=1h&authorization=read-only")
echo "$REPLY"
READER=$(echo "$REPLY" | field jwt)
READER_ID=$(echo "$REPLY" | field id)

: "Write with the first, read with the second."
query "$FULL" "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT)"
query "$FULL" "INSERT INTO users (name) VALUES ('Ada'), ('Grace')"
query "$READER" "SELECT name FROM users"

: "The read-only token is refused a write, in words that the client shows."
query "$READER" "DELETE FROM users"

: "Take that one token back. It is refused at once; the other one works as before."
admin -X DELETE "$TOKENS/$READER_ID"
query "$READER" "SELECT name FROM users"
query "$FULL" "SELECT count(*) FROM users"

: "The same from JavaScript, with the SDK of Turso and its client. Node, Python and Go do not find names under localhost: my-db listens on a port of its own for them."
(cd "$(mktemp -d)" && npm install --silent --no-audit --no-fund @tursodatabase/api@2 @libsql/client@0.18 &&
node --input-type=module -e 'import { createClient as platform } from "@tursodatabase/api"; import { createClient } from "@libsql/client"; const turso = platform({ org: "my-org", token: process.env.SEKISHO_ADMIN_KEY, baseUrl: process.env.SEKISHO + "/v1/" }); const { jwt } = await turso.databases.createToken("my-db", { expiration: "1h", authorization: "read-only" }); const db = createClient({ url: "http://{{.MyDB}}", authToken: jwt }); console.log((await db.execute("SELECT name FROM users")).rows); await db.execute("DELETE FROM users").catch((refused) => console.log(refused.code, refused.message));')
`))
