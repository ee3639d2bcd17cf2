package main

import (
	"fmt"
	"slices"
)

// sample is what was measured, in the order in which it was.
type sample []float64

// quantile is the smallest value that at least this share of the sample does not
// exceed (nearest rank); 0 of an empty sample.
func (s sample) quantile(share float64) float64 {
	if len(s) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(s))
	rank := int(share*float64(len(sorted)) + 0.999999)
	return sorted[min(max(rank, 1), len(sorted))-1]
}

func (s sample) median() float64 { return s.quantile(0.5) }

// by pairs the values of two samples, and gives the ratio of each pair.
func (s sample) by(other sample) sample {
	return s.paired(other, func(a, b float64) float64 { return a / b })
}

// less is by for the difference.
func (s sample) less(other sample) sample {
	return s.paired(other, func(a, b float64) float64 { return a - b })
}

func (s sample) paired(other sample, f func(a, b float64) float64) sample {
	result := make(sample, min(len(s), len(other)))
	for i := range result {
		result[i] = f(s[i], other[i])
	}
	return result
}

const notMeasured = "not measured"

// middle writes the median.
func (s sample) middle(format string) string {
	if len(s) == 0 {
		return notMeasured
	}
	return fmt.Sprintf(format, s.median())
}

// spread writes the median and, when there is more than one value, the least and
// the greatest.
func (s sample) spread(format string) string {
	return s.around(format, 0, 1)
}

// quartiles writes the median and the quartiles, which say more than the extremes
// of a large sample.
func (s sample) quartiles(format string) string {
	return s.around(format, 0.25, 0.75)
}

func (s sample) around(format string, low, high float64) string {
	if len(s) < 2 {
		return s.middle(format)
	}
	return fmt.Sprintf(format+" ("+format+" to "+format+")", s.median(), s.quantile(low), s.quantile(high))
}
