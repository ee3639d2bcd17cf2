// Package cli is the commands that manage tokens and keys. They speak the doors'
// own wire shapes: to a distant server over HTTPS with an admin key, to the server
// on this machine through Caddy's admin endpoint.
//
// A secret goes to standard output, once and alone; everything else that is for
// people goes to standard error, in their language.
package cli
