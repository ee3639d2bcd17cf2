package fleet

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/sekisho-project/sekisho/cmd/faults/internal/model"
)

// What tokens are minted for. Rotations are only of Group, and of Rotated, which are
// its databases; Still is left alone, so that there is always a token that must pass.
var (
	Subjects = []string{"db1", "db2", "db3", "production", "staging"}
	Rotated  = []string{"db1", "db2"}
)

// See Subjects.
const (
	Group = "production"
	Still = "still"
)

var groups = []string{"production", "staging"}

const (
	checkPatience  = 3 * time.Second
	changePatience = 15 * time.Second
)

// Checks keep their connections. Changes have one each, since a request on an old
// one may be sent twice.
var (
	checks  = &http.Client{Timeout: checkPatience, Transport: &http.Transport{MaxIdleConnsPerHost: 8}}
	changes = &http.Client{Timeout: changePatience, Transport: &http.Transport{DisableKeepAlives: true}}
)

// Check asks a gate about a token.
func (g *Gate) Check(ctx context.Context, node int, t *model.Token) model.Answer {
	a := model.Answer{Node: node, Asked: time.Now()}
	status, _, err := g.send(ctx, checks, http.MethodGet, "/checked", t.Credential, "", "")
	a.Answered = time.Now()
	switch {
	case err != nil:
		a.Verdict = model.Silent
	case status == http.StatusOK:
		a.Verdict = model.Passed
	case status == http.StatusUnauthorized:
		a.Verdict = model.Refused
	case status == http.StatusServiceUnavailable:
		a.Verdict = model.Undecided
	default:
		a.Verdict, a.Status = model.Odd, status
	}
	return a
}

// path is where tokens of a subject are issued.
func path(subject, what string) string {
	kind := "databases/"
	if slices.Contains(groups, subject) {
		kind = "groups/"
	}
	return "/v1/organizations/my-org/" + kind + subject + "/auth/" + what
}

// Mint asks for a token; lifetime 0 is one without end.
func (g *Gate) Mint(ctx context.Context, subject string, lifetime time.Duration) (*model.Token, error) {
	query := ""
	if lifetime > 0 {
		query = "?expiration=" + lifetime.String()
	}
	var reply struct {
		JWT, ID   string
		ExpiresAt time.Time `json:"expires_at"`
	}
	err := g.create(ctx, path(subject, "tokens")+query, "", &reply)
	return &model.Token{ID: reply.ID, Credential: reply.JWT, Subject: subject, Expires: reply.ExpiresAt}, err
}

// MintOpaque asks for a developer token.
func (g *Gate) MintOpaque(ctx context.Context) (*model.Token, error) {
	var reply struct{ ID, Token string }
	err := g.create(ctx, "/devtokens", `{"note":"faults"}`, &reply)
	return &model.Token{ID: reply.ID, Credential: reply.Token, Opaque: true}, err
}

func (g *Gate) create(ctx context.Context, path, body string, reply any) error {
	status, text, err := g.send(ctx, changes, http.MethodPost, path, g.adminKey, "application/json", body)
	if err != nil {
		return err
	}
	if status/100 != 2 {
		return fmt.Errorf("minting: status %d: %s", status, text)
	}
	return json.Unmarshal(text, reply)
}

// Revoke takes a token back by its id, or by the credential itself.
func (g *Gate) Revoke(ctx context.Context, t *model.Token, byCredential bool) (model.Outcome, error) {
	if byCredential {
		form := url.Values{"token": {t.Credential}}.Encode()
		return g.change(ctx, http.MethodPost, "/oauth/revoke", "application/x-www-form-urlencoded", form)
	}
	if t.Opaque {
		return g.change(ctx, http.MethodDelete, "/devtokens/"+t.ID, "", "")
	}
	return g.change(ctx, http.MethodDelete, path(t.Subject, "tokens/"+t.ID), "", "")
}

// Rotate retires the tokens of a subject.
func (g *Gate) Rotate(ctx context.Context, subject string, keep []string, grace time.Duration) (model.Outcome, error) {
	query := url.Values{}
	if len(keep) > 0 {
		query.Set("keep", strings.Join(keep, ","))
	}
	if grace > 0 {
		query.Set("grace", grace.String())
	}
	return g.change(ctx, http.MethodPost, path(subject, "rotate")+"?"+query.Encode(), "", "")
}

// Retired are the subjects whose tokens a rotation retires.
func Retired(subject string) []string {
	if subject == Group {
		return append([]string{Group}, Rotated...)
	}
	return []string{subject}
}

// change reports what an answer promises; an unexpected one is an error too.
func (g *Gate) change(ctx context.Context, method, path, contentType, body string) (model.Outcome, error) {
	status, text, err := g.send(ctx, changes, method, path, g.adminKey, contentType, body)
	switch {
	case err != nil || status == http.StatusServiceUnavailable:
		return model.Unknown, nil
	case status/100 == 2:
		return model.Acknowledged, nil
	case status == http.StatusNotFound || status == http.StatusBadRequest:
		return model.Failed, nil
	}
	return model.Unknown, fmt.Errorf("%s %s: status %d: %s", method, path, status, text)
}

// maxAnswer bounds what is read of an answer.
const maxAnswer = 64 << 10

func (g *Gate) send(ctx context.Context, client *http.Client, method, path, credential, contentType, body string) (int, []byte, error) {
	request, err := http.NewRequestWithContext(ctx, method, g.url+path, strings.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	request.Header.Set("Authorization", "Bearer "+credential)
	if contentType != "" {
		request.Header.Set("Content-Type", contentType)
	}
	response, err := client.Do(request)
	if err != nil {
		return 0, nil, err
	}
	text, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	return response.StatusCode, text, errors.Join(err, response.Body.Close())
}
