package embedded

import (
	"slices"
	"strconv"
	"strings"

	"github.com/redis/go-redis/v9"
)

// answer gives a read its reply, if it is one of those that need an order.
func (o *ordered) answer(cmd redis.Cmder) bool {
	args, err := texts(cmd)
	if err != nil || len(args) < 3 || !slices.Contains([]string{"zrange", "zrevrange", "zrevrank", "zcount"}, args[0]) {
		return false
	}
	o.prepare(args[1])
	o.mu.RLock()
	defer o.mu.RUnlock()
	set := o.sets[args[1]]
	if set == nil {
		return false // there is none, or it is an error to ask
	}
	switch reply := cmd.(type) {
	case *redis.ZSliceCmd:
		return set.byRank(reply, args)
	case *redis.StringSliceCmd:
		return set.byScore(reply, args)
	case *redis.IntCmd:
		if args[0] == "zcount" {
			return set.count(reply, args)
		}
		return set.revRank(reply, o.scores(args[1]), args[2])
	default:
		return false
	}
}

// byRank answers ZRANGE and ZREVRANGE key start stop WITHSCORES.
func (r *ranked) byRank(reply *redis.ZSliceCmd, args []string) bool {
	if len(args) != 5 || args[4] != "withscores" {
		return false
	}
	start, err1 := strconv.Atoi(args[2])
	stop, err2 := strconv.Atoi(args[3])
	if err1 != nil || err2 != nil {
		return false
	}
	start, stop = max(r.fromEnd(start), 0), min(r.fromEnd(stop), r.size-1)
	reverse := args[0] == "zrevrange"
	first := start
	if reverse {
		first = r.size - 1 - stop
	}
	list := []redis.Z{}
	for _, s := range r.slice(first, stop-start+1) {
		list = append(list, redis.Z{Score: s.score, Member: s.member})
	}
	if reverse {
		slices.Reverse(list)
	}
	reply.SetVal(list)
	return true
}

// fromEnd is a rank, of which negative ones count from the end.
func (r *ranked) fromEnd(rank int) int {
	if rank < 0 {
		return r.size + rank
	}
	return rank
}

// byScore answers ZRANGE key min max BYSCORE LIMIT offset count.
func (r *ranked) byScore(reply *redis.StringSliceCmd, args []string) bool {
	if len(args) != 8 || args[0] != "zrange" || args[4] != "byscore" || args[5] != "limit" {
		return false
	}
	first, end, ok := r.between(args[2], args[3])
	offset, err1 := strconv.Atoi(args[6])
	count, err2 := strconv.Atoi(args[7])
	if !ok || err1 != nil || err2 != nil || offset < 0 || count < 0 {
		return false
	}
	list := []string{}
	for _, s := range r.slice(first+offset, min(count, end-first-offset)) {
		list = append(list, s.member)
	}
	reply.SetVal(list)
	return true
}

// count answers ZCOUNT key min max.
func (r *ranked) count(reply *redis.IntCmd, args []string) bool {
	if len(args) != 4 {
		return false
	}
	first, end, ok := r.between(args[2], args[3])
	if ok {
		reply.SetVal(int64(max(0, end-first)))
	}
	return ok
}

// revRank answers ZREVRANK key member.
func (r *ranked) revRank(reply *redis.IntCmd, scores map[string]float64, member string) bool {
	score, known := scores[member]
	if !known {
		reply.SetErr(redis.Nil)
		return true
	}
	rank, _ := r.rank(scored{score, member})
	reply.SetVal(int64(r.size - 1 - rank))
	return true
}

// between gives the ranks from the first member with a score of at least low up to,
// and not with, the first with one over high. A bound with "(" is not in itself.
func (r *ranked) between(low, high string) (first, end int, ok bool) {
	lowest, lowOpen := strings.CutPrefix(low, "(")
	highest, highOpen := strings.CutPrefix(high, "(")
	from, err1 := strconv.ParseFloat(lowest, 64)
	to, err2 := strconv.ParseFloat(highest, 64)
	if err1 != nil || err2 != nil {
		return 0, 0, false
	}
	return r.below(from, lowOpen), r.below(to, !highOpen), true
}
