package cli

import (
	"slices"
	"strings"
	"testing"

	"github.com/sekisho-project/sekisho/token"
)

func TestAVerdictTellsTheLimitsOfTheToken(t *testing.T) {
	limited := verdict{
		Accepted: true, ID: longID, Family: token.Developer, Authorization: token.ReadOnly, Databases: []string{"a-db"},
		Scopes: []string{"read", "write"}, Networks: []string{"192.0.2.0/24"}, Routes: []string{"GET /v1/*", "/health"},
	}
	for language, want := range map[string]string{
		"en": "Accepted, within its limits: databases, scopes, networks, routes.",
		"ja": "次の制限の範囲内で受け入れられます: データベース, スコープ, ネットワーク, ルート。",
		"zh": "在其限制内会被接受：数据库, 范围, 网络, 路由。",
	} {
		out, said := pronounced(t, language, limited)
		if said != want {
			t.Errorf("%s: said %q", language, said)
		}
		for _, part := range slices.Concat(limited.Databases, limited.Networks, limited.Routes) {
			if !strings.Contains(out, part) {
				t.Errorf("%s: %q is missing:\n%s", language, part, out)
			}
		}
	}
}

func TestAVerdictSaysNothingOfLimitsThatAreNot(t *testing.T) {
	out, said := pronounced(t, "en", verdict{Accepted: true, ID: longID, Family: token.Developer})
	if said != "Accepted." || strings.Contains(out, "NETWORKS") || strings.Contains(out, "ROUTES") || strings.Contains(out, "SCOPES") {
		t.Errorf("said %q after\n%s", said, out)
	}
}

// pronounced is what a verdict prints, and what it says to people.
func pronounced(t *testing.T, language string, v verdict) (printed, said string) {
	t.Helper()
	var out, err strings.Builder
	if err := (&call{texts: textsIn(language), out: &out, err: &err}).pronounce(v); err != nil {
		t.Fatal(err)
	}
	return out.String(), strings.TrimSpace(err.String())
}
