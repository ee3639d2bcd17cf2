package main

import (
	"errors"
	"net"
	"syscall"

	"github.com/sekisho-project/sekisho/cmd/internal/testrig"
)

// preferred gives an address with the port, or with another if that is taken on
// either loopback address: clients may try IPv6 first for a name under localhost.
func preferred(port string) (string, error) {
	if free("127.0.0.1:"+port) && free("[::1]:"+port) {
		return "127.0.0.1:" + port, nil
	}
	return testrig.FreeAddress()
}

// free reports whether nobody listens at address; where there is no IPv6 nobody does.
func free(address string) bool {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return !errors.Is(err, syscall.EADDRINUSE) && !errors.Is(err, syscall.EACCES)
	}
	return listener.Close() == nil
}
