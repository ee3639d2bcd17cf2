// Package door is what the doors of the issuer have in common: how a request
// finds its endpoint, how its parameters and body are read, and how it is answered.
//
// What can be read in two ways is refused, by each door in the same words.
package door
