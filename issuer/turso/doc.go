// Package turso is the door that speaks the Turso platform API: it translates
// that wire shape to and from [issuer.Service] and decides nothing itself.
//
// Turso's own SDK and command line find here what they need to mint, rotate and
// look names up. Beyond Turso, tokens can be listed and taken back one by one.
//
// What a request says and the door does not understand is refused, because it
// may be a restriction. All replies are JSON with the exact Content-Type
// "application/json", and success is always 200: Turso's clients want no other.
package turso
