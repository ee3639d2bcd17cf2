package embedded

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"syscall"
	"testing"

	"github.com/redis/go-redis/v9"
)

// handingOver are the steps while no write can run, in their order.
var handingOver = []string{"read", "write", "sync", "rename", "sync directory"}

// worn is the file of a store whose keys have changed.
func worn() (data []byte) {
	for i := range 50 {
		data = append(data, file(fmt.Sprintf("HSET old:%d f %d", i%20, i), "XADD s "+fmt.Sprintf("%d-1 f v", i+1))...)
	}
	return append(data, file("XDEL s 50-1")...)
}

// busy is a store that would gain by a rewrite and does not begin one by itself.
func busy(t *testing.T) (*Server, *redis.Client) {
	t.Helper()
	dir := t.TempDir()
	writeFile(t, dir, worn())
	return startAbove(t, dir, defaultCompactAbove)
}

// writeAt makes a new key, changes one and deletes one, each name used once.
func writeAt(t *testing.T, client *redis.Client, n int) {
	t.Helper()
	ctx := t.Context()
	if _, err := client.TxPipelined(ctx, func(p redis.Pipeliner) error {
		p.Set(ctx, fmt.Sprint("new:", n), n, 0)
		p.HIncrBy(ctx, "counters", "writes", 1)
		p.Del(ctx, fmt.Sprint("old:", n%20))
		p.XAdd(ctx, &redis.XAddArgs{Stream: "s", MaxLen: 10, Values: []any{"n", n}})
		return nil
	}); err != nil {
		t.Fatalf("a write at step %d of a rewrite: %v", n, err)
	}
}

func temporaryFile(s *Server) error {
	_, err := os.Stat(s.path(tempName))
	return err
}

func TestWritesAreAcknowledgedAtEachStepOfARewriteButTheLastSmallOnes(t *testing.T) {
	s, client := busy(t)
	length := s.journal.length()
	var stopped []string
	var w *watched
	w = watch(s, func(at step) error {
		if s.free() {
			writeAt(t, client, at.number)
			return nil
		}
		if stopped = append(stopped, at.name); len(stopped) == 1 && w.disk.unsynced != 0 {
			t.Errorf("%d bytes of the new file are left to be synced", w.disk.unsynced)
		}
		return nil
	})
	if err := s.compact(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(stopped, handingOver) {
		t.Errorf("no write could run at %v", stopped)
	}
	if n := len(w.steps) - len(stopped); n < 8 {
		t.Errorf("writes could run at %d steps: %v", n, w.steps)
	}
	if now := s.journal.length(); now >= length {
		t.Errorf("the file has %d bytes and had %d", now, length)
	}
	writeAt(t, client, len(w.steps))
	want := state(t, s.writer)
	s, _ = reopen(t, s)
	compare(t, "reopened", state(t, s.writer), want)
}

func TestACrashAtAnyStepOfARewriteLeavesWhatWasAcknowledged(t *testing.T) {
	s, client := busy(t)
	type crash struct {
		at   step
		dir  string
		want map[string]string
	}
	var crashes []crash
	take := func(at step) {
		dir := t.TempDir()
		if err := os.CopyFS(dir, os.DirFS(s.dir)); err != nil {
			t.Fatal(err)
		}
		crashes = append(crashes, crash{at, dir, state(t, s.writer)})
	}
	var w *watched
	w = watch(s, func(at step) error {
		take(at)
		if s.free() {
			writeAt(t, client, at.number)
			take(at)
		}
		if at.name == "rename" && w.disk.unsynced != 0 {
			t.Errorf("%d bytes of the file that is renamed are not synced", w.disk.unsynced)
		}
		return nil
	})
	if err := s.compact(t.Context()); err != nil {
		t.Fatal(err)
	}
	take(step{name: "end"})
	for _, c := range crashes {
		after, client := startAbove(t, c.dir, defaultCompactAbove)
		compare(t, fmt.Sprint("after a crash at ", c.at), state(t, after.writer), c.want)
		if err := temporaryFile(after); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("after a crash at %v: the temporary file: %v", c.at, err)
		}
		writeAt(t, client, 1000)
	}
}

func TestARewriteThatFailsAtAnyStepLosesNothing(t *testing.T) {
	for n := 0; ; n++ {
		s, client := busy(t)
		failing := ""
		w := watch(s, func(at step) error {
			if at.number == n {
				failing = at.name
				return syscall.EIO
			}
			if s.free() && s.journal.failure() == nil {
				writeAt(t, client, at.number)
			}
			return nil
		})
		err := s.compact(t.Context())
		if failing == "" {
			if err != nil || n < 10 {
				t.Fatalf("a rewrite has %d steps: %v", n, err)
			}
			return
		}
		if !errors.Is(err, syscall.EIO) {
			t.Errorf("failing to %s, step %d: %v", failing, n, err)
		}
		if err := temporaryFile(s); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("failing to %s, step %d: the temporary file: %v", failing, n, err)
		}
		want := state(t, s.writer)
		if failing == "sync directory" { // nobody knows which file a crash would leave
			if err := client.Set(t.Context(), "a", "b", 0).Err(); !errors.Is(err, ErrFailed) {
				t.Errorf("a write when the new name may not last: %v", err)
			}
			if err := s.Close(); !errors.Is(err, ErrFailed) {
				t.Errorf("Close says %v", err)
			}
		} else {
			writeAt(t, client, len(w.steps))
			s.files = realFiles{}
			if err := s.compact(t.Context()); err != nil { // the next one goes well
				t.Errorf("after failing to %s, step %d: %v", failing, n, err)
			}
			writeAt(t, client, len(w.steps)+1)
			want = state(t, s.writer)
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		}
		s, _ = start(t, s.dir)
		compare(t, fmt.Sprintf("after failing to %s, step %d", failing, n), state(t, s.writer), want)
	}
}

func TestADiskThatFailsDuringARewriteIsNotTakenForMended(t *testing.T) {
	s, client := busy(t)
	var want map[string]string
	watch(s, func(at step) error {
		if at.name != "write" || want != nil {
			return nil
		}
		writeAt(t, client, at.number)
		want = state(t, s.writer)
		breakDisk(s, &brokenDisk{room: 20})
		if err := client.Set(t.Context(), "never acknowledged", "v", 0).Err(); !errors.Is(err, ErrFailed) {
			t.Errorf("the write that failed says %v", err)
		}
		return nil
	})
	if err := s.compact(t.Context()); !errors.Is(err, ErrFailed) {
		t.Errorf("the rewrite says %v", err)
	}
	if err := client.Set(t.Context(), "later", "v", 0).Err(); !errors.Is(err, ErrFailed) {
		t.Errorf("a later write says %v", err)
	}
	if err := s.Close(); !errors.Is(err, ErrFailed) {
		t.Errorf("Close says %v", err)
	}
	s, _ = start(t, s.dir)
	compare(t, "reopened", state(t, s.writer), want)
}

func TestAWriteThatTheDiskStillWorksOnIsInTheNewFile(t *testing.T) {
	s, client := busy(t)
	slow := &brokenDisk{room: 1 << 20, begun: make(chan struct{}, 10), resume: make(chan struct{})}
	written := make(chan error, 1)
	watch(s, func(at step) error {
		if at.name == "sync" && slow.disk == nil {
			breakDisk(s, slow)
			go func() { written <- client.Set(t.Context(), "late", "v", 0).Err() }()
			<-slow.begun
			for !s.free() { // the writer gives its turn back, and waits for the disk
				runtime.Gosched()
			}
			go func() {
				for s.free() {
					runtime.Gosched()
				}
				close(slow.resume)
			}()
		}
		if slow.disk != nil && !s.free() {
			select {
			case <-s.journal.append(nil).done:
			default:
				t.Errorf("the old file is still written at step %v", at)
			}
		}
		return nil
	})
	if err := s.compact(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-written; err != nil {
		t.Error(err)
	}
	_, client = reopen(t, s)
	if got := client.Get(t.Context(), "late").Val(); got != "v" {
		t.Errorf("got %q", got)
	}
}

func TestAWriteThatWaitsForTheNewFileIsWrittenThere(t *testing.T) {
	s, client := busy(t)
	waiting := make(chan error, 1)
	watch(s, func(at step) error {
		if at.name != "rename" {
			return nil
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := client.Set(ctx, "gave up", "v", 0).Err(); !errors.Is(err, context.Canceled) {
			t.Errorf("a write whose caller has left: %v", err)
		}
		go func() { waiting <- client.Set(t.Context(), "waited", "v", 0).Err() }()
		return nil
	})
	if err := s.compact(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-waiting; err != nil {
		t.Error(err)
	}
	_, client = reopen(t, s)
	if got := client.MGet(t.Context(), "waited", "gave up").Val(); fmt.Sprint(got) != "[v <nil>]" {
		t.Errorf("got %v", got)
	}
}

func TestCloseEndsARewriteAtAnyStep(t *testing.T) {
	for n := 0; ; n++ {
		dir, data := t.TempDir(), worn()
		writeFile(t, dir, data)
		s, client := startAbove(t, dir, int64(len(data)))
		stopping, closed, over := make(chan struct{}), make(chan error), make(chan struct{})
		stop := s.stop
		s.stop = func() { stop(); close(stopping) }
		after := []string{} // that it was told to end
		var want map[string]string
		free := false
		watch(s, func(at step) error {
			switch {
			case at.number > n:
				after = append(after, at.name)
			case at.number == n:
				free = s.free()
				want = state(t, s.writer)
				go func() { closed <- s.Close() }()
				<-stopping
			case s.free():
				writeAt(t, client, at.number)
			}
			if at.name == "sync directory" && want == nil {
				close(over)
			}
			return nil
		})
		writeAt(t, client, 1000) // lets the file grow beyond its bound
		select {
		case err := <-closed:
			if err != nil {
				t.Errorf("Close at step %d: %v", n, err)
			}
		case <-over:
			if n < 10 {
				t.Errorf("a rewrite has %d steps", n)
			}
			return
		}
		if free && len(after) > 3 {
			t.Errorf("told to end at step %d it went on to %v", n, after)
		}
		if err := temporaryFile(s); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("closed at step %d: the temporary file: %v", n, err)
		}
		s, _ = start(t, s.dir)
		compare(t, fmt.Sprint("closed at step ", n), state(t, s.writer), want)
	}
}

func TestARewriteOfAFileThatWasDamagedKeepsIt(t *testing.T) {
	s, client := busy(t)
	path := filepath.Join(s.dir, fileName)
	damaged := slices.Clone(readFile(t, s.dir))
	damaged[0] = '?'
	if err := os.WriteFile(path, damaged, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := s.compact(t.Context()); !errors.Is(err, ErrCorrupt) {
		t.Errorf("got %v", err)
	}
	if !slices.Equal(readFile(t, s.dir), damaged) {
		t.Error("the file was changed")
	}
	writeAt(t, client, 1)
}
