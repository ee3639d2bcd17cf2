// Package api guards an HTTP API: it decides which request with which token may
// pass, and tells the API behind it whose request it is.
//
// A [Gate] stands before a reverse proxy. It looks at the method, the path, the
// client's address and, where GraphQL is spoken, at the document; never at what
// streams by. The headers that name the token are the gate's own: whatever of
// that kind a client sends is removed, in every spelling.
package api
