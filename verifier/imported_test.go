package verifier

import (
	"context"
	"crypto/sha256"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sekisho-project/sekisho/store"
	"github.com/sekisho-project/sekisho/token/refusal"
)

const imported = "Zx9_-abcDEF0123456789abcdefghijklmnopqrstuvw" // as secrets.token_urlsafe makes them

func TestATokenOfAnotherSystemIsKnownByItsDigest(t *testing.T) {
	o := newOpaqueGate(t)
	o.refuses(t, imported, refusal.Malformed)
	o.put(t, "jt_0123456789abcdef", imported)
	if err := o.imported.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if g, err := o.Verify(imported); err != nil || g.ID != "jt_0123456789abcdef" {
			t.Errorf("got %v, %v", g, err)
		}
	}
	o.looksUp(t, 1)
	o.refuses(t, imported+"x", refusal.Malformed)
	o.refuses(t, imported[1:], refusal.Malformed)
	o.looksUp(t, 0)
}

func TestNobodyIsCalledAStrangerBeforeTheImportedTokensAreKnown(t *testing.T) {
	o := newOpaqueGate(t)
	o.imported.ids.Store(nil)
	o.refuses(t, imported, refusal.Unready)
	credential, _ := o.mintOpaque(t, "jt")
	o.accepts(t, credential)
	o.refuses(t, "a.b.c", refusal.Malformed)
}

func TestImportedTokensAreFollowedThroughFailures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &shelf{records: map[string]store.Record{"one": {Digest: [sha256.Size]byte{1}}}, failure: errors.New("away")}
		i := NewImported(s)
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		wg.Go(func() { i.Run(ctx, slog.New(slog.DiscardHandler)) })
		knows := func(b byte) bool { _, known, _ := i.find(&[sha256.Size]byte{b}); return known }
		set := func(failure error, digests ...byte) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.failure = failure
			for _, d := range digests {
				s.records[string(rune('a'+d))] = store.Record{Digest: [sha256.Size]byte{d}}
			}
		}
		time.Sleep(10 * time.Second)
		set(nil)
		time.Sleep(2 * retryImported)
		if !knows(1) || knows(2) {
			t.Error("not loaded once the store is there")
		}
		set(errors.New("away"), 2)
		time.Sleep(time.Hour)
		if !knows(1) {
			t.Error("forgotten while the store is away")
		}
		set(nil)
		time.Sleep(2 * retryImported)
		set(nil, 3)
		time.Sleep(reloadImported)
		if !knows(2) || !knows(3) {
			t.Error("what was imported elsewhere is not known")
		}
		cancel()
		wg.Wait()
	})
}
