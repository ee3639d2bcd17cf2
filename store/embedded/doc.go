// Package embedded is a Redis inside the process, for one node that runs no Redis
// of its own: [miniredis], made durable.
//
// What a command acknowledged is on disk: it survives kill -9. Writes run one at
// a time, are appended in that order to one file and answered once an fsync, which
// all waiting writes share, has covered them. If the disk fails, the write fails,
// and so does every later one until the store is opened again. A read may see a
// write that another caller is still waiting for.
//
// Once the file is longer than 32 MiB and twice as long as it was, it is rewritten in
// the background. Writes go on and wait only while the last of them are copied. For
// that time the file is held in memory a second time, and there are two on the disk.
//
// Pages and ranks of a sorted set are read from an order that is kept here from the
// first such read on: miniredis would sort all members each time.
//
// The file is in Redis's own append-only format, so moving to a real Redis is
//
//	redis-cli --pipe < store.aof
//
// Only commands that are known to be reads, or writes with the same effect each
// time they are replayed, are let through; see [ErrUnsupported].
//
// [miniredis]: https://github.com/alicebob/miniredis
package embedded
