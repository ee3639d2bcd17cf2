package embedded

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func parse(data []byte) (groups [][]command, good int64, err error) {
	aof := newAOFReader(bytes.NewReader(data), int64(len(data)))
	for {
		group, good, err := aof.next()
		if err != nil {
			return groups, good, err
		}
		groups = append(groups, group)
	}
}

func file(commands ...string) (data []byte) {
	for _, c := range commands {
		data = appendCommand(data, strings.Fields(c)...)
	}
	return data
}

func FuzzAOF(f *testing.F) {
	f.Add(file("SET a b", "MULTI", "HSET c d e", "EXEC", "DEL a"))
	f.Add(file("MULTI", "SET a b"))
	f.Add(file("EXEC"))
	f.Add([]byte("*1\r\n$536870912\r\nx"))
	f.Add([]byte("*99999999999\r\n"))
	f.Add([]byte("*2\r\n$3\r\nDEL\r\n$1\r\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		groups, good, err := parse(data)
		if !errors.Is(err, io.EOF) && !errors.Is(err, errTruncated) && !errors.Is(err, ErrCorrupt) {
			t.Fatalf("unexpected error %v", err)
		}
		again, end, err := parse(data[:good])
		if !errors.Is(err, io.EOF) || end != good || !reflect.DeepEqual(again, groups) {
			t.Fatalf("the good part, up to %d, reads otherwise by itself: %v, not %v (%v)", good, again, groups, err)
		}
	})
}

func TestCommandsAreReadAsTheyAreWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		args := rapid.SliceOfN(rapid.StringOf(rapid.Rune()), 1, 5).Draw(t, "args")
		args[0] += "x" // no MULTI
		groups, _, err := parse(appendCommand(nil, args...))
		if !errors.Is(err, io.EOF) || len(groups) != 1 || !slices.Equal(groups[0][0].args, args) {
			t.Fatalf("got %v, %v", groups, err)
		}
	})
}

func TestAFileCutAnywhereLoadsUpToItsLastWholeWrite(t *testing.T) {
	writes := []string{"SET n 1", "HSET h f 2", "MULTI|SET n 3|ZADD z 3 m|EXEC", "XADD s 1-1 f 4", "HSET h note *urgent* f *3", "SET n 5"}
	var data []byte
	ends := map[int]int{0: 0} // offset at which that many writes are whole
	for i, w := range writes {
		data = append(data, file(strings.Split(w, "|")...)...)
		ends[len(data)] = i + 1
	}
	dir := t.TempDir()
	var states []map[string]string
	whole := 0
	for cut := range len(data) + 1 {
		writeFile(t, dir, data[:cut])
		s, err := Open(dir, quiet)
		if err != nil {
			t.Fatalf("cut at %d: %v", cut, err)
		}
		got := state(t, s.writer)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if n, ok := ends[cut]; ok {
			whole = n
			states = append(states, got)
		}
		compare(t, fmt.Sprint("cut at ", cut), got, states[whole])
		if left := len(readFile(t, dir)); ends[left] != whole {
			t.Fatalf("cut at %d: %d bytes were left", cut, left)
		}
	}
	if len(states) != len(writes)+1 {
		t.Errorf("%d states", len(states))
	}
}

func TestAWriteAfterACutIsNotLost(t *testing.T) {
	dir := t.TempDir()
	whole := file("SET a 1")
	writeFile(t, dir, append(slices.Clone(whole), "*3\r\n$3\r\nSET\r\n$1\r\nb"...))
	s, client := start(t, dir)
	if err := client.Set(t.Context(), "c", "3", 0).Err(); err != nil {
		t.Fatal(err)
	}
	_, client = reopen(t, s)
	if got := client.MGet(t.Context(), "a", "b", "c").Val(); fmt.Sprint(got) != "[1 <nil> 3]" {
		t.Errorf("got %v", got)
	}
}

func TestACorruptFileIsRefusedAndLeftAsItIs(t *testing.T) {
	good := string(file("SET a 1"))
	for name, tail := range map[string]string{
		"text":                        "hello",
		"zeros":                       "\x00\x00\x00\x00",
		"an inline command":           "SET a 2\r\n",
		"no arguments":                "*0\r\n",
		"a negative count":            "*-1\r\n",
		"a count too large":           "*9999999\r\n",
		"a count without end":         "*00000000000",
		"a line feed alone":           "*1\n$4\nPING\n",
		"a wrong bulk":                "*1\r\n+OK\r\n",
		"a length too short":          "*2\r\n$3\r\nDEL\r\n$1\r\nab\r\n",
		"a length too long":           "*2\r\n$3\r\nDEL\r\n$900\r\na\r\n" + good + good,
		"a length beyond the bound":   "*1\r\n$999999999\r\n",
		"a transaction in another":    string(file("MULTI", "MULTI")),
		"an end without a beginning":  string(file("EXEC")),
		"a read":                      string(file("GET a")),
		"a script":                    string(file("EVAL return 0")),
		"a TTL":                       string(file("SET a 1 EX 10")),
		"a random command":            string(file("SPOP a")),
		"an unknown command":          string(file("FROBNICATE a")),
		"a command that was refused":  string(file("HSET a f 1")),
		"too few arguments":           string(file("SET a")),
		"XADD without an id":          string(file("XADD s")),
		"a flaw within a transaction": string(file("MULTI", "SET b 1")) + "?",
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			data := []byte(good + tail)
			writeFile(t, dir, data)
			s, err := Open(dir, quiet)
			if err == nil {
				_ = s.Close()
			}
			if !errors.Is(err, ErrCorrupt) || !strings.Contains(err.Error(), "at byte ") || !strings.Contains(err.Error(), fileName) {
				t.Errorf("got %v", err)
			}
			if !bytes.Equal(readFile(t, dir), data) {
				t.Error("the file was changed")
			}
		})
	}
}

func TestTheFileIsPrivate(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	s, _ := startAbove(t, dir, defaultCompactAbove)
	modes := func() {
		t.Helper()
		for path, want := range map[string]os.FileMode{dir: 0o700, filepath.Join(dir, fileName): 0o600, filepath.Join(dir, lockName): 0o600} {
			if stat, err := os.Stat(path); err != nil || stat.Mode().Perm() != want {
				t.Errorf("%s: %v, %v", path, stat.Mode(), err)
			}
		}
	}
	modes()
	if err := s.compact(t.Context()); err != nil {
		t.Fatal(err)
	}
	modes()
}

func TestTheFileIsRewrittenWhenItHasGrown(t *testing.T) {
	s, client := start(t, t.TempDir())
	rewritten := make(chan struct{}, 1)
	watch(s, func(at step) error {
		if at.name == "sync directory" {
			rewritten <- struct{}{}
		}
		return nil
	})
	for range 3 {
		length := s.journal.length()
		written := 0
		write := func() {
			if err := client.Set(t.Context(), "key", "value", 0).Err(); err != nil {
				t.Fatal(err)
			}
			written += len(file("SET key value"))
		}
		for len(rewritten) == 0 {
			write()
		}
		<-rewritten
		write() // waits for the new file
		if grown := s.journal.length() - length; grown >= int64(written) {
			t.Errorf("writes of %d bytes take %d", written, grown)
		}
	}
	want := state(t, s.writer)
	s, _ = reopen(t, s)
	compare(t, "rewritten", state(t, s.writer), want)
	if err := temporaryFile(s); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the temporary file: %v", err)
	}
}

func TestAnUnfinishedRewriteIsThrownAway(t *testing.T) {
	dir := t.TempDir()
	writeFile(t, dir, file("SET a 1"))
	if err := os.WriteFile(filepath.Join(dir, tempName), file("SET a 2"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, client := start(t, dir)
	if got := client.Get(t.Context(), "a").Val(); got != "1" {
		t.Errorf("got %q", got)
	}
}

// warnings hears of each line of a log, as long as one is awaited.
type warnings chan string

func (w warnings) Write(line []byte) (int, error) {
	select {
	case w <- string(line):
	default:
	}
	return len(line), nil
}

func TestARewriteThatFailsIsReportedAndLosesNothing(t *testing.T) {
	dir := t.TempDir()
	warned := make(warnings, 1)
	s, err := open(dir, slog.New(slog.NewTextHandler(warned, nil)), 2<<10)
	if err != nil {
		t.Fatal(err)
	}
	client := s.Client()
	defer client.Close()
	if err := os.Mkdir(s.path(tempName), 0o700); err != nil { // no file can be made there
		t.Fatal(err)
	}
	writes := 0
	for len(warned) == 0 {
		writes++
		if err := client.Set(t.Context(), "key", writes, 0).Err(); err != nil {
			t.Fatal(err)
		}
	}
	if line := <-warned; !strings.Contains(line, "could not rewrite its file") {
		t.Errorf("the log says %s", line)
	}
	_, client = reopen(t, s)
	if got := client.Get(t.Context(), "key").Val(); got != fmt.Sprint(writes) {
		t.Errorf("got %q after %d writes", got, writes)
	}
}
