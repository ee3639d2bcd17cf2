package e2e

import (
	"context"
	"net/http"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"
)

// ask is a probe that queries my-db with a token.
func (h *house) ask(token string) func(context.Context) (answer, error) {
	return func(ctx context.Context) (answer, error) { return h.query(ctx, "my-db", token, "SELECT 1") }
}

func TestRedisGoesAwayWhileServingAndComesBack(t *testing.T) {
	redis := startRedis(t)
	h := startHouse(t, withRedis(redis), withStaleness(10*time.Second))
	token, doomed := h.mint(t, myDB, "", ""), h.mint(t, myDB, "", "")
	h.wantVerdict(t, token.JWT, http.StatusOK)

	if err := redis.Kill(); err != nil {
		t.Fatal(err)
	}
	h.mustQuery(t, "my-db", token.JWT, "SELECT 1").wantStatus(t, http.StatusOK)
	h.wantNothingMintedOrRevoked(t, doomed)
	a := eventually(t, "the mirror to be too old", startUp, http.StatusServiceUnavailable, h.ask(token.JWT))
	if a.header.Get("Retry-After") == "" || a.code() != "REVOCATIONS_STALE" {
		t.Errorf("the refusal has Retry-After %q and body %s", a.header.Get("Retry-After"), a.body)
	}

	if err := redis.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the gate to heal", startUp, http.StatusOK, h.ask(token.JWT))
	h.mustQuery(t, "my-db", doomed.JWT, "SELECT 1").wantStatus(t, http.StatusOK)
	h.mustRevoke(t, myDB, doomed.ID)
	h.mustQuery(t, "my-db", doomed.JWT, "SELECT 1").wantStatus(t, http.StatusUnauthorized)
	h.mint(t, myDB, "", "")
}

// wantNothingMintedOrRevoked checks that the doors say so when they cannot act.
func (h *house) wantNothingMintedOrRevoked(t *testing.T, token minted) {
	t.Helper()
	revoke, err := h.revoke(t.Context(), myDB, token.ID)
	if err != nil {
		t.Fatal(err)
	}
	for action, a := range map[string]answer{
		"mint":   mustCall(t, http.MethodPost, h.auth(myDB, "tokens"), h.adminKey, ""),
		"rotate": mustCall(t, http.MethodPost, h.auth(myDB, "rotate"), h.adminKey, ""),
		"list":   mustCall(t, http.MethodGet, h.auth(myDB, "tokens"), h.adminKey, ""),
		"revoke": revoke,
	} {
		if a.status != http.StatusServiceUnavailable || a.header.Get("Retry-After") == "" {
			t.Errorf("%s without Redis: status %d, Retry-After %q: %s", action, a.status, a.header.Get("Retry-After"), a.body)
		}
	}
}

func TestAFrozenRedisDelaysNoRequest(t *testing.T) {
	redis := startRedis(t)
	h := startHouse(t, withRedis(redis))
	token := h.mint(t, myDB, "", "")
	h.wantVerdict(t, token.JWT, http.StatusOK)
	if err := redis.Pause(); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	for range 20 {
		h.mustQuery(t, "my-db", token.JWT, "SELECT 1").wantStatus(t, http.StatusOK)
	}
	// Each that waited for Redis would wait for the time-out of a second.
	if took := time.Since(began); took > 15*time.Second {
		t.Errorf("20 requests took %s while Redis hung", took)
	}
	a := mustCall(t, http.MethodPost, h.auth(myDB, "tokens"), h.adminKey, "")
	a.wantStatus(t, http.StatusServiceUnavailable)
	if err := redis.Resume(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "minting to work again", startUp, http.StatusOK, func(ctx context.Context) (answer, error) {
		return call(ctx, http.MethodPost, h.auth(myDB, "tokens"), h.adminKey, "")
	})
}

func TestReloadWorksWhileRedisIsDown(t *testing.T) {
	redis := startRedis(t)
	h := startHouse(t, withRedis(redis))
	token, revoked := h.mint(t, myDB, "", ""), h.mint(t, myDB, "", "")
	h.mustRevoke(t, myDB, revoked.ID)
	h.wantVerdict(t, token.JWT, http.StatusOK)
	if err := redis.Kill(); err != nil {
		t.Fatal(err)
	}
	h.Stale = "1h"
	if err := h.gate.Reload(t.Context(), h.caddyfile(t)); err != nil {
		t.Fatal(err)
	}
	h.mustQuery(t, "my-db", token.JWT, "SELECT 1").wantStatus(t, http.StatusOK)
	h.mustQuery(t, "my-db", revoked.JWT, "SELECT 1").wantStatus(t, http.StatusUnauthorized)
}

func TestAGateThatStartsWithoutRedisRefusesUntilItIsThere(t *testing.T) {
	redis := startRedis(t)
	h := startHouse(t, withRedis(redis))
	token, revoked := h.mint(t, myDB, "", ""), h.mint(t, myDB, "", "")
	h.mustRevoke(t, myDB, revoked.ID)
	if err := h.gate.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := redis.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := h.gate.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, m := range []minted{token, revoked} {
		h.mustQuery(t, "my-db", m.JWT, "SELECT 1").wantStatus(t, http.StatusServiceUnavailable)
	}
	if err := redis.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the gate to heal", startUp, http.StatusOK, h.ask(token.JWT))
	h.mustQuery(t, "my-db", revoked.JWT, "SELECT 1").wantStatus(t, http.StatusUnauthorized)
}

func TestAnEmptiedRedisBringsNoRevokedTokenBack(t *testing.T) {
	redis := startRedis(t)
	h := startHouse(t, withRedis(redis))
	token, revoked := h.mint(t, myDB, "", ""), h.mint(t, myDB, "", "")
	h.mustRevoke(t, myDB, revoked.ID)
	h.wantVerdict(t, revoked.JWT, http.StatusUnauthorized)
	client := goredis.NewClient(&goredis.Options{Addr: redis.Address})
	t.Cleanup(func() { _ = client.Close() })
	if err := client.FlushAll(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	second := h.neighbour(t)
	eventually(t, "the second node to know", startUp, http.StatusUnauthorized, second.ask(revoked.JWT))
	h.mustQuery(t, "my-db", revoked.JWT, "SELECT 1").wantStatus(t, http.StatusUnauthorized)
	second.mustQuery(t, "my-db", token.JWT, "SELECT 1").wantStatus(t, http.StatusOK)
}
