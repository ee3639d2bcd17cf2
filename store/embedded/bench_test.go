package embedded

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// manyRecords is a file of n records, as tokens have them.
func manyRecords(n int) (data []byte) {
	filler := strings.Repeat("x", 100)
	for i := range n {
		id := fmt.Sprintf("%032d", i)
		data = appendCommand(data, "MULTI")
		data = appendCommand(data, "HSET", "token:"+id, "v", "1", "sub", "user-"+strconv.Itoa(i%1000), "exp", "1900000000", "claims", filler)
		data = appendCommand(data, "ZADD", "index", strconv.Itoa(i), id)
		data = appendCommand(data, "EXEC")
	}
	return data
}

// BenchmarkAWriteDuringARewrite tells the longest time that one of four writers
// waited for one write while a file of 100,000 records was rewritten.
func BenchmarkAWriteDuringARewrite(b *testing.B) {
	data := manyRecords(100_000)
	for b.Loop() {
		dir := b.TempDir()
		writeFile(b, dir, data)
		s, err := open(dir, quiet, int64(len(data))) // the first write makes it long enough
		if err != nil {
			b.Fatal(err)
		}
		client := s.Client()
		before, err := os.Stat(filepath.Join(dir, fileName))
		if err != nil {
			b.Fatal(err)
		}
		rewritten := func() bool {
			now, err := os.Stat(filepath.Join(dir, fileName))
			return err == nil && !os.SameFile(before, now)
		}
		var mu sync.Mutex
		var longest time.Duration
		writes := 0
		began := time.Now()
		var wg sync.WaitGroup
		for w := range 4 {
			wg.Go(func() {
				for i := 0; !rewritten(); i++ {
					start := time.Now()
					if err := client.HSet(b.Context(), fmt.Sprintf("new:%d:%d", w, i), "k", "v").Err(); err != nil {
						b.Error(err)
					}
					mu.Lock()
					longest = max(longest, time.Since(start))
					writes++
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		b.ReportMetric(float64(len(data))/(1<<20), "MB")
		b.ReportMetric(float64(longest)/1e6, "ms/longest")
		b.ReportMetric(float64(time.Since(began))/1e6, "ms/rewrite")
		b.ReportMetric(float64(writes), "writes")
		_ = client.Close()
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
