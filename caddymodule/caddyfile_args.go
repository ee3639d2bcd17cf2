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
	var text string
	if !d.AllArgs(&text) {
		return d.ArgErr()
	}
	value, err := caddy.ParseDuration(text)
	if err != nil {
		return d.WrapErr(err)
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

func noMore(d *caddyfile.Dispenser) error {
	if d.NextArg() {
		return d.ArgErr()
	}
	return nil
}
