package store

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/redis/go-redis/v9"
)

// Schema is the version of the layout of our keys.
const Schema = 1

// ErrSchema reports a store whose layout this version does not know.
var ErrSchema = errors.New("unknown schema of the token store")

// Warning is a sentence about a Redis that may lose or evict what it was told.
type Warning string

// The warnings of [Store.Check].
const (
	WarnEviction  Warning = "Redis may evict keys when memory is short: set maxmemory-policy to noeviction, or revoked tokens can come back"
	WarnVolatile  Warning = "Redis does not keep an append-only file: set appendonly to yes, or a restart can lose revocations"
	WarnReplica   Warning = "this Redis is a replica: name the master, or nothing can be minted or revoked"
	WarnUnchecked Warning = "Redis would not say how it evicts, persists and replicates: make sure of maxmemory-policy noeviction and appendonly yes"
)

// Check looks at how Redis is set up and whether the layout of our keys is known.
// The error is [ErrUnavailable] if Redis does not answer, or [ErrSchema], beside
// which the warnings stand too.
func (s *Store) Check(ctx context.Context) ([]Warning, error) {
	ctx, cancel := bounded(ctx)
	defer cancel()
	warnings, err := s.checkServers(ctx)
	if err != nil {
		return nil, err
	}
	return warnings, s.checkSchema(ctx)
}

// checkServers asks every master of a cluster, or the one server there is.
func (s *Store) checkServers(ctx context.Context) ([]Warning, error) {
	cluster, ok := s.redis.(*redis.ClusterClient)
	if !ok {
		return checkServer(ctx, s.redis)
	}
	var mu sync.Mutex
	var all []Warning
	err := cluster.ForEachMaster(ctx, func(ctx context.Context, node *redis.Client) error {
		warnings, err := checkServer(ctx, node)
		mu.Lock()
		defer mu.Unlock()
		all = append(all, warnings...)
		return err
	})
	slices.Sort(all)
	return slices.Compact(all), Unavailable(err)
}

// checkServer reads INFO and not CONFIG, which hosted Redis often refuses.
func checkServer(ctx context.Context, client redis.Cmdable) ([]Warning, error) {
	info := map[string]string{}
	for _, section := range []string{"memory", "persistence", "replication"} {
		text, err := client.Info(ctx, section).Result()
		if _, refused := errors.AsType[redis.Error](err); refused {
			return []Warning{WarnUnchecked}, nil
		}
		if err != nil {
			return nil, Unavailable(err)
		}
		readInfo(info, text)
	}
	var warnings []Warning
	if v, ok := info["maxmemory_policy"]; ok && v != "noeviction" {
		warnings = append(warnings, WarnEviction)
	}
	if info["aof_enabled"] == "0" {
		warnings = append(warnings, WarnVolatile)
	}
	if info["role"] == "slave" {
		warnings = append(warnings, WarnReplica)
	}
	if info["maxmemory_policy"] == "" || info["aof_enabled"] == "" || info["role"] == "" {
		warnings = append(warnings, WarnUnchecked)
	}
	return warnings, nil
}

// readInfo adds the "name:value" lines of an INFO reply to info.
func readInfo(info map[string]string, text string) {
	lines := bufio.NewScanner(strings.NewReader(text))
	for lines.Scan() {
		if name, value, ok := strings.Cut(lines.Text(), ":"); ok {
			info[name] = value
		}
	}
}

// checkSchema writes the version into a new store, and reads it back from any.
func (s *Store) checkSchema(ctx context.Context) error {
	key := s.Key("schema")
	if err := s.redis.SetNX(ctx, key, Schema, 0).Err(); err != nil {
		return Unavailable(err)
	}
	text, err := s.redis.Get(ctx, key).Result()
	if err != nil {
		return Unavailable(err)
	}
	version, err := strconv.Atoi(text)
	switch {
	case err != nil || version < 1:
		return fmt.Errorf("%w: %s is no version", ErrSchema, key)
	case version > Schema:
		return fmt.Errorf("%w: it has version %d and this program knows %d: use a newer one", ErrSchema, version, Schema)
	}
	return nil
}
