// Package token holds the words that every other room uses: what a token is,
// what it grants, when it ends and how it is written.
//
// It decides nothing and reaches nothing: no store, no key, no clock of its
// own. A [Grant] is what a credential allows once checked; [Claims] is how a
// grant is written into a JWT; [Expiration] is how a person writes its end.
//
// The package imports nothing else of this module.
package token
