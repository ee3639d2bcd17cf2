package keyring

import (
	"bytes"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"slices"
	"strings"
	"testing"
)

func TestPEMsThatAreRefused(t *testing.T) {
	good := newPEM(t)
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	ecKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	xKey, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der := func(b []byte, err error) []byte {
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	block := func(kind string, b []byte) []byte { return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: b}) }
	edBlock, _ := pem.Decode(good)

	for _, c := range []struct {
		name string
		text []byte
		says string
	}{
		{"nothing", nil, "no PEM block"},
		{"a path instead of its content", []byte("/run/secrets/signing.pem"), "no PEM block"},
		{"an RSA key", block("PRIVATE KEY", der(x509.MarshalPKCS8PrivateKey(rsaKey))), "RSA"},
		{"an RSA key in its old form", block("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(rsaKey)), "PKCS#8"},
		{"an ECDSA key", block("PRIVATE KEY", der(x509.MarshalPKCS8PrivateKey(ecKey))), "ECDSA"},
		{"a key for key agreement", block("PRIVATE KEY", der(x509.MarshalPKCS8PrivateKey(xKey))), "only Ed25519"},
		{"an encrypted key", block("ENCRYPTED PRIVATE KEY", edBlock.Bytes), "encrypted"},
		{"a key encrypted the old way", pem.EncodeToMemory(&pem.Block{
			Type: "RSA PRIVATE KEY", Headers: map[string]string{"Proc-Type": "4,ENCRYPTED", "DEK-Info": "AES-256-CBC,00"}, Bytes: []byte{1},
		}), "encrypted"},
		{"a public key", block("PUBLIC KEY", der(x509.MarshalPKIXPublicKey(&ecKey.PublicKey))), "public key"},
		{"an OpenSSH key", block("OPENSSH PRIVATE KEY", []byte("openssh-key-v1")), "PKCS#8"},
		{"two keys", slices.Concat(good, newPEM(t)), "one PEM block"},
		{"a key and something after it", append(slices.Clone(good), "more"...), "one PEM block"},
		{"a key cut short", block("PRIVATE KEY", edBlock.Bytes[:20]), "no PKCS#8 key"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := parsePrivate(c.text)
			if !errors.Is(err, ErrMalformed) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v, want ErrMalformed that says %q", err, c.says)
			}
			_, err = Static(c.text)
			if !errors.Is(err, ErrMalformed) {
				t.Errorf("Static took it: %v", err)
			}
		})
	}
}

func TestPEMWithTextAroundIt(t *testing.T) {
	text := newPEM(t)
	for name, text := range map[string][]byte{
		"a comment before":  append([]byte("made by openssl genpkey\n"), text...),
		"blank lines after": append(slices.Clone(text), "\n \n"...),
		"CRLF line ends":    bytes.ReplaceAll(text, []byte("\n"), []byte("\r\n")),
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := parsePrivate(text); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestKeyWhoseHalvesDoNotFitIsRefused(t *testing.T) {
	k := slices.Clone(rfcKey(t))
	k[40] ^= 1 // in the public half
	if err := selfTest(k); !errors.Is(err, ErrMalformed) {
		t.Errorf("the self-test passed a broken key: %v", err)
	}
}

func TestPublicPEMHoldsEveryKeyAndNoPrivateOne(t *testing.T) {
	ring, err := Static(newPEM(t), newPEM(t), newPEM(t))
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for block, rest := pem.Decode(ring.PublicPEM()); block != nil; block, rest = pem.Decode(rest) {
		parsed, err := x509.ParsePKIXPublicKey(block.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		if !knows(ring, thumbprint(parsed.(ed25519.PublicKey))) {
			t.Error("a key that the ring does not have")
		}
		seen++
	}
	if seen != 3 {
		t.Errorf("%d public keys, want 3", seen)
	}
	if bytes.Contains(ring.PublicPEM(), []byte("PRIVATE")) {
		t.Error("a private key was exported")
	}
}
