package embedded

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// ErrCorrupt reports a file that no crash of ours leaves behind. The error names
// the offset at which reading stopped.
var ErrCorrupt = errors.New("file of the embedded store is corrupt")

// errTruncated reports a file that ends in the middle of a command or transaction.
var errTruncated = errors.New("cut short")

// Bounds of one command, as Redis has them.
const (
	maxArgs = 1 << 20
	maxBulk = 512 << 20
)

// appendCommand writes a command as Redis's protocol has it (RESP2, array of bulk strings).
func appendCommand(to []byte, args ...string) []byte {
	to = appendLength(to, '*', len(args))
	for _, arg := range args {
		to = appendLength(to, '$', len(arg))
		to = append(to, arg...)
		to = append(to, "\r\n"...)
	}
	return to
}

func appendLength(to []byte, kind byte, n int) []byte {
	to = strconv.AppendInt(append(to, kind), int64(n), 10)
	return append(to, "\r\n"...)
}

// command is one command of the file.
type command struct {
	args   []string
	offset int64
}

func (c *command) is(name string) bool { return len(c.args) == 1 && strings.EqualFold(c.args[0], name) }

// aofReader reads an append-only file of a known size, so that a wrong length
// cannot make it reserve more memory than the file has bytes.
type aofReader struct {
	r      *bufio.Reader
	offset int64 // of what r gives next
	begun  int64 // offset of the command that was begun last
	size   int64
}

func newAOFReader(r io.Reader, size int64) *aofReader {
	return &aofReader{r: bufio.NewReaderSize(r, 64<<10), size: size}
}

// next reads one command, or all of a transaction. At the end it is [io.EOF]; in
// the middle of a command or transaction errTruncated, and otherwise [ErrCorrupt].
// Good is the offset up to which everything was whole.
func (a *aofReader) next() (group []command, good int64, err error) {
	good = a.offset
	first, err := a.command()
	if err != nil {
		return nil, good, err
	}
	if !first.is("MULTI") {
		return []command{first}, a.offset, nil
	}
	for {
		c, err := a.command()
		switch {
		case errors.Is(err, io.EOF):
			return nil, good, errTruncated
		case err != nil:
			return nil, good, err
		case c.is("EXEC"):
			return group, a.offset, nil
		case c.is("MULTI"):
			return nil, good, corrupt(c.offset, "MULTI within MULTI")
		}
		group = append(group, c)
	}
}

func (a *aofReader) command() (command, error) {
	a.begun = a.offset
	c := command{offset: a.begun}
	if a.offset == a.size {
		return c, io.EOF
	}
	n, err := a.length('*', maxArgs)
	if err != nil {
		return c, err
	}
	if n == 0 {
		return c, corrupt(c.offset, "a command without a name")
	}
	for range n {
		arg, err := a.bulk()
		if err != nil {
			return c, err
		}
		c.args = append(c.args, arg)
	}
	return c, nil
}

func (a *aofReader) bulk() (string, error) {
	n, err := a.length('$', maxBulk)
	if err != nil {
		return "", err
	}
	if n > a.size-a.offset {
		return "", errTruncated
	}
	start := a.offset
	text := make([]byte, n)
	if err := a.read(text); err != nil {
		return "", err
	}
	for _, want := range []byte("\r\n") {
		if err := a.expect(want, start); err != nil {
			return "", err
		}
	}
	return string(text), nil
}

// length reads "<kind><digits>\r\n".
func (a *aofReader) length(kind byte, most int64) (int64, error) {
	start := a.offset
	if err := a.expect(kind, start); err != nil {
		return 0, err
	}
	digits := make([]byte, 0, 10)
	for {
		var b [1]byte
		if err := a.read(b[:]); err != nil {
			return 0, err
		}
		if b[0] == '\r' {
			break
		}
		if b[0] < '0' || b[0] > '9' || len(digits) == cap(digits) {
			return 0, corrupt(start, "a length that is no number")
		}
		digits = append(digits, b[0])
	}
	if err := a.expect('\n', start); err != nil {
		return 0, err
	}
	n, err := strconv.ParseInt(string(digits), 10, 64)
	if err != nil || n > most {
		return 0, corrupt(start, "a length that no command has")
	}
	return n, nil
}

func (a *aofReader) expect(want byte, start int64) error {
	var b [1]byte
	if err := a.read(b[:]); err != nil {
		return err
	}
	if b[0] != want {
		return corrupt(start, fmt.Sprintf("%q where %q belongs", b[0], want))
	}
	return nil
}

func (a *aofReader) read(to []byte) error {
	n, err := io.ReadFull(a.r, to)
	a.offset += int64(n)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return errTruncated
	default:
		return fmt.Errorf("reading the file of the embedded store: %w", err)
	}
}

func corrupt(offset int64, what string) error {
	return fmt.Errorf("%w at byte %d: %s; keep a copy, then restore a backup or cut the file there (truncate -s %d), which loses all that follows",
		ErrCorrupt, offset, what, offset)
}
