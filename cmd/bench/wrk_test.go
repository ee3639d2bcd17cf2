package main

import (
	"strings"
	"testing"
)

func TestTheLastLineOfWrkIsItsResult(t *testing.T) {
	o, err := parseOutcome([]byte("Running 2s test\n  1 threads\n" + `{"Requests":9000,"Microseconds":2000000,"Failed":1,"P50":90,"P99":400}` + "\n"))
	if err != nil || o != (outcome{9000, 2e6, 1, 90, 400}) || o.rate() != 4500 {
		t.Errorf("%+v, %v", o, err)
	}
}

func TestAWrkThatMeasuredNothingIsAnError(t *testing.T) {
	for _, out := range []string{"", "unable to connect", `{"Requests":0,"Microseconds":2000000}`, `{"Requests":5}`} {
		if o, err := parseOutcome([]byte(out)); err == nil {
			t.Errorf("%q gives %+v", out, o)
		}
	}
}

func TestAMachineWithoutWrkIsToldWhatToInstall(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	if _, err := findWrk(); err == nil || !strings.Contains(err.Error(), "apt install wrk") {
		t.Errorf("error %v", err)
	}
}
