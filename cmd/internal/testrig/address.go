package testrig

import (
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"sync"
)

var given struct {
	sync.Mutex
	addresses map[string]bool
}

// Ports are drawn from below those that systems use for outgoing connections,
// one of which could otherwise take a port before its server does.
const (
	firstPort = 20_000
	ports     = 10_000
)

// FreeAddress finds a free port on the IPv4 loopback interface, as
// "127.0.0.1:port". It never gives out the same one twice in a process.
func FreeAddress() (string, error) {
	for range 100 {
		address := net.JoinHostPort("127.0.0.1", strconv.Itoa(firstPort+rand.N(ports)))
		listener, err := net.Listen("tcp", address)
		if err != nil {
			continue // taken
		}
		if err := listener.Close(); err != nil {
			return "", fmt.Errorf("finding a free port: %w", err)
		}
		if claim(address) {
			return address, nil
		}
	}
	return "", fmt.Errorf("finding a free port: all that were tried are taken")
}

// claim reports whether address was not given out before.
func claim(address string) bool {
	given.Lock()
	defer given.Unlock()
	if given.addresses[address] {
		return false
	}
	if given.addresses == nil {
		given.addresses = map[string]bool{}
	}
	given.addresses[address] = true
	return true
}
