package revocation

import "sync"

// maxReceipts bounds the memory of a node that writes and does not follow.
const maxReceipts = 10_000

// receipts are the feed entries that this node wrote and its follower has yet to
// meet.
type receipts struct {
	mu      sync.Mutex
	entries []entryID
}

func (r *receipts) add(ids ...entryID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.entries)+len(ids) <= maxReceipts {
		r.entries = append(r.entries, ids...)
	}
}

func (r *receipts) take() []entryID {
	r.mu.Lock()
	defer r.mu.Unlock()
	taken := r.entries
	r.entries = nil
	return taken
}
