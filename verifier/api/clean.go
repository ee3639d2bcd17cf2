package api

import (
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/sekisho-project/sekisho/verifier"
)

// removeOurs removes our headers, which a client must not say itself, in every
// spelling, and takes them off the list in Connection. It looks for credentials on
// the way.
func removeOurs(h http.Header) (scanned verifier.Scan) {
	for name, lines := range h {
		switch {
		case isOurs(name):
			delete(h, name)
		case name == "Connection":
			cleanConnection(lines)
		}
		scanned.Header(name, lines)
	}
	return scanned
}

// clean removes the credential, and our headers from trailers.
func (g *Gate) clean(r *http.Request) {
	if !g.ForwardCredential {
		delete(r.Header, "Authorization")
	}
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

// cleanConnection takes our headers off the lists of those that a proxy drops.
func cleanConnection(lines []string) {
	ours := func(field string) bool { return isOurs(strings.TrimSpace(field)) }
	for i, line := range lines {
		if len(line) < len(HeaderID) {
			continue
		}
		lines[i] = strings.Join(slices.DeleteFunc(strings.Split(line, ","), ours), ",")
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
