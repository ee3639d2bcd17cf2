package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// client keeps a connection to every server open, as a program would.
var client = &http.Client{Timeout: time.Minute, Transport: &http.Transport{MaxIdleConnsPerHost: 64}}

// call is one request.
type call struct {
	method, url, credential, body string
}

type answer struct {
	status int
	body   []byte
	took   time.Duration // until the whole answer was there
}

// send gives the answer to the request, whatever it says.
func (c call) send(ctx context.Context) (answer, error) {
	request, err := http.NewRequestWithContext(ctx, c.method, c.url, strings.NewReader(c.body))
	if err != nil {
		return answer{}, err
	}
	request.Header.Set("Authorization", "Bearer "+c.credential)
	began := time.Now()
	response, err := client.Do(request)
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return answer{response.StatusCode, body, time.Since(began)}, err
}

// do is send, for a request that must succeed.
func (c call) do(ctx context.Context) (answer, error) {
	a, err := c.send(ctx)
	if err == nil && a.status/100 != 2 {
		err = fmt.Errorf("%s %s: status %d: %.300s", c.method, c.url, a.status, a.body)
	}
	return a, err
}

// minted is a token as any of the doors answers with it.
type minted struct {
	ID, JWT, Token string
}

func (m minted) credential() string { return m.JWT + m.Token }

const (
	databaseTokens  = "/v1/organizations/my-org/databases/my-db/auth/tokens"
	developerTokens = "/devtokens"
	userTokens      = "/api/tokens"
)

func (s *site) mintJWT(ctx context.Context, access string) (minted, error) {
	return s.mint(ctx, databaseTokens+"?expiration=1d&authorization="+access, "")
}

func (s *site) mintOpaque(ctx context.Context) (minted, error) {
	return s.mint(ctx, developerTokens, `{"note":"bench"}`)
}

func (s *site) mint(ctx context.Context, path, body string) (m minted, err error) {
	a, err := call{"POST", "http://" + s.Doors + path, s.adminKey, body}.do(ctx)
	if err != nil {
		return m, err
	}
	if err := json.Unmarshal(a.body, &m); err != nil || m.credential() == "" {
		return m, fmt.Errorf("a door answered %.100q: %w", a.body, err)
	}
	return m, nil
}

// revoke takes a token back at the door at path.
func (s *site) revoke(ctx context.Context, path, id string) (answer, error) {
	return call{method: "DELETE", url: "http://" + s.Doors + path + "/" + id, credential: s.adminKey}.do(ctx)
}
