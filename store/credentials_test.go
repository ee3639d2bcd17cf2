package store_test

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/sekisho-project/sekisho/store"
	"github.com/sekisho-project/sekisho/store/redistest"
)

func TestAPasswordThatWasReplacedIsReadAtTheNextConnection(t *testing.T) {
	server := redistest.Start(t)
	password := "first"
	o, err := store.ParseAddresses([]string{"unix://" + server.Address}, store.Options{
		Credentials: func(context.Context) (string, string, error) { return "gate", password, nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	server.Do(t, "ACL", "SETUSER", "gate", "on", ">first", "~*", "+@all")
	s, err := store.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	defer closeStore(t, s)
	if err := s.Ping(t.Context()); err != nil {
		t.Fatal(err)
	}

	server.Do(t, "ACL", "SETUSER", "gate", "resetpass", ">second")
	if err := s.Ping(t.Context()); err != nil {
		t.Errorf("a connection that was open when the password changed: %v", err)
	}
	drop := func() { server.Do(t, "CLIENT", "KILL", "USER", "gate") }
	drop()
	if err := s.Ping(t.Context()); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("with the old password: %v", err)
	}
	password = "second"
	if err := s.Ping(t.Context()); err != nil {
		t.Errorf("with the new password: %v", err)
	}
	drop()
	if err := s.Ping(t.Context()); err != nil {
		t.Errorf("on another new connection: %v", err)
	}
}

func TestCredentialsThatCannotBeReadAreNoCredentials(t *testing.T) {
	unreadable := errors.New("unreadable")
	o, err := store.ParseAddresses([]string{"unix://" + redisServer(t).Address}, store.Options{
		Credentials: func(context.Context) (string, string, error) { return "", "", unreadable },
	})
	if err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	defer closeStore(t, s)
	if err := s.Ping(t.Context()); !errors.Is(err, store.ErrUnavailable) || !errors.Is(err, unreadable) {
		t.Errorf("Ping = %v", err)
	}
}

func TestTLSWithACertificateOfOurOwn(t *testing.T) {
	files, strangers := redistest.NewCertificates(t), redistest.NewCertificates(t)
	address := "rediss://" + redistest.StartTLS(t, files).Address
	ours := "&cert_file=" + files.Cert + "&key_file=" + files.Key
	if err := open(t, address+"?ca_file="+files.CA+ours).Ping(t.Context()); err != nil {
		t.Errorf("with the right certificates: %v", err)
	}
	for name, parameters := range map[string]string{
		"no certificate":                     "?ca_file=" + files.CA,
		"a certificate of another authority": "?ca_file=" + files.CA + "&cert_file=" + strangers.Cert + "&key_file=" + strangers.Key,
		"a server of another authority":      "?ca_file=" + strangers.CA + ours,
		"a server of no known authority":     "?" + strings.TrimPrefix(ours, "&"),
	} {
		if err := open(t, address+parameters).Ping(t.Context()); !errors.Is(err, store.ErrUnavailable) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestACertificateThatWasReplacedIsShownAtTheNextConnection(t *testing.T) {
	files, strangers := redistest.NewCertificates(t), redistest.NewCertificates(t)
	shown := redistest.NewCertificates(t)
	copyFiles := func(from redistest.Certificates) {
		for to, path := range map[string]string{shown.Cert: from.Cert, shown.Key: from.Key} {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(to, text, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	copyFiles(strangers)
	s := open(t, "rediss://"+redistest.StartTLS(t, files).Address+"?ca_file="+files.CA+"&cert_file="+shown.Cert+"&key_file="+shown.Key)
	if err := s.Ping(t.Context()); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("with a stranger's certificate: %v", err)
	}
	copyFiles(files)
	if err := s.Ping(t.Context()); err != nil {
		t.Errorf("with the new certificate: %v", err)
	}
}

func TestRESP3IsSpokenWhereTheServerKnowsIt(t *testing.T) {
	for name, c := range map[string]struct {
		server *redistest.Server
		want   string
	}{
		"redis":  {redisServer(t), "resp=3"},
		"simple": {simpleServer(t), ""}, // it refuses HELLO, and the other tests find nothing amiss
	} {
		s := open(t, "unix://"+c.server.Address)
		clients, err := s.Redis().(*redis.Client).ClientList(t.Context()).Result()
		if err != nil {
			t.Fatal(err)
		}
		mine := slices.DeleteFunc(strings.Split(clients, "\n"), func(line string) bool { return !strings.Contains(line, "cmd=client|list") })
		if got := strings.Join(mine, "\n"); !strings.Contains(got, c.want) || !strings.Contains(got, "name=sekisho") {
			t.Errorf("%s: %s", name, got)
		}
	}
}
