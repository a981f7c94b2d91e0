// Package target holds the things that vectors are run against: the Go
// reference, real runtimes, adapters, black boxes and the fakes that exist to
// be caught. All of them look alike to the engine.
package target

import (
	"context"
	"time"

	"github.com/nodehttp/conform/vectors"
)

// A Target runs programs, or stands in for named apps. Its methods are safe for
// concurrent use; the engine has many sessions open at once.
type Target interface {
	// Describe says what the target is. It may start it to find out, so it
	// takes a context and can fail: a runtime that cannot be installed, an
	// adapter that does not say hello.
	Describe(ctx context.Context) (Description, error)

	// Applicable returns "" when the target can express the vector, otherwise
	// the reason why it cannot.
	Applicable(v *vectors.Vector) (reason string)

	// Start begins one run. An error is a fault of the harness or the set-up,
	// never a verdict: what the program does wrong arrives as an Event.
	Start(ctx context.Context, run Run) (Session, error)

	// Close ends everything the target started, waits for it, and is called
	// once no session is left.
	Close() error
}

// A Description names a target in reports.
type Description struct {
	Name           string          // as the user wrote it: reference, node@12.22.9, fake:silent, a URL
	Implementation string          // node, bun, deno, conform-reference, ...
	Version        string          // as the implementation says
	Edition        vectors.Edition // the document it should be judged by, unless the user says otherwise
	Capabilities   []string
	MaxInFlight    int // how many sessions may be open at once; 0: no limit of its own
	// Steady targets behave alike every time, so the engine does not run their
	// failures again to tell flaky ones apart.
	Steady bool
}

// A Run is one execution of a vector.
type Run struct {
	ID       string // unique within the target's life
	Vector   *vectors.Vector
	Edition  vectors.Edition
	Bindings Bindings
	Deadline time.Duration // after which the engine cancels; adapters clean up by themselves soon after
	Alone    bool          // nothing else shares the process
}

// Bindings are what a program sees beside the API under test.
type Bindings struct {
	Host        string       `json:"host"`
	Port        int          `json:"port"` // the peer's port, or 0 for a program that listens
	SocketPath  string       `json:"socketPath,omitempty"`
	Certificate *Certificate `json:"certificate,omitempty"`
}

// Certificate is TLS material in PEM.
type Certificate struct {
	Key  string `json:"key"`
	Cert string `json:"cert"`
	CA   string `json:"ca"`
}

// A Session is one run in progress.
type Session interface {
	// Events delivers what the program does, in order. It is closed after
	// Ended, or when the session is cancelled.
	Events() <-chan Event

	// Signal passes a value to the program's on(name) handler.
	Signal(name string, value any) error

	// Finish tells the program that the script has been played. The target
	// lets what is already under way happen (a few turns of its event loop),
	// sends the last records and then Ended.
	Finish() error

	// Cancel ends the run at once. It never blocks and may be called always.
	Cancel()
}

// An Event is something a program did. Exactly one field is set.
type Event struct {
	Ready  *Ready
	Record *Record
	Ended  *Ended
}

// Ready says where a program listens.
type Ready struct {
	Host string // "" for the loopback address it was given
	Port int
	Path string // of a Unix socket
}

// A Record is one call of record, with its value encoded as vectors/README.md
// says. Time is when the harness got it.
type Record struct {
	Label    string
	HasValue bool
	Value    any
	Time     time.Time
}

// Ended is the last event of a session.
type Ended struct {
	// Err is nil when the run ended because it was told to finish. Otherwise it
	// says how the target was lost: *Crashed, *Garbage, ...
	Err error
	// Blame tells whether Err is certain to be this run's doing. When a process
	// with several runs dies, it is not: the engine runs each of them alone.
	Blame bool
}
