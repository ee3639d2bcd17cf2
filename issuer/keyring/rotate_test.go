package keyring

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

const day = 24 * time.Hour

func TestOtherNodesKnowANewKeyBeforeItSigns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		storage := newMemory()
		a, b := open(t, storage), open(t, storage)
		ctx, cancel := context.WithCancel(t.Context())
		go b.Run(ctx)
		old := sign(t, a, time.Now().Add(time.Hour))

		fresh := rotate(t, a, RotateOptions{})
		if fresh.State != Published || knows(b, fresh.ID) {
			t.Fatalf("just rotated: %v", fresh)
		}
		time.Sleep(reloadInterval + time.Second)
		if !knows(b, fresh.ID) {
			t.Error("the other node does not know the new key after a minute")
		}
		for _, r := range []*Ring{a, b} {
			if kid := sign(t, r, time.Now().Add(time.Hour)); kid != old {
				t.Error("the new key signs before its time")
			}
		}
		time.Sleep(DefaultPublishLead)
		for _, r := range []*Ring{a, b} {
			if kid := sign(t, r, time.Now().Add(time.Hour)); kid != fresh.ID {
				t.Error("the new key does not sign when its time has come")
			}
			if !knows(r, old) {
				t.Error("the old key verifies no more")
			}
		}
		cancel()
		synctest.Wait()
	})
}

func TestOldKeyStaysUntilADayAfterItsLastToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ring := open(t, newMemory())
		end := time.Now().Add(30 * day)
		old := sign(t, ring, end)
		rotate(t, ring, RotateOptions{Now: true})

		time.Sleep(time.Until(end))
		reload(t, ring)
		if !knows(ring, old) {
			t.Fatal("dropped while its last token may still be accepted")
		}
		time.Sleep(horizonStep + keepDead)
		reload(t, ring)
		if !knows(ring, old) {
			t.Fatal("dropped before the day after its horizon was over")
		}
		time.Sleep(time.Second)
		reload(t, ring)
		if knows(ring, old) {
			t.Error("still there after its last token is dead")
		}
	})
}

func TestKeyOfATokenWithoutEndIsKeptForGood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ring := open(t, newMemory())
		forever := sign(t, ring, time.Time{})
		rotate(t, ring, RotateOptions{Now: true})
		unused := rotate(t, ring, RotateOptions{Now: true})
		rotate(t, ring, RotateOptions{Now: true})

		time.Sleep(50 * 365 * day)
		reload(t, ring)
		if !knows(ring, forever) {
			t.Error("a token without an end lost its key")
		}
		if knows(ring, unused.ID) || len(ring.List()) != 2 {
			t.Errorf("a key that never signed was kept: %v", ring.List())
		}
	})
}

func TestTheKeyThatSignsIsNeverDropped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ring := open(t, newMemory())
		kid := sign(t, ring, time.Now().Add(time.Minute))
		time.Sleep(1000 * day)
		reload(t, ring)
		if again := sign(t, ring, time.Now().Add(time.Minute)); again != kid {
			t.Error("another key signs")
		}
	})
}

func TestDropOldKillsEveryOlderKeyAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		storage := newMemory()
		a, b := open(t, storage), open(t, storage)
		stolen := sign(t, a, time.Time{})
		pending := rotate(t, a, RotateOptions{})

		fresh := rotate(t, a, RotateOptions{DropOld: true})
		if fresh.State != Active || len(a.List()) != 1 || knows(a, stolen) || knows(a, pending.ID) {
			t.Errorf("left after the drop: %v", a.List())
		}
		reload(t, b)
		if knows(b, stolen) || sign(t, b, time.Time{}) != fresh.ID {
			t.Error("the other node still trusts the stolen key")
		}
	})
}

func TestNodeThatMissedADropCannotExtendTheStolenKey(t *testing.T) {
	storage := newMemory()
	a, b := open(t, storage), open(t, storage)
	stolen := b.List()[0].ID
	fresh := rotate(t, a, RotateOptions{DropOld: true})
	if kid := sign(t, b, time.Time{}); kid != fresh.ID || knows(b, stolen) {
		t.Errorf("signed with %s", kid)
	}
}

func TestUrgentRotationBeforeAPlannedOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ring := open(t, newMemory())
		planned := rotate(t, ring, RotateOptions{})
		urgent := rotate(t, ring, RotateOptions{Now: true})
		if kid := sign(t, ring, time.Time{}); kid != urgent.ID || urgent.State != Active {
			t.Error("the urgent key does not sign")
		}
		time.Sleep(DefaultPublishLead)
		if kid := sign(t, ring, time.Time{}); kid != planned.ID {
			t.Error("the planned key does not take over")
		}
	})
}

func TestRotationThatCannotBeStoredChangesNothing(t *testing.T) {
	storage := newMemory()
	ring := open(t, storage)
	storage.setBroken(errors.New("disk full"))
	if _, err := ring.Rotate(t.Context(), RotateOptions{Now: true}); err == nil {
		t.Error("no error")
	}
	if len(ring.List()) != 1 {
		t.Errorf("a key that no other node can learn of: %v", ring.List())
	}
}

func TestRunGoesOnWhileStorageFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		storage := newMemory()
		var log bytes.Buffer
		b, err := Open(t.Context(), storage, Options{Name: Signing, Logger: slog.New(slog.NewTextHandler(&log, nil))})
		if err != nil {
			t.Fatal(err)
		}
		a := open(t, storage)
		ctx, cancel := context.WithCancel(t.Context())
		go b.Run(ctx)

		storage.setBroken(errors.New("no route to storage"))
		time.Sleep(3*reloadInterval + time.Second)
		storage.setBroken(nil)
		fresh := rotate(t, a, RotateOptions{Now: true})
		time.Sleep(reloadInterval)
		if !knows(b, fresh.ID) {
			t.Error("the node did not catch up")
		}
		cancel()
		synctest.Wait()
		if n := strings.Count(log.String(), "no route to storage"); n != 3 {
			t.Errorf("%d warnings, want 3", n)
		}
	})
}
