// Package testrig starts the real servers that the end-to-end tests and the demo
// need: the gate itself, a libSQL server, Redis alone, with Sentinels or as a
// Cluster, and a [Link] that can be disturbed; and it runs the real clients.
//
// A server is a [Process] on the loopback interface with its files in a directory
// that the caller owns. Nothing here sleeps: [Await] asks until the answer is
// there or the time is over. What a machine lacks and npm has is installed into
// the directory [Tools]; for the rest an error says what to install.
package testrig
