// Package interoptest runs other people's Matrix clients, which live in the folders beside it, for tests of a hub and of hubs among each other.
package interoptest

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Run starts a program in a folder, and fails the test with what it printed if it does not end well.
func Run(t testing.TB, folder string, environ []string, name string, args ...string) {
	t.Helper()
	command := exec.CommandContext(t.Context(), name, args...)
	command.Dir, command.Env = folder, environ
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%s %v: %v\n%s", name, args, err, out)
	}
}

// Mautrix runs mautrix-go's tests of some name in its folder; "" stands for all.
func Mautrix(t testing.TB, folder string, environ []string, which string) {
	t.Helper()
	Run(t, folder, environ, "go", "test", "-count=1", "-tags", "goolm", "-run", which, "./...")
}

// MatrixJSSDK runs a script in matrix-js-sdk's folder, and installs that before where it is missing.
func MatrixJSSDK(t testing.TB, folder string, environ []string, script string) {
	t.Helper()
	if _, err := os.Stat(filepath.Join(folder, "node_modules", "matrix-js-sdk")); err != nil {
		Run(t, folder, os.Environ(), "npm", "ci", "--no-audit", "--no-fund")
	}
	Run(t, folder, environ, "node", script)
}

// MatrixNio runs a script in matrix-nio's folder, with a Python that has it. The modules that Debian installs are for Debian's own, before which
// another may come in the path.
func MatrixNio(t testing.TB, folder string, environ []string, script string) {
	t.Helper()
	python := "python3"
	if exec.CommandContext(t.Context(), python, "-c", "import nio").Run() != nil {
		python = "/usr/bin/python3"
	}
	Run(t, folder, environ, python, script)
}
