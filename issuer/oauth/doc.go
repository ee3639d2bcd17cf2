// Package oauth is the door for programs that hold a credential and want to know
// what it is good for, or to end it, whatever its family: token introspection (RFC
// 7662) and token revocation (RFC 7009).
//
// The caller proves itself with an admin key that has the right: as a Bearer
// credential, or as the password of the client in HTTP Basic, whose user is the
// name of the key.
package oauth
