package main

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"time"

	"github.com/prometheus/procfs"
)

// cpuTime is what a process has used of all CPUs, in its own code and in the
// system's. Where there is no /proc it is 0.
func cpuTime(pid int) (time.Duration, error) {
	if runtime.GOOS != "linux" {
		return 0, nil
	}
	p, err := procfs.NewProc(pid)
	if err != nil {
		return 0, err
	}
	stat, err := p.Stat()
	return time.Duration(stat.CPUTime() * float64(time.Second)), err
}

var errNoProc = errors.New("the memory of a process can be read on Linux only")

// peakMemory is the most that a process had resident since resetPeak, in bytes.
func peakMemory(pid int) (uint64, error) {
	p, err := procfs.NewProc(pid)
	if err != nil {
		return 0, errors.Join(errNoProc, err)
	}
	status, err := p.NewStatus()
	return status.VmHWM, err
}

// resetPeak makes what is resident now the peak (proc(5), clear_refs).
func resetPeak(pid int) error {
	return os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", pid), []byte("5"), 0o200)
}
