package store

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
)

func (o Options) tlsConfig() (*tls.Config, error) {
	if !o.TLS {
		return nil, nil
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if err := o.trustAuthorities(config); err != nil {
		return nil, err
	}
	return config, o.showCertificate(config)
}

func (o Options) trustAuthorities(config *tls.Config) error {
	if o.CAFile == "" {
		return nil
	}
	pem, err := os.ReadFile(o.CAFile)
	if err != nil {
		return fmt.Errorf("%w: reading ca_file: %w", ErrOptions, err)
	}
	config.RootCAs = x509.NewCertPool()
	if !config.RootCAs.AppendCertsFromPEM(pem) {
		return fmt.Errorf("%w: no certificate in ca_file %s", ErrOptions, o.CAFile)
	}
	return nil
}

// showCertificate reads the files at each handshake: certificates are short-lived.
func (o Options) showCertificate(config *tls.Config) error {
	if o.CertFile == "" && o.KeyFile == "" {
		return nil
	}
	load := func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
		pair, err := tls.LoadX509KeyPair(o.CertFile, o.KeyFile)
		return &pair, err
	}
	if _, err := load(nil); err != nil {
		return fmt.Errorf("%w: cert_file and key_file: %w", ErrOptions, err)
	}
	config.GetClientCertificate = load
	return nil
}
