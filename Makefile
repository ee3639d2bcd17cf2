# Everything a contributor does here. `make` alone lists the targets.

# What xcaddy compiles with. The same settings share one build cache with it.
TAGS := nobadger,nomysql,nopgx
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
BUILD := CGO_ENABLED=0 go build -trimpath -tags $(TAGS)

TOOL := go tool -modfile=cmd/tools.mod
CORE := ./token/... ./store/... ./issuer/... ./verifier/... ./revocation/...
FUZZTIME ?= 30s
STATEMENTS ?= 10000000

.DEFAULT_GOAL := help
.PHONY: help build xcaddy run test race lint fuzz bench faults clean

help: ## list these targets
	@sed -nE 's/^([a-z]+):.*## (.*)/\1|\2/p' Makefile | while IFS='|' read -r name what; do printf '  %-8s %s\n' "$$name" "$$what"; done

build: ## compile bin/sekisho, a Caddy with the plugin in it
	$(BUILD) -ldflags "-w -s -X github.com/caddyserver/caddy/v2.CustomVersion=$(VERSION)" -o bin/sekisho ./cmd/sekisho

xcaddy: ## compile bin/caddy through xcaddy.toml, as a user's custom build does
	go run ./cmd/xbuild -config xcaddy.toml -output bin/caddy

run: ## start the gate and a libSQL server here, and print what to try
	@echo "Building… (the first time takes a minute or two)"
	@$(MAKE) --silent build
	@go build -o bin/demo ./cmd/demo
	@bin/demo

test: build ## run every test, end to end too (needs redis-server, node, python3-requests, jq)
	@command -v redis-server >/dev/null || { echo "redis-server is missing: apt install redis-server, or brew install redis"; exit 1; }
	SEKISHO_BIN=$(CURDIR)/bin/sekisho go test -tags $(TAGS) -timeout 15m ./...

race: ## run the tests of the packages again, under the race detector
	CGO_ENABLED=1 go test -race -timeout 15m $(CORE)
	CGO_ENABLED=1 go test -race -tags $(TAGS) -timeout 15m -skip TestAMillionStrangers ./caddymodule

lint: ## check formatting, go vet and staticcheck
	@unformatted=$$($(TOOL) gofumpt -l .) && test -z "$$unformatted" || \
	{ echo "not formatted (go tool -modfile=cmd/tools.mod gofumpt -w .):" $$unformatted; exit 1; }
	go vet -tags $(TAGS) ./...
	$(TOOL) staticcheck -tags $(TAGS) ./...

fuzz: ## hold STATEMENTS (10,000,000) texts against SQLite; run every fuzz target for FUZZTIME (30s) each
	SEKISHO_STATEMENTS=$(STATEMENTS) go test -timeout 2h -run=TestWhatPassesOnlyReads -v ./verifier/libsql/readonly/differential | grep -v '^ *=== '
	@grep -rE --include='*_test.go' '^func Fuzz' . | sed -E 's,^(.*)/[^/]*:func (Fuzz[A-Za-z0-9_]*).*,\1 \2,' | sort | \
	while read -r package target; do \
		echo "== $$package $$target"; \
		go test "$$package" -run='^$$' -fuzz="^$$target\$$" -fuzztime=$(FUZZTIME) || exit 1; \
	done

bench: build ## measure what the gate costs, in pairs, and write docs/performance.md (needs wrk); BENCH=full for 10 M ids
	go run ./cmd/bench -binary bin/sekisho -output docs/performance.md $(if $(filter full,$(BENCH)),-full)

faults: build ## play everything that can go wrong with gates and Redis; FAULTS='-runs 10', or FAULTS=-mutants for broken gates
	go run ./cmd/faults -binary bin/sekisho $(FAULTS)

clean: ## remove what was built and installed here
	rm -rf bin .tools
