package verifier

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash/crc32"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sekisho-project/sekisho/revocation"
	"github.com/sekisho-project/sekisho/store"
	"github.com/sekisho-project/sekisho/token"
	"github.com/sekisho-project/sekisho/token/refusal"
)

// shelf holds records and counts who asks for them.
type shelf struct {
	mu      sync.Mutex
	records map[string]store.Record
	failure error
	asked   atomic.Int64
	during  func(ctx context.Context) // unless nil, runs in every look-up
}

func (s *shelf) Token(ctx context.Context, id string) (store.Record, error) {
	s.asked.Add(1)
	if s.during != nil {
		s.during(ctx)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failure != nil {
		return store.Record{}, s.failure
	}
	if r, ok := s.records[id]; ok {
		return r, nil
	}
	return store.Record{}, fmt.Errorf("%w: token %s", store.ErrNotFound, id)
}

func (s *shelf) Imported(context.Context) (map[[sha256.Size]byte]string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failure != nil {
		return nil, s.failure
	}
	ids := map[[sha256.Size]byte]string{}
	for id, r := range s.records {
		ids[r.Digest] = id
	}
	return ids, nil
}

// opaqueGate is a gate for opaque tokens: "jt" for developers, "token" for users.
type opaqueGate struct {
	*gate
	shelf    *shelf
	imported *Imported
}

func newOpaqueGate(t testing.TB) *opaqueGate {
	t.Helper()
	s := &shelf{records: map[string]store.Record{}}
	o := &opaqueGate{shelf: s, imported: NewImported(s)}
	if err := o.imported.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	ring := newRing(t)
	opaque, err := NewOpaque(s, ring, map[string]token.Family{"jt": token.Developer, "token": token.User}, o.imported)
	if err != nil {
		t.Fatal(err)
	}
	o.gate = newGate(t, func(o *Options) {
		o.Keys, o.Opaque, o.Families = ring, opaque, []token.Family{token.Developer, token.User, token.Database}
	})
	o.gate.ring = ring
	return o
}

// mintOpaque puts a record on the shelf and gives its credential.
func (o *opaqueGate) mintOpaque(t testing.TB, prefix string, change ...func(*store.Record)) (credential, id string) {
	credential, id = token.NewOpaque(prefix)
	o.put(t, id, credential, change...)
	return credential, id
}

func (o *opaqueGate) put(t testing.TB, id, credential string, change ...func(*store.Record)) {
	r := store.Record{ID: id, Family: token.Developer, CreatedAt: minted, Digest: token.OpaqueDigest(credential), Note: "MyApp"}
	if strings.HasPrefix(id, "token_") {
		r.Family = token.User
	}
	for _, f := range change {
		f(&r)
	}
	o.ring.signRecord(t, &r)
	o.shelf.mu.Lock()
	defer o.shelf.mu.Unlock()
	o.shelf.records[id] = r
}

func (o *opaqueGate) looksUp(t *testing.T, want int64) {
	t.Helper()
	if got := o.shelf.asked.Swap(0); got != want {
		t.Errorf("%d look-ups, want %d", got, want)
	}
}

func TestAnOpaqueTokenIsLookedUpOnce(t *testing.T) {
	o := newOpaqueGate(t)
	credential, id := o.mintOpaque(t, "jt", func(r *store.Record) { r.Scopes = []string{"read"} })
	for range 5 {
		g, err := o.Verify(credential)
		if err != nil || g.ID != id || g.Family != token.Developer || g.Note != "MyApp" || len(g.Scopes) != 1 {
			t.Fatalf("got %+v, %v", g, err)
		}
	}
	o.looksUp(t, 1)
	jwt := o.mint(t, grant())
	o.accepts(t, jwt)
	o.looksUp(t, 0)
}

func TestWhatCannotBeOursCostsNoLookUp(t *testing.T) {
	o := newOpaqueGate(t)
	good, _ := o.mintOpaque(t, "jt")
	foreign, _ := token.NewOpaque("ghp")
	for _, credential := range []string{
		foreign, good[:len(good)-1], good + "0", "X" + good, strings.ToUpper(good), good[:20] + "A" + good[21:], "token_5f0c1d2e-3b4a-4c5d-8e6f-708192a3b4c5", "jt_", "_", "a",
	} {
		o.refuses(t, credential, refusal.Malformed)
	}
	o.looksUp(t, 0)
}

func TestAMillionStrangersCostNoLookUpAndNoMemory(t *testing.T) {
	o := newOpaqueGate(t)
	random := rand.New(rand.NewPCG(1, 2))
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_-~+/"
	before := heap()
	for i := range 1_000_000 {
		text := []byte("jt_abcdefghij234567_")
		for range random.IntN(52) {
			text = append(text, alphabet[random.IntN(len(alphabet))])
		}
		if i%2 == 0 {
			text = text[3:]
		}
		if _, err := o.Verify(string(text)); refusal.From(err).Status != 401 {
			t.Fatalf("%s: %v", text, err)
		}
	}
	if grown := int64(heap()) - int64(before); grown > 1<<20 {
		t.Errorf("the heap grew by %d bytes", grown)
	}
	o.looksUp(t, 0)
}

func TestCredentialsThatTheRecordDoesNotBear(t *testing.T) {
	o := newOpaqueGate(t)
	_, id := o.mintOpaque(t, "jt")
	other := withID(id)
	o.refuses(t, other, refusal.BadSignature)
	unknown, _ := token.NewOpaque("jt")
	o.refuses(t, unknown, refusal.Unknown)
	family, _ := o.mintOpaque(t, "jt", func(r *store.Record) { r.Family = token.User })
	o.refuses(t, family, refusal.WrongFamily)
	revoked, _ := o.mintOpaque(t, "jt", func(r *store.Record) { r.RevokedAt = minted })
	o.refuses(t, revoked, refusal.Revoked)
	digestless, _ := o.mintOpaque(t, "jt", func(r *store.Record) { r.Digest = [sha256.Size]byte{} })
	o.refuses(t, digestless, refusal.BadSignature)
	if _, err := o.Verify(other); answer(err) != invalidAnswer {
		t.Errorf("the answer tells more than others: %s", answer(err))
	}
}

// withID makes a credential in our form for an id, as a stranger could: neither the
// id nor the checksum is secret.
func withID(id string) string {
	const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	sum := crc32.ChecksumIEEE([]byte(id + "_" + strings.Repeat("x", 43)))
	tail := make([]byte, 6)
	for i := len(tail) - 1; i >= 0; i-- {
		tail[i] = digits[sum%62]
		sum /= 62
	}
	return id + "_" + strings.Repeat("x", 43) + string(tail)
}

func TestAStrangerWhoWasLookedUpIsRefusedForAWhileWithoutAnother(t *testing.T) {
	o := newOpaqueGate(t)
	unknown, _ := token.NewOpaque("jt")
	for range 10 {
		o.refuses(t, unknown, refusal.Unknown)
	}
	o.looksUp(t, 1)
	o.clock = o.clock.Add(strangerLife)
	o.refuses(t, unknown, refusal.Unknown)
	o.looksUp(t, 1)
}

func TestStrangersInOurFormAreLookedUpNoFasterThanANodeBears(t *testing.T) {
	o := newOpaqueGate(t)
	known, _ := o.mintOpaque(t, "jt")
	o.accepts(t, known)
	fresh, _ := o.mintOpaque(t, "jt")
	for range 2 * maxMisses.Requests {
		unknown, _ := token.NewOpaque("jt")
		_, _ = o.Verify(unknown)
	}
	o.looksUp(t, int64(maxMisses.Requests)+1)
	_, err := o.Verify(fresh)
	if r := refusal.From(err); r.Status != 503 || r.RetryAfter <= 0 || r.Reason != refusal.OverLimit {
		t.Errorf("a good token that nobody has seen was told %+v", r)
	}
	o.accepts(t, known)
	o.clock = o.clock.Add(time.Second)
	for range 2 * maxMisses.Requests { // what is found takes nothing
		fresh, _ := o.mintOpaque(t, "jt")
		o.accepts(t, fresh)
	}
}

func TestAStoreThatIsAwayIsNoVerdict(t *testing.T) {
	o := newOpaqueGate(t)
	known, _ := o.mintOpaque(t, "jt")
	o.accepts(t, known)
	fresh, _ := o.mintOpaque(t, "jt")
	o.shelf.failure = store.Unavailable(errors.New("dial tcp 10.0.0.5:6379"))
	_, err := o.Verify(fresh)
	if r := refusal.From(err); r.Status != 503 || r.Code != refusal.StoreUnavailable || r.Reason != refusal.StoreDown || strings.Contains(answer(err), "10.0.0.5") || !strings.Contains(answer(err), "Retry-After") {
		t.Errorf("answered %s", answer(err))
	}
	o.accepts(t, known)
	o.shelf.failure = nil
	o.accepts(t, fresh)
}

func TestARecordThatCannotBeReadLetsNobodyIn(t *testing.T) {
	o := newOpaqueGate(t)
	credential, _ := o.mintOpaque(t, "jt")
	o.shelf.failure = fmt.Errorf("%w: field", store.ErrMalformed)
	o.refuses(t, credential, refusal.BadClaims)
}

func TestARememberedOpaqueTokenDies(t *testing.T) {
	o := newOpaqueGate(t)
	credential, _ := o.mintOpaque(t, "token", func(r *store.Record) { r.ExpiresAt = minted.Add(time.Hour) })
	o.accepts(t, credential)
	o.revoked.verdict.Store(&revocation.ErrRevoked)
	o.refuses(t, credential, refusal.Revoked)
	o.revoked.verdict.Store(nil)
	o.clock = minted.Add(time.Hour + MaxLeeway)
	o.refuses(t, credential, refusal.Expired)
	o.looksUp(t, 1)
}

func TestASlowLookUpBringsNoRevokedTokenBack(t *testing.T) {
	o := newOpaqueGate(t)
	credential, _ := o.mintOpaque(t, "jt")
	o.shelf.during = func(context.Context) { o.revoked.verdict.Store(&revocation.ErrRevoked) } // and the record is still the old one
	o.refuses(t, credential, refusal.Revoked)
	o.refuses(t, credential, refusal.Revoked)
}

func TestATokenThatExpiresWhileItIsLookedUpIsRefused(t *testing.T) {
	o := newOpaqueGate(t)
	credential, _ := o.mintOpaque(t, "jt", func(r *store.Record) { r.ExpiresAt = minted.Add(2 * time.Minute) })
	o.shelf.during = func(context.Context) { o.clock = minted.Add(time.Hour) }
	o.refuses(t, credential, refusal.Expired)
}

func TestAStoreThatHangsKeepsARequestForItsTimeOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOpaqueGate(t)
		credential, _ := o.mintOpaque(t, "jt")
		o.shelf.failure = store.ErrUnavailable
		o.shelf.during = func(ctx context.Context) { <-ctx.Done() }
		began := time.Now()
		var wg sync.WaitGroup
		for range 10 {
			wg.Go(func() { o.refuses(t, credential, refusal.StoreDown) })
		}
		wg.Wait()
		if took := time.Since(began); took != lookUpTime {
			t.Errorf("it took %s", took)
		}
		o.looksUp(t, 1)
	})
}

func TestATokenOfAFamilyThatIsNotAllowedHereIsNotLookedUp(t *testing.T) {
	o := newOpaqueGate(t)
	o.families = []token.Family{token.Developer}
	credential, _ := o.mintOpaque(t, "token")
	o.refuses(t, credential, refusal.WrongFamily)
	o.looksUp(t, 0)
}

func TestPrefixesThatAreRefused(t *testing.T) {
	for _, prefixes := range []map[string]token.Family{{"": token.User}, {"Jt": token.User}, {"jt_": token.User}, {"jt": token.Database}, {"jt": ""}} {
		if _, err := NewOpaque(&shelf{}, newRing(t), prefixes, nil); err == nil {
			t.Errorf("%v was taken", prefixes)
		}
	}
	if _, err := NewOpaque(nil, newRing(t), nil, nil); err == nil {
		t.Error("no records were taken")
	}
	if _, err := NewOpaque(&shelf{}, nil, nil, nil); err == nil {
		t.Error("no keys were taken")
	}
}

func TestAKnownOpaqueTokenCostsNoAllocation(t *testing.T) {
	o := newOpaqueGate(t)
	credential, _ := o.mintOpaque(t, "jt")
	r := request("Authorization", "Bearer "+credential)
	if n := testing.AllocsPerRun(100, func() {
		if _, err := o.Authenticate(r); err != nil {
			t.Error(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
