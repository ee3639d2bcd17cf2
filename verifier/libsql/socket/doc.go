// Package socket stands in the middle of a WebSocket that a reverse proxy
// carries (RFC 6455), without knowing what is said over it: a [Session] is given
// every message of the client and decides what goes on in its place.
//
// The proxy goes on choosing the server and copying bytes; it is handed a
// connection whose reads are the frames meant for the server, and whose writes
// are the server's. There is no goroutine per socket: one [Watch] looks after
// all of them. A message of the client is read whole, within a bound, before
// anything of it goes on; messages of the server stream through.
package socket
