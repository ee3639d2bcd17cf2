package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/sekisho-project/sekisho/cmd/internal/testrig"
)

// answer is what came back for a request.
type answer struct {
	status int
	header http.Header
	body   string
}

// httpClient bounds every request of the tests.
var httpClient = &http.Client{Transport: persistent{http.DefaultTransport}, Timeout: startUp}

// persistent sends a request again whose connection ended before an answer came.
// A reload of Caddy does that to connections in the queue of the old listener.
type persistent struct{ http.RoundTripper }

func (p persistent) RoundTrip(r *http.Request) (*http.Response, error) {
	for range 3 {
		response, err := p.RoundTripper.RoundTrip(r)
		if r.GetBody == nil || !errors.Is(err, io.EOF) && !errors.Is(err, syscall.ECONNRESET) {
			return response, err
		}
		body, err := r.GetBody()
		if err != nil {
			return nil, err
		}
		r = r.Clone(r.Context())
		r.Body = body
	}
	return p.RoundTripper.RoundTrip(r)
}

// call sends a request with a credential, if there is one.
func call(ctx context.Context, method, url, credential, body string, change ...func(*http.Request)) (answer, error) {
	request, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	if credential != "" {
		request.Header.Set("Authorization", "Bearer "+credential)
	}
	for _, f := range change {
		f(request)
	}
	response, err := httpClient.Do(request)
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return answer{status: response.StatusCode, header: response.Header, body: string(text)}, err
}

// mustCall is call for tests that cannot go on without an answer.
func mustCall(t *testing.T, method, url, credential, body string, change ...func(*http.Request)) answer {
	t.Helper()
	a, err := call(t.Context(), method, url, credential, body, change...)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// code is the machine word of a refusal.
func (a answer) code() string {
	var refusal struct{ Code string }
	_ = json.Unmarshal([]byte(a.body), &refusal)
	return refusal.Code
}

// wantStatus ends the test unless the answer has the status.
func (a answer) wantStatus(t *testing.T, status int) answer {
	t.Helper()
	if a.status != status {
		t.Fatalf("status %d, want %d: %s", a.status, status, a.body)
	}
	return a
}

// eventually repeats a request until its answer has the status.
func eventually(t *testing.T, what string, limit time.Duration, status int, ask func(context.Context) (answer, error)) answer {
	t.Helper()
	var last answer
	err := testrig.Await(t.Context(), what, limit, func(ctx context.Context) error {
		a, err := ask(ctx)
		if err == nil && a.status != status {
			err = fmt.Errorf("status %d: %s", a.status, a.body)
		}
		last = a
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return last
}
