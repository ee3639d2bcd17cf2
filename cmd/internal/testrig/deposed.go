package testrig

import (
	"context"
	"errors"
)

// Depose makes the Sentinels promote the replica, while the master takes itself for one
// still: it refuses to become a replica until [Replicated.Demote]. From then on it has
// no replica, without which it takes no writes.
func (r *Replicated) Depose(ctx context.Context) error {
	if _, err := r.Master.Do(ctx, "CONFIG", "SET", "min-replicas-to-write", 1); err != nil {
		return err
	}
	if _, err := r.Master.Do(ctx, "ACL", "SETUSER", "default", "-replicaof", "-slaveof"); err != nil {
		return err
	}
	sentinel := &Redis{Address: r.Sentinels[0]}
	if _, err := sentinel.Do(ctx, "SENTINEL", "FAILOVER", MasterName); err != nil {
		return err
	}
	return r.AwaitPromotion(ctx)
}

// Demote lets the Sentinels make a replica of a master that was deposed, which they do
// within some ten seconds.
func (r *Replicated) Demote(ctx context.Context) error {
	_, err := r.Master.Do(ctx, "ACL", "SETUSER", "default", "+replicaof", "+slaveof")
	return err
}

// Admit lets a user, whatever its password, ask the Sentinels.
func (r *Replicated) Admit(ctx context.Context, user string) error {
	return r.atSentinels(ctx, "ACL", "SETUSER", user, "on", "nopass", "~*", "&*", "+@all")
}

// Bar parts a user from the Sentinels.
func (r *Replicated) Bar(ctx context.Context, user string) error {
	return r.atSentinels(ctx, "ACL", "DELUSER", user)
}

func (r *Replicated) atSentinels(ctx context.Context, args ...any) error {
	var errs []error
	for _, address := range r.Sentinels {
		_, err := (&Redis{Address: address}).Do(ctx, args...)
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}
