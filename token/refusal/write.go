package refusal

import (
	"net/http"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Body is the JSON that every refusal is.
type Body struct {
	Error     string   `json:"error"`
	Message   string   `json:"message"`
	Code      Code     `json:"code"`
	Details   []Detail `json:"details,omitempty"`
	TokenID   string   `json:"id,omitempty"`
	RequestID string   `json:"request_id,omitempty"`
}

// Write answers with err, in English.
func Write(w http.ResponseWriter, requestID string, err error) {
	WriteFor(w, requestID, "", err)
}

// WriteFor answers with err, with the message in the language that the client's
// Accept-Language header asks for. The Content-Type is "application/json" and
// nothing more: libSQL clients compare it to the letter before they read the
// message.
func WriteFor(w http.ResponseWriter, requestID, acceptLanguage string, err error) {
	r := From(err)
	message, tag := r.inLanguage(acceptLanguage)
	body, _ := json.Marshal(Body{r.Title, message, r.Code, r.Details, r.TokenID, requestID}, jsontext.AllowInvalidUTF8(true)) // strings only: cannot fail
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Content-Language", tag)
	h.Add("Vary", "Accept-Language")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if r.Challenge != "" {
		h.Set("WWW-Authenticate", r.Challenge)
	}
	if r.RetryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(max(1, int(r.RetryAfter/time.Second))))
	}
	if r.Allow != "" {
		h.Set("Allow", r.Allow)
	}
	w.WriteHeader(r.Status)
	_, _ = w.Write(body)
}
