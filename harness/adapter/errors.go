package adapter

import (
	"fmt"
	"strings"
	"time"
)

// A MessageError is a line of an adapter that breaks the protocol.
type MessageError struct {
	Line    string // quoted, and shortened when it is long
	Key     string // the key at fault; "" for the line as a whole
	Problem string // what is wrong with it
}

func (e *MessageError) Error() string {
	if e.Key == "" {
		return fmt.Sprintf("the line %s %s", e.Line, e.Problem)
	}
	return fmt.Sprintf("%q %s in %s", e.Key, e.Problem, e.Line)
}

// A StartError says that a command could not be started.
type StartError struct {
	Command string
	Err     error
}

func (e *StartError) Error() string {
	return fmt.Sprintf("the adapter %q could not be started: %v", e.Command, e.Err)
}
func (e *StartError) Unwrap() error { return e.Err }

// Exited says that an adapter's process ended by itself with runs open.
type Exited struct {
	Status string // exit status or signal, as the system puts it
	Stderr string // the end of its standard error
}

func (e *Exited) Error() string {
	return "the adapter's process ended with runs open: " + e.Status + quoteStderr(e.Stderr)
}

// Garbage says that an adapter wrote something that is no message, or a message
// that has no place there.
type Garbage struct {
	Err    error // a *MessageError, or what is wrong with the message's place
	Stderr string
}

func (e *Garbage) Error() string {
	return "the adapter broke the protocol: " + e.Err.Error() + quoteStderr(e.Stderr)
}
func (e *Garbage) Unwrap() error { return e.Err }

// Flooded says that an adapter sent more than it may.
type Flooded struct {
	Limit  int // in bytes
	What   string
	Stderr string
}

func (e *Flooded) Error() string {
	limit := fmt.Sprintf("%d bytes", e.Limit)
	if e.Limit%(1<<20) == 0 {
		limit = fmt.Sprintf("%d MiB", e.Limit>>20)
	}
	return fmt.Sprintf("the adapter wrote more than %s %s", limit, e.What) + quoteStderr(e.Stderr)
}

// Hung says that an adapter did not answer in time.
type Hung struct {
	Waited time.Duration
	What   string // what was waited for
	Stderr string
}

func (e *Hung) Error() string {
	return fmt.Sprintf("the adapter gave no %s within %v", e.What, e.Waited) + quoteStderr(e.Stderr)
}

// Unattributed says that an adapter saw an exception and could not tell which
// run it belongs to.
type Unattributed struct {
	Reason string
	Stderr string
}

func (e *Unattributed) Error() string {
	return "the adapter could not tell which run failed: " + e.Reason + quoteStderr(e.Stderr)
}

// Closed says that a process was asked to end, or that something was asked of it
// after it had.
type Closed struct{}

func (*Closed) Error() string { return "the adapter's process has been closed" }

func quoteStderr(tail string) string {
	tail = strings.TrimSpace(tail)
	if tail == "" {
		return ""
	}
	return "\nits standard error ends:\n    " + strings.ReplaceAll(tail, "\n", "\n    ")
}
