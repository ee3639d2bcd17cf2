package readonly

import (
	"fmt"
	"strings"
	"testing"
)

// BenchmarkJudgeSize shows that the cost grows with the text and not faster.
func BenchmarkJudgeSize(b *testing.B) {
	const head, column = "SELECT id FROM t WHERE ", "title_of_the_row = 'a text of such a length as people store in a column' OR "
	r := mustNew(b)
	for _, size := range []int{100, 1_000, 10_000, 100_000} {
		sql := head + strings.Repeat(column, (size-len(head))/len(column)) + "id = ?"
		b.Run(fmt.Sprintf("bytes=%d", size), func(b *testing.B) {
			spans := make([]Span, 0, 1)
			b.SetBytes(int64(len(sql)))
			b.ReportAllocs()
			for b.Loop() {
				if v, _ := r.Judge(sql, spans[:0]); !v.OK() {
					b.Fatal(v.Message(sql))
				}
			}
		})
	}
}
