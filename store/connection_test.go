package store_test

import (
	"context"
	"crypto/tls"
	"encoding/pem"
	"errors"
	"io"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"

	"github.com/sekisho-project/sekisho/store"
)

// certificate is one for 127.0.0.1, and a file with the authority that signed it.
func certificate(t *testing.T) (pair tls.Certificate, caFile string) {
	t.Helper()
	server := httptest.NewTLSServer(nil)
	defer server.Close()
	caFile = filepath.Join(t.TempDir(), "ca.pem")
	block := &pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}
	if err := os.WriteFile(caFile, pem.EncodeToMemory(block), 0o600); err != nil {
		t.Fatal(err)
	}
	return server.TLS.Certificates[0], caFile
}

func TestTLSTrustsTheAuthorityThatWasNamedAndNoOther(t *testing.T) {
	pair, caFile := certificate(t)
	server, err := miniredis.RunTLS(&tls.Config{Certificates: []tls.Certificate{pair}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	if err := open(t, "rediss://"+server.Addr()+"?ca_file="+caFile).Ping(t.Context()); err != nil {
		t.Errorf("with its authority: %v", err)
	}
	for _, address := range []string{"rediss://" + server.Addr(), "redis://" + server.Addr()} {
		if err := open(t, address).Ping(t.Context()); !errors.Is(err, store.ErrUnavailable) {
			t.Errorf("%s: %v", address, err)
		}
	}
}

func TestUserAndPasswordAreSent(t *testing.T) {
	server := miniredis.RunT(t)
	server.RequireUserAuth("gate", "right")
	if err := open(t, "redis://gate:right@"+server.Addr()).Ping(t.Context()); err != nil {
		t.Error(err)
	}
	for _, address := range []string{"redis://gate:wrong@" + server.Addr(), "redis://" + server.Addr()} {
		if err := open(t, address).Ping(t.Context()); !errors.Is(err, store.ErrUnavailable) {
			t.Errorf("%s: %v", address, err)
		}
	}
}

func TestARedisThatHangsIsGivenUpAtTheDeadline(t *testing.T) {
	address := hang(t)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	s := open(t, "redis://"+address)
	start := time.Now()
	err := s.SaveToken(ctx, record("one"), store.Event{Action: "mint", At: now})
	if took := time.Since(start); !errors.Is(err, store.ErrUnavailable) || took > 900*time.Millisecond {
		t.Errorf("after %v: %v", took, err)
	}
}

// hang accepts connections and reads, but never answers.
func hang(t *testing.T) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() {
				defer c.Close()
				_, _ = io.Copy(io.Discard, c)
			})
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		wg.Wait()
	})
	return l.Addr().String()
}
