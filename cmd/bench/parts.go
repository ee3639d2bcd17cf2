package main

import (
	"fmt"
	"slices"
)

const timeUnit = "sec/op"

// omitted are units that say the same as another.
var omitted = []string{timeUnit, "MB/s"}

// section makes a table of what a suite has found: a column for each unit, and
// the ratio to the floor where there is one.
func (s suite) section(f found) section {
	units := f.units()
	result := section{title: s.title, about: s.about, columns: append([]string{"benchmark", "time"}, units...)}
	if s.floor != nil {
		result.columns = append(result.columns, "against", "ratio")
	}
	for _, name := range f.names {
		values := f.values[name]
		row := []string{"`" + name + "`", values[timeUnit].durations()}
		for _, unit := range units {
			row = append(row, values[unit].plain())
		}
		if s.floor != nil {
			row = append(row, s.floor.compare(f, name)...)
		}
		result.rows = append(result.rows, row)
	}
	return result
}

// units are those that any of the benchmarks reports, besides the time.
func (f found) units() (units []string) {
	for _, values := range f.values {
		for unit := range values {
			if !slices.Contains(units, unit) && !slices.Contains(omitted, unit) {
				units = append(units, unit)
			}
		}
	}
	slices.Sort(units)
	return units
}

// compare gives the cells for the floor of a benchmark, empty if it has none.
func (r *floor) compare(f found, name string) []string {
	base := r.of.ReplaceAllString(name, r.name)
	floor, ok := f.values[base]
	if base == name || !ok {
		return []string{"", ""}
	}
	return []string{"`" + base + "`", f.values[name][timeUnit].by(floor[timeUnit]).spread("%.2f")}
}

// plain writes a median with three digits, or in full if it is a whole number.
func (s sample) plain() string {
	if len(s) == 0 {
		return ""
	}
	if m := s.median(); m != float64(int64(m)) {
		return fmt.Sprintf("%.3g", m)
	}
	return fmt.Sprintf("%.0f", s.median())
}

// durations writes a sample of seconds.
func (s sample) durations() string {
	for _, unit := range []struct {
		name string
		per  float64
	}{{"ns", 1e9}, {"µs", 1e6}, {"ms", 1e3}, {"s", 1}} {
		if s.median()*unit.per >= 1000 && unit.per > 1 {
			continue
		}
		scaled := make(sample, len(s))
		for i, v := range s {
			scaled[i] = v * unit.per
		}
		if slices.Max(scaled) >= 1000 {
			return scaled.spread("%.0f") + " " + unit.name // without an exponent
		}
		return scaled.spread("%.3g") + " " + unit.name
	}
	return ""
}
