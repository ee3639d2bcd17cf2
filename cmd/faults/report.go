package main

import (
	"fmt"
	"slices"
	"time"
)

// The times are from the acknowledgement of a change until a gate was seen to know
// it, over all gates and the faults between; and from the end of the faults until
// a gate was seen to be right about a token, over all tokens.
const header = "" +
	"                                    changes            known everywhere      right after healing\n" +
	"scenario             tokens   acked  no  unsure           p50       max          p50       max      took"

func (r report) line(name string, err error) string {
	text := fmt.Sprintf("%-20s %6d  %6d %3d  %6d  %12s %9s %12s %9s %9s",
		name, r.tokens, r.changes.Acknowledged, r.changes.Failed, r.changes.Unknown,
		quantile(r.delays, 50), quantile(r.delays, 100), quantile(r.healed, 50), quantile(r.healed, 100), r.took.Round(100*time.Millisecond))
	if err != nil {
		text += "  FAILED"
	}
	return text
}

// quantile is the value that percent of the times do not exceed.
func quantile(times []time.Duration, percent int) string {
	if len(times) == 0 {
		return "-"
	}
	sorted := slices.Sorted(slices.Values(times))
	d := sorted[(len(sorted)-1)*percent/100]
	if d < time.Second {
		return d.Round(100 * time.Microsecond).String()
	}
	return d.Round(10 * time.Millisecond).String()
}
