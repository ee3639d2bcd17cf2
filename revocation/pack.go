package revocation

import (
	"maps"
	"math/bits"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/sekisho-project/sekisho/token"
)

const (
	base32 = "abcdefghijklmnopqrstuvwxyz234567"
	// nameLength is how many characters an opaque credential's id has after its prefix.
	nameLength = 16
	// maxPrefixes bounds a table that only grows.
	maxPrefixes = 256

	// An entry of 128+3 bits of id and the time fills 18 bytes, but for what the
	// number of its shard tells.
	shardBits  = 14
	tailBits   = 18*8 - 128 + shardBits
	minuteBits = tailBits - 3
	minuteMask = 1<<minuteBits - 1
	// opaque marks the id of an opaque credential: hi then holds the number of its
	// prefix and half of its name. Otherwise all 130 bits are those of [token.NewID].
	opaque = 4
)

// entry is an id and its time, exactly: both can be read back. Only ids of the
// two shapes that we draw ourselves have one.
type entry struct {
	hi, lo uint64
	tail   uint32 // 3 bits of the id, and the minute of forgetting
}

// minuteOf rounds unix seconds up to minutes; 0 means never, as do times after early
// 2225.
func minuteOf(until int64) uint32 {
	if until > 60*minuteMask {
		return 0
	}
	return uint32((until + 59) / 60)
}

func (e *entry) minute() uint32 { return e.tail & minuteMask }

func (e *entry) setMinute(minute uint32) { e.tail = e.tail&^minuteMask | minute }

// outlives reports whether an entry may not be forgotten at the minute dead.
func (e *entry) outlives(dead uint32) bool { return e.minute() == 0 || e.minute() > dead }

func secondOf(minute uint32) int64 { return 60 * int64(minute) }

// laterMinute is the later of two minutes of forgetting, 0 for never.
func laterMinute(a, b uint32) uint32 {
	if a == 0 || b == 0 {
		return 0
	}
	return max(a, b)
}

// packer turns ids into entries and back. It scatters them by keys of this
// process, so that nobody can choose ids that crowd together.
type packer struct {
	keys     [4]uint64
	mu       sync.Mutex // held to add a prefix
	prefixes atomic.Pointer[prefixTable]
}

type prefixTable struct {
	names   []string
	numbers map[string]uint64
}

func newPacker() *packer {
	p := &packer{keys: [4]uint64{rand.Uint64(), rand.Uint64() | 1, rand.Uint64(), rand.Uint64() | 1}}
	p.prefixes.Store(&prefixTable{numbers: map[string]uint64{}})
	return p
}

// pack makes the entry of an id; not ok when the id has another shape.
func (p *packer) pack(id string, minute uint32) (entry, bool) {
	e, ok := p.find(id)
	if !ok && opaqueShape(id) {
		p.intern(id[:len(id)-nameLength-1])
		e, ok = p.find(id)
	}
	e.tail |= minute
	return e, ok
}

// find is the entry of an id, without its time; not ok when there can be none so far.
func (p *packer) find(id string) (e entry, ok bool) {
	if opaqueShape(id) {
		prefix, name := id[:len(id)-nameLength-1], id[len(id)-nameLength:]
		number, known := p.prefixes.Load().numbers[prefix]
		high, _ := decode32(name[:8])
		low, _ := decode32(name[8:])
		return p.scatter(entry{number<<40 | high, low, opaque << minuteBits}), known
	}
	if len(id) != token.IDLength {
		return entry{}, false
	}
	high, ok1 := decode32(id[:13])
	low, ok2 := decode32(id[13:])
	extra := digits[id[0]]>>4 | digits[id[13]]>>4<<1
	return p.scatter(entry{high, low, uint32(extra) << minuteBits}), ok1 && ok2
}

// opaqueShape reports whether id is a prefix, "_" and a name in base 32.
func opaqueShape(id string) bool {
	i := len(id) - nameLength - 1
	if i <= 0 || id[i] != '_' {
		return false
	}
	_, ok := decode32(id[i+1:])
	return ok
}

// unpack is the id of an entry.
func (p *packer) unpack(e entry) string { return p.gather(e).id(p.prefixes.Load().names) }

// id is the id of an entry that is not scattered; its prefix must be in prefixes.
func (e entry) id(prefixes []string) string {
	extra := byte(e.tail >> minuteBits)
	if extra&opaque != 0 {
		name := append(make([]byte, 0, 64), prefixes[e.hi>>40]...)
		name = append(name, '_')
		return string(encode32(encode32(name, e.hi, 8), e.lo, 8))
	}
	id := append(make([]byte, 0, token.IDLength), base32[extra&1<<4|byte(e.hi>>60)])
	id = append(encode32(id, e.hi, 12), base32[extra>>1<<4|byte(e.lo>>60)])
	return string(encode32(id, e.lo, 12))
}

// scatter is a permutation: two rounds of a Feistel network. [packer.gather] undoes it.
func (p *packer) scatter(e entry) entry {
	e.lo ^= mix(e.hi, p.keys[0], p.keys[1])
	e.hi ^= mix(e.lo, p.keys[2], p.keys[3])
	return e
}

func (p *packer) gather(e entry) entry {
	e.hi ^= mix(e.lo, p.keys[2], p.keys[3])
	e.lo ^= mix(e.hi, p.keys[0], p.keys[1])
	return e
}

// mix folds a product of 128 bits, as wyhash does: whoever does not know the keys
// cannot choose what comes out.
func mix(x, add, times uint64) uint64 {
	high, low := bits.Mul64(x^add, times)
	return high ^ low
}

// intern numbers a prefix, unless there are too many: then its ids are not packed.
func (p *packer) intern(prefix string) {
	if _, known := p.prefixes.Load().numbers[prefix]; known {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	old := p.prefixes.Load()
	if _, known := old.numbers[prefix]; known || len(old.names) == maxPrefixes {
		return
	}
	table := &prefixTable{names: append(old.names[:len(old.names):len(old.names)], strings.Clone(prefix)), numbers: maps.Clone(old.numbers)}
	table.numbers[table.names[len(old.names)]] = uint64(len(old.names))
	p.prefixes.Store(table)
}

// digits maps a character of base 32 to its value, and every other to 255.
var digits = func() (table [256]byte) {
	for i := range table {
		table[i] = 255
	}
	for value, c := range []byte(base32) {
		table[c] = byte(value)
	}
	return table
}()

// decode32 is the value of some digits, modulo 2^64; not ok unless all are digits.
func decode32(s string) (value uint64, ok bool) {
	var all byte
	for i := range len(s) {
		d := digits[s[i]]
		all |= d
		value = value<<5 | uint64(d)
	}
	return value, all < 32
}

// encode32 appends the lowest n digits of value.
func encode32(to []byte, value uint64, n int) []byte {
	for shift := 5 * (n - 1); shift >= 0; shift -= 5 {
		to = append(to, base32[value>>shift&31])
	}
	return to
}
