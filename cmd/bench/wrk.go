package main

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
)

func findWrk() (string, error) {
	path, err := exec.LookPath("wrk")
	if err != nil {
		return "", errors.New("wrk is missing: apt install wrk, or brew install wrk")
	}
	return path, nil
}

// comparison is the same request to the same server, with and without the check.
type comparison struct {
	name          string
	bare, checked target
}

// target is where wrk sends one request over and over; script says which.
type target struct {
	url, script string
}

// result is what the pairs of a comparison gave, in requests per second.
type result struct {
	name          string
	bare, checked []float64
}

// measure runs the two sides in turns, so that whatever else the machine does
// falls on both.
func (c comparison) measure(ctx context.Context, wrk string, o options) (result, error) {
	r := result{name: c.name}
	for range o.pairs {
		bare, err := c.bare.rate(ctx, wrk, o)
		if err != nil {
			return r, err
		}
		checked, err := c.checked.rate(ctx, wrk, o)
		if err != nil {
			return r, err
		}
		r.bare, r.checked = append(r.bare, bare), append(r.checked, checked)
	}
	return r, nil
}

var (
	rateLine  = regexp.MustCompile(`Requests/sec:\s+([0-9.]+)`)
	errorLine = regexp.MustCompile(`(Non-2xx or 3xx responses|Socket errors):.*`)
)

func (t target) rate(ctx context.Context, wrk string, o options) (float64, error) {
	seconds := strconv.Itoa(max(1, int(o.span.Seconds()))) + "s"
	out, err := exec.CommandContext(ctx, wrk, "-t1", "-c32", "-d"+seconds, "-s", t.script, t.url).CombinedOutput()
	if err != nil {
		return 0, fmt.Errorf("wrk: %w: %s", err, out)
	}
	if failed := errorLine.Find(out); failed != nil {
		return 0, fmt.Errorf("the server refused what it should take: %s", failed)
	}
	match := rateLine.FindSubmatch(out)
	if match == nil {
		return 0, fmt.Errorf("wrk printed no rate: %s", out)
	}
	return strconv.ParseFloat(string(match[1]), 64)
}

// ratio is the median of what each pair kept.
func (r result) ratio() float64 {
	ratios := make([]float64, len(r.bare))
	for i := range r.bare {
		ratios[i] = r.checked[i] / r.bare[i]
	}
	return median(ratios)
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	if len(sorted) == 0 {
		return 0
	}
	return sorted[len(sorted)/2]
}

func (r result) line() string {
	return fmt.Sprintf("%-44s %8.0f /s bare %8.0f /s checked   %.3f", r.name, median(r.bare), median(r.checked), r.ratio())
}
