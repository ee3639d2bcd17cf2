package store

import (
	"context"
	"strconv"

	"github.com/redis/go-redis/v9"

	"github.com/sekisho-project/sekisho/token"
)

// Index is a list of tokens that have something in common.
type Index struct{ name string }

// ofSubject is the index of what was minted for a database or a group. The name
// is unique: neither a family nor an organization has a "/", so what follows them
// may be any text.
func ofSubject(subject token.Subject) Index { return Index{subject.String()} }

// OfFamily is the index of all opaque tokens of a family.
func OfFamily(f token.Family) Index { return Index{string(f)} }

// OfHolder is the index of the opaque tokens of one user or application.
func OfHolder(f token.Family, holder string) Index { return Index{string(f) + "/holder/" + holder} }

// OfCreator is the index of the opaque tokens that someone has made.
func OfCreator(f token.Family, creator string) Index {
	return Index{string(f) + "/creator/" + clip(creator)}
}

func (s *Store) indexKey(i Index) string { return s.Key("tokens:" + i.name) }

// indexes are all lists that the record stands in.
func (r *Record) indexes() []Index {
	if !r.Family.Opaque() {
		return []Index{ofSubject(r.Subject())}
	}
	all := []Index{OfFamily(r.Family), OfCreator(r.Family, r.CreatedBy)}
	if r.Holder != "" {
		all = append(all, OfHolder(r.Family, r.Holder))
	}
	return all
}

// dropIndexes removes what leads to a record.
func (s *Store) dropIndexes(ctx context.Context, from redis.Pipeliner, r *Record) {
	for _, index := range r.indexes() {
		from.ZRem(ctx, s.indexKey(index), r.ID)
	}
	if r.Family.Opaque() {
		from.HDel(ctx, s.importedKey(), digestText(r.Digest))
	}
}

// CursorAfter is the cursor of the page that begins behind the record.
func CursorAfter(r *Record) string { return cursor(r.CreatedAt.UnixMilli(), r.ID) }

func cursor(created int64, id string) string { return strconv.FormatInt(created, 10) + "-" + id }
