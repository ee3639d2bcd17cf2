package embedded

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"syscall"
	"testing"

	"github.com/redis/go-redis/v9"
)

// brokenDisk is a disk that fills up, fails to sync, or takes its time.
type brokenDisk struct {
	disk
	room   int           // bytes until it is full
	syncs  int           // how often it was synced
	sync   error         // what Sync says
	begun  chan struct{} // hears of every Sync that waits
	resume chan struct{} // lets it go on
}

func (d *brokenDisk) Write(p []byte) (int, error) {
	if len(p) <= d.room {
		d.room -= len(p)
		return d.disk.Write(p)
	}
	n, _ := d.disk.Write(p[:d.room])
	d.room = 0
	return n, syscall.ENOSPC
}

func (d *brokenDisk) Sync() error {
	d.syncs++
	if d.begun != nil {
		d.begun <- struct{}{}
		<-d.resume
	}
	if d.sync != nil {
		return d.sync
	}
	return d.disk.Sync()
}

func breakDisk(s *Server, d *brokenDisk) *brokenDisk {
	s.journal.mu.Lock()
	defer s.journal.mu.Unlock()
	d.disk = s.journal.file
	s.journal.file = d
	return d
}

func TestADiskThatFailsStopsAllWritesAndLosesNoneThatWasAcknowledged(t *testing.T) {
	for name, broken := range map[string]*brokenDisk{
		"full in the middle of a command":  {room: 100},
		"full at once":                     {room: 0},
		"full between the commands":        {room: 10 * len(file("SET k0 v"))},
		"failing to sync":                  {room: 1 << 20, sync: syscall.EIO},
		"full in the middle of its length": {room: 10*len(file("SET k0 v")) + 2},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			s, client := start(t, dir)
			ctx := t.Context()
			if err := client.Set(ctx, "before", "v", 0).Err(); err != nil {
				t.Fatal(err)
			}
			breakDisk(s, broken)
			acknowledged := 0
			var failure error
			for failure == nil && acknowledged < 50 {
				if failure = client.Set(ctx, fmt.Sprintf("k%d", acknowledged), "v", 0).Err(); failure == nil {
					acknowledged++
				}
			}
			if !errors.Is(failure, ErrFailed) {
				t.Fatalf("the write that failed says %v", failure)
			}
			broken.room, broken.sync = 1<<20, nil // a disk that recovers does not bring back what may be lost
			if err := client.Set(ctx, "after", "v", 0).Err(); !errors.Is(err, ErrFailed) {
				t.Errorf("a later write says %v", err)
			}
			if _, err := client.TxPipelined(ctx, func(p redis.Pipeliner) error { return p.Del(ctx, "before").Err() }); !errors.Is(err, ErrFailed) {
				t.Errorf("a later transaction says %v", err)
			}
			if got := client.Get(ctx, "before").Val(); got != "v" {
				t.Errorf("reads have stopped: %q", got)
			}
			if err := s.Close(); !errors.Is(err, ErrFailed) {
				t.Errorf("Close says %v", err)
			}
			_, client = start(t, dir)
			for i := range acknowledged {
				if got := client.Get(ctx, fmt.Sprintf("k%d", i)).Val(); got != "v" {
					t.Errorf("acknowledged write %d is lost", i)
				}
			}
			if got := client.Exists(ctx, "before", "after").Val(); got != 1 {
				t.Errorf("%d of the two keys exist", got)
			}
		})
	}
}

func TestWritersShareAnFsync(t *testing.T) {
	s, client := start(t, t.TempDir())
	slow := breakDisk(s, &brokenDisk{room: 1 << 20, begun: make(chan struct{}, 10), resume: make(chan struct{})})
	ctx := t.Context()
	const writers = 20
	var wg sync.WaitGroup
	write := func(i int) {
		if err := client.HSet(ctx, "h", i, i).Err(); err != nil {
			t.Error(err)
		}
	}
	wg.Go(func() { write(0) })
	<-slow.begun
	for i := 1; i < writers; i++ {
		wg.Go(func() { write(i) })
	}
	for client.HLen(ctx, "h").Val() < writers { // all have run, and wait for the disk
		runtime.Gosched()
	}
	close(slow.resume)
	wg.Wait()
	if slow.syncs > 3 {
		t.Errorf("%d writes took %d fsyncs", writers, slow.syncs)
	}
}

func TestAWriteIsNotAcknowledgedBeforeTheDiskHasIt(t *testing.T) {
	s, client := start(t, t.TempDir())
	slow := breakDisk(s, &brokenDisk{room: 1 << 20, begun: make(chan struct{}, 10), resume: make(chan struct{})})
	ctx, cancel := context.WithCancel(t.Context())
	first := make(chan error)
	go func() { first <- client.SetNX(ctx, "k", "v", 0).Err() }()
	<-slow.begun
	// The second changes nothing, but what it says rests on the first.
	second := make(chan error)
	go func() { second <- client.SetNX(ctx, "k", "w", 0).Err() }()
	select {
	case err := <-first:
		t.Errorf("the write was answered: %v", err)
	case err := <-second:
		t.Errorf("the write after it was answered: %v", err)
	default:
	}
	cancel()
	for _, answer := range []chan error{first, second} {
		if err := <-answer; !errors.Is(err, context.Canceled) {
			t.Errorf("a write whose caller has left: %v", err)
		}
	}
	close(slow.resume)
}
