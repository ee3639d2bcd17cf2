package redistest

import (
	"os"
	"strings"
	"testing"
)

func TestTheRightsAreTheDocumentedOnes(t *testing.T) {
	page, err := os.ReadFile("../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, rights := range []string{" " + Rights + "\n", "`" + ClusterRights + "`", "`" + SentinelRights + "`"} {
		if !strings.Contains(string(page), rights) {
			t.Errorf("not documented: %s", rights)
		}
	}
}
