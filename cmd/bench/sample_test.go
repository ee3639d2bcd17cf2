package main

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"
)

func TestQuantilesAreValuesThatWereMeasured(t *testing.T) {
	hundred := make(sample, 100)
	for i := range hundred {
		hundred[i] = float64(100 - i) // 100 down to 1
	}
	for _, c := range []struct {
		of    sample
		share float64
		want  float64
	}{
		{nil, 0.5, 0},
		{sample{3}, 0.99, 3},
		{sample{3, 1, 2}, 0.5, 2},
		{sample{3, 1, 2}, 0, 1},
		{sample{4, 3, 1, 2}, 0.75, 3},
		{hundred, 0.5, 50},
		{hundred, 0.99, 99},
		{hundred, 1, 100},
	} {
		if got := c.of.quantile(c.share); got != c.want {
			t.Errorf("quantile %v of %v: %v, want %v", c.share, c.of, got, c.want)
		}
	}
}

func TestRatiosAreOfPairsAndNotOfMedians(t *testing.T) {
	bare, checked := sample{100, 10, 1000}, sample{90, 9, 500}
	if got := checked.by(bare); !slices.Equal(got, sample{0.9, 0.9, 0.5}) {
		t.Errorf("ratios %v", got)
	}
	if got := checked.less(bare); !slices.Equal(got, sample{-10, -1, -500}) {
		t.Errorf("differences %v", got)
	}
}

func TestASampleIsWrittenWithItsSpread(t *testing.T) {
	five := sample{5, 1, 4, 2, 3}
	for got, want := range map[string]string{
		sample(nil).spread("%.1f"):     "not measured",
		sample{2}.quartiles("%.0f ms"): "2 ms",
		five.spread("%.0f"):            "3 (1 to 5)",
		five.quartiles("%.0f"):         "3 (2 to 4)",
		five.middle("%.1f µs"):         "3.0 µs",
		sample{2.5e-7}.durations():     "250 ns",
		sample{2e-6, 1e-3}.durations(): "2 (2 to 1000) µs",
		sample{7}.durations():          "7 s",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestTheSideThatComesFirstChanges(t *testing.T) {
	var order string
	side := func(name string) timed {
		return func(context.Context, int) (time.Duration, error) {
			order += name
			return time.Millisecond, nil
		}
	}
	took, err := alternately(t.Context(), 3, side("a"), side("b"))
	if err != nil || order != "abbaab" || len(took[0]) != 3 || len(took[1]) != 3 {
		t.Errorf("order %s, samples %v, error %v", order, took, err)
	}
}

func TestAFailureEndsAMeasurement(t *testing.T) {
	broken := errors.New("broken")
	fails := func(context.Context, int) (time.Duration, error) { return 0, broken }
	if _, err := alternately(t.Context(), 3, fails, fails); !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
}
