package keyring

import (
	"crypto/ed25519"
	"slices"
	"time"
)

// snapshot is a ring as it stood when storage was last read. It never changes,
// so that requests read it without a lock.
type snapshot struct {
	keys   keyset
	public map[string]ed25519.PublicKey // by key id
	jwks   []byte
	etag   string
}

func newSnapshot(keys keyset) *snapshot {
	s := &snapshot{keys: keys, public: make(map[string]ed25519.PublicKey, len(keys))}
	for _, k := range keys {
		s.public[k.ID] = k.public
	}
	s.jwks, s.etag = keys.jwks()
	return s
}

func (s *snapshot) info(id string, now time.Time) KeyInfo {
	infos := s.keys.describe(now)
	return infos[slices.IndexFunc(infos, func(i KeyInfo) bool { return i.ID == id })]
}
