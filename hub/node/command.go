package node

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"

	"panah/hub/fault"
)

// Exit codes of the program.
const (
	exitDone    = 0
	exitTrouble = 1
	exitUsage   = 2
)

// console is where a command runs: what it was called with, and where it writes.
type console struct {
	args     []string
	environ  []string
	out, err io.Writer
	language string // tag of the catalog for what is printed
	change   []func(*Config)
}

// command is one word after `hub`.
type command struct {
	name string
	run  func(ctx context.Context, c *console) error
}

// commands are all of them, in the order in which help shows them. A sentence cli.summary.NAME says what each is for, and one
// cli.help.NAME explains it.
func commands() []command {
	return []command{
		{"serve", serve},
		{"demo", demonstrate},
		{"invite", invite},
		{"recover", recoverPerson},
		{"backup", saveHub},
		{"restore", restoreHub},
		{"migrate", moveHub},
		{"doctor", doctor},
		{"version", printVersion},
		{"help", help},
	}
}

// errUsage is a call with words that are not known. What was wrong has been printed.
var errUsage = errors.New("wrong usage")

// Command runs the hub as args say and gives the exit code of the process. It returns when the command is done, or after ctx ends. Each
// change is made to what the environment says.
func Command(ctx context.Context, args, environ []string, out, errOut io.Writer, change ...func(*Config)) int {
	c := &console{environ: environ, out: out, err: errOut, language: terminalLanguage(environ), change: change}
	name := "help"
	if len(args) > 0 {
		name, c.args = strings.TrimLeft(args[0], "-"), args[1:]
	}
	for _, known := range commands() {
		if known.name == name {
			return c.finish(known.run(ctx, c))
		}
	}
	c.complain("cli.unknown_command", "Name", name)
	return exitUsage
}

// config is what the environment says; what stands in sample holds where it says nothing.
func (c *console) config(sample ...string) (Config, error) {
	cfg, err := FromEnvironment(append(sample, c.environ...))
	if err != nil {
		return cfg, err
	}
	for _, change := range c.change {
		change(&cfg)
	}
	return cfg, nil
}

// finish prints what went wrong as one line.
func (c *console) finish(err error) int {
	var f *fault.Fault
	switch {
	case err == nil:
		return exitDone
	case errors.Is(err, errUsage):
		return exitUsage
	case errors.As(err, &f) && f.Key != "error.internal":
		fmt.Fprintln(c.err, "hub: "+sentence(c.language, f.Key, f.Args))
	default:
		fmt.Fprintln(c.err, "hub: "+strings.Join(strings.Fields(err.Error()), " "))
	}
	return exitTrouble
}

// say prints a sentence of the catalogs; args are pairs of name and value.
func (c *console) say(key string, args ...any) {
	fmt.Fprintln(c.out, sentence(c.language, key, pairs(args)))
}

func (c *console) complain(key string, args ...any) {
	fmt.Fprintln(c.err, "hub: "+sentence(c.language, key, pairs(args)))
}

func pairs(args []any) map[string]any {
	named := map[string]any{}
	for i := 0; i+1 < len(args); i += 2 {
		named[fmt.Sprint(args[i])] = args[i+1]
	}
	return named
}

// logger writes for machines and operators, to standard error.
func (c *console) logger(level slog.Level) *slog.Logger {
	return slog.New(slog.NewTextHandler(c.err, &slog.HandlerOptions{Level: level}))
}

// noArgs refuses words that a command does not know.
func (c *console) noArgs() error {
	if len(c.args) == 0 {
		return nil
	}
	c.complain("cli.unknown_argument", "Name", c.args[0])
	return errUsage
}

// terminalLanguage is the language that the operator's terminal is set to (POSIX, 8.2: LC_ALL, then LC_MESSAGES, then LANG).
func terminalLanguage(environ []string) string {
	given := map[string]string{}
	for _, line := range environ {
		name, value, _ := strings.Cut(line, "=")
		given[name] = value
	}
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if value := given[name]; value != "" {
			tag, _, _ := strings.Cut(value, ".")
			return wantedLanguage(strings.ReplaceAll(tag, "_", "-"))
		}
	}
	return wantedLanguage("")
}
