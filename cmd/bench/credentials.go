package main

import (
	"context"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"

	"github.com/go-json-experiment/json"

	"github.com/sekisho-project/sekisho/token"
)

// signer has the key that the gates sign with, so that more tokens can be made
// than a door would mint in the time.
type signer struct {
	key  ed25519.PrivateKey
	file string
}

func (b *bench) newSigner() (*signer, error) {
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	s := &signer{key, filepath.Join(b.dir, "signing.pem")}
	return s, os.WriteFile(s.file, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600)
}

// copies makes n tokens that differ from one that was minted in their ids only.
func (s *signer) copies(minted string, n int) ([]string, error) {
	jwt, err := token.ParseJWT(minted)
	if err != nil {
		return nil, err
	}
	claims, err := token.DecodeClaims(jwt.Payload)
	if err != nil {
		return nil, err
	}
	sign := func(message []byte) []byte { return ed25519.Sign(s.key, message) }
	copies, workers := make([]string, n), runtime.NumCPU()
	errs := make([]error, workers)
	var wg sync.WaitGroup
	for worker := range workers {
		wg.Go(func() {
			claims := claims
			for i := worker; i < n; i += workers {
				claims.ID = token.NewID()
				payload, err1 := json.Marshal(claims)
				text, err2 := token.EncodeJWT(payload, jwt.KeyID, sign)
				copies[i], errs[worker] = text, errors.Join(errs[worker], err1, err2)
			}
		})
	}
	wg.Wait()
	return copies, errors.Join(errs...)
}

// source gives the credentials for one pair of runs, of which the faster side
// will need no more than atMost.
type source func(ctx context.Context, atMost int) ([]string, error)

func only(credential string) source {
	return func(context.Context, int) ([]string, error) { return []string{credential}, nil }
}

// fresh gives tokens that the gate has not seen, one for each request.
func (s *site) fresh(minted string) source {
	return func(_ context.Context, atMost int) ([]string, error) { return s.signer.copies(minted, atMost) }
}

// shownToSqld gives the token that the gate puts in the place of a client's, which
// lives for minutes only.
func (s *site) shownToSqld(minted string) source {
	return func(ctx context.Context, _ int) ([]string, error) {
		a, err := call{method: "GET", url: "http://" + s.ShownToSqld + "/dump", credential: minted}.do(ctx)
		return []string{strings.TrimPrefix(string(a.body), "Bearer ")}, err
	}
}
