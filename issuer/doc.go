// Package issuer decides who may mint a token and what the token gets.
//
// An [AdminKey] says who asks and what the holder may do; the catalog says what
// exists; a [Policy] says how long a token may live and how much it may allow.
// [Service] brings them together, once for all the doors: a door translates the
// wire shape of its clients and decides nothing.
//
// Tokens for databases and groups are JWTs. Tokens for applications and for users
// are opaque: a record says what they allow, and each is rotated alone.
//
// Everything the service does, and everything it denies to someone it knows,
// leaves an audit event before the reply. Secrets leave once, in the reply.
package issuer
