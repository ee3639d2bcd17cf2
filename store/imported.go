package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/redis/go-redis/v9"

	"github.com/sekisho-project/sekisho/token"
)

func (s *Store) importedKey() string { return s.Key("imported") }

func digestText(digest [sha256.Size]byte) string { return hex.EncodeToString(digest[:]) }

// SaveImported is [Store.SaveToken] for a token that another system has made: its
// credential does not name its id, so that only its digest leads to it.
func (s *Store) SaveImported(ctx context.Context, r Record, e Event) error {
	if err := s.SaveToken(ctx, r, e); err != nil {
		return err
	}
	ctx, cancel := bounded(ctx)
	defer cancel()
	return Unavailable(s.redis.HSet(ctx, s.importedKey(), digestText(r.Digest), r.ID).Err())
}

// Imported lists the imported tokens, id by digest, for nodes to keep in memory.
// What cannot be read is left out and counted ([Store.Malformed]).
func (s *Store) Imported(ctx context.Context) (map[[sha256.Size]byte]string, error) {
	ctx, cancel := bounded(ctx)
	defer cancel()
	stored, err := s.redis.HGetAll(ctx, s.importedKey()).Result()
	if err != nil {
		return nil, Unavailable(err)
	}
	ids := make(map[[sha256.Size]byte]string, len(stored))
	for text, id := range stored {
		digest, err := hex.DecodeString(text)
		if err != nil || len(digest) != sha256.Size || !token.ValidID(id) {
			s.malformed.Add(1)
			continue
		}
		ids[[sha256.Size]byte(digest)] = id
	}
	return ids, nil
}

// ImportedID finds one imported token by the digest of its credential;
// [ErrNotFound] if there is none.
func (s *Store) ImportedID(ctx context.Context, digest [sha256.Size]byte) (string, error) {
	ctx, cancel := bounded(ctx)
	defer cancel()
	id, err := s.redis.HGet(ctx, s.importedKey(), digestText(digest)).Result()
	switch {
	case errors.Is(err, redis.Nil):
		return "", fmt.Errorf("%w: no imported token has this digest", ErrNotFound)
	case err != nil:
		return "", Unavailable(err)
	case !token.ValidID(id):
		return "", fmt.Errorf("%w: imported token", ErrMalformed)
	}
	return id, nil
}
