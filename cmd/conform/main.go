// Command conform tells whether an implementation of the Node.js http API does
// what the documentation says.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

func main() { os.Exit(Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

// Exit statuses.
const (
	exitHeld       = 0 // all held
	exitFailed     = 1 // something failed
	exitUsage      = 2 // the command line, or a file it names, is wrong
	exitIncomplete = 3 // interrupted, or nothing ran
)

// Main runs the command with the given arguments (without the program's name)
// and returns the exit status. An interrupt ends a run early; what there is, is
// written.
func Main(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	// A second interrupt ends the process as it would have ended without us.
	defer context.AfterFunc(ctx, stop)()
	return execute(ctx, args, stdin, stdout, stderr)
}

func execute(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	root := newRoot()
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	var status *statusError
	switch {
	case err == nil:
		return exitHeld
	case errors.As(err, &status):
		if status.err != nil {
			fmt.Fprintf(stderr, "conform: %v\n", status.err)
		}
		return status.status
	default:
		fmt.Fprintf(stderr, "conform: %v\n", err)
		return exitUsage
	}
}

// A statusError ends the command with a status of its own; err, if any, is
// printed. Every other error is one of usage.
type statusError struct {
	status int
	err    error
}

func (e *statusError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit status %d", e.status)
	}
	return e.err.Error()
}

func (e *statusError) Unwrap() error { return e.err }

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "conform",
		Short: "Tell whether an implementation of the Node.js http API does what the documentation says",
		Long: `conform breaks the documentation of the Node.js http module down into clauses,
tests each with short programs and byte-exact wire scripts, and says clause by
clause what held, what did not, and what was seen on the wire.`,
		Example: `  conform run                                  the Go reference, all vectors
  conform run node@12.22.9 bun                 real runtimes
  conform run --url http://127.0.0.1:8080 --app hello
  conform explain response.writeHead/override-replaces-same-name`,
		SilenceErrors: true,
		SilenceUsage:  true,
		// A misspelt command is told as such, not as a wrong argument.
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.CompletionOptions.HiddenDefaultCmd = false
	root.AddCommand(newRun(), newReport(), newDiff(), newMerge(), newList(), newExplain(), newRepro(), newLint(), newAdapter(), newVersion())
	return root
}
