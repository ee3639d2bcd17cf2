package caddymodule

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"sync/atomic"

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

// storeLog writes where the configuration that runs now says: what belongs to a store
// goes on over reloads.
type storeLog struct{ current atomic.Pointer[slog.Logger] }

func (l *storeLog) handler() slog.Handler { return l.current.Load().Handler() }

// Enabled implements [slog.Handler].
func (l *storeLog) Enabled(ctx context.Context, level slog.Level) bool {
	return l.handler().Enabled(ctx, level)
}

// Handle implements [slog.Handler].
func (l *storeLog) Handle(ctx context.Context, r slog.Record) error {
	return l.handler().Handle(ctx, r)
}

// WithAttrs implements [slog.Handler].
func (l *storeLog) WithAttrs(attrs []slog.Attr) slog.Handler { return l.handler().WithAttrs(attrs) }

// WithGroup implements [slog.Handler].
func (l *storeLog) WithGroup(name string) slog.Handler { return l.handler().WithGroup(name) }

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
