package keyring

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
)

// parsePrivate reads exactly one PKCS#8 PEM block with an Ed25519 key and proves
// that the key works. No error quotes what it was given.
func parsePrivate(text []byte) (ed25519.PrivateKey, error) {
	block, rest := pem.Decode(text)
	if block == nil {
		return nil, fmt.Errorf("%w: there is no PEM block", ErrMalformed)
	}
	if len(bytes.TrimSpace(rest)) > 0 {
		return nil, fmt.Errorf("%w: there must be one PEM block and nothing after it", ErrMalformed)
	}
	if err := checkBlock(block); err != nil {
		return nil, err
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("%w: the PEM block holds no PKCS#8 key", ErrMalformed)
	}
	switch k := parsed.(type) {
	case ed25519.PrivateKey:
		return k, selfTest(k)
	case *rsa.PrivateKey:
		return nil, fmt.Errorf("%w: this is an RSA key, only Ed25519 can be used", ErrMalformed)
	case *ecdsa.PrivateKey:
		return nil, fmt.Errorf("%w: this is an ECDSA key, only Ed25519 can be used", ErrMalformed)
	default:
		return nil, fmt.Errorf("%w: this is a %T, only Ed25519 can be used", ErrMalformed, parsed)
	}
}

// checkBlock says in words why a block is not the one wanted.
func checkBlock(block *pem.Block) error {
	switch {
	case block.Type == "ENCRYPTED PRIVATE KEY" || block.Headers["DEK-Info"] != "":
		return fmt.Errorf("%w: the key is encrypted; decrypt it first", ErrMalformed)
	case block.Type == "PUBLIC KEY":
		return fmt.Errorf("%w: this is a public key, the private one is needed", ErrMalformed)
	case block.Type != "PRIVATE KEY":
		return fmt.Errorf(`%w: the PEM block must be of type "PRIVATE KEY" (PKCS#8)`, ErrMalformed)
	}
	return nil
}

// selfTest signs and verifies once: a key that loads is a key that works.
func selfTest(k ed25519.PrivateKey) error {
	message := []byte("sekisho key self-test")
	if !ed25519.Verify(k.Public().(ed25519.PublicKey), message, ed25519.Sign(k, message)) {
		return fmt.Errorf("%w: the key cannot verify what it signed", ErrMalformed)
	}
	return nil
}

func marshalPrivate(k ed25519.PrivateKey) ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		return nil, fmt.Errorf("encoding a signing key: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}

// PublicPEM is all public keys as SPKI PEM blocks, one after the other: the file
// that libSQL's server takes as --auth-jwt-key-file.
func (r *Ring) PublicPEM() []byte {
	var text []byte
	for _, k := range r.current.Load().keys {
		der, _ := x509.MarshalPKIXPublicKey(k.public) // cannot fail for this type
		text = append(text, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})...)
	}
	return text
}
