package libsql

import (
	"bytes"
	"errors"
	"maps"
	"net/http"
	"strconv"
)

// maxHeld bounds an answer of the server that is held back to be rewritten, in
// bytes. sqld itself ends a response at 10 MB of values.
const maxHeld = 64 << 20

var (
	errHeldTooLarge = errors.New("the answer is too large to be rewritten")
	errHeldEncoded  = errors.New("the answer is encoded although it was not asked to be")
)

// heldResponse holds back an answer of status 200, and passes on every other.
type heldResponse struct {
	http.ResponseWriter
	header   http.Header
	body     bytes.Buffer
	passing  bool
	held     bool
	overflow bool
}

// Header is of the answer, whatever becomes of it.
func (h *heldResponse) Header() http.Header { return h.header }

// WriteHeader decides whether the answer is held back. Informational ones are dropped.
func (h *heldResponse) WriteHeader(status int) {
	switch {
	case h.held || h.passing || status < 200:
		return
	case status == http.StatusOK:
		h.held = true
	default:
		h.passing = true
		maps.Copy(h.ResponseWriter.Header(), h.header)
		h.ResponseWriter.WriteHeader(status)
	}
}

// Write holds back or passes on. What is over the limit is dropped without an
// error, which a proxy would take for the client's and abort the connection.
func (h *heldResponse) Write(b []byte) (int, error) {
	if h.passing {
		return h.ResponseWriter.Write(b)
	}
	h.held = true
	if h.overflow = h.overflow || h.body.Len()+len(b) > maxHeld; !h.overflow {
		h.body.Write(b)
	}
	return len(b), nil
}

// FlushError flushes what is passed on; there is nothing to flush of what is held.
func (h *heldResponse) FlushError() error {
	if h.passing {
		return http.NewResponseController(h.ResponseWriter).Flush()
	}
	return nil
}

// Unwrap is for [http.ResponseController].
func (h *heldResponse) Unwrap() http.ResponseWriter { return h.ResponseWriter }

// whole is the body that was held back.
func (h *heldResponse) whole() ([]byte, error) {
	if err := unencoded(h.header); err != nil {
		return nil, err
	}
	if h.overflow {
		return nil, errHeldTooLarge
	}
	return h.body.Bytes(), nil
}

// unencoded removes the headers that describe a body, because another will be
// written, and reports an encoding that was not asked for.
func unencoded(header http.Header) error {
	encoding := header.Get("Content-Encoding")
	for _, name := range []string{"Content-Encoding", "Content-Length", "Etag", "Trailer"} {
		header.Del(name)
	}
	if encoding != "" && encoding != "identity" {
		return errHeldEncoded
	}
	return nil
}

const jsonType = "application/json"

// answer writes a whole answer of the gate's own. The type is compared to the
// letter by clients, so nothing is appended to it.
func answer(w http.ResponseWriter, status int, contentType string, body []byte) {
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body)
}
