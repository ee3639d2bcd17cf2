package verifier

import (
	"crypto/sha256"
	"encoding/binary"
	"sync/atomic"
	"time"
)

const (
	strangerPlaces = 4096
	// strangerLife is how long a credential that was looked up in vain is refused
	// without another look-up.
	strangerLife = 10 * time.Second
)

// strangers remembers credentials that were looked up in vain. Each has one place,
// for which it may have to make way: that costs a look-up.
type strangers [strangerPlaces]atomic.Pointer[stranger]

type stranger struct {
	digest [sha256.Size]byte
	until  time.Time
}

func (s *strangers) place(digest *[sha256.Size]byte) *atomic.Pointer[stranger] {
	return &s[binary.LittleEndian.Uint64(digest[:8])%strangerPlaces]
}

func (s *strangers) has(digest *[sha256.Size]byte, now time.Time) bool {
	known := s.place(digest).Load()
	return known != nil && known.digest == *digest && now.Before(known.until)
}

func (s *strangers) add(digest *[sha256.Size]byte, now time.Time) {
	s.place(digest).Store(&stranger{*digest, now.Add(strangerLife)})
}
