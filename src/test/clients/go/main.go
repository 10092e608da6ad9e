// SPDX-License-Identifier: Apache-2.0

// Programs with franz-go, each a subcommand, that Ottla's tests run: they print a line for each step and end with 0 if all went well.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/twmb/franz-go/pkg/kgo"
)

var programs = map[string]func(ctx context.Context, servers kgo.Opt, arguments []string) error{
	"produce":      produce,
	"member":       member,
	"transactions": transactions,
	"admin":        admin,
	"share":        share,
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	servers := kgo.SeedBrokers(strings.Split(os.Args[2], ",")...)
	if err := programs[os.Args[1]](ctx, servers, os.Args[3:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func say(what string, rest ...any) {
	fmt.Println(append([]any{what}, rest...)...)
}
