// Package rpc reads and writes as much of gRPC and gRPC-Web as a gate before a
// server needs: the form of a call, the frame around a message, and a refusal
// that clients show.
package rpc
