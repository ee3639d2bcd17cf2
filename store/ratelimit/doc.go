// Package ratelimit says how often something may happen, on all nodes together.
//
// It is the generic cell rate algorithm: of each key only one number is kept, the
// time at which its quota will be whole again. On Redis that number is read and
// raised by one script, by Redis's clock, so that nodes share a limit exactly. It
// expires there by itself, which no other key of ours may: what it forgets is
// nothing but a quota that is whole.
//
// When Redis is away, and for the embedded store, a local limiter of the same
// rate stands in. It is told what Redis decides, so that losing Redis gives
// nobody a fresh quota.
package ratelimit
