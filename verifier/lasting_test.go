package verifier

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/sekisho-project/sekisho/token"
	"github.com/sekisho-project/sekisho/token/refusal"
)

func TestNothingOfABodyFollowsTheEndOfItsGrant(t *testing.T) {
	end := &refusal.Refusal{Reason: refusal.Stale}
	verdicts := []error{nil, end, nil, nil} // the state is known freshly again
	body := &LastingBody{
		ReadCloser: io.NopCloser(iotest.OneByteReader(strings.NewReader("abcd"))),
		Judge: func(*token.Grant) (err error) {
			err, verdicts = verdicts[0], verdicts[1:]
			return err
		},
	}
	for _, want := range []string{"a", "", ""} {
		got, err := io.ReadAll(body)
		if string(got) != want || !errors.Is(err, end) || body.Ended() != end {
			t.Errorf("got %q and %v, ended by %v", got, err, body.Ended())
		}
	}
}
