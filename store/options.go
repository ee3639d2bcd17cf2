package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// ErrOptions reports options that no connection can be made with.
var ErrOptions = errors.New("invalid store options")

// DefaultTimeout bounds each dial, read and write.
const DefaultTimeout = time.Second

// poolSize is how many connections there are at most, per server.
const poolSize = 32

// Options say where Redis is and how to reach it. [ParseAddresses] fills in all
// but Credentials, Prefix, Timeout and Observe.
//
// Options hold passwords: they are left out when Options are printed, logged or
// written as JSON.
type Options struct {
	// Addresses are host:port pairs: one server, or several nodes of a cluster,
	// or Sentinels when SentinelMaster is set. A single path starting with "/" is
	// a Unix socket.
	Addresses []string
	User      string // ACL user; empty means the default user
	Password  string `json:"-"`
	Database  int    // database number; a cluster only has 0

	// Credentials, if set, are asked for user and password at each new connection, in
	// the place of User and Password, so that a password may change while others live.
	Credentials func(context.Context) (user, password string, err error) `json:"-"`

	Cluster          bool   // one address stands for a cluster
	SentinelMaster   string // name of the master that Sentinels at Addresses know
	SentinelUser     string
	SentinelPassword string `json:"-"`

	TLS      bool
	CAFile   string // PEM file of the authorities to trust instead of the system's
	CertFile string // PEM file of the client's certificate, read at each new connection
	KeyFile  string // PEM file of its key

	Prefix  string        // before every key; empty means DefaultPrefix
	Timeout time.Duration // of each dial, read and write; 0 means DefaultTimeout

	// Observe hears of every command once it is done, and of those that were not sent
	// ([ErrNotAsked]); see [ObserveHook].
	Observe Observer `json:"-"`
}

// Open makes a store. It does not connect: a Redis that is down must not keep a
// server from starting. While one does not answer, most calls fail at once with
// [ErrNotAsked].
func Open(o Options) (*Store, error) {
	u, err := o.universal()
	if err != nil {
		return nil, err
	}
	client := redis.NewUniversalClient(u)
	if o.Observe != nil {
		client.AddHook(ObserveHook(o.Observe))
	}
	addBreaker(client)
	return New(client, o.prefix()), nil
}

// Check reports what [Open] would refuse, such as a file that cannot be read.
func (o Options) Check() error {
	_, err := o.universal()
	return err
}

// universal translates o for go-redis. Its defaults would ignore deadlines, wait
// five seconds for a dial and repeat it five times.
func (o Options) universal() (*redis.UniversalOptions, error) {
	if len(o.Addresses) == 0 {
		return nil, fmt.Errorf("%w: no address", ErrOptions)
	}
	tlsConfig, err := o.tlsConfig()
	if err != nil {
		return nil, err
	}
	timeout := o.Timeout
	if timeout <= 0 {
		timeout = DefaultTimeout
	}
	return &redis.UniversalOptions{
		Addrs: o.Addresses, DB: o.Database, Username: o.User, Password: o.Password, TLSConfig: tlsConfig,
		MasterName: o.SentinelMaster, SentinelUsername: o.SentinelUser, SentinelPassword: o.SentinelPassword,
		IsClusterMode: o.Cluster, ClientName: "sekisho", DisableIdentity: true, CredentialsProviderContext: o.Credentials,
		// RESP3, and RESP2 with a server that does not know HELLO: nothing here needs either.
		Protocol: 3,

		ContextTimeoutEnabled: true,
		DialTimeout:           timeout, ReadTimeout: timeout, WriteTimeout: timeout, PoolTimeout: timeout,
		DialerRetries: 1, MaxRetries: 1,
		PoolSize: poolSize, MaxActiveConns: poolSize, PipelinePoolSize: -1,
		// They are for Redis Cloud only, and would look up the host name here and now.
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	}, nil
}

func (o Options) prefix() string {
	if o.Prefix == "" {
		return DefaultPrefix
	}
	return o.Prefix
}

// Fingerprint is equal for options that lead to the same place in the same way,
// so that a reload can go on with the connections it has: a SHA-256 in hex of
// everything but Credentials and Observe. It covers the passwords: do not show it.
func (o Options) Fingerprint() string {
	h := sha256.New()
	fmt.Fprintf(h, "%q %q %q %d %t %q %q %q %t %q %q %q %q %d", o.Addresses, o.User, o.Password, o.Database, o.Cluster,
		o.SentinelMaster, o.SentinelUser, o.SentinelPassword, o.TLS, o.CAFile, o.CertFile, o.KeyFile,
		o.prefix(), o.Timeout)
	return hex.EncodeToString(h.Sum(nil))
}

// String says where the store is, in the form of the addresses that
// [ParseAddresses] reads, with neither user nor password.
func (o Options) String() string {
	scheme := "redis"
	switch {
	case o.unix():
		return fmt.Sprintf("unix://%s?db=%d", o.Addresses[0], o.Database)
	case o.TLS:
		scheme = "rediss"
	}
	text := fmt.Sprintf("%s://%s/%d", scheme, strings.Join(o.Addresses, ","), o.Database)
	switch {
	case o.SentinelMaster != "":
		text += "?sentinel_master=" + o.SentinelMaster
	case o.Cluster:
		text += "?cluster=true"
	}
	return text
}

// GoString is [Options.String], so that no way of printing shows a password.
func (o Options) GoString() string { return o.String() }

// LogValue is [Options.String] for a log.
func (o Options) LogValue() slog.Value { return slog.StringValue(o.String()) }

func (o Options) unix() bool {
	return len(o.Addresses) == 1 && strings.HasPrefix(o.Addresses[0], "/")
}
