package verifier

import (
	"io"
	"sync/atomic"

	"github.com/sekisho-project/sekisho/token"
	"github.com/sekisho-project/sekisho/token/refusal"
)

// LastingBody is a request body that may still be arriving when its grant ends. What
// comes after that is withheld: a body that breaks off is no request to a server.
type LastingBody struct {
	io.ReadCloser
	Grant *token.Grant
	// Judge says whether the grant is still good. It is asked each time the body is
	// read, until it refuses; its error is a [*refusal.Refusal].
	Judge func(*token.Grant) error

	ended atomic.Pointer[refusal.Refusal] // what reads a body may outlast the handler
}

// Read implements [io.Reader]. The error is a [*refusal.Refusal] once the grant has
// ended, and what was read by then is dropped.
func (b *LastingBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if b.ended.Load() == nil {
		if err := b.Judge(b.Grant); err != nil {
			b.ended.Store(refusal.From(err))
		}
	}
	if refused := b.ended.Load(); refused != nil {
		return 0, refused
	}
	return n, err
}

// Ended is why the body broke off, nil if it did not.
func (b *LastingBody) Ended() *refusal.Refusal { return b.ended.Load() }
