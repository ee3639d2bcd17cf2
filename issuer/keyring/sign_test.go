package keyring

import (
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/sekisho-project/sekisho/token"
)

func TestAnotherLibraryAcceptsWhatIsSigned(t *testing.T) {
	ring := open(t, newMemory())
	signed, kid, err := ring.Sign(t.Context(), []byte(`{"jti":"abc","exp":4102444800}`), time.Unix(4102444800, 0))
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := jwt.Parse(signed, func(j *jwt.Token) (any, error) {
		key, ok := ring.PublicKey(j.Header["kid"].(string))
		if !ok {
			return nil, errors.New("unknown key")
		}
		return key, nil
	}, jwt.WithValidMethods([]string{"EdDSA"}))
	if err != nil {
		t.Fatal(err)
	}
	if parsed.Header["kid"] != kid || parsed.Claims.(jwt.MapClaims)["jti"] != "abc" {
		t.Errorf("header %v, claims %v", parsed.Header, parsed.Claims)
	}
	if _, err := token.ParseJWT(signed); err != nil {
		t.Errorf("our own parser: %v", err)
	}
}

func TestSigningWritesStorageAboutOnceADay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		storage := newMemory()
		a, b := open(t, storage), open(t, storage)
		before := storage.storeCount()
		const days = 10
		for range days * 24 * 6 {
			sign(t, a, time.Now().Add(time.Hour))
			sign(t, b, time.Now().Add(time.Hour))
			time.Sleep(10 * time.Minute)
		}
		if writes := storage.storeCount() - before; writes > days+1 {
			t.Errorf("%d writes in %d days", writes, days)
		}
	})
}

func TestHorizonIsStoredBeforeTheTokenExists(t *testing.T) {
	storage := newMemory()
	ring := open(t, storage)
	end := time.Now().Add(time.Hour)
	sign(t, ring, end)
	if got := open(t, storage).List()[0].Horizon; got.Before(end) {
		t.Errorf("a restarted node knows of tokens until %s, there is one until %s", got, end)
	}

	storage.setBroken(errors.New("no route to storage"))
	if _, _, err := ring.Sign(t.Context(), nil, end.Add(time.Hour)); err != nil {
		t.Errorf("a token within the horizon needs no storage: %v", err)
	}
	for name, late := range map[string]time.Time{"beyond the horizon": end.Add(25 * time.Hour), "without end": {}} {
		if jwt, _, err := ring.Sign(t.Context(), nil, late); !errors.Is(err, storage.broken) || jwt != "" {
			t.Errorf("a token %s was signed, error %v", name, err)
		}
	}
}

func TestEndThatNoStoredTimeCanNameCountsAsNever(t *testing.T) {
	storage := newMemory()
	ring := open(t, storage)
	sign(t, ring, time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC))
	if list := open(t, storage).List(); !list[0].Never {
		t.Errorf("%v", list)
	}
}

func TestConcurrentSigningAndRotatingLosesNothing(t *testing.T) {
	storage := newMemory()
	a, b := open(t, storage), open(t, storage)
	var wg sync.WaitGroup
	var kids sync.Map
	for i := range 8 {
		r := []*Ring{a, b}[i%2]
		wg.Go(func() {
			for n := range 20 {
				if n == 10 {
					if _, err := r.Rotate(t.Context(), RotateOptions{Now: true}); err != nil {
						t.Error(err)
					}
				}
				_, kid, err := r.Sign(t.Context(), nil, time.Now().Add(time.Duration(i*n)*day))
				if err != nil {
					t.Error(err)
				}
				kids.Store(kid, true)
			}
		})
	}
	wg.Wait()
	reload(t, a)
	if n := len(a.List()); n != 9 {
		t.Errorf("%d keys after one first and eight rotations", n)
	}
	kids.Range(func(kid, _ any) bool {
		if !knows(a, kid.(string)) {
			t.Errorf("key %s signed and is gone", kid)
		}
		return true
	})
}
