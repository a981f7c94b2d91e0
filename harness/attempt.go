package harness

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/nodehttp/conform/harness/target"
	"github.com/nodehttp/conform/harness/wire"
	"github.com/nodehttp/conform/vectors"
)

// outcome is what one attempt at a vector came to. It held when both fault and
// failure are nil.
type outcome struct {
	duration   time.Duration
	records    []target.Record
	errata     []string
	failure    *Failure
	fault      error // of the harness or the set-up
	lost       bool  // the target went away under the run, which made it fail
	blamed     bool  // and that is certain to be this run's doing
	transcript []wire.Entry
}

func (o outcome) held() bool { return o.fault == nil && o.failure == nil }

// Why the context of an attempt ended, where it was not its parent's doing.
var (
	errWrongRecord = errors.New("the program recorded what no permitted outcome has")
	errTargetEnded = errors.New("the target ended the run")
)

// lastWords is how long a run that has failed may go on: what it still records
// explains the failure, and a target that dies closes its connections first and
// is seen to have died afterwards.
const lastWords = time.Second

// startTime is how long a target may take to start a run, a process included.
const startTime = time.Minute

// finishTime is how long a target may take to end a run it was told to finish.
const finishTime = 15 * time.Second

// attempt runs the vector once. It returns at the vector's deadline at the
// latest, and soon after ctx is done.
func (r *run) attempt(ctx context.Context, v *vectors.Vector, alone bool) (result outcome) {
	began := time.Now()
	defer func() { result.duration = time.Since(began) }()

	limit := r.deadline(v)
	// The session outlives the script: it has its last words after a failure.
	sessionContext, endSession := context.WithTimeout(ctx, limit+startTime+r.scaled(finishTime))
	defer endSession()

	steps := PermittedSteps(r.config.Catalogue, r.edition, v.Wire)
	started := target.Run{
		ID: r.nextID(), Vector: v, Edition: r.edition, Deadline: limit + r.scaled(finishTime), Alone: alone,
		Bindings: target.Bindings{Host: loopback},
	}
	options, cleanUp, err := r.peerOptions(v, &started.Bindings)
	if err != nil {
		return outcome{fault: err}
	}
	defer cleanUp()
	peer, err := wire.Open(options)
	if err != nil {
		return outcome{fault: fmt.Errorf("the wire peer cannot be opened: %w", err)}
	}
	defer peer.Close()
	started.Bindings.Port = peer.Address().Port

	session, err := r.config.Target.Start(sessionContext, started)
	if err != nil {
		return outcome{fault: fmt.Errorf("the target cannot start the run: %w", err)}
	}
	// The deadline is the program's, so it does not count the time that a
	// process took to start.
	ctx, stop := context.WithTimeout(ctx, limit)
	defer stop()
	ctx, abort := context.WithCancelCause(ctx)
	defer abort(nil)
	program := newProgram(session, r.recordLists(v), abort)
	var watching sync.WaitGroup
	over := make(chan struct{})
	watching.Go(func() { program.watch(over) })
	defer func() {
		session.Cancel()
		close(over)
		watching.Wait()
	}()

	played := peer.Play(ctx, steps, program)
	if played.Failure == nil && played.Err == nil {
		program.await(ctx, func() bool { return program.matched() != nil })
	}
	failed := played.Failure != nil || played.Err != nil || ctx.Err() != nil
	cause := context.Cause(ctx)
	ended := program.finish(failed, r.scaled(finishTime), r.scaled(lastWords))

	program.mu.Lock()
	defer program.mu.Unlock()
	result.records = program.records
	result.transcript = peer.Transcript()
	list := program.matched()
	mismatch := program.mismatch()
	lost := program.ended != nil && program.ended.Err != nil && cause != errWrongRecord
	switch {
	case played.Err != nil && errors.As(played.Err, new(*wire.ScriptError)):
		result.fault = played.Err
	case lost:
		// A target that dies takes the connections with it, so what the wire
		// saw is a consequence.
		result.lost, result.blamed = true, program.ended.Blame || alone
		result.failure = &Failure{
			Position: v.Pos, Permitted: "a run that goes on to its end",
			Seen: "the target was lost: " + program.ended.Err.Error(),
		}
		if played.Failure != nil {
			describeStep(result.failure, played.Failure, steps)
		}
	case cause == errWrongRecord:
		result.failure = &Failure{
			Position: v.Pos, Permitted: wantedRecords(mismatch), Seen: seenRecords(mismatch),
		}
	case played.Failure != nil:
		result.failure = &Failure{Permitted: played.Failure.Wanted, Seen: seenOnWire(played.Failure)}
		describeStep(result.failure, played.Failure, steps)
	case played.Err != nil:
		result.fault = played.Err
	case list == nil:
		result.failure = &Failure{
			Position: v.Pos, Permitted: wantedRecords(mismatch), Seen: seenRecords(mismatch),
		}
		if errors.Is(cause, context.DeadlineExceeded) {
			result.failure.Seen += fmt.Sprintf(" within %s", limit)
		}
	case !ended:
		result.lost, result.blamed = true, alone
		result.failure = &Failure{
			Position: v.Pos, Permitted: "a run that ends when it is told to finish",
			Seen: "the target did not end it",
		}
	}
	if result.failure != nil {
		if list == nil {
			result.failure.WantRecords, result.failure.GotRecords = program.expected(), program.got()
		}
		return result
	}
	result.errata = slices.Clone(played.Errata)
	if list != nil && list.erratum != "" && !slices.Contains(result.errata, list.erratum) {
		result.errata = append(result.errata, list.erratum)
	}
	return result
}

const loopback = "127.0.0.1"

func (r *run) scaled(d time.Duration) time.Duration {
	return time.Duration(float64(d) * r.config.TimeoutScale)
}

// deadline is when an attempt at the vector is over, whatever happens: its
// prescribed waits, and the base or the most generous of its own upper bounds.
func (r *run) deadline(v *vectors.Vector) time.Duration {
	return v.LongestWait() + r.scaled(max(r.config.Base, longestBound(v.Wire)))
}

func longestBound(steps []vectors.Step) time.Duration {
	var longest time.Duration
	for _, step := range steps {
		if step.Closed != nil && step.Closed.Before > 0 {
			longest = max(longest, step.Closed.Before-step.Closed.After+time.Second)
		}
		for _, alternative := range step.AnyOf {
			longest = max(longest, longestBound(alternative.Steps))
		}
	}
	return longest
}

func (r *run) nextID() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ids++
	return strconv.Itoa(r.ids)
}

// transportForcer is a target that talks over one transport whatever the
// vector says: a server at an https URL.
type transportForcer interface {
	ForceTransport() vectors.Transport
}

// peerOptions prepares the peer and fills in what the program sees of it.
func (r *run) peerOptions(v *vectors.Vector, bindings *target.Bindings) (wire.Options, func(), error) {
	options := wire.Options{
		Listen: v.PeerListens(), Transport: v.Transport, Host: bindings.Host,
		Fragment: r.config.Fragment, Seed: uint64(r.config.Seed), TimeoutScale: r.config.TimeoutScale,
	}
	if v.NeverFragment {
		options.Fragment = wire.FragmentNone
	}
	cleanUp := func() {}
	switch v.Transport {
	case vectors.Unix:
		// The path of a Unix socket is short by the kernel's law, so it stands
		// in a folder of its own rather than under the test's.
		folder, err := os.MkdirTemp("", "conform")
		if err != nil {
			return options, cleanUp, fmt.Errorf("no folder for a Unix socket: %w", err)
		}
		cleanUp = func() { os.RemoveAll(folder) }
		options.SocketPath = filepath.Join(folder, "s")
		bindings.SocketPath = options.SocketPath
	case vectors.TLS:
		certificate, err := r.certificate()
		if err != nil {
			return options, cleanUp, err
		}
		options.Certificate = certificate
		bindings.Certificate = &target.Certificate{Key: certificate.Key, Cert: certificate.Cert, CA: certificate.CA}
	}
	if forcer, ok := r.config.Target.(transportForcer); ok && forcer.ForceTransport() == vectors.TLS {
		certificate, err := r.certificate()
		if err != nil {
			return options, cleanUp, err
		}
		options.Transport, options.Certificate, options.TrustAnyone = vectors.TLS, certificate, true
	}
	return options, cleanUp, nil
}

// describeStep says which step of the script was not met.
func describeStep(failure *Failure, at *wire.Failure, steps []vectors.Step) {
	failure.Position = at.Pos
	failure.Step = 1 + slices.IndexFunc(steps, func(step vectors.Step) bool { return step.Pos == at.Pos })
}

func seenOnWire(failure *wire.Failure) string {
	var b strings.Builder
	b.WriteString(failure.Problem)
	if failure.Seen != "" {
		b.WriteString("\n" + failure.Seen)
	}
	for i, alternative := range failure.Alternatives {
		fmt.Fprintf(&b, "\nalternative %d: %s", i+1, alternative.Problem)
	}
	return b.String()
}

func wantedRecords(mismatch *vectors.RecordMismatch) string {
	switch {
	case mismatch == nil:
		return ""
	case len(mismatch.Want) == 0:
		return "no record after " + ordinal(mismatch.Index)
	default:
		return ordinal(mismatch.Index+1) + " is " + strings.Join(mismatch.Want, " or ")
	}
}

func seenRecords(mismatch *vectors.RecordMismatch) string {
	switch {
	case mismatch == nil:
		return ""
	case mismatch.Got == "":
		return "no further record"
	default:
		return ordinal(mismatch.Index+1) + " is " + mismatch.Got
	}
}

func ordinal(n int) string { return fmt.Sprintf("record %d", n) }
