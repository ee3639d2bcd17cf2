package verifier

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/sekisho-project/sekisho/revocation"
	"github.com/sekisho-project/sekisho/token"
	"github.com/sekisho-project/sekisho/token/refusal"
)

func newCache(t testing.TB, entries int) *Cache {
	t.Helper()
	c, err := NewCache(entries, DefaultCacheBytes)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// remembered counts the entries of a cache.
func (c *Cache) remembered() (n int) {
	for i := range c.sets {
		for j := range c.sets[i] {
			if c.sets[i][j].Load() != nil {
				n++
			}
		}
	}
	return n
}

func TestRememberedTokenDiesWithItsExpiry(t *testing.T) {
	g := newGate(t)
	jwt := g.mint(t, grant())
	g.accepts(t, jwt)
	g.clock = minted.Add(time.Hour + MaxLeeway)
	g.refuses(t, jwt, refusal.Expired)
}

func TestRememberedTokenDiesWithItsRevocation(t *testing.T) {
	g := newGate(t)
	jwt := g.mint(t, grant())
	g.accepts(t, jwt)
	g.revoked.verdict.Store(&revocation.ErrRevoked)
	g.refuses(t, jwt, refusal.Revoked)
}

func TestRememberedTokenDiesWithItsKey(t *testing.T) {
	g := newGate(t)
	jwt := g.mint(t, grant())
	g.accepts(t, jwt)
	g.ring.removed.Store(true)
	g.refuses(t, jwt, refusal.UnknownKey)
}

func TestTokenSeenInDoubtPassesWhenTheDoubtIsOver(t *testing.T) {
	g := newGate(t)
	jwt := g.mint(t, grant())
	g.revoked.verdict.Store(&revocation.ErrNotReady)
	g.refuses(t, jwt, refusal.Unready)
	g.revoked.verdict.Store(nil)
	g.accepts(t, jwt)
}

func TestForgedTokensLeaveNothingBehind(t *testing.T) {
	g := newGate(t)
	good := g.mint(t, grant())
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := heap()
	for i := range 50_000 {
		_, _ = g.Verify(good + strconv.Itoa(i))
		_, _ = g.Verify("dev_" + strconv.Itoa(i))
	}
	if grown := int64(heap()) - int64(before); grown > 1<<20 {
		t.Errorf("the heap grew by %d bytes", grown)
	}
	if n := g.known.remembered(); n != 0 {
		t.Errorf("%d forged tokens are remembered", n)
	}
}

func TestMemoryOfValidTokensIsBounded(t *testing.T) {
	const entries = 64
	g := newGate(t, func(o *Options) { o.Cache = newCache(t, entries) })
	for i := range 10 * entries {
		of := grant()
		of.ID = fmt.Sprintf("t%d", i)
		jwt := g.mint(t, of)
		g.accepts(t, jwt)
		g.accepts(t, jwt)
	}
	if n := g.known.remembered(); n != entries {
		t.Errorf("%d tokens remembered, want %d", n, entries)
	}
}

func TestAFullSetIsWrittenByManyAtOnce(t *testing.T) {
	c, err := NewCache(ways, minSetBytes)
	if err != nil {
		t.Fatal(err)
	}
	light, heavy := &token.Grant{}, &token.Grant{Databases: slices.Repeat([]string{"a-database-of-this-name"}, 150)}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for i := range 100_000 {
				var print fingerprint
				binary.LittleEndian.PutUint64(print[8:], rand.Uint64())
				g := light
				if i%3 == 0 {
					g = heavy
				}
				c.put(print, g)
			}
		})
	}
	wg.Wait()
}

func TestMemoryOfTokensWithLongListsIsBounded(t *testing.T) {
	const bytes = 64 << 10
	c, err := NewCache(1000, bytes)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 2000 {
		print := c.fingerprints.of(strconv.Itoa(i))
		c.put(print, &token.Grant{Databases: slices.Repeat([]string{"a-database-of-this-name"}, i%200)})
		if _, ok := c.get(print); !ok {
			t.Fatalf("a token with %d databases is not remembered", i%200)
		}
		if n := c.weight(); n > bytes {
			t.Fatalf("the cache weighs %d bytes", n)
		}
	}
	if n := c.weight(); n < bytes/2 {
		t.Errorf("the cache is hardly used: %d bytes", n)
	}
}

// weight is that of all entries.
func (c *Cache) weight() (n int) {
	for i := range c.sets {
		for j := range c.sets[i] {
			if e := c.sets[i][j].Load(); e != nil {
				n += weight(e.grant)
			}
		}
	}
	return n
}

func TestAnEntryWeighsNoLessThanItTakes(t *testing.T) {
	if most := reflect.TypeFor[entry]().Size() + reflect.TypeFor[token.Grant]().Size(); most > plainWeight {
		t.Errorf("an entry and a grant take %d bytes, counted as %d", most, plainWeight)
	}
}

func TestATokenThatIsTooLargeToRememberPasses(t *testing.T) {
	c, err := NewCache(1, minSetBytes)
	if err != nil {
		t.Fatal(err)
	}
	g := newGate(t, func(o *Options) { o.Cache = c })
	of := grant()
	of.ReadAttach = make([]string, 400)
	for i := range of.ReadAttach {
		of.ReadAttach[i] = fmt.Sprintf("database-%d", i)
	}
	jwt := g.mint(t, of)
	g.accepts(t, jwt)
	g.accepts(t, jwt)
	if n := c.remembered(); n != 0 {
		t.Errorf("%d entries", n)
	}
}

func TestVerifiersThatShareACacheJudgeByTheirOwnRules(t *testing.T) {
	c := newCache(t, ways)
	g := newGate(t, func(o *Options) { o.Cache = c })
	strict, err := New(Options{Keys: g.ring, Revocations: g.revoked, Families: []token.Family{token.Group}, Cache: c, Now: g.now})
	if err != nil {
		t.Fatal(err)
	}
	jwt := g.mint(t, grant())
	g.accepts(t, jwt)
	if _, err := strict.Verify(jwt); reasonOf(err) != refusal.WrongFamily {
		t.Errorf("the other verifier said %v", err)
	}
}

func TestACacheThatCannotHoldAnythingOrNeverFitsIsRefused(t *testing.T) {
	for _, bounds := range [][2]int{
		{0, DefaultCacheBytes},
		{-1, DefaultCacheBytes},
		{1, 0},
		{1, minSetBytes - 1},
		{MaxCacheEntries + 1, DefaultCacheBytes},
		{math.MaxInt, math.MaxInt},
	} {
		if _, err := NewCache(bounds[0], bounds[1]); err == nil {
			t.Errorf("%d entries in %d bytes: no error", bounds[0], bounds[1])
		}
	}
}

func TestCacheKeepsWhatIsUsed(t *testing.T) {
	c := newCache(t, ways)
	print := func(i int) fingerprint { return c.fingerprints.of(strconv.Itoa(i)) }
	const idle = 3
	for i := range ways {
		c.put(print(i), &token.Grant{})
		if i != idle {
			c.get(print(i))
		}
	}
	c.put(print(100), &token.Grant{ID: "new"})
	for i := range ways {
		if _, ok := c.get(print(i)); ok != (i != idle) {
			t.Errorf("token %d remembered: %v; only token %d was idle", i, ok, idle)
		}
	}
	if g, ok := c.get(print(100)); !ok || g.ID != "new" {
		t.Error("the new token is not remembered")
	}
	for i := range ways {
		c.get(print(i))
	}
	c.put(print(200), &token.Grant{})
	if _, ok := c.get(print(200)); !ok {
		t.Error("a new token finds no place when all are in use")
	}
}

func TestTokenThatIsSeenTwiceAtOnceIsRememberedOnce(t *testing.T) {
	c := newCache(t, ways)
	print := c.fingerprints.of("a credential")
	c.put(print, &token.Grant{})
	c.put(print, &token.Grant{})
	if n := c.remembered(); n != 1 {
		t.Errorf("%d entries", n)
	}
}

func TestManyGoroutinesGetOnlyTheirOwnGrant(t *testing.T) {
	g := newGate(t, func(o *Options) { o.Cache = newCache(t, ways) })
	var wg sync.WaitGroup
	for worker := range 4 {
		wg.Go(func() {
			for i := range 200 {
				of := grant()
				of.ID = fmt.Sprintf("w%dt%d", worker%2, i%20)
				got, err := g.Verify(g.mint(t, of))
				if err != nil || got.ID != of.ID {
					t.Errorf("asked for %s, got %v, %v", of.ID, got, err)
				}
			}
		})
	}
	wg.Wait()
}

func TestKnownTokenCostsNoAllocation(t *testing.T) {
	g := newGate(t, func(o *Options) { o.Observe = func(time.Duration) {} })
	r := request("Authorization", "Bearer "+g.mint(t, grant()), "Cookie", "theme=dark")
	if n := testing.AllocsPerRun(100, func() {
		if _, err := g.Authenticate(r); err != nil {
			t.Error(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
