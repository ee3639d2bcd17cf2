package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/BurntSushi/toml"
)

// build is the part of xcaddy.Builder that is used here.
type build struct {
	CaddyVersion string        `toml:"caddy_version"`
	Plugins      []plugin      `toml:"plugins"`
	Replacements []replacement `toml:"replacements"`
	BuildFlags   string        `toml:"build_flags"` // replaces xcaddy's own flags when set
}

type plugin struct {
	Module  string `toml:"module_path"`
	Version string `toml:"version"`
}

type replacement struct {
	Old string `toml:"old"`
	New string `toml:"new"`
}

// readBuild reads a build from a TOML file. A key that is not known is an error.
func readBuild(path string) (*build, error) {
	var b build
	meta, err := toml.DecodeFile(path, &b)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	if unknown := meta.Undecoded(); len(unknown) > 0 {
		return nil, fmt.Errorf("reading %s: unknown key %q", path, unknown[0])
	}
	if b.CaddyVersion == "" || len(b.Plugins) == 0 {
		return nil, fmt.Errorf("reading %s: caddy_version and plugins are required", path)
	}
	return &b, nil
}

// arguments is the command line for xcaddy.
func (b *build) arguments(output string) []string {
	args := []string{"build", b.CaddyVersion, "--output", output}
	for _, p := range b.Plugins {
		with := p.Module
		if p.Version != "" {
			with += "@" + p.Version
		}
		args = append(args, "--with", with)
	}
	for _, r := range b.Replacements {
		args = append(args, "--replace", r.Old+"="+r.New)
	}
	return args
}

// environment is what xcaddy takes from variables, and how to keep the go
// command from asking anybody for a module that is replaced and may not be
// published: it is private, and private modules come from no version control.
func (b *build) environment() []string {
	private, vcs := os.Getenv("GOPRIVATE"), os.Getenv("GOVCS")
	for _, r := range b.Replacements {
		module, _, _ := strings.Cut(r.Old, "@")
		private = join(module, private)
		vcs = join(module+":off", vcs)
	}
	env := []string{"GOPRIVATE=" + private, "GOVCS=" + vcs}
	if b.BuildFlags != "" {
		env = append(env, "XCADDY_GO_BUILD_FLAGS="+b.BuildFlags)
	}
	return env
}

// join puts first before the comma-separated rest.
func join(first, rest string) string {
	if rest == "" {
		return first
	}
	return first + "," + rest
}
