// Command aheadtest is the hub with a clock that goes ahead of the machine's, for tests of what comes after minutes or days:
// `aheadtest 6m serve`. It is no part of the program that is given to people.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"panah/hub/node"
)

func main() {
	if len(os.Args) < 3 {
		fmt.Fprintln(os.Stderr, "aheadtest DURATION COMMAND…")
		os.Exit(2)
	}
	by, err := time.ParseDuration(os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := node.Command(ctx, os.Args[2:], os.Environ(), os.Stdout, os.Stderr, func(c *node.Config) {
		c.Now = func() time.Time { return time.Now().Add(by) }
	})
	stop()
	os.Exit(code)
}
