// Package store is the Redis behind everything: the connection to it, the names
// of the keys, the records of minted tokens, the audit log, and which node signs
// with which key.
//
// What was taken back lives in the same Redis, but in a room of its own. A Redis
// inside the process, for who runs none, is in [store/embedded].
//
// A reply is never trusted to be well-formed: whoever can write to Redis may deny
// service, and must not be able to do more. So records are signed ([Record.SignedBy]),
// and who reads one to let somebody in, or to forget a revocation, checks that.
//
// No key has a Redis TTL; what may be forgotten is found by score and removed by
// [Store.Prune]. The state of rate limits, in [store/ratelimit], is the exception:
// nothing is lost with it.
//
// [store/ratelimit]: https://pkg.go.dev/github.com/sekisho-project/sekisho/store/ratelimit
// [store/embedded]: https://pkg.go.dev/github.com/sekisho-project/sekisho/store/embedded
package store
