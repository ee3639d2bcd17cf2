package main

import (
	_ "github.com/BurntSushi/toml"
	_ "github.com/alicebob/miniredis/v2"
	_ "github.com/caddyserver/caddy/v2/caddytest"
	_ "github.com/gofrs/flock"
	_ "github.com/golang-jwt/jwt/v5"
	_ "github.com/prometheus/client_golang/prometheus/testutil"
	_ "github.com/redis/go-redis/v9"
	_ "github.com/rogpeppe/go-internal/testscript"
	_ "github.com/tursodatabase/libsql-client-go/libsql"
	_ "go.uber.org/goleak"
	_ "golang.org/x/sync/singleflight"
	_ "pgregory.net/rapid"
	_ "github.com/go-json-experiment/json/jsontext"
	_ "github.com/coder/websocket"
)
