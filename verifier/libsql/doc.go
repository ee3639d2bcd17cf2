// Package libsql guards a libSQL server (sqld): it decides which request with
// which token reaches which database, and what of it.
//
// A [Gate] stands before a reverse proxy. It owns what sqld believes: the
// namespace, the credential and the route are the gate's own, nothing of them is
// the client's. A request with a full-access token streams through, unless the gate
// does not trust it ([Options.Untrusted]); one with a read-only token is decoded,
// every SQL text in it is judged, and what goes on is encoded afresh from what was
// judged. What was refused is answered inside the protocol, so that clients show the
// sentence and the code.
package libsql
