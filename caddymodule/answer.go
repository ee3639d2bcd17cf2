package caddymodule

import (
	"errors"
	"net/http"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/sekisho-project/sekisho/token/refusal"
)

// answerOrPass writes a refusal, and hands every other error to Caddy unwrapped:
// Caddy reads the status of its own errors by type, and a wrapped one could
// become a 200.
func answerOrPass(w http.ResponseWriter, r *http.Request, logger *zap.Logger, err error) error {
	if err == nil {
		return nil
	}
	if refused, ok := errors.AsType[*refusal.Refusal](err); ok {
		answer(w, r, logger, refused)
		return nil
	}
	return err
}

// answer writes a refusal and logs it: our own faults and the store's as errors,
// what clients do wrong at debug level, since strangers must not fill the log.
func answer(w http.ResponseWriter, r *http.Request, logger *zap.Logger, refused *refusal.Refusal) {
	id := requestID(r)
	level := zapcore.DebugLevel
	if refused.Status >= http.StatusInternalServerError {
		level = zapcore.ErrorLevel
	}
	if entry := logger.Check(level, "request refused"); entry != nil {
		entry.Write(
			zap.String("reason", string(refused.Reason)), zap.Int("status", refused.Status),
			zap.String("request_id", id), zap.String("client_ip", clientIP(r)), zap.Error(refused.Cause),
		)
	}
	refusal.WriteFor(w, id, r.Header.Get("Accept-Language"), refused)
}
