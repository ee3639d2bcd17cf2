package issuer

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/sekisho-project/sekisho/token"
)

// Action is what someone may do with tokens. The set is closed.
type Action string

// The actions. Rotating is not part of minting on purpose: a program that only
// makes tokens cannot end those of others.
const (
	ActionMint   Action = "mint"
	ActionRotate Action = "rotate"
	ActionRevoke Action = "revoke"
	ActionList   Action = "list"
	// ActionIntrospect is to be told what a token in hand is good for (RFC 7662).
	ActionIntrospect Action = "introspect"
)

// ErrAction reports a word that names no action.
var ErrAction = errors.New("unknown action")

// right is an action on the tokens of one family.
type right struct {
	action Action
	family token.Family
}

// words maps what an admin key can be limited to, in our words and in those of
// the Turso platform, to the rights it gives. Turso cannot revoke a single token;
// whoever may retire all of them there may take back one of them here.
var words = map[string][]right{
	string(ActionMint):       every(ActionMint),
	string(ActionRotate):     every(ActionRotate),
	string(ActionRevoke):     every(ActionRevoke),
	string(ActionList):       every(ActionList),
	string(ActionIntrospect): every(ActionIntrospect),

	"developer:mint":   {{ActionMint, token.Developer}},
	"developer:rotate": {{ActionRotate, token.Developer}},
	"developer:revoke": {{ActionRevoke, token.Developer}},
	"developer:list":   {{ActionList, token.Developer}},
	"user:mint":        {{ActionMint, token.User}},
	"user:rotate":      {{ActionRotate, token.User}},
	"user:revoke":      {{ActionRevoke, token.User}},
	"user:list":        {{ActionList, token.User}},

	"read":               {{ActionList, token.Database}, {ActionList, token.Group}},
	"db:mint-token":      {{ActionMint, token.Database}},
	"db:rotate-creds":    {{ActionRotate, token.Database}, {ActionRevoke, token.Database}},
	"group:mint-token":   {{ActionMint, token.Group}},
	"group:rotate-creds": {{ActionRotate, token.Group}, {ActionRevoke, token.Group}},
}

func every(a Action) []right {
	return []right{{a, token.Database}, {a, token.Group}, {a, token.Developer}, {a, token.User}}
}

// parseRights reads a list of words; any that is not known is [ErrAction].
func parseRights(list []string) (map[right]bool, error) {
	rights := map[right]bool{}
	for _, word := range list {
		given, ok := words[word]
		if !ok {
			return nil, fmt.Errorf("%w %q: use some of %s", ErrAction, word, strings.Join(slices.Sorted(maps.Keys(words)), ", "))
		}
		for _, r := range given {
			rights[r] = true
		}
	}
	return rights, nil
}
