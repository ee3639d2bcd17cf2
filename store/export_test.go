package store

import "context"

// KeepAudit makes about so many audit events be kept.
func (s *Store) KeepAudit(events int64) { s.auditLength = events }

// Ping asks for an answer, as every call does.
func (s *Store) Ping(ctx context.Context) error {
	ctx, cancel := bounded(ctx)
	defer cancel()
	return Unavailable(s.redis.Ping(ctx).Err())
}
