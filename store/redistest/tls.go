package redistest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// Certificates are PEM files: an authority, and a certificate that it signed for
// 127.0.0.1, good for servers and clients.
type Certificates struct{ CA, Cert, Key string }

// NewCertificates makes an authority of its own.
func NewCertificates(t testing.TB) Certificates {
	t.Helper()
	template := func(serial int64, name string) *x509.Certificate {
		return &x509.Certificate{
			SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: name}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
			NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		}
	}
	authority := template(1, "authority")
	authority.IsCA, authority.BasicConstraintsValid = true, true
	authorityKey, key := newKey(t), newKey(t)
	dir := t.TempDir()
	c := Certificates{CA: filepath.Join(dir, "ca.pem"), Cert: filepath.Join(dir, "cert.pem"), Key: filepath.Join(dir, "key.pem")}
	for path, certificate := range map[string]*x509.Certificate{c.CA: authority, c.Cert: template(2, "redis")} {
		public := &key.PublicKey
		if certificate.IsCA {
			public = &authorityKey.PublicKey
		}
		der, err := x509.CreateCertificate(rand.Reader, certificate, authority, public, authorityKey)
		if err != nil {
			t.Fatal(err)
		}
		writePEM(t, path, "CERTIFICATE", der)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	writePEM(t, c.Key, "PRIVATE KEY", der)
	return c
}

// StartTLS runs a server that wants a certificate of the authority from clients.
func StartTLS(t testing.TB, c Certificates, args ...string) *Server {
	t.Helper()
	s, err := listenOn("--tls-port", append([]string{"--port", "0", "--tls-cert-file", c.Cert, "--tls-key-file", c.Key, "--tls-ca-cert-file", c.CA}, args...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Stop)
	return s
}

func newKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func writePEM(t testing.TB, path, kind string, der []byte) {
	t.Helper()
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
}
