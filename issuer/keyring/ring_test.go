package keyring

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestNodesThatStartAtOnceAgreeOnOneKey(t *testing.T) {
	storage := newMemory()
	var wg sync.WaitGroup
	rings := make([]*Ring, 8)
	for i := range rings {
		wg.Go(func() { rings[i], _ = Open(t.Context(), storage, Options{Name: Signing}) })
	}
	wg.Wait()
	if storage.storeCount() != 1 {
		t.Errorf("storage was written %d times, want once", storage.storeCount())
	}
	first := rings[0].List()[0].ID
	for i, r := range rings {
		if list := r.List(); len(list) != 1 || list[0].ID != first || list[0].State != Active {
			t.Errorf("node %d has %v", i, list)
		}
	}
}

func TestRingSurvivesARestart(t *testing.T) {
	storage := newMemory()
	kid := sign(t, open(t, storage), time.Time{})
	if again := open(t, storage); !knows(again, kid) || !again.List()[0].Never {
		t.Errorf("after the restart: %v", again.List())
	}
}

func TestTwoRingsInOneStorageHaveDifferentKeys(t *testing.T) {
	storage := newMemory()
	signing := open(t, storage)
	upstream, err := Open(t.Context(), storage, Options{Name: Upstream})
	if err != nil {
		t.Fatal(err)
	}
	if knows(upstream, signing.List()[0].ID) {
		t.Error("the upstream ring has a key that signs what clients hold")
	}
}

func TestLookingAtARingMakesNone(t *testing.T) {
	storage := newMemory()
	if keys, err := Stored(t.Context(), storage, Signing); err != nil || len(keys) > 0 || storage.stores > 0 {
		t.Errorf("of none: %v, %v, %d files", keys, err, storage.stores)
	}
	ring := open(t, storage)
	sign(t, ring, time.Now().Add(time.Hour))
	rotate(t, ring, RotateOptions{Now: true})
	keys, err := Stored(t.Context(), storage, Signing)
	if err != nil || !slices.Equal(keys, ring.List()) {
		t.Fatalf("got %v, %v, want %v", keys, err, ring.List())
	}
	if now := time.Now(); !keys[0].NeededAt(now) || keys[1].NeededAt(now) || keys[0].NeededAt(now.AddDate(1, 0, 0)) {
		t.Errorf("the first has signed a token for an hour, the second none: %v", keys)
	}
	storage.setBroken(errors.New("no route to storage"))
	if _, err := Stored(t.Context(), storage, Signing); !errors.Is(err, storage.broken) {
		t.Errorf("of a storage that fails: %v", err)
	}
}

func TestOptionsThatAreRefused(t *testing.T) {
	for name, o := range map[string]Options{
		"no name":                               {},
		"a name that leaves its folder":         {Name: "../acme"},
		"a lead shorter than caches may live":   {Name: Signing, PublishLead: 5 * time.Minute},
		"a lead below zero":                     {Name: Signing, PublishLead: -time.Hour},
		"a lead of one second, perhaps a slip?": {Name: Signing, PublishLead: time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			storage := newMemory()
			if _, err := Open(t.Context(), storage, o); err == nil || storage.stores > 0 {
				t.Errorf("opened, error %v", err)
			}
		})
	}
}

func TestOpenWaitsForTheLockOnlySoLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		storage := newMemory()
		if err := storage.Lock(t.Context(), "sekisho_keys_signing"); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		_, err := Open(t.Context(), storage, Options{Name: Signing})
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != storageTimeout {
			t.Errorf("after %s: %v", time.Since(began), err)
		}
	})
}

func TestLockIsGivenBackWhenTheCallerHasLeft(t *testing.T) {
	storage := newMemory()
	ring := open(t, storage)
	ctx, cancel := context.WithCancel(t.Context())
	_, err := ring.update(ctx, func(keys keyset) (keyset, bool) {
		cancel()
		return keys, false
	})
	if err != nil {
		t.Fatal(err)
	}
	rotate(t, ring, RotateOptions{}) // would wait for the lock
}

func TestStorageThatFailsAtStartIsAnError(t *testing.T) {
	storage := newMemory()
	storage.broken = errors.New("no route to storage")
	if _, err := Open(t.Context(), storage, Options{Name: Signing}); !errors.Is(err, storage.broken) {
		t.Errorf("got %v", err)
	}
}

func TestRingThatVanishedFromStorageIsNotMadeAnew(t *testing.T) {
	storage := newMemory()
	ring := open(t, storage)
	kid := ring.List()[0].ID
	storage.delete(signingDocument)

	if err := ring.reload(t.Context()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
	if _, err := ring.Rotate(t.Context(), RotateOptions{}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Rotate: %v", err)
	}
	if _, _, err := ring.Sign(t.Context(), nil, time.Time{}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Sign: %v", err)
	}
	if !knows(ring, kid) {
		t.Error("the keys known were forgotten")
	}
	if _, err := storage.Load(t.Context(), signingDocument); err == nil {
		t.Error("a new ring was written")
	}
}

func TestLookingUpAKeyAllocatesNothing(t *testing.T) {
	ring := open(t, newMemory())
	kid := ring.List()[0].ID
	if n := testing.AllocsPerRun(100, func() { ring.PublicKey(kid) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// static is a ring of two fixed keys, and the id of the first.
func static(t *testing.T) (ring *Ring, first string) {
	t.Helper()
	text := newPEM(t)
	ring, err := Static(text, newPEM(t))
	if err != nil {
		t.Fatal(err)
	}
	private, err := parsePrivate(text)
	if err != nil {
		t.Fatal(err)
	}
	return ring, newKey(private).ID
}

func TestOfFixedKeysTheFirstSignsAndAllVerify(t *testing.T) {
	ring, first := static(t)
	if kid := sign(t, ring, time.Time{}); kid != first {
		t.Error("another key than the first signed")
	}
	list := ring.List()
	if len(list) != 2 || list[0].State != Retired || list[1].State != Active {
		t.Errorf("list: %v", list)
	}
	for _, key := range list {
		if !knows(ring, key.ID) {
			t.Errorf("%s does not verify", key.ID)
		}
	}
}

func TestFixedKeysAreNotRotated(t *testing.T) {
	ring, _ := static(t)
	if _, err := ring.Rotate(t.Context(), RotateOptions{}); !errors.Is(err, ErrStatic) {
		t.Errorf("Rotate: %v", err)
	}
}

func TestFixedKeysNeedNoStorage(t *testing.T) {
	ring, first := static(t)
	reload(t, ring)
	ring.Run(t.Context()) // has nothing to do and returns
	if kid := sign(t, ring, time.Time{}); kid != first {
		t.Error("another key signs now")
	}
}

func TestFixedKeysThatAreNoneOrTwiceTheSameAreRefused(t *testing.T) {
	first, second := newPEM(t), newPEM(t)
	for name, pems := range map[string][][]byte{"no key": nil, "a key twice": {first, second, first}} {
		if _, err := Static(pems...); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
