package node

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
	"text/tabwriter"
)

// Version of the program, set when it is built for a release.
var Version = "0.1.0"

// help prints all commands, or what one of them does and reads.
func help(_ context.Context, c *console) error {
	if len(c.args) == 0 {
		return c.helpAll()
	}
	for _, known := range commands() {
		if known.name == c.args[0] {
			c.say("cli.help." + known.name)
			return c.helpSettings(known.name)
		}
	}
	c.complain("cli.unknown_command", "Name", c.args[0])
	return errUsage
}

func (c *console) helpAll() error {
	c.say("cli.usage")
	fmt.Fprintln(c.out)
	columns := tabwriter.NewWriter(c.out, 0, 0, 3, ' ', 0)
	for _, known := range commands() {
		fmt.Fprintf(columns, "  %s\t%s\n", known.name, sentence(c.language, "cli.summary."+known.name, nil))
	}
	return columns.Flush()
}

// helpSettings lists the environment for those commands that open the hub.
func (c *console) helpSettings(name string) error {
	if name == "version" || name == "help" {
		return nil
	}
	fmt.Fprintln(c.out)
	c.say("cli.settings")
	columns := tabwriter.NewWriter(c.out, 0, 0, 3, ' ', 0)
	for _, s := range Settings {
		otherwise := ""
		if s.Otherwise != "" {
			otherwise = " (" + s.Otherwise + ")"
		}
		fmt.Fprintf(columns, "  %s\t%s%s\n", s.Name, sentence(c.language, s.Key, nil), otherwise)
	}
	return columns.Flush()
}

// printVersion prints the program's version and what it was built with.
func printVersion(_ context.Context, c *console) error {
	fmt.Fprintf(c.out, "panah %s %s %s/%s%s\n", Version, runtime.Version(), runtime.GOOS, runtime.GOARCH, revision())
	return nil
}

// revision is the commit from which the program was built, where the build knows it.
func revision() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return " " + s.Value[:min(12, len(s.Value))]
		}
	}
	return ""
}
