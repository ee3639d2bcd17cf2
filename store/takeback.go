package store

import (
	"context"
	"time"

	"github.com/redis/go-redis/v9"
)

// MarkRevoked notes in the record that a token was taken back; what takes it back
// is not this note. If that is noted already, the first note stays and already is true.
func (s *Store) MarkRevoked(ctx context.Context, id string, at time.Time, by, reason string) (already bool, err error) {
	r, err := s.Token(ctx, id)
	if err != nil {
		return false, err
	}
	revoked, err := encodeRevocation(at, by, reason)
	if err != nil {
		return false, err
	}
	ctx, cancel := bounded(ctx)
	defer cancel()
	if r.RevokedAt.IsZero() {
		r.RevokedAt = at
	}
	var first *redis.BoolCmd
	_, err = s.redis.Pipelined(ctx, func(p redis.Pipeliner) error {
		s.scheduleForget(ctx, p, &r)
		first = p.HSetNX(ctx, s.tokenKey(id), fieldRevoked, revoked)
		return nil
	})
	if err != nil {
		return false, Unavailable(err)
	}
	return !first.Val(), nil
}

// MarkAllRevoked is [Store.MarkRevoked] for many records at once, at the time, by the
// actor and for the reason that stand in e as At, Actor and Detail, with an audit event
// for each: e, with the token filled in. What takes them back is not this note.
func (s *Store) MarkAllRevoked(ctx context.Context, records []Record, e Event) error {
	revoked, err := encodeRevocation(e.At, e.Actor, e.Detail)
	if err != nil || len(records) == 0 {
		return err
	}
	ctx, cancel := bounded(ctx)
	defer cancel()
	_, err = s.redis.Pipelined(ctx, func(p redis.Pipeliner) error {
		for _, r := range records {
			e.TokenID, e.Subject = r.ID, string(r.Family)+"//"+r.Holder
			s.appendAudit(ctx, p, e)
			if r.RevokedAt.IsZero() {
				r.RevokedAt = e.At
			}
			s.scheduleForget(ctx, p, &r)
			p.HSetNX(ctx, s.tokenKey(r.ID), fieldRevoked, revoked)
		}
		return nil
	})
	return Unavailable(err)
}

// MarkRotated notes in the record of an opaque token that another takes its place
// and that it ends at until. An end that is noted already and comes sooner stays.
func (s *Store) MarkRotated(ctx context.Context, id, to string, until time.Time, e Event) error {
	r, err := s.Token(ctx, id)
	if err != nil {
		return err
	}
	if r.GraceUntil.IsZero() || until.Before(r.GraceUntil) {
		r.GraceUntil = until
	}
	rotated, err := encodeRotation(to, r.GraceUntil)
	if err != nil {
		return err
	}
	ctx, cancel := bounded(ctx)
	defer cancel()
	_, err = s.redis.Pipelined(ctx, func(p redis.Pipeliner) error {
		s.appendAudit(ctx, p, e)
		s.scheduleForget(ctx, p, &r)
		p.HSet(ctx, s.tokenKey(id), fieldRotated, rotated)
		return nil
	})
	return Unavailable(err)
}
