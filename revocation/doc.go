// Package revocation knows what was taken back: single tokens by id, and all
// older tokens of a subject by a new generation.
//
// The [Registry] writes to Redis and to a feed there. On every node a [Follower]
// keeps a [Mirror] true to Redis, and requests ask only the mirror. Both sides
// only grow: what they hold is merged by union and maximum, in any order and any
// number of times. So a node that still knows repairs a Redis that forgot, also
// after a restart, from its durable [Copy].
package revocation
