package caddymodule

import (
	"strconv"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/dustin/go-humanize"
)

// single takes exactly one argument into a field that has none yet.
func single(d *caddyfile.Dispenser, into *string) error {
	if *into != "" {
		return twice(d)
	}
	if !d.AllArgs(into) {
		return d.ArgErr()
	}
	return nil
}

func twice(d *caddyfile.Dispenser) error { return d.Errf("%s stands twice", d.Val()) }

// remaining appends one or more arguments.
func remaining(d *caddyfile.Dispenser, into *[]string) error {
	args := d.RemainingArgs()
	if len(args) == 0 {
		return d.ArgErr()
	}
	*into = append(*into, args...)
	return nil
}

func duration(d *caddyfile.Dispenser, into *caddy.Duration) error {
	if *into != 0 {
		return twice(d)
	}
	return durationOf(d, d.Val(), into)
}

// durationOf takes the last argument of the option name.
func durationOf(d *caddyfile.Dispenser, name string, into *caddy.Duration) error {
	var text string
	if !d.AllArgs(&text) {
		return d.ArgErr()
	}
	value, err := caddy.ParseDuration(text)
	if err != nil || value <= 0 { // 0 would mean the default
		return d.Errf("%s takes a time such as 30s, 12h or 7d, not '%s'", name, text)
	}
	*into = caddy.Duration(value)
	return nil
}

func flag(d *caddyfile.Dispenser, into *bool) error {
	if d.NextArg() {
		return d.ArgErr()
	}
	*into = true
	return nil
}

func size(d *caddyfile.Dispenser, into *int64) error {
	if *into != 0 {
		return twice(d)
	}
	var text string
	if !d.AllArgs(&text) {
		return d.ArgErr()
	}
	bytes, err := humanize.ParseBytes(text)
	if err != nil {
		return d.WrapErr(err)
	}
	*into = int64(bytes)
	return nil
}

// rate takes a number of requests and the time in which they may come.
func rate(d *caddyfile.Dispenser, into **Rate) error {
	if *into != nil {
		return twice(d)
	}
	name := d.Val()
	if !d.NextArg() {
		return d.ArgErr()
	}
	requests, err := strconv.Atoi(d.Val())
	if err != nil {
		return d.Errf("%s takes a number of requests and a time: %s 100 1m", name, name)
	}
	*into = &Rate{Requests: requests}
	return durationOf(d, name, &(*into).Per)
}

// choice takes true or false; alone it means true.
func choice(d *caddyfile.Dispenser, into **bool) error {
	if *into != nil {
		return twice(d)
	}
	value := true
	if d.NextArg() {
		var err error
		if value, err = strconv.ParseBool(d.Val()); err != nil {
			return d.Errf("want true or false, got '%s'", d.Val())
		}
	}
	*into = &value
	return noMore(d)
}

// kindAlone refuses arguments after the kind of upstream.
func kindAlone(d *caddyfile.Dispenser) error {
	kind := d.Val()
	if d.NextArg() {
		return d.Errf("unexpected '%s' after %s: options stand in a block, and a matcher stands before: require_token /path/* %s",
			d.Val(), kind, kind)
	}
	return nil
}

func noMore(d *caddyfile.Dispenser) error {
	if d.NextArg() {
		return d.ArgErr()
	}
	return nil
}
