package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/sekisho-project/sekisho/cmd/internal/testrig"
)

//go:embed wrk.lua
var wrkScript []byte

func findWrk() (string, error) {
	path, err := exec.LookPath("wrk")
	if err != nil {
		return "", errors.New("wrk is missing: apt install wrk, or brew install wrk")
	}
	return path, nil
}

// load is what wrk sends: one request with each credential in turn, over 32
// connections.
type load struct {
	url, body   string
	credentials []string
}

// outcome is what the script prints at the end.
type outcome struct {
	Requests     int
	Microseconds float64
	Failed       int
	P50, P99     float64 // microseconds that a request took
}

func (o outcome) rate() float64 { return float64(o.Requests) / o.Microseconds * 1e6 }

// runWrk sends the load for span. A request that fails is an error: the rate of
// refusals is not what is asked for.
func (b *bench) runWrk(ctx context.Context, l load, span time.Duration) (outcome, error) {
	script, lines := filepath.Join(b.dir, "wrk.lua"), filepath.Join(b.dir, "credentials")
	err := errors.Join(
		os.WriteFile(script, wrkScript, 0o600),
		os.WriteFile(lines, []byte(strings.Join(l.credentials, "\n")+"\n"), 0o600),
	)
	if err != nil {
		return outcome{}, err
	}
	seconds := strconv.Itoa(int(span.Seconds())) + "s"
	out, err := exec.CommandContext(ctx, b.wrk, "-t1", "-c32", "-d"+seconds, "-s", script, l.url, "--", lines, l.body).Output()
	if err != nil {
		return outcome{}, fmt.Errorf("wrk: %w: %s", err, out)
	}
	o, err := parseOutcome(out)
	switch {
	case err != nil:
		return o, err
	case o.Failed > 0:
		return o, fmt.Errorf("%s refused %d of %d requests that it should take", l.url, o.Failed, o.Requests)
	case len(l.credentials) > 1 && o.Requests > len(l.credentials):
		return o, fmt.Errorf("%d requests, and only %d credentials to be seen for the first time", o.Requests, len(l.credentials))
	}
	return o, nil
}

// parseOutcome reads the last line, which the script writes.
func parseOutcome(out []byte) (o outcome, err error) {
	text := strings.TrimSpace(string(out))
	if err := json.Unmarshal([]byte(text[strings.LastIndexByte(text, '\n')+1:]), &o); err != nil {
		return o, fmt.Errorf("wrk printed no result: %w: %s", err, out)
	}
	if o.Requests == 0 || o.Microseconds <= 0 {
		return o, fmt.Errorf("wrk was not answered: %s", text)
	}
	return o, nil
}

// cost is what one side of a pair gave.
type cost struct {
	outcome
	cpu time.Duration // of the gate; 0 where it cannot be read
}

// perRequest is in microseconds.
func (c cost) perRequest() float64 { return c.cpu.Seconds() * 1e6 / float64(c.Requests) }

// plus is c and what another run of the same side gave. Of times of single requests
// it tells nothing.
func (c cost) plus(o cost) cost {
	return cost{
		outcome{Requests: c.Requests + o.Requests, Microseconds: c.Microseconds + o.Microseconds, Failed: c.Failed + o.Failed},
		c.cpu + o.cpu,
	}
}

// measureLoad runs a load and looks at the gate's own clock meanwhile.
func (b *bench) measureLoad(ctx context.Context, gate *testrig.Gate, l load, span time.Duration) (cost, error) {
	before, err := cpuTime(gate.PID())
	if err != nil {
		return cost{}, err
	}
	o, err := b.runWrk(ctx, l, span)
	if err != nil {
		return cost{}, err
	}
	after, err := cpuTime(gate.PID())
	return cost{o, after - before}, err
}
