package testrig

import (
	"fmt"
	"net"
	"sync"
)

var given struct {
	sync.Mutex
	addresses map[string]bool
}

// FreeAddress finds a free port on the IPv4 loopback interface, as
// "127.0.0.1:port". It never gives out the same one twice in a process.
func FreeAddress() (string, error) {
	for range 100 {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return "", fmt.Errorf("finding a free port: %w", err)
		}
		address := listener.Addr().String()
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
