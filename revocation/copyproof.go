package revocation

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"path/filepath"
	"time"
)

// proof tells that everything the store held at a time is in a copy.
type proof struct {
	copy   fileDigest
	proved time.Time
}

func proofPath(path string) string { return path + ".proof" }

func writeProof(path string, p proof) error {
	data := binary.BigEndian.AppendUint64(p.copy[:], uint64(unixMilli(p.proved)))
	sum := sha256.Sum256(data)
	return writeFile(proofPath(path), func(w io.Writer) error {
		_, err := w.Write(append(data, sum[:]...))
		return err
	})
}

func readProof(path string) (proof, error) {
	const size = sha256.Size + 8
	data, err := os.ReadFile(proofPath(path))
	if err != nil {
		return proof{}, err
	}
	if len(data) != size+sha256.Size || sha256.Sum256(data[:size]) != fileDigest(data[size:]) {
		return proof{}, damaged(errors.New("wrong checksum"))
	}
	return proof{fileDigest(data[:sha256.Size]), time.UnixMilli(int64(binary.BigEndian.Uint64(data[sha256.Size:])))}, nil
}

// timeOf undoes unixMilli.
func timeOf(ms int64) time.Time {
	if ms <= 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms)
}

func unixMilli(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// writeFile replaces a file as a whole, or leaves it as it is. After a crash it is
// the old one or the new one.
func writeFile(path string, write func(io.Writer) error) error {
	temp := path + ".tmp"
	file, err := os.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	err = write(file)
	if err == nil {
		err = file.Sync()
	}
	err = errors.Join(err, file.Close())
	if err == nil {
		err = os.Rename(temp, path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(temp))
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
