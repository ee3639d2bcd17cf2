package caddymodule

import (
	"context"
	"fmt"
	"log/slog"
	"math"

	"github.com/caddyserver/caddy/v2"
	"github.com/redis/go-redis/v9"
	"go.uber.org/zap"
	"go.uber.org/zap/exp/zapslog"
)

// auditLogger is the name under which Caddy's log shows the audit log, so that
// `include sekisho.audit` gives it a file of its own.
const auditLogger = "sekisho.audit"

// newAuditLog is the app's own logger under another name, which [caddy.Context.Slogger]
// cannot give, and like that without stack traces.
func newAuditLog(ctx caddy.Context) *slog.Logger {
	return slog.New(zapslog.NewHandler(ctx.Logger().Core(), zapslog.WithName(auditLogger), zapslog.AddStacktraceAt(slog.Level(math.MaxInt))))
}

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
