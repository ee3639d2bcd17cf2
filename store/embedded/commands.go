package embedded

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/redis/go-redis/v9"
)

// ErrUnsupported reports a command that the embedded store does not take: one
// that is not known to be a read, or whose effect when replayed could differ
// (scripts, TTLs, anything random), or that needs a connection of its own (WATCH).
var ErrUnsupported = errors.New("embedded store does not support this command")

// reads change nothing that is kept.
var reads = setOf(
	"ping", "echo", "hello", "client", "command", "info", "time", "dbsize", "wait", "select",
	"exists", "type", "ttl", "pttl", "scan", "get", "mget", "strlen",
	"hget", "hmget", "hgetall", "hlen", "hexists", "hkeys", "hvals", "hstrlen", "hscan",
	"sismember", "smismember", "smembers", "scard", "sscan",
	"zscore", "zmscore", "zcard", "zcount", "zrank", "zrevrank", "zscan",
	"zrange", "zrevrange", "zrangebyscore", "zrevrangebyscore", "zrangebylex", "zrevrangebylex", "zlexcount",
	"xlen", "xrange", "xrevrange", "xread", "xinfo",
)

// writes have the same effect on the same state whenever they run. The check,
// where there is one, refuses the forms that do not.
var writes = map[string]func(args []string) error{
	"set": checkSet, "setnx": nil, "mset": nil, "del": nil, "incr": nil, "incrby": nil, "decr": nil, "decrby": nil,
	"hset": nil, "hsetnx": nil, "hmset": nil, "hdel": nil, "hincrby": nil,
	"sadd": nil, "srem": nil,
	"zadd": checkZAdd, "zrem": nil, "zremrangebyscore": nil, "zremrangebyrank": nil, "zremrangebylex": nil,
	"xadd": checkXAdd, "xdel": nil, "xtrim": checkXTrim,
}

func setOf(names ...string) map[string]bool {
	set := make(map[string]bool, len(names))
	for _, name := range names {
		set[name] = true
	}
	return set
}

// isRead reports whether args are a read; an error is [ErrUnsupported].
func isRead(args []string) (bool, error) {
	if len(args) == 0 {
		return false, fmt.Errorf("%w: no command", ErrUnsupported)
	}
	name := strings.ToLower(args[0])
	if reads[name] {
		if name == "select" && !slices.Equal(args[1:], []string{"0"}) {
			return false, fmt.Errorf("%w: it has database 0 only", ErrUnsupported)
		}
		return true, nil
	}
	check, known := writes[name]
	if !known {
		return false, fmt.Errorf("%w: %.40q", ErrUnsupported, name)
	}
	if check != nil {
		return false, check(args)
	}
	return false, nil
}

// checkSet refuses SET with a TTL, and with GET, whose reply hides what it did.
func checkSet(args []string) error {
	for _, option := range args[min(3, len(args)):] {
		if o := strings.ToLower(option); o != "nx" && o != "xx" {
			return fmt.Errorf("%w: SET with %.40q", ErrUnsupported, option)
		}
	}
	return nil
}

// checkZAdd refuses ZADD INCR: its sums could be rounded otherwise elsewhere.
func checkZAdd(args []string) error {
	for i := 2; i < len(args); i++ {
		switch strings.ToLower(args[i]) {
		case "nx", "xx", "gt", "lt", "ch":
		case "incr":
			return fmt.Errorf("%w: ZADD with INCR", ErrUnsupported)
		default:
			return nil
		}
	}
	return nil
}

// checkXAdd wants the id to be drawn here: miniredis takes explicit ids that Redis refuses.
func checkXAdd(args []string) error {
	if at := xaddID(args); at < 0 || args[at] != "*" {
		return fmt.Errorf(`%w: XADD needs "*" as id and may trim by MAXLEN or MINID, without LIMIT`, ErrUnsupported)
	}
	return nil
}

// xaddID is the index of the id in XADD key [NOMKSTREAM] [MAXLEN|MINID [~|=] n] id …, or -1.
func xaddID(args []string) int {
	at := 2
	option := func(names ...string) bool {
		if at < len(args) && slices.Contains(names, strings.ToLower(args[at])) {
			at++
			return true
		}
		return false
	}
	option("nomkstream")
	if option("maxlen", "minid") {
		option("~", "=")
		at++
	}
	if at >= len(args) {
		return -1
	}
	return at
}

func checkXTrim(args []string) error {
	if len(args) > 5 {
		return fmt.Errorf("%w: XTRIM with LIMIT", ErrUnsupported)
	}
	return nil
}

// logged is args as they go into the file: a drawn id is written out, and
// trimming is exact, as miniredis trims, because Redis would trim otherwise.
func logged(args []string, cmd redis.Cmder) []string {
	name := strings.ToLower(args[0])
	if name != "xadd" && name != "xtrim" {
		return args
	}
	end := len(args)
	args = slices.Clone(args)
	if name == "xadd" {
		end = xaddID(args)
		args[end] = cmd.(*redis.StringCmd).Val()
	}
	for i, arg := range args[:end] {
		if i > 2 && arg == "~" {
			args[i] = "="
		}
	}
	return args
}

// texts writes the arguments of a command as go-redis sends them.
func texts(cmd redis.Cmder) ([]string, error) {
	args := make([]string, len(cmd.Args()))
	for i, arg := range cmd.Args() {
		switch v := arg.(type) {
		case string:
			args[i] = v
		case []byte:
			args[i] = string(v)
		case int:
			args[i] = strconv.Itoa(v)
		case int64:
			args[i] = strconv.FormatInt(v, 10)
		case uint64:
			args[i] = strconv.FormatUint(v, 10)
		case float64:
			args[i] = strconv.FormatFloat(v, 'f', -1, 64)
		default:
			return nil, fmt.Errorf("%w: argument %d of %s is a %T", ErrUnsupported, i, cmd.Name(), arg)
		}
	}
	return args, nil
}
