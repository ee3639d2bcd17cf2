package testrig

import (
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"sync"

	"github.com/gofrs/flock"
)

// Ports are drawn from below those that systems use for outgoing connections, one
// of which could otherwise take a port before its server does. A process has
// blocks of them to itself, as the tests of several packages run at once.
const (
	firstPort = 20_000
	blockSize = 250
	blocks    = 40
)

// ports are those of the blocks that this process holds, which no server has been
// given yet.
var ports struct {
	sync.Mutex
	left []int
	held []*flock.Flock // until the process ends
}

// FreeAddress finds a free port on the IPv4 loopback interface, as
// "127.0.0.1:port". It never gives out the same one twice in a process, nor in two
// processes that run at the same time.
func FreeAddress() (string, error) {
	ports.Lock()
	defer ports.Unlock()
	for {
		if len(ports.left) == 0 {
			if err := takeBlock(); err != nil {
				return "", fmt.Errorf("finding a free port: %w", err)
			}
		}
		last := len(ports.left) - 1
		address := net.JoinHostPort("127.0.0.1", strconv.Itoa(ports.left[last]))
		ports.left = ports.left[:last]
		listener, err := net.Listen("tcp", address)
		if err != nil {
			continue // taken
		}
		return address, listener.Close()
	}
}

// takeBlock takes a block that no process holds.
func takeBlock() error {
	for _, block := range rand.Perm(blocks) {
		first := firstPort + block*blockSize
		lock := flock.New(filepath.Join(os.TempDir(), fmt.Sprintf("sekisho-ports-%d.lock", first)))
		if ok, err := lock.TryLock(); err != nil || !ok {
			continue // held, or another user's
		}
		ports.held = append(ports.held, lock)
		for _, i := range rand.Perm(blockSize) {
			ports.left = append(ports.left, first+i)
		}
		return nil
	}
	return fmt.Errorf("all %d blocks of ports are held by other tests", blocks)
}
