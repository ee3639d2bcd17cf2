package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/caddyserver/caddy/v2"
	caddycmd "github.com/caddyserver/caddy/v2/cmd"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

const (
	callTime = 90 * time.Second // taking back very many tokens may need a minute
	maxReply = 64 << 20
	keyName  = "SEKISHO_ADMIN_KEY"
)

// client asks a server.
type client struct {
	http   *http.Client
	host   string // as people know it
	base   string // of the doors
	admin  string // of Caddy's admin endpoint; empty for a distant server
	header http.Header
}

// target says which server is meant.
type target struct {
	address, config, adapter string // of Caddy's admin endpoint
	server, keyFile          string // of a distant one
}

func (t texts) connect(to target, stdin io.Reader) (*client, error) {
	if to.server == "" {
		return t.connectLocally(to)
	}
	if to.address != "" || to.config != "" || to.adapter != "" {
		return nil, t.usage("server_and_address")
	}
	host, err := t.serverAddress(to.server)
	if err != nil {
		return nil, err
	}
	key, err := readKey(to.keyFile, stdin)
	if err != nil {
		return nil, t.failed("key_unreadable", err)
	}
	if key == "" {
		return nil, &problem{exitAuth, t.of("key_missing", keyName)}
	}
	c := &client{http: &http.Client{Timeout: callTime}, host: host, base: host, header: http.Header{}}
	c.header.Set("Authorization", "Bearer "+key)
	c.header.Set("Accept-Language", t.language)
	c.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse } // the key stays with this host
	return c, nil
}

// serverAddress makes sure that an admin key may go there.
func (t texts) serverAddress(text string) (string, error) {
	server, err := url.Parse(text)
	if err != nil || server.Host == "" || server.User != nil || server.Scheme != "https" && (server.Scheme != "http" || !loopback(server.Hostname())) {
		return "", t.usage("server_not_https", text)
	}
	return strings.TrimSuffix(text, "/"), nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// readKey takes the admin key from a file, "-" for standard input, or else from
// the environment. There is no flag for it: arguments are seen by everybody.
func readKey(file string, stdin io.Reader) (string, error) {
	var text []byte
	var err error
	switch file {
	case "":
		text = []byte(os.Getenv(keyName))
	case "-":
		text, err = io.ReadAll(io.LimitReader(stdin, maxSecret))
	default:
		text, err = os.ReadFile(file)
	}
	return strings.TrimSpace(string(text)), err
}

// connectLocally finds the admin endpoint as Caddy's own commands find it.
func (t texts) connectLocally(to target) (*client, error) {
	address, err := caddycmd.DetermineAdminAPIAddress(to.address, nil, to.config, to.adapter)
	if err != nil {
		return nil, t.failed("admin_unknown", err)
	}
	parsed, err := caddy.ParseNetworkAddress(address)
	if err != nil || parsed.PortRangeSize() > 1 {
		return nil, t.usage("admin_address", address)
	}
	c := &client{header: http.Header{}}
	c.header.Set("Accept-Language", t.language)
	dialed := parsed.JoinHostPort(0)
	if parsed.IsUnixNetwork() {
		dialed, _, _ = strings.Cut(parsed.Host, "|") // what follows are permissions
		c.admin = "http://127.0.0.1"
	} else {
		c.admin = "http://" + dialed
		c.header.Set("Origin", c.admin)
	}
	c.host, c.base = parsed.String(), c.admin+"/sekisho/doors"
	c.http = &http.Client{Timeout: callTime, Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, parsed.Network, dialed)
		},
	}}
	return c, nil
}

// request is one call of a server.
type request struct {
	method, path string
	query        url.Values
	body         any // sent as JSON; nil for none
	raw          []byte
	kind         string // Content-Type of raw
}

// reply is what came back, when that was no refusal.
type reply struct {
	body   []byte
	header http.Header
}

func (r reply) into(v any) error {
	if err := json.Unmarshal(r.body, v); err != nil {
		return fmt.Errorf("reading the reply: %w", err)
	}
	return nil
}

// door calls a door. All of them answer with JSON.
func (c *client) door(ctx context.Context, r request) (reply, error) {
	answer, err := c.call(ctx, c.base, r)
	if err == nil && !jsontext.Value(answer.body).IsValid() {
		return reply{}, &refusedError{Title: "no JSON", foreign: true}
	}
	return answer, err
}

func (c *client) call(ctx context.Context, base string, r request) (reply, error) {
	if r.body != nil {
		encoded, err := json.Marshal(r.body)
		if err != nil {
			return reply{}, fmt.Errorf("encoding the request: %w", err)
		}
		r.raw, r.kind = encoded, "application/json"
	}
	address := base + r.path
	if len(r.query) > 0 {
		address += "?" + r.query.Encode()
	}
	q, err := http.NewRequestWithContext(ctx, r.method, address, bytes.NewReader(r.raw))
	if err != nil {
		return reply{}, err
	}
	q.Header = c.header.Clone()
	if r.kind != "" {
		q.Header.Set("Content-Type", r.kind)
	}
	response, err := c.http.Do(q)
	if err != nil {
		return reply{}, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxReply))
	if err != nil {
		return reply{}, fmt.Errorf("reading the reply: %w", err)
	}
	if response.StatusCode >= http.StatusMultipleChoices {
		return reply{}, refusedBy(response, body)
	}
	return reply{body, response.Header}, nil
}

// refusedBy reads a refusal. What is not JSON comes from something in between.
func refusedBy(response *http.Response, body []byte) error {
	refused := &refusedError{Status: response.StatusCode}
	if err := json.Unmarshal(body, refused, jsontext.AllowDuplicateNames(true)); err != nil || refused.Title == "" {
		refused.Title, refused.foreign = "HTTP "+response.Status, true
	}
	return refused
}

func isRefusal(err error, status int) bool {
	refused, ok := errors.AsType[*refusedError](err)
	return ok && refused.Status == status
}
