package store_test

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/sekisho-project/sekisho/store"
	"github.com/sekisho-project/sekisho/store/redistest"
)

func TestAddressesAreReadAsWritten(t *testing.T) {
	for _, c := range []struct {
		addresses []string
		want      store.Options
	}{
		{[]string{"redis://localhost"}, store.Options{Addresses: []string{"localhost:6379"}}},
		{[]string{"redis://127.0.0.1:7000/3"}, store.Options{Addresses: []string{"127.0.0.1:7000"}, Database: 3}},
		{[]string{"redis://[::1]/"}, store.Options{Addresses: []string{"[::1]:6379"}}},
		{
			[]string{"rediss://gate:p%40ss%2F@redis.example.com:6380"},
			store.Options{Addresses: []string{"redis.example.com:6380"}, User: "gate", Password: "p@ss/", TLS: true},
		},
		{
			[]string{"rediss://h?ca_file=/ca.pem&cert_file=/c.pem&key_file=/k.pem"},
			store.Options{Addresses: []string{"h:6379"}, TLS: true, CAFile: "/ca.pem", CertFile: "/c.pem", KeyFile: "/k.pem"},
		},
		{[]string{"redis://:only-password@h"}, store.Options{Addresses: []string{"h:6379"}, Password: "only-password"}},
		{
			[]string{"unix://u:p@/run/redis.sock?db=2"},
			store.Options{Addresses: []string{"/run/redis.sock"}, User: "u", Password: "p", Database: 2},
		},
		{[]string{"redis://a:1", "b:2", "redis://c"}, store.Options{Addresses: []string{"a:1", "b:2", "c:6379"}}},
		{[]string{"redis://a?cluster=true"}, store.Options{Addresses: []string{"a:6379"}, Cluster: true}},
		{
			[]string{"redis://u:p@s1/4?sentinel_master=main&sentinel_user=su&sentinel_password=sp", "s2:26380"},
			store.Options{
				Addresses: []string{"s1:26379", "s2:26380"}, User: "u", Password: "p", Database: 4,
				SentinelMaster: "main", SentinelUser: "su", SentinelPassword: "sp",
			},
		},
	} {
		got, err := store.ParseAddresses(c.addresses, store.Options{})
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%q: got %#v, %v", c.addresses, got, err)
		}
	}
}

func TestAddressesThatSayTwoThingsOrNothingAreRefusedWithoutRepeatingThem(t *testing.T) {
	for _, addresses := range [][]string{
		nil,
		{""},
		{"localhost:6379"},
		{"http://secret@h"},
		{"redis://"},
		{"redis://:6379"},
		{"redis://h:0"},
		{"redis://h:99999"},
		{"redis://u:secret%@h"},
		{"redis://u:secret@h:port"},
		{"redis://h/secret"},
		{"redis://h/-1"},
		{"redis://h?db=1"},
		{"redis://h?cluster=maybe"},
		{"redis://h?password=secret"},
		{"redis://h?cluster=true&cluster=true"},
		{"redis://h?a=%zz"},
		{"unix://relative.sock"},
		{"unix:///a", "unix:///b"},
		{"unix:///a?sentinel_master=m"},
		{"unix:///a?db=x"},
		{"redis://a", "rediss://b"},
		{"redis://a", "redis://u:secret@b"},
		{"redis://a", "b/1"},
		{"redis://a", "b?db=1"},
		{"redis://a", ""},
		{"redis://a", "a:6379"},
		{"redis://a/1", "b"},
		{"redis://a/1?cluster=true"},
		{"redis://a?cluster=true&sentinel_master=m"},
		{"redis://a?sentinel_password=secret"},
		{"redis://a?ca_file=/x"},
		{"redis://a?cert_file=/x&key_file=/y"},
		{"rediss://a?cert_file=/x"},
		{"rediss://a?key_file=/y"},
	} {
		_, err := store.ParseAddresses(addresses, store.Options{})
		if !errors.Is(err, store.ErrOptions) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: %v", addresses, err)
		}
	}
}

func FuzzParseAddresses(f *testing.F) {
	for _, seed := range []string{"redis://u:p@h:1/2", "unix:///a?db=1", "rediss://h?sentinel_master=m", "redis://[::1]", "h:1"} {
		f.Add(seed, "b:2")
	}
	f.Fuzz(func(t *testing.T, first, second string) {
		o, err := store.ParseAddresses([]string{first, second}, store.Options{})
		if err == nil && (len(o.Addresses) != 2 || slices.Contains(o.Addresses, "")) {
			t.Errorf("accepted %q, %q as %q", first, second, o.Addresses)
		}
	})
}

func TestOptionsNeverShowAPassword(t *testing.T) {
	o := store.Options{Addresses: []string{"h:1"}, User: "u", Password: "hunter2", SentinelMaster: "m", SentinelPassword: "hunter3"}
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("store", "options", o, "pointer", &o)
	asJSON, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	shown := fmt.Sprintf("%v %+v %#v %s %v %+v %s %s", o, o, o, o, &o, struct{ O store.Options }{o}, log.String(), asJSON)
	if strings.Contains(shown, "hunter") {
		t.Errorf("shown: %s", shown)
	}
	if !strings.Contains(o.String(), "redis://h:1/0") {
		t.Errorf("String says %q", o)
	}
}

func TestTheFingerprintChangesWithEverythingThatMatters(t *testing.T) {
	base := store.Options{Addresses: []string{"a:1", "b:1"}}
	if same := (store.Options{Addresses: []string{"a:1", "b:1"}, Prefix: store.DefaultPrefix}); same.Fingerprint() != base.Fingerprint() {
		t.Error("equal options differ")
	}
	seen := map[string]string{base.Fingerprint(): "nothing"}
	for name, change := range map[string]func(*store.Options){
		"address":           func(o *store.Options) { o.Addresses = []string{"a:1"} },
		"order":             func(o *store.Options) { o.Addresses = []string{"b:1", "a:1"} },
		"user":              func(o *store.Options) { o.User = "x" },
		"password":          func(o *store.Options) { o.Password = "x" },
		"database":          func(o *store.Options) { o.Database = 1 },
		"cluster":           func(o *store.Options) { o.Cluster = true },
		"master":            func(o *store.Options) { o.SentinelMaster = "x" },
		"sentinel user":     func(o *store.Options) { o.SentinelUser = "x" },
		"sentinel password": func(o *store.Options) { o.SentinelPassword = "x" },
		"tls":               func(o *store.Options) { o.TLS = true },
		"ca":                func(o *store.Options) { o.CAFile = "x" },
		"certificate":       func(o *store.Options) { o.CertFile = "x" },
		"key":               func(o *store.Options) { o.KeyFile = "x" },
		"prefix":            func(o *store.Options) { o.Prefix = "x" },
		"timeout":           func(o *store.Options) { o.Timeout = 1 },
	} {
		o := base
		change(&o)
		if other, taken := seen[o.Fingerprint()]; taken {
			t.Errorf("%s has the fingerprint of %s", name, other)
		}
		seen[o.Fingerprint()] = name
	}
}

func TestOpenMakesTheKindOfClientThatTheAddressesAskFor(t *testing.T) {
	for _, c := range []struct {
		addresses []string
		want      redis.UniversalClient
	}{
		{[]string{"redis://127.0.0.1:1"}, &redis.Client{}},
		{[]string{"rediss://127.0.0.1:1"}, &redis.Client{}},
		{[]string{"redis://127.0.0.1:1", "127.0.0.1:2"}, &redis.ClusterClient{}},
		{[]string{"redis://127.0.0.1:1?cluster=true"}, &redis.ClusterClient{}},
		{[]string{"redis://127.0.0.1:1?sentinel_master=m", "127.0.0.1:2"}, &redis.Client{}},
	} {
		if got := open(t, c.addresses...).Redis(); reflect.TypeOf(got) != reflect.TypeOf(c.want) {
			t.Errorf("%q: got a %T", c.addresses, got)
		}
	}
}

func TestOpenRefusesWhatCannotWork(t *testing.T) {
	notPEM := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(notPEM, []byte("no certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, o := range map[string]store.Options{
		"no address":                     {},
		"no CA file":                     {Addresses: []string{"h:1"}, TLS: true, CAFile: "/nonexistent"},
		"a CA file without certificates": {Addresses: []string{"h:1"}, TLS: true, CAFile: notPEM},
		"a certificate that is none":     {Addresses: []string{"h:1"}, TLS: true, CertFile: notPEM, KeyFile: notPEM},
	} {
		if _, err := store.Open(o); !errors.Is(err, store.ErrOptions) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTheClientKeepsDeadlinesAndDoesNotPileUpRetries(t *testing.T) {
	o := open(t, "redis://127.0.0.1:1").Redis().(*redis.Client).Options()
	if !o.ContextTimeoutEnabled || o.DialTimeout != time.Second || o.ReadTimeout != time.Second || o.WriteTimeout != time.Second ||
		o.MaxRetries != 1 || o.DialerRetries != 1 || o.PipelinePoolSize != -1 || o.MaxActiveConns == 0 {
		t.Errorf("options are %+v", o)
	}
}

func TestEveryCommandIsObservedUnderAKnownName(t *testing.T) {
	type seen struct {
		operation string
		failed    bool
	}
	var got []seen
	o, err := store.ParseAddresses([]string{"unix://" + redisServer(t).Address}, store.Options{
		Prefix:  t.Name(),
		Observe: func(op string, _ time.Duration, err error) { got = append(got, seen{op, err != nil}) },
	})
	if err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	defer closeStore(t, s)
	client, ctx := s.Redis(), t.Context()
	if err := client.Ping(ctx).Err(); err != nil {
		t.Fatal(err)
	}
	got = nil
	client.Get(ctx, "nothing")
	client.HSet(ctx, "a", "b", "c")
	client.Get(ctx, "a")
	client.Do(ctx, "LOLWUT")
	client.Pipelined(ctx, func(p redis.Pipeliner) error { p.Get(ctx, "nothing"); return nil })
	redis.NewScript("return '"+rand.Text()+"'").Run(ctx, client, nil) // Redis does not have it yet
	want := []seen{{"get", false}, {"hset", false}, {"get", true}, {"other", false}, {"pipeline", false}, {"evalsha", false}, {"eval", false}}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	for _, s := range got {
		if !slices.Contains(store.Operations, s.operation) {
			t.Errorf("%q is not among the operations", s.operation)
		}
	}
}

func TestEveryCommandThatWeHaveARightToHasAName(t *testing.T) {
	for _, rule := range strings.Fields(redistest.Rights) {
		command, ok := strings.CutPrefix(rule, "+")
		if ok && !slices.Contains([]string{"client|setname", "select", "multi", "exec"}, command) && !slices.Contains(store.Operations, command) {
			t.Errorf("%s is counted as another", command)
		}
	}
}
