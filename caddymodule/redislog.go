package caddymodule

import (
	"context"
	"fmt"

	"github.com/caddyserver/caddy/v2"
	"github.com/redis/go-redis/v9"
	"go.uber.org/zap"
)

// go-redis would write each failed connection to stderr in a form of its own; the
// mirror's age and the store's errors already say that a Redis is away.
func init() {
	redis.SetLogger(redisLog{})
}

type redisLog struct{}

func (redisLog) Printf(_ context.Context, format string, v ...any) {
	if entry := caddy.Log().Named("sekisho.redis").Check(zap.DebugLevel, fmt.Sprintf(format, v...)); entry != nil {
		entry.Write()
	}
}
