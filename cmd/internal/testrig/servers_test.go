package testrig

import (
	"context"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func freeAddress(t *testing.T) string {
	t.Helper()
	address, err := FreeAddress()
	if err != nil {
		t.Fatal(err)
	}
	return address
}

func TestRedisKeepsWhatItAcknowledged(t *testing.T) {
	r, err := StartRedis(t.Context(), freeAddress(t), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Kill() })
	redisCLI(t, r, "set", "k", "v")
	if err := r.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := r.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := redisCLI(t, r, "get", "k"); got != "v" {
		t.Errorf("after a kill and a restart the value is %q", got)
	}
}

func TestAPausedRedisAnswersOnceResumed(t *testing.T) {
	r, err := StartRedis(t.Context(), freeAddress(t), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Kill() })
	if err := r.Pause(); err != nil {
		t.Fatal(err)
	}
	if err := r.ping(t.Context()); err == nil {
		t.Error("a paused Redis answers")
	}
	if err := r.Resume(); err != nil {
		t.Fatal(err)
	}
	if err := Await(t.Context(), "Redis", 5*time.Second, r.ping); err != nil {
		t.Error(err)
	}
}

func redisCLI(t *testing.T, r *Redis, args ...string) string {
	t.Helper()
	_, port, _ := strings.Cut(r.Address, ":")
	out, err := exec.CommandContext(t.Context(), "redis-cli", append([]string{"-p", port}, args...)...).Output()
	if err != nil {
		t.Fatalf("redis-cli %v: %v", args, err)
	}
	return strings.TrimSpace(string(out))
}

func TestSqldStartsWithNamespacesAndTrustsTheKeyOnly(t *testing.T) {
	tools, err := Tools()
	if err != nil {
		t.Fatal(err)
	}
	path, err := FindOrInstallSqld(t.Context(), tools)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	s, err := StartSqld(t.Context(), SqldConfig{Path: path, Address: freeAddress(t), Dir: dir, KeyFile: newKeyFile(t, dir)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Kill() })
	if err := s.CreateNamespace(t.Context(), "some-db"); err != nil {
		t.Fatal(err)
	}
	if err := s.CreateNamespace(t.Context(), "some-db"); err == nil {
		t.Error("the same namespace was created twice")
	}
}

func newKeyFile(t *testing.T, dir string) string {
	t.Helper()
	public, _, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "key.pem")
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestClientsAreInstalledOnce(t *testing.T) {
	tools, err := Tools()
	if err != nil {
		t.Fatal(err)
	}
	dir, err := InstallClients(t.Context(), tools)
	if err != nil {
		t.Fatal(err)
	}
	if fresh, err := writeLockFile(dir, "clients"); err != nil || !fresh {
		t.Errorf("installed, but fresh is %v (%v)", fresh, err)
	}
	script := filepath.Join(t.TempDir(), "typed.mts")
	text := "import { createClient } from '@tursodatabase/api';\nconst kind: string = typeof createClient;\nconsole.log(kind, process.env.WHO);\n"
	if err := os.WriteFile(script, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := Node(t.Context(), dir, Script{Path: script, Env: []string{"WHO=me"}})
	if err != nil || out.Err != nil || out.Stdout != "function me\n" {
		t.Errorf("%v: %+v", err, out)
	}
}

func TestARedisIsRestoredToWhatItWas(t *testing.T) {
	r, err := StartRedis(t.Context(), freeAddress(t), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Kill() })
	redisCLI(t, r, "set", "k", "old")
	dump := filepath.Join(t.TempDir(), "dump")
	if err := r.Dump(dump); err != nil {
		t.Fatal(err)
	}
	redisCLI(t, r, "set", "k", "new")
	if err := r.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := r.Restore(dump); err != nil {
		t.Fatal(err)
	}
	if err := r.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := redisCLI(t, r, "get", "k"); got != "old" {
		t.Errorf("the value is %q", got)
	}
}

func awaitOneKey(t *testing.T, r *Redis) {
	t.Helper()
	err := Await(t.Context(), "the replica to have the key", 10*time.Second, func(ctx context.Context) error {
		size, err := r.Do(ctx, "DBSIZE")
		if err == nil && size != "1" {
			err = errors.New(size + " keys")
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestSentinelsPromoteAReplicaThatMissedWrites(t *testing.T) {
	r, err := StartReplicated(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Kill() })
	redisCLI(t, r.Master, "set", "kept", "v")
	awaitOneKey(t, r.Replica)
	if err := r.Cut(t.Context()); err != nil {
		t.Fatal(err)
	}
	redisCLI(t, r.Master, "set", "lost", "v")
	if err := r.Master.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := r.AwaitPromotion(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := redisCLI(t, r.Replica, "mget", "kept", "lost"); got != "v" {
		t.Errorf("the replica has %q", got)
	}
}

func TestADeposedMasterTakesItselfForOneAndTakesNoWrites(t *testing.T) {
	r, err := StartReplicated(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Kill() })
	if err := r.Depose(t.Context()); err != nil {
		t.Fatal(err)
	}
	if role, err := r.Master.Do(t.Context(), "ROLE"); err != nil || !strings.Contains(role, "master") {
		t.Errorf("it is %s, %v", role, err)
	}
	if _, err := r.Master.Do(t.Context(), "SET", "k", "v"); err == nil || !strings.Contains(err.Error(), "NOREPLICAS") {
		t.Errorf("it takes writes: %v", err)
	}
}

func TestAClusterOutlivesTheOwnerOfAKey(t *testing.T) {
	c, err := StartCluster(t.Context(), t.TempDir(), "k")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Kill() })
	redisCLI(t, c.Owner, "set", "k", "v")
	awaitOneKey(t, c.Replica)
	if err := c.Owner.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := c.AwaitPromotion(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := redisCLI(t, c.Replica, "get", "k"); got != "v" {
		t.Errorf("the promoted replica has %q", got)
	}
}
