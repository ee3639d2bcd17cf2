package openapi

import (
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/sekisho-project/sekisho/issuer/devtokens"
	"github.com/sekisho-project/sekisho/issuer/internal/issuertest"
	"github.com/sekisho-project/sekisho/issuer/oauth"
	"github.com/sekisho-project/sekisho/issuer/turso"
	"github.com/sekisho-project/sekisho/issuer/usertokens"
)

// jwks is what is served beside the doors.
var jwks = []string{"GET " + jwksPath, "HEAD " + jwksPath}

func TestTheRoutesOfTheDescriptionAreThoseOfTheDoors(t *testing.T) {
	var described []string
	for _, o := range load(t, false).operations(t) {
		described = append(described, o.method+" "+o.path)
	}
	served := slices.Concat(turso.Routes(), devtokens.Routes(), usertokens.Routes(), oauth.Routes(), jwks)
	for _, route := range served {
		if !slices.Contains(described, route) {
			t.Errorf("%s is answered and not described", route)
		}
	}
	for _, route := range described {
		if !slices.Contains(served, route) {
			t.Errorf("%s is described and not answered", route)
		}
	}
}

func TestAnotherMethodIsRefusedWithThoseOfTheDescription(t *testing.T) {
	d := load(t, true)
	operations := d.operations(t)
	w := newWorld(t)
	for _, o := range operations {
		path := o.path
		if path == jwksPath {
			continue
		}
		var want []string
		for _, other := range operations {
			if covers(other.path, path) {
				want = append(want, other.method)
			}
		}
		r := httptest.NewRequest("BREW", path, nil)
		door := w.door(r)
		if door == nil {
			t.Errorf("no door owns %s", path)
			continue
		}
		a := issuertest.Serve(door, r)
		got := strings.Split(a.Header.Get("Allow"), ", ")
		slices.Sort(got)
		slices.Sort(want)
		if a.Status != 405 || !slices.Equal(got, want) {
			t.Errorf("%s: %d %v, described are %v", path, a.Status, got, want)
		}
		d.wantValid(t, path, "#/components/schemas/Error", a.Text)
	}
}

// covers reports whether a path of the description stands for another: "/x/{id}"
// does for "/x/prune".
func covers(pattern, path string) bool {
	segments := strings.Split(path, "/")
	return slices.EqualFunc(strings.Split(pattern, "/"), segments, func(a, b string) bool { return a == b || b != "" && strings.HasPrefix(a, "{") })
}
