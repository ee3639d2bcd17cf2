package revocation

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/sekisho-project/sekisho/store"
)

const (
	// feedPageSize keeps a page, of up to a thousand ids an entry, some megabytes.
	feedPageSize = 100
	// waitTime bounds how late a follower notices that its feed is gone, and how
	// long it outlives its context.
	waitTime = time.Second
)

// entryID is the id of a stream entry: a time in milliseconds and a number.
type entryID struct{ ms, seq uint64 }

func parseEntryID(s string) (entryID, error) {
	ms, seq, _ := strings.Cut(s, "-")
	m, err := strconv.ParseUint(ms, 10, 64)
	n, err2 := strconv.ParseUint(seq, 10, 64)
	if err := errors.Join(err, err2); err != nil {
		return entryID{}, fmt.Errorf("malformed feed entry id %q: %w", s, store.Unavailable(err))
	}
	return entryID{m, n}, nil
}

func (id entryID) String() string {
	return strconv.FormatUint(id.ms, 10) + "-" + strconv.FormatUint(id.seq, 10)
}

func (id entryID) after(o entryID) bool {
	return cmp.Or(cmp.Compare(id.ms, o.ms), cmp.Compare(id.seq, o.seq)) > 0
}

// position is the entry up to which a follower has read. Its text tells it from one
// that got the same id in a store whose clock and data went back.
type position struct {
	entryID
	text string
}

type feedEntry struct {
	position
	event event
}

// feedPage is what one look at the feed from a position showed.
type feedPage struct {
	lineage   string
	unbroken  bool        // the entry at the position is still there, and the same
	entries   []feedEntry // after the position
	more      bool        // more than one page was there
	malformed error       // an entry that we would not have written
}

// reaches reports whether id would be on this page if it were in the feed.
func (p feedPage) reaches(id entryID) bool {
	return !p.more || !id.after(p.entries[len(p.entries)-1].entryID)
}

func (p feedPage) has(r receipt) bool {
	return slices.ContainsFunc(p.entries, func(e feedEntry) bool {
		return e.entryID == r.entryID && e.receipt() == r
	})
}

// readFeed reads a page after from. The entry at the position is read again:
// as long as it is there, nothing after it was trimmed, and the store has not
// gone back to a time before it.
func (l *ledger) readFeed(ctx context.Context, from position) (feedPage, error) {
	lineage, messages, err := l.lookAtFeed(ctx, from)
	if err != nil {
		return feedPage{}, store.Unavailable(err)
	}
	page := feedPage{lineage: lineage, more: len(messages) > feedPageSize}
	for i, message := range messages {
		at, err := positionOf(message)
		if err != nil {
			return feedPage{}, err
		}
		if i == 0 {
			page.unbroken = at == from
			continue
		}
		e, err := decodeEvent([]byte(at.text))
		if err != nil {
			page.malformed = fmt.Errorf("entry %s: %w", at, err)
			break
		}
		page.entries = append(page.entries, feedEntry{at, e})
	}
	return page, nil
}

// lookAtFeed also deletes a field that is not there. That changes nothing, and is
// refused by a master that was deposed, or may be: what such a one shows proves
// nothing. A master whose disk fails refuses all writes too, and is the master still.
func (l *ledger) lookAtFeed(ctx context.Context, from position) (lineage string, messages []redis.XMessage, err error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	var name *redis.StringCmd
	var found *redis.XMessageSliceCmd
	look := func(p redis.Pipeliner) error {
		name = p.Get(ctx, l.lineage)
		found = p.XRangeN(ctx, l.feed, from.String(), "+", feedPageSize+1)
		return nil
	}
	_, err = l.redis.TxPipelined(ctx, func(p redis.Pipeliner) error {
		p.HDel(ctx, l.generations, "")
		return look(p)
	})
	if redis.HasErrorPrefix(err, "EXECABORT") { // which does not say why
		err = l.redis.HDel(ctx, l.generations, "").Err()
		if err == nil || redis.HasErrorPrefix(err, "MISCONF") {
			_, err = l.redis.TxPipelined(ctx, look)
		}
	}
	if errors.Is(err, redis.Nil) { // there is no lineage
		err = found.Err()
	}
	return name.Val(), found.Val(), err
}

func positionOf(message redis.XMessage) (position, error) {
	id, err := parseEntryID(message.ID)
	text, _ := message.Values["event"].(string)
	return position{id, text}, err
}

// tail is the feed's last entries, as far as they can be read, and where it ends. An
// empty feed gets an entry that tells nothing, so that there is always one to stand on.
func (l *ledger) tail(ctx context.Context, now time.Time) (events []event, end position, err error) {
	ctx, cancel := context.WithTimeout(ctx, snapshotTimeout)
	defer cancel()
	for {
		last, err := l.redis.XRevRangeN(ctx, l.feed, "+", "-", feedPageSize).Result()
		if err != nil {
			return nil, end, store.Unavailable(err)
		}
		for _, message := range last {
			text, _ := message.Values["event"].(string)
			if e, err := decodeEvent([]byte(text)); err == nil {
				events = append(events, e)
			}
		}
		if len(last) > 0 {
			end, err = positionOf(last[0])
			return events, end, err
		}
		if _, err := l.write(ctx, event{at: now.UnixMilli()}); err != nil {
			return nil, end, err
		}
	}
}

// waitForNews returns when the feed has an entry after from, or after [waitTime].
func (l *ledger) waitForNews(ctx context.Context, from position) error {
	ctx, cancel := context.WithTimeout(ctx, waitTime+callTimeout)
	defer cancel()
	err := l.redis.XRead(ctx, &redis.XReadArgs{
		Streams: []string{l.feed, from.String()}, Count: 1, Block: waitTime,
	}).Err()
	if errors.Is(err, redis.Nil) {
		return nil
	}
	return store.Unavailable(err)
}

// holds reports whether the feed still has the entry of a receipt.
func (l *ledger) holds(ctx context.Context, r receipt) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	found, err := l.redis.XRangeN(ctx, l.feed, r.String(), r.String(), 1).Result()
	if err != nil || len(found) == 0 {
		return false, store.Unavailable(err)
	}
	at, err := positionOf(found[0])
	return err == nil && at.receipt() == r, err
}
