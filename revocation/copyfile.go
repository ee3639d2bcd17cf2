package revocation

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/sekisho-project/sekisho/token"
)

// errDamaged reports a file that we would not have written.
var errDamaged = errors.New("damaged file")

// A copy is the magic, the length of a head in 4 bytes, the head in JSON, a row
// for each packed id, and the SHA-256 of all that. Numbers are big-endian.
const (
	copyMagic = "sekisho revocations 1\n"
	rowSize   = 20
	maxHead   = 1 << 30
)

type fileDigest = [sha256.Size]byte

// copyHead is everything but the packed ids.
type copyHead struct {
	Proved      int64             `json:"proved"` // unix milliseconds, 0 for never
	Store       string            `json:"store"`  // of which that was proved
	Rows        int64             `json:"rows"`
	Prefixes    []string          `json:"prefixes"` // of opaque credentials, by their number in the rows
	Others      map[string]int64  `json:"others"`   // ids that are not packed
	Generations map[string]uint64 `json:"generations"`
	Rotations   []wireRecord      `json:"rotations"`
}

func writeCopy(path string, m *Mirror, store string, proved time.Time) (digest fileDigest, err error) {
	packed := m.revoked.packed.frozen()
	head := m.head()
	head.Proved, head.Store, head.Rows = unixMilli(proved), store, int64(packed.len())
	data, err := json.Marshal(head)
	if err != nil {
		return digest, err
	}
	sum := sha256.New()
	err = writeFile(path, func(file io.Writer) error {
		w := bufio.NewWriterSize(io.MultiWriter(file, sum), 1<<16)
		w.WriteString(copyMagic)
		w.Write(binary.BigEndian.AppendUint32(nil, uint32(len(data))))
		w.Write(data)
		for e := range packed.all() {
			e = m.revoked.packer.gather(e)
			row := binary.BigEndian.AppendUint64(w.AvailableBuffer(), e.hi)
			row = binary.BigEndian.AppendUint64(row, e.lo)
			w.Write(binary.BigEndian.AppendUint32(row, e.tail))
		}
		if err := w.Flush(); err != nil {
			return err
		}
		digest = fileDigest(sum.Sum(nil))
		_, err := file.Write(digest[:])
		return err
	})
	return digest, err
}

func (m *Mirror) head() copyHead {
	head := copyHead{Others: map[string]int64{}, Generations: map[string]uint64{}, Prefixes: m.revoked.packer.prefixes.Load().names}
	for id, until := range m.revoked.others.all() {
		head.Others[id] = until
	}
	for subject, h := range m.subjects.all() {
		head.Generations[subject.String()] = h.generation
		for _, r := range h.records {
			head.Rotations = append(head.Rotations, r.wire())
		}
	}
	return head
}

// readCopy reads a copy into s, which counts for nothing on an error.
func readCopy(path string, s *snapshot) (head copyHead, digest fileDigest, err error) {
	file, err := os.Open(path)
	if err != nil {
		return head, digest, err
	}
	defer file.Close()
	sum := sha256.New()
	buffered := bufio.NewReaderSize(file, 1<<16)
	r := io.TeeReader(buffered, sum)
	head, err = readHead(r)
	if err != nil {
		return head, digest, damaged(err)
	}
	if err := head.into(s); err != nil {
		return head, digest, damaged(err)
	}
	if err := readRows(r, head, s.revoked); err != nil {
		return head, digest, damaged(err)
	}
	digest = fileDigest(sum.Sum(nil))
	if rest, err := io.ReadAll(io.LimitReader(buffered, sha256.Size+1)); err != nil || !bytes.Equal(rest, digest[:]) {
		return head, digest, damaged(errors.Join(err, errors.New("wrong checksum")))
	}
	return head, digest, nil
}

// storedDigest is what the copy at path ends with; zero if there is none.
func storedDigest(path string) (digest fileDigest) {
	file, err := os.Open(path)
	if err != nil {
		return digest
	}
	defer file.Close()
	if info, err := file.Stat(); err == nil {
		_, _ = file.ReadAt(digest[:], info.Size()-sha256.Size)
	}
	return digest
}

func damaged(err error) error { return fmt.Errorf("%w: %w", errDamaged, err) }

func readHead(r io.Reader) (head copyHead, err error) {
	start := make([]byte, len(copyMagic)+4)
	if _, err := io.ReadFull(r, start); err != nil {
		return head, err
	}
	size := binary.BigEndian.Uint32(start[len(copyMagic):])
	if string(start[:len(copyMagic)]) != copyMagic || size > maxHead {
		return head, errors.New("not a copy of revocations")
	}
	data, err := io.ReadAll(io.LimitReader(r, int64(size)))
	if err != nil {
		return head, err
	}
	return head, json.Unmarshal(data, &head, json.RejectUnknownMembers(true))
}

func (h copyHead) into(s *snapshot) error {
	ids := idBatch{set: s.revoked}
	for id, until := range h.Others {
		if !token.ValidID(id) || until < 0 {
			return errors.New("malformed id")
		}
		ids.add(id, until)
	}
	ids.flush()
	s.generations, s.records = map[token.Subject]uint64{}, map[string]record{}
	for name, generation := range h.Generations {
		subject, err := token.ParseSubject(name)
		if err != nil || generation>>generationBits != 0 {
			return errors.Join(err, errors.New("malformed generation"))
		}
		s.generations[subject] = generation
	}
	for _, w := range h.Rotations {
		r, err := w.record()
		if err != nil {
			return err
		}
		if known, twice := s.records[r.field()]; twice {
			r = r.stricter(known)
		}
		s.records[r.field()] = r
	}
	return nil
}

func readRows(r io.Reader, head copyHead, into *idSet) error {
	batch := idBatch{set: into}
	var row [rowSize]byte
	for range head.Rows {
		if _, err := io.ReadFull(r, row[:]); err != nil {
			return err
		}
		e := entry{binary.BigEndian.Uint64(row[:]), binary.BigEndian.Uint64(row[8:]), binary.BigEndian.Uint32(row[16:])}
		if e.tail>>minuteBits&opaque == 0 {
			batch.addEntry(e)
			continue
		}
		if e.hi>>40 >= uint64(len(head.Prefixes)) {
			return errors.New("malformed row")
		}
		id := e.id(head.Prefixes)
		if !token.ValidID(id) {
			return errors.New("malformed id")
		}
		batch.add(id, secondOf(e.tail&minuteMask))
	}
	batch.flush()
	return nil
}
