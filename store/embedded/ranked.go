package embedded

import (
	"cmp"
	"iter"
	"math"
	"slices"
	"sort"
	"strings"
)

// blockSize is how many members of a sorted set lie in one piece of memory, at most.
const blockSize = 1024

// scored is a member of a sorted set.
type scored struct {
	score  float64
	member string
}

// compare is Redis's order: by score, and by the bytes of the member where that ties.
func (s scored) compare(o scored) int {
	return cmp.Or(cmp.Compare(s.score, o.score), strings.Compare(s.member, o.member))
}

// ranked is a sorted set that stays sorted, in blocks so that a change moves few.
type ranked struct {
	blocks [][]scored // none is empty
	size   int
}

func newRanked(scores map[string]float64) *ranked {
	all := make([]scored, 0, len(scores))
	for member, score := range scores {
		all = append(all, scored{score, member})
	}
	slices.SortFunc(all, scored.compare)
	r := &ranked{size: len(all)}
	for block := range slices.Chunk(all, blockSize/2) {
		r.blocks = append(r.blocks, slices.Clone(block))
	}
	return r
}

// locate is where s stands, or would.
func (r *ranked) locate(s scored) (block, index int, found bool) {
	block = sort.Search(len(r.blocks), func(i int) bool {
		b := r.blocks[i]
		return b[len(b)-1].compare(s) >= 0
	})
	if block == len(r.blocks) {
		return block, 0, false
	}
	index, found = slices.BinarySearchFunc(r.blocks[block], s, scored.compare)
	return block, index, found
}

func (r *ranked) insert(s scored) {
	block, index, found := r.locate(s)
	switch {
	case found:
		return
	case len(r.blocks) == 0:
		r.blocks = [][]scored{nil}
	case block == len(r.blocks):
		block--
		index = len(r.blocks[block])
	}
	b := slices.Insert(r.blocks[block], index, s)
	r.blocks[block] = b
	r.size++
	if len(b) > blockSize {
		half := slices.Clone(b[len(b)/2:])
		r.blocks[block] = slices.Delete(b, len(b)/2, len(b))
		r.blocks = slices.Insert(r.blocks, block+1, half)
	}
}

func (r *ranked) remove(s scored) {
	block, index, found := r.locate(s)
	if !found {
		return
	}
	r.size--
	r.blocks[block] = slices.Delete(r.blocks[block], index, index+1)
	if len(r.blocks[block]) == 0 {
		r.blocks = slices.Delete(r.blocks, block, block+1)
	}
}

// rank is how many members stand before s.
func (r *ranked) rank(s scored) (n int, found bool) {
	block, index, found := r.locate(s)
	for _, b := range r.blocks[:block] {
		n += len(b)
	}
	return n + index, found
}

// below counts the members with a lower score, or an equal one too.
func (r *ranked) below(score float64, orEqual bool) int {
	if orEqual {
		if math.IsInf(score, 1) {
			return r.size
		}
		score = math.Nextafter(score, math.Inf(1))
	}
	n, _ := r.rank(scored{score: score})
	return n
}

// from yields the members from a rank on.
func (r *ranked) from(rank int) iter.Seq[scored] {
	return func(yield func(scored) bool) {
		for _, b := range r.blocks {
			if rank >= len(b) {
				rank -= len(b)
				continue
			}
			for _, s := range b[rank:] {
				if !yield(s) {
					return
				}
			}
			rank = 0
		}
	}
}

// slice is n members from a rank on, as far as there are so many.
func (r *ranked) slice(rank, n int) []scored {
	n = min(n, r.size-rank)
	if n <= 0 {
		return nil
	}
	list := make([]scored, 0, n)
	for s := range r.from(rank) {
		if list = append(list, s); len(list) == n {
			break
		}
	}
	return list
}
