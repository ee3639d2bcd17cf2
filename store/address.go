package store

import (
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

const defaultPort = "6379"

// sentinelPort is where Sentinels listen unless told otherwise.
const sentinelPort = "26379"

const problemOfScheme = "must begin with redis://, rediss:// or unix://"

// ParseAddresses sets in o what the addresses say. The first is a URL and says
// everything:
//
//	redis://[user:password@]host[:port][/db]      one Redis
//	rediss://…                                    the same with TLS
//	unix://[user:password@]/path/to/redis.sock[?db=n]
//
// Further ones name more servers, as host:port or as a URL with the same scheme and nothing
// but a host: the nodes of a cluster, or Sentinels. The first may have parameters:
//
//	sentinel_master=name      the addresses are Sentinels that know this master
//	sentinel_user, sentinel_password
//	cluster=true              one address that stands for a cluster
//	ca_file=/path.pem         trust these authorities (rediss only)
//	cert_file, key_file       the client's certificate and its key (rediss only)
//
// Anything else is [ErrOptions]. An error never repeats an address, which may
// hold a password.
func ParseAddresses(addresses []string, o Options) (Options, error) {
	if len(addresses) == 0 {
		return Options{}, fmt.Errorf("%w: no address", ErrOptions)
	}
	first, err := url.Parse(addresses[0])
	if err != nil && !strings.Contains(addresses[0], "://") {
		return Options{}, addressError(0, problemOfScheme)
	}
	if err != nil {
		return Options{}, addressError(0, "is no URL; write special characters in user and password as %XX")
	}
	o.User = first.User.Username()
	o.Password, _ = first.User.Password()
	o.TLS = first.Scheme == "rediss"
	query, err := url.ParseQuery(first.RawQuery)
	if err != nil {
		return Options{}, addressError(0, "has parameters that cannot be read")
	}
	if err := o.setParameters(query); err != nil {
		return Options{}, err
	}
	switch first.Scheme {
	case "unix":
		return o.unixAddress(first, query, len(addresses))
	case "redis", "rediss":
		return o.networkAddresses(first, query, addresses)
	default:
		return Options{}, addressError(0, problemOfScheme)
	}
}

func (o *Options) setParameters(query url.Values) error {
	for name, values := range query {
		if len(values) != 1 {
			return addressError(0, "has "+strconv.Quote(name)+" twice")
		}
		var err error
		switch value := values[0]; name {
		case "sentinel_master":
			o.SentinelMaster = value
		case "sentinel_user":
			o.SentinelUser = value
		case "sentinel_password":
			o.SentinelPassword = value
		case "ca_file":
			o.CAFile = value
		case "cert_file":
			o.CertFile = value
		case "key_file":
			o.KeyFile = value
		case "cluster":
			o.Cluster, err = strconv.ParseBool(value)
		case "db":
			o.Database, err = database(value)
		default:
			return addressError(0, "has an unknown parameter "+strconv.Quote(name))
		}
		if err != nil {
			return addressError(0, "has a "+name+" that cannot be read")
		}
	}
	if o.CAFile+o.CertFile+o.KeyFile != "" && !o.TLS {
		return addressError(0, "has a file of certificates or keys, which needs rediss://")
	}
	if (o.CertFile == "") != (o.KeyFile == "") {
		return addressError(0, "has one of cert_file and key_file without the other")
	}
	if o.SentinelMaster == "" && (o.SentinelUser != "" || o.SentinelPassword != "") {
		return addressError(0, "has a Sentinel user or password, but no sentinel_master")
	}
	return nil
}

func (o Options) unixAddress(u *url.URL, query url.Values, count int) (Options, error) {
	if u.Host != "" || !strings.HasPrefix(u.Path, "/") || count > 1 {
		return Options{}, addressError(0, "must be the only one and name an absolute path: unix:///path/to/redis.sock")
	}
	for name := range query {
		if name != "db" {
			return Options{}, addressError(0, "has "+name+", which a Unix socket cannot have")
		}
	}
	o.Addresses = []string{u.Path}
	return o, nil
}

func (o Options) networkAddresses(first *url.URL, query url.Values, addresses []string) (Options, error) {
	if query.Has("db") {
		return Options{}, addressError(0, "has db, which is written as a path here: /3")
	}
	if path := strings.Trim(first.Path, "/"); path != "" {
		var err error
		if o.Database, err = database(path); err != nil {
			return Options{}, addressError(0, "has a path that is no database number")
		}
	}
	port := defaultPort
	if o.SentinelMaster != "" {
		port = sentinelPort
	}
	o.Addresses = nil
	for i, text := range addresses {
		host := first.Host
		if i > 0 {
			var plain bool
			if host, plain = strings.CutPrefix(text, first.Scheme+"://"); !plain && strings.Contains(text, "://") {
				return Options{}, addressError(i, "has another scheme than the first")
			}
		}
		address, err := hostPort(host, port)
		if err != nil {
			return Options{}, addressError(i, "needs host:port; user, database and parameters stand in the first only")
		}
		o.Addresses = append(o.Addresses, address)
	}
	if distinct := len(slices.Compact(slices.Sorted(slices.Values(o.Addresses)))); distinct != len(o.Addresses) {
		return Options{}, fmt.Errorf("%w: the same address stands twice", ErrOptions)
	}
	clustered := o.SentinelMaster == "" && (o.Cluster || len(o.Addresses) > 1)
	if o.Cluster && o.SentinelMaster != "" || clustered && o.Database != 0 {
		return Options{}, fmt.Errorf("%w: a cluster has neither a sentinel_master nor a database other than 0", ErrOptions)
	}
	return o, nil
}

// hostPort completes a host with port, if it has none.
func hostPort(s, port string) (string, error) {
	s = strings.TrimSuffix(s, "/")
	if strings.ContainsAny(s, "/@?#, \t\r\n") {
		return "", ErrOptions
	}
	u, err := url.Parse("redis://" + s)
	if err != nil || u.Hostname() == "" {
		return "", ErrOptions
	}
	if u.Port() != "" {
		port = u.Port()
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return "", ErrOptions
	}
	return net.JoinHostPort(u.Hostname(), port), nil
}

func database(s string) (int, error) {
	n, err := strconv.ParseUint(s, 10, 16)
	return int(n), err
}

// addressError counts addresses from one, as the person who wrote them does.
func addressError(index int, problem string) error {
	return fmt.Errorf("%w: address %d %s", ErrOptions, index+1, problem)
}
