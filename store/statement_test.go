package store

import (
	"testing"
	"time"

	"github.com/sekisho-project/sekisho/token"
)

// Every signature that is stored was made over these bytes: if they change, no node
// believes the records that there are.
func TestTheStatementOfARecordStaysTheSameToTheByte(t *testing.T) {
	made := time.UnixMilli(1700000000000)
	for want, r := range map[string]Record{
		`{"created":"1700000000000","created_by":"ops","expires":"0","family":"developer","generation":"0","id":"jt_abc","note":"MyApp",` +
			`"opaque":"{\"digest\":\"984ca5162200734c592148f1820b71057f098573d138666b48663e4e30cd8d3a\",\"hint\":\"a1b2\",\"holder\":\"a:b*?\\u0000/本\",` +
			`\"scopes\":[\"write\",\"read\",\"日本\"],\"networks\":[\"192.0.2.0/24\",\"2001:db8::/32\"],\"routes\":[\"/api/*\"]}"}`: opaqueRecord(),
		`{"access":"read-only","created":"1700000000000","created_by":"ops","databases":"a,b","expires":"1700003600000","family":"group",` +
			`"generation":"7","id":"abc","name":"production","note":"nightly","organization":"my-org","read_attach":"c"}`: {
			ID: "abc", Family: token.Group, Organization: "my-org", Name: "production", Access: token.ReadOnly, Databases: []string{"a", "b"},
			ReadAttach: []string{"c"}, Generation: 7, Note: "nightly", CreatedAt: made, CreatedBy: "ops", ExpiresAt: made.Add(time.Hour),
		},
	} {
		if got, err := r.Statement(); err != nil || string(got) != want {
			t.Errorf("got  %s, %v\nwant %s", got, err, want)
		}
	}
	if SigningPurpose != "sekisho token record" {
		t.Errorf("the purpose is %q", SigningPurpose)
	}
}
