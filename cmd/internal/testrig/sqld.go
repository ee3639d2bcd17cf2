package testrig

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"
)

// Sqld is a libSQL server with namespaces on, and no default namespace.
type Sqld struct {
	*Process
	Address string // of the user listener, host:port
	admin   string // URL of the admin listener
	key     string // of the admin listener
}

// SqldConfig says how to start a [Sqld].
type SqldConfig struct {
	Path    string // the binary, from [FindOrInstallSqld]
	Address string // host:port
	Dir     string
	KeyFile string // PEM of the public key that its tokens are signed with
}

// StartSqld starts a libSQL server and waits until it answers.
func StartSqld(ctx context.Context, config SqldConfig) (*Sqld, error) {
	admin, err := FreeAddress()
	if err != nil {
		return nil, err
	}
	s := &Sqld{Address: config.Address, admin: "http://" + admin, key: rand.Text()}
	s.Process, err = start(Command{
		Path: config.Path,
		Args: []string{
			"--no-welcome", "--db-path", filepath.Join(config.Dir, "data.sqld"),
			"--http-listen-addr", config.Address, "--admin-listen-addr", admin,
			"--enable-namespaces", "--disable-default-namespace", "--auth-jwt-key-file", config.KeyFile,
		},
		Dir: config.Dir,
		Env: []string{"LIBSQL_ADMIN_AUTH_KEY=" + s.key},
		Log: filepath.Join(config.Dir, "sqld.log"),
	})
	if err != nil {
		return nil, err
	}
	if err := s.await(ctx, "sqld", answers200("http://"+config.Address+"/health")); err != nil {
		return nil, errors.Join(err, s.Kill())
	}
	return s, nil
}

// CreateNamespace makes an empty database that other databases of the server may
// attach, as far as their tokens allow it.
func (s *Sqld) CreateNamespace(ctx context.Context, name string) error {
	url := s.admin + "/v1/namespaces/" + name + "/create"
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(`{"allow_attach":true}`))
	if err != nil {
		return fmt.Errorf("creating namespace %s: %w", name, err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "Basic "+s.key)
	response, err := client.Do(request)
	if err != nil {
		return fmt.Errorf("creating namespace %s: %w", name, err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		body, _ := io.ReadAll(io.LimitReader(response.Body, 1<<10))
		return fmt.Errorf("creating namespace %s: %s: %s", name, response.Status, body)
	}
	return nil
}
