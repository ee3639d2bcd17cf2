// Package refusal is what a request hears when it is turned away: one JSON shape
// for every door and every gate.
//
//	{"error":"…","message":"…","code":"…","request_id":"…"}
//
// "error" and "code" are fixed words that programs may test, "message" is a
// sentence for people. The reason, which may tell more than a stranger should
// hear, goes to logs and metrics only.
package refusal
