package e2e

import (
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
)

// secrets collects what must never be found outside of the replies that gave it out.
type secrets struct {
	mu   sync.Mutex
	list []string
}

func (s *secrets) add(secret string) {
	if secret == "" {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.list = append(s.list, secret)
}

// addJWT adds a token, and its signature alone.
func (s *secrets) addJWT(jwt string) {
	s.add(jwt)
	s.add(jwt[strings.LastIndex(jwt, ".")+1:])
}

// wantNoneIn fails the test for each secret that the text holds.
func (s *secrets) wantNoneIn(t *testing.T, where, text string) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, secret := range s.list {
		if strings.Contains(text, secret) {
			t.Errorf("%s holds the secret %.12s…", where, secret)
		}
	}
}

// wantNoneUnder reads every file under a directory. One of them must hold known:
// else the directory is not where things are kept, and proves nothing.
func (s *secrets) wantNoneUnder(t *testing.T, dir, known string) {
	t.Helper()
	found := false
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		found = found || strings.Contains(string(text), known)
		s.wantNoneIn(t, path, string(text))
		return err
	})
	if err != nil || !found {
		t.Errorf("looking through %s: %s found: %v, %v", dir, known, found, err)
	}
}

// privateKey finds the body of a PEM block, also inside of JSON.
var privateKey = regexp.MustCompile(`-----BEGIN PRIVATE KEY-----(?:\\n|\n)([A-Za-z0-9+/=]+)`)

// addPrivateKeys adds every private key that lies in Caddy's storage, where it belongs.
func (s *secrets) addPrivateKeys(t *testing.T, dir string) {
	t.Helper()
	found := 0
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		for _, match := range privateKey.FindAllSubmatch(text, -1) {
			s.add(string(match[1]))
			found++
		}
		return err
	})
	if err != nil || found == 0 {
		t.Errorf("looking for private keys in %s: %d found, %v", dir, found, err)
	}
}

// live goes through the life of tokens, with mistakes that people make. It gives
// the id of a token that was taken back.
func (h *house) live(t *testing.T) string {
	t.Helper()
	full := h.furnish(t, "my-db")
	reader := h.mint(t, myDB, "authorization=read-only&expiration=7d", "")
	group := h.mint(t, production, "", `{"permissions":{"read_attach":{"databases":["other-db"]}}}`)
	h.users(t, "my-db", reader.JWT)
	h.users(t, "my-db", group.JWT)
	h.mustQuery(t, "my-db", reader.JWT, "DELETE FROM users")
	h.mustQuery(t, "other-db", full, "SELECT 1")
	h.mustQuery(t, "my-db", full+"x", "SELECT 1")
	h.mustQuery(t, "my-db", h.adminKey, "SELECT 1")
	h.mustRevoke(t, myDB, reader.ID)
	h.mustQuery(t, "my-db", reader.JWT, "SELECT 1")
	h.rotate(t, production, "")
	for _, wrong := range []string{full, h.adminKey + "x", ""} {
		mustCall(t, http.MethodPost, h.auth(myDB, "tokens"), wrong, "")
	}
	mustCall(t, http.MethodPost, h.auth(myDB, "tokens?expiration=soon"), h.adminKey, "")
	list := mustCall(t, http.MethodGet, h.auth(myDB, "tokens"), h.adminKey, "").wantStatus(t, http.StatusOK)
	h.secrets.wantNoneIn(t, "the list of tokens", list.body)
	return reader.ID
}

// wantNoSecretOutside looks everywhere but into Caddy's storage. The store, in
// storeDir, must know the token id known.
func (h *house) wantNoSecretOutside(t *testing.T, storeDir, known string) {
	t.Helper()
	h.secrets.addPrivateKeys(t, h.Storage)
	for _, page := range []string{"/config/", "/metrics"} {
		a := mustCall(t, http.MethodGet, "http://"+h.Admin+page, "", "").wantStatus(t, http.StatusOK)
		h.secrets.wantNoneIn(t, page, a.body)
	}
	h.secrets.wantNoneUnder(t, storeDir, known)
	if err := h.gate.Stop(); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(h.gate.Log(), `"status"`) {
		t.Error("the log has no requests: it proves nothing")
	}
	h.secrets.wantNoneIn(t, "the log", h.gate.Log())
	h.secrets.wantNoneUnder(t, storeDir, known)
}

func TestNoSecretIsKeptInTheEmbeddedStoreOrShown(t *testing.T) {
	h := startHouse(t, recorded)
	revoked := h.live(t)
	h.wantNoSecretOutside(t, h.gate.Data(), revoked)
}

func TestNoSecretIsKeptInRedisOrShown(t *testing.T) {
	redis := startRedis(t)
	h := startHouse(t, recorded, withRedis(redis))
	revoked := h.live(t)
	h.wantNoSecretOutside(t, redis.Dir(), revoked)
}
