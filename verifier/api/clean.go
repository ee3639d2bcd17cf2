package api

import (
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/sekisho-project/sekisho/verifier"
)

// removeOurs removes our headers, which a client must not say itself, in every
// spelling, and looks for credentials on the way.
func removeOurs(h http.Header) (scanned verifier.Scan) {
	for name, lines := range h {
		if matchesAny(name, ourHeaders) {
			delete(h, name)
		}
		scanned.Header(name, lines)
	}
	return scanned
}

// clean removes the credential, and our headers from where else they may stand: the
// list in Connection, and trailers.
func (g *Gate) clean(r *http.Request) {
	if !g.ForwardCredential {
		delete(r.Header, "Authorization")
	}
	cleanConnection(r.Header)
	if r.Trailer == nil && len(r.TransferEncoding) == 0 {
		return // there can be no trailers, and the body stays as it is
	}
	g.cleanTrailer(r.Trailer)
	if r.Body != nil && r.Body != http.NoBody {
		r.Body = &watched{r.Body, g, r}
	}
}

func (g *Gate) cleanTrailer(h http.Header) {
	removeOurs(h)
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
		b.gate.cleanTrailer(b.r.Trailer)
	}
	return n, err
}
