package verifier

import (
	"crypto/sha256"
	"encoding/binary"
	"sync/atomic"

	"github.com/sekisho-project/sekisho/token"
)

// ways is how many places a token can stand in: enough that a cache which is not
// full rarely evicts.
const ways = 8

// cache remembers what verified tokens grant, by a digest of each. It is an
// array of small sets, read and written slot by slot with atomic operations:
// there is no lock, and its size never changes.
type cache struct {
	sets []set
}

type set [ways]atomic.Pointer[entry]

type entry struct {
	digest [sha256.Size]byte
	grant  *token.Grant
	used   atomic.Bool // since it was last considered for eviction
}

// digestOf stands for a credential, so that no secret is kept. Tokens of ordinary
// length are copied to the stack and cost no allocation.
func digestOf(credential string) [sha256.Size]byte {
	var room [1024]byte
	return sha256.Sum256(append(room[:0], credential...))
}

func newCache(entries int) *cache {
	return &cache{sets: make([]set, (entries+ways-1)/ways)}
}

// setOf picks a set by the digest, which no one can steer: only tokens that we
// minted are remembered.
func (c *cache) setOf(digest *[sha256.Size]byte) *set {
	return &c.sets[binary.LittleEndian.Uint64(digest[:8])%uint64(len(c.sets))]
}

func (c *cache) get(digest *[sha256.Size]byte) (*token.Grant, bool) {
	s := c.setOf(digest)
	for i := range s {
		e := s[i].Load()
		if e == nil || e.digest != *digest {
			continue
		}
		if !e.used.Load() { // a plain store would make all cores fight for the line
			e.used.Store(true)
		}
		return e.grant, true
	}
	return nil, false
}

// put remembers a grant, in place of one that was not used lately when the set is
// full. Two goroutines that put at once may lose one entry; it is verified again.
func (c *cache) put(digest *[sha256.Size]byte, g *token.Grant) {
	s := c.setOf(digest)
	s[s.victim(digest)].Store(&entry{digest: *digest, grant: g})
}

// victim is the slot to write: the token's own, a free one, or the first that was
// not used since the last time round (second chance).
func (s *set) victim(digest *[sha256.Size]byte) int {
	for i := range s {
		if e := s[i].Load(); e == nil || e.digest == *digest {
			return i
		}
	}
	for i := range s {
		if !s[i].Load().used.Swap(false) {
			return i
		}
	}
	return int(digest[8]) % ways
}
