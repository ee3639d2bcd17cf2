package e2e

import (
	"io"
	"net/http"
	"testing"
)

func TestAnUploadBreaksOffWhenItsTokenIsRevoked(t *testing.T) {
	begun, outcome := make(chan struct{}), make(chan error, 1)
	h := startBefore(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.ReadFull(r.Body, make([]byte, 5))
		close(begun)
		_, err := io.ReadAll(r.Body)
		outcome <- err
	}))
	token, id := h.developerToken(t)
	body, rest := io.Pipe()
	request, err := http.NewRequestWithContext(t.Context(), "POST", h.base+"/api/v1/songs", body)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+token)
	answered := make(chan string, 1)
	go func() {
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			answered <- err.Error()
			return
		}
		_ = response.Body.Close()
		answered <- response.Status
	}()
	_, _ = io.WriteString(rest, "begun")
	<-begun
	mustCall(t, "DELETE", h.base+"/devtokens/"+id, h.adminKey, "").wantStatus(t, 200)
	_, _ = io.WriteString(rest, " and ended")
	_ = rest.Close()
	if got := <-answered; got != "401 Unauthorized" {
		t.Error(got)
	}
	if <-outcome == nil {
		t.Error("the API took it for the whole")
	}
}
