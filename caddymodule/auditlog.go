package caddymodule

import (
	"log/slog"
	"math"

	"github.com/caddyserver/caddy/v2"
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
