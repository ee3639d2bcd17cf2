// Package fleet runs gates that share a store and a signing key, and asks them what
// clients and administrators ask.
package fleet
