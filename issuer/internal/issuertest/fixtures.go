package issuertest

import (
	"errors"
	"testing"

	"github.com/sekisho-project/sekisho/issuer"
	"github.com/sekisho-project/sekisho/token/catalog"
)

// The secrets of the keys that every world has.
const (
	OpsSecret     = "ops-Zk3vQ8w1Lr5TnYb7" // may do everything
	ForeignSecret = "far-Hq2mX9c4Vd6JpSa0" // may do everything in the other organization
	GroupSecret   = "grp-Wt5nB1e8Rk3FyGu6" // may do everything in group production
	MintSecret    = "mnt-Ce7jD4i0Ol9AxPz2" // may only mint
)

// keys makes one key of each kind.
func keys(t testing.TB) []*issuer.AdminKey {
	t.Helper()
	var list []*issuer.AdminKey
	for _, k := range []struct {
		name, secret string
		limits       issuer.Limits
	}{
		{"ops", OpsSecret, issuer.Limits{}},
		{"foreign", ForeignSecret, issuer.Limits{Organizations: []string{"other-org"}}},
		{"production", GroupSecret, issuer.Limits{Organizations: []string{"my-org"}, Groups: []string{"production"}}},
		{"minter", MintSecret, issuer.Limits{Actions: []string{"mint"}}},
	} {
		key, err := issuer.NewAdminKey(k.name, k.secret, k.limits)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, key)
	}
	return list
}

func organizations(t testing.TB) *catalog.Catalog {
	t.Helper()
	c := catalog.New()
	if err := errors.Join(
		c.Add("my-org", "production", "my-db", "other-db-1", "other-db-2"),
		c.Add("my-org", "staging", "staging-db"),
		c.Add("other-org", "default", "their-db"),
	); err != nil {
		t.Fatal(err)
	}
	return c
}
