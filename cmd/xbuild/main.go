// Command xbuild builds a Caddy with the plugin in it, the way a user's custom
// build does: through xcaddy, told by xcaddy.toml.
//
//	go run ./cmd/xbuild [-config xcaddy.toml] [-output bin/caddy]
//
// It is run in the root of the repository.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
)

func main() {
	config := flag.String("config", "xcaddy.toml", "what to build, with the JSON names of xcaddy.Builder as keys")
	output := flag.String("output", "bin/caddy", "where to write the binary")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *config, *output); err != nil {
		fmt.Fprintln(os.Stderr, "xbuild:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, config, output string) error {
	b, err := readBuild(config)
	if err != nil {
		return err
	}
	xcaddy := exec.CommandContext(ctx, "go", append([]string{"tool", "-modfile=cmd/tools.mod", "xcaddy"}, b.arguments(output)...)...)
	xcaddy.Env = append(os.Environ(), b.environment()...)
	xcaddy.Stdout, xcaddy.Stderr = os.Stdout, os.Stderr
	return xcaddy.Run()
}
