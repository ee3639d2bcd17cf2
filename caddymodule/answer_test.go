package caddymodule

import (
	"errors"
	"fmt"
	"net/http/httptest"
	"testing"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"go.uber.org/zap"

	"github.com/sekisho-project/sekisho/token/refusal"
)

func TestCaddysOwnErrorsAreHandedOnUnwrapped(t *testing.T) {
	own := caddyhttp.Error(502, errors.New("dial refused"))
	got := answerOrPass(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil), zap.NewNop(), own)
	if _, ok := got.(caddyhttp.HandlerError); !ok {
		t.Errorf("got %T", got)
	}
}

func TestARefusalIsAnsweredEvenWhenWrapped(t *testing.T) {
	w := httptest.NewRecorder()
	err := fmt.Errorf("somewhere: %w", refusal.Unavailable(errors.New("dial tcp 10.0.0.5:6379: refused")))
	if got := answerOrPass(w, httptest.NewRequest("GET", "/", nil), zap.NewNop(), err); got != nil {
		t.Errorf("got %v", got)
	}
	const want = `{"error":"Service unavailable","message":"The token store does not answer. Nothing was changed; try again.","code":"STORE_UNAVAILABLE"}`
	if w.Code != 503 || w.Body.String() != want || w.Header().Get("Content-Type") != "application/json" || w.Header().Get("Retry-After") != "2" {
		t.Errorf("got %d %v %s", w.Code, w.Header(), w.Body)
	}
}
