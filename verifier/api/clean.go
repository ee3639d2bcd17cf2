package api

import (
	"io"
	"net/http"
	"slices"
	"strings"
)

// clean removes what a client must not say itself: our headers, in every spelling
// and wherever they may stand, and the credential.
func (g *Gate) clean(r *http.Request) {
	g.cleanHeader(r.Header)
	cleanConnection(r.Header)
	if r.Trailer == nil && len(r.TransferEncoding) == 0 {
		return // there can be no trailers, and the body stays as it is
	}
	g.cleanHeader(r.Trailer)
	if r.Body != nil && r.Body != http.NoBody {
		r.Body = &watched{r.Body, g, r}
	}
}

func (g *Gate) cleanHeader(h http.Header) {
	for name := range h {
		if matchesAny(name, ourHeaders) {
			delete(h, name)
		}
	}
	if !g.ForwardCredential {
		delete(h, "Authorization")
	}
}

// cleanConnection takes our headers off the list of those that a proxy drops.
func cleanConnection(h http.Header) {
	ours := func(field string) bool { return matchesAny(strings.TrimSpace(field), ourHeaders) }
	for i, line := range h["Connection"] {
		if len(line) < len(HeaderID) {
			continue
		}
		fields := slices.DeleteFunc(strings.Split(line, ","), ours)
		h["Connection"][i] = strings.Join(fields, ",")
	}
}

// watched is a body that may end in trailers, which are there once it was read to
// its end, announced or not.
type watched struct {
	io.ReadCloser
	gate *Gate
	r    *http.Request
}

// Read implements [io.Reader].
func (b *watched) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil {
		b.gate.cleanHeader(b.r.Trailer)
	}
	return n, err
}
