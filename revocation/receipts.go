package revocation

import (
	"hash/maphash"
	"sync"
)

// maxReceipts bounds the memory of a node that writes and does not follow.
const maxReceipts = 10_000

// receipt is a feed entry that this node wrote. A store that lost it can give its id
// to another, which has another text.
type receipt struct {
	entryID
	digest uint64 // of its text
}

var receiptSeed = maphash.MakeSeed()

func receiptOf(id entryID, text string) receipt {
	return receipt{id, maphash.String(receiptSeed, text)}
}

func (p position) receipt() receipt { return receiptOf(p.entryID, p.text) }

// wrote keeps a receipt for e, which the store took as the entry id.
func (m *Mirror) wrote(id entryID, e event) {
	if text, err := e.encode(); err == nil { // it was encoded to be written
		m.receipts.add(receiptOf(id, string(text)))
	}
}

// receipts are the feed entries that this node wrote and its follower has yet to
// meet.
type receipts struct {
	mu       sync.Mutex
	entries  []receipt
	overflow bool // there were more
}

func (r *receipts) add(entries ...receipt) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.entries)+len(entries) > maxReceipts {
		r.overflow = true
		return
	}
	r.entries = append(r.entries, entries...)
}

// overflowed reports, once, that receipts are missing.
func (r *receipts) overflowed() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	missing := r.overflow
	r.overflow = false
	return missing
}

// clear drops all: what they are for is about to be read as a whole.
func (r *receipts) clear() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.entries, r.overflow = nil, false
}

func (r *receipts) take() []receipt {
	r.mu.Lock()
	defer r.mu.Unlock()
	taken := r.entries
	r.entries = nil
	return taken
}
