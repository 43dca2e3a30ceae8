// Command hub is Panah's hub: one program with its web client, catalogs and migrations inside. See `hub help`.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"panah/hub/node"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	code := node.Command(ctx, os.Args[1:], os.Environ(), os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}
