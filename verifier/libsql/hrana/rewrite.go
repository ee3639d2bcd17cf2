package hrana

import "fmt"

// Rewriter passes a message on as it comes, and changes only what names a stream
// in it. It holds back no more than one short value.
type Rewriter interface {
	// Append appends to dst what goes on in place of src, the next bytes of the
	// message. The error is [ErrMalformed], or that of [Rebaton].
	Append(dst, src []byte) ([]byte, error)
	// End reports a message that is not whole, as [ErrMalformed].
	End() error
}

// Rebaton gives the baton that goes on in place of one.
type Rebaton func(baton string) (string, error)

// maxHeld bounds a baton or base URL as it is written, in bytes.
const maxHeld = 4096

var (
	errLongBaton = fmt.Errorf("%w: baton or base_url is too long", ErrMalformed)
	errTwoBatons = fmt.Errorf("%w: baton or base_url is there twice", ErrMalformed)
	errNotWhole  = fmt.Errorf("%w: it breaks off", ErrMalformed)
	errNoObject  = fmt.Errorf("%w: want one JSON object", ErrMalformed)
	errNoText    = fmt.Errorf("%w: baton and base_url are text or null", ErrMalformed)
)
