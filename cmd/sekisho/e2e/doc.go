// Package e2e proves the product from outside: our binary in front of a real
// libSQL server, with a real Redis where one matters, asked by the clients that
// people use. It holds tests only.
//
// The binary is $SEKISHO_BIN, or else bin/sekisho, built before the first test.
// Every test starts servers of its own, in directories of its own.
package e2e
