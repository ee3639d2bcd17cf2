package main

import (
	"context"
	"os"

	"github.com/sekisho-project/sekisho/cmd/internal/testrig"
)

// startFleet starts so many gates on one Redis. Stop ends them all.
func (b *bench) startFleet(ctx context.Context, size int) (fleet []*site, redis *testrig.Redis, stop func(), err error) {
	stop = func() {
		for _, s := range fleet {
			s.stop()
		}
		if redis != nil {
			_ = redis.Stop()
		}
	}
	defer func() {
		if err != nil {
			stop()
		}
	}()
	signer, err := b.newSigner()
	if err != nil {
		return nil, nil, stop, err
	}
	redis, address, err := b.startRedis(ctx)
	if err != nil {
		return nil, nil, stop, err
	}
	for range size {
		s, err := b.startSite(ctx, address, signer)
		if err != nil {
			return fleet, redis, stop, err
		}
		fleet = append(fleet, s)
	}
	return fleet, redis, stop, nil
}

func (b *bench) startRedis(ctx context.Context) (*testrig.Redis, string, error) {
	address, err := testrig.FreeAddress()
	if err != nil {
		return nil, "", err
	}
	dir, err := os.MkdirTemp(b.dir, "redis-")
	if err != nil {
		return nil, "", err
	}
	redis, err := testrig.StartRedis(ctx, address, dir)
	return redis, "redis://" + address + "/0", err
}
