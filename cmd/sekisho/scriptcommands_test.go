package main

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/clipperhouse/displaywidth"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/sekisho-project/sekisho/cmd/internal/testrig"
)

// save puts what the group of a pattern finds in an output into a variable:
// save stdout|stderr NAME PATTERN.
func save(ts *testscript.TestScript, _ bool, args []string) {
	pattern, err := regexp.Compile("(?m)" + args[2])
	ts.Check(err)
	found := pattern.FindStringSubmatch(ts.ReadFile(args[0]))
	if len(found) != 2 {
		ts.Fatalf("%s does not fit %s", args[0], args[2])
	}
	ts.Setenv(args[1], found[1])
}

// local asks a door through the admin endpoint, with credentials that are none:
// local STATUS PATH TEXT wants that status and that text in the answer.
func local(ts *testscript.TestScript, _ bool, args []string) {
	request, err := http.NewRequest(http.MethodGet, "http://"+ts.Getenv("ADMIN")+"/sekisho/doors"+args[1], nil)
	ts.Check(err)
	request.Header.Set("Authorization", "Bearer not-a-key")
	request.Header.Set("X-API-Key", "not-a-key")
	request.Header.Set("Accept-Language", "ja")
	response, err := http.DefaultClient.Do(request)
	ts.Check(err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	ts.Check(err)
	if strconv.Itoa(response.StatusCode) != args[0] || !strings.Contains(string(body), args[2]) {
		ts.Fatalf("got %s %s", response.Status, body)
	}
}

// mode wants a file to have these permissions: mode 600 FILE.
func mode(ts *testscript.TestScript, _ bool, args []string) {
	info, err := os.Lstat(ts.MkAbs(args[1]))
	ts.Check(err)
	if got := strconv.FormatUint(uint64(info.Mode().Perm()), 8); got != args[0] {
		ts.Fatalf("%s has mode %s", args[1], got)
	}
}

// secretless wants that what the gate has written nowhere has a secret.
func secretless(ts *testscript.TestScript, _ bool, args []string) {
	dir := ts.Getenv("GATE_DIR")
	ts.Check(filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		text, err := os.ReadFile(path)
		for _, secret := range args {
			if strings.Contains(string(text), secret) {
				ts.Fatalf("%s has a secret", path)
			}
		}
		return err
	}))
}

// narrow wants an output to have no line of more cells: narrow 60 stdout.
func narrow(ts *testscript.TestScript, _ bool, args []string) {
	room, err := strconv.Atoi(args[0])
	ts.Check(err)
	for line := range strings.Lines(ts.ReadFile(args[1])) {
		if line = strings.TrimRight(line, "\n"); displaywidth.String(line) > room {
			ts.Fatalf("a line has %d cells: %s", displaywidth.String(line), line)
		}
	}
}

// await waits until a file has a line that fits: await FILE PATTERN.
func await(ts *testscript.TestScript, _ bool, args []string) {
	pattern, err := regexp.Compile("(?m)" + args[1])
	ts.Check(err)
	ts.Check(testrig.Await(context.Background(), args[0]+" to have "+args[1], 30*time.Second, func(context.Context) error {
		text, err := os.ReadFile(ts.MkAbs(args[0]))
		if err != nil || pattern.Match(text) {
			return err
		}
		return errors.New("not there yet")
	}))
}
