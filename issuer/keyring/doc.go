// Package keyring keeps the Ed25519 keys that sign tokens.
//
// A [Ring] lives in storage that a fleet of nodes shares. One key signs at a
// time; every key in the ring verifies. A new key is published before it signs,
// so that all nodes and all readers of the key set know it by then, and an old
// one stays until the last token that it signed is dead.
//
// Two rings do two jobs: [Signing] signs what clients hold, [Upstream] signs
// what the gate shows to the server behind it.
package keyring
