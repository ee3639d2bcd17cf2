package revocation

import (
	"fmt"
	"testing"
	"time"

	"github.com/sekisho-project/sekisho/store"
)

func TestWhatAStoreHasLostIsReadAgainAtOnceHoweverLongItWasAway(t *testing.T) {
	away := store.Unavailable(fmt.Errorf("connection refused"))
	gap := fmt.Errorf("%w: trimmed or lost", errGap)
	var b backoff
	for i := range 100 {
		if rest := b.after(away); rest < minBackoff/2 || rest >= maxBackoff*3/2 {
			t.Fatalf("failure %d: a rest of %v", i, rest)
		}
	}
	if rest := b.after(gap); rest != 0 {
		t.Errorf("a rest of %v after the store has lost something", rest)
	}
	if rest := b.after(nil); rest != 0 {
		t.Errorf("a rest of %v after it was read", rest)
	}
}

func TestAFeedThatIsAlwaysBrokenIsNotReadWithoutARest(t *testing.T) {
	gap := fmt.Errorf("%w: trimmed or lost", errGap)
	var b backoff
	b.after(gap)
	total := time.Duration(0)
	for range 100 {
		total += b.after(gap)
	}
	if total < 100*maxBackoff/4 {
		t.Errorf("100 times in %v", total)
	}
}
