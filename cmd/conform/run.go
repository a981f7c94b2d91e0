package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/nodehttp/conform/harness"
	"github.com/nodehttp/conform/harness/target"
	"github.com/nodehttp/conform/harness/wire"
	"github.com/nodehttp/conform/reports"
	"github.com/nodehttp/conform/vectors"
)

// runFlags are what run can be told.
type runFlags struct {
	targets  targetFlags
	edition  string
	dir      string
	class    string
	only     []string
	skip     []string
	baseline string
	update   bool
	shard    string
	reports  []string

	parallel     int
	timeoutScale float64
	fragment     string
	seed         int64
	verbose      bool
}

func newRun() *cobra.Command {
	f := &runFlags{}
	cmd := &cobra.Command{
		Use:   "run [TARGET...]",
		Short: "Run vectors against one or more targets",
		Long: `Run vectors against one or more targets, one target after the other, and say
which clauses held.

A target is "reference" (the Go implementation in this program, the default),
a runtime (node, bun or deno from PATH; node@12.22.9, bun@1.4.5, deno@2.9.6
installed with npm into a cache), or a fake that exists to be caught
(fake:silent, ...). The flags --adapter, --url and --client name others.

A failure is run again alone before it is called one. The exit status is 0 when
all held, 1 when something failed, 2 for a wrong command line, 3 when the run
was interrupted or nothing ran.`,
		Example: `  conform run
  conform run node@12.22.9 bun deno
  conform run node --only 'server.*' --skip server.setTimeout/default
  conform run --url http://127.0.0.1:8080 --app hello
  conform run --client 'curl -sS {url}' --app get
  conform run --adapter 'node my-adapter.js' --report junit=results.xml
  conform run bun --baseline known-failing.yaml --report ndjson=bun.ndjson`,
		RunE: func(cmd *cobra.Command, args []string) error {
			f.targets.names = args
			return f.run(cmd)
		},
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return target.Names(), cobra.ShellCompDirectiveNoFileComp
		},
	}
	flags := cmd.Flags()
	flags.StringArrayVar(&f.targets.urls, "url", nil, "test the HTTP server at this `URL`; needs --app")
	flags.StringArrayVar(&f.targets.clients, "client", nil, "test the HTTP client that this `command` starts, with {url} in it; needs --app")
	flags.StringArrayVar(&f.targets.adapters, "adapter", nil, "test what the adapter started by this `command` runs programs in")
	flags.StringVar(&f.targets.app, "app", "", "the `app` that the server or client stands in for (conform explain hello says what that asks)")
	flags.StringVar(&f.edition, "edition", "", "the `edition` of the documentation to judge by: v0.3, v6, v10, v12, v13 (default: the one for the target's version, v12 where it has none)")
	addVectorsFlag(cmd, &f.dir)
	flags.StringVar(&f.class, "class", "", "only vectors of this documented `class`: Agent, Server, http.ServerResponse, ...")
	flags.StringArrayVar(&f.only, "only", nil, "only vectors whose id, or a clause's id, matches this `glob`; repeatable")
	flags.StringArrayVar(&f.skip, "skip", nil, "leave out vectors whose id, or a clause's id, matches this `glob`; repeatable")
	flags.StringVar(&f.baseline, "baseline", "", "a YAML `file` of failures that are known: known-failing: [{target, vectors, reason}]")
	flags.BoolVar(&f.update, "update-baseline", false, "bring the baseline up to date: add what fails, take out what is stale")
	flags.StringVar(&f.shard, "shard", "", "run part `I/N` of the selection, by hash of the id; conform merge joins the streams")
	flags.StringArrayVar(&f.reports, "report", nil, "write a report: `FORMAT=FILE` with one of the formats "+strings.Join(rendererNames(), ", ")+"; - is standard output; repeatable")
	flags.IntVar(&f.parallel, "parallel", 0, "how many vectors at once (default: what the target bears, else 64)")
	flags.Float64Var(&f.timeoutScale, "timeout-scale", 1, "multiply every upper time bound, for a slow or loaded machine")
	flags.StringVar(&f.fragment, "fragment", "none", "cut what the wire peer sends: none, bytes (one at a time) or random")
	flags.Int64Var(&f.seed, "seed", 1, "seed of random cuts")
	flags.BoolVarP(&f.verbose, "verbose", "v", false, "a line for every vector, and times")
	for name, complete := range map[string]cobra.CompletionFunc{
		"only":     completeIDs(false),
		"skip":     completeIDs(false),
		"edition":  cobra.FixedCompletions(editionNames(), cobra.ShellCompDirectiveNoFileComp),
		"fragment": cobra.FixedCompletions([]string{"none", "bytes", "random"}, cobra.ShellCompDirectiveNoFileComp),
	} {
		cmd.RegisterFlagCompletionFunc(name, complete)
	}
	return cmd
}

func (f *runFlags) run(cmd *cobra.Command) (err error) {
	edition, err := parseEdition(f.edition)
	if err != nil {
		return err
	}
	fragment := wire.Fragment(f.fragment)
	switch {
	case fragment != wire.FragmentNone && fragment != wire.FragmentBytes && fragment != wire.FragmentRandom:
		return fmt.Errorf("--fragment: %q is none of none, bytes, random", f.fragment)
	case f.parallel < 0:
		return errors.New("--parallel: it is at least 1")
	case !(f.timeoutScale > 0 && f.timeoutScale <= 1000):
		return errors.New("--timeout-scale: it is above 0 and at most 1000")
	}
	catalogue, faults, err := loadCatalogue(f.dir)
	if err != nil {
		return err
	}
	warnOfFaults(cmd, faults)
	selected, err := catalogue.Select(vectors.Selection{Only: f.only, Skip: f.skip, Class: f.class})
	if err != nil {
		return err
	}
	shard, err := parseShard(f.shard)
	switch {
	case err != nil:
		return err
	case f.update && f.baseline == "":
		return errors.New("--update-baseline goes with --baseline")
	case f.update && shard != nil:
		return errors.New("--update-baseline needs the whole run, not a shard")
	}
	baseline, err := f.readBaseline()
	if err != nil {
		return err
	}
	output, err := openReports(f.reports, cmd.OutOrStdout())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, output.close()) }()

	// What people read leaves standard output to a report that wants it.
	human := cmd.OutOrStdout()
	if output.usesStdout {
		human = cmd.ErrOrStderr()
	}
	screen := newScreen(human, f.verbose)
	targets, err := f.targets.open(catalogue, target.ProcessOptions{TimeoutScale: f.timeoutScale, Progress: screen.note})
	if err != nil {
		return err
	}
	defer func() {
		for _, chosen := range targets {
			chosen.Close()
		}
	}()

	var (
		summaries  []harness.Summary
		incomplete = faults != nil
		failed     bool
	)
	for i, chosen := range targets {
		one := &targetRun{
			flags: f, catalogue: catalogue, baseline: baseline, screen: screen, output: output,
			selected: selected, shard: shard, target: chosen, last: i == len(targets)-1, earlier: summaries,
		}
		summary, ranErr := one.run(cmd.Context(), harness.Config{
			Target: chosen.Target, Catalogue: catalogue, Vectors: sharded(selected, shard), Edition: edition,
			Parallel: f.parallel, TimeoutScale: f.timeoutScale, Fragment: fragment, Seed: f.seed,
		})
		if ranErr != nil {
			// The others can still run; this one has no verdicts at all.
			screen.problem(ranErr)
			incomplete = true
			continue
		}
		summaries = append(summaries, summary)
		failed = failed || one.failed
		incomplete = incomplete || summary.Incomplete != ""
		if cmd.Context().Err() != nil {
			break
		}
	}
	if err := output.render(); err != nil {
		return &statusError{exitIncomplete, err}
	}
	if whole := !incomplete && cmd.Context().Err() == nil; f.update && !whole {
		screen.note(f.baseline + " stays as it is, for the run is incomplete")
	} else if f.update {
		added, removed, err := baselineUpdate(f.baseline, baseline, catalogue, summaries)
		if err != nil {
			return &statusError{exitIncomplete, fmt.Errorf("--update-baseline: %w", err)}
		}
		// What failed is known from now on.
		failed = false
		screen.note(fmt.Sprintf("%s: %d entries added, %d taken out", f.baseline, added, removed))
	}
	switch {
	case cmd.Context().Err() != nil:
		return &statusError{status: exitIncomplete}
	case failed:
		return &statusError{status: exitFailed}
	case incomplete:
		return &statusError{status: exitIncomplete}
	}
	return nil
}

// readBaseline reads the baseline. One that is to be updated may be new.
func (f *runFlags) readBaseline() (*harness.Baseline, error) {
	if _, err := os.Stat(f.baseline); f.update && errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return readBaseline(f.baseline)
}

// targetRun is the run of one target: it passes what the harness tells on to
// the screen and the stream.
type targetRun struct {
	flags     *runFlags
	catalogue *vectors.Catalogue
	selected  []*vectors.Vector // by all shards
	shard     *reports.Shard
	baseline  *harness.Baseline
	screen    *screen
	output    *output
	target    chosenTarget
	last      bool
	earlier   []harness.Summary

	description target.Description
	failed      bool // by something that the baseline does not know
}

func (t *targetRun) run(ctx context.Context, config harness.Config) (harness.Summary, error) {
	summary, err := harness.Run(ctx, config, t.event)
	t.screen.clear()
	if err != nil {
		var targetError *harness.TargetError
		if errors.As(err, &targetError) {
			return summary, fmt.Errorf("%s: %w", strings.Join(t.target.words, " "), err)
		}
		return summary, err
	}
	if t.shard != nil && len(summary.Missing) == 0 && summary.Counts[harness.Error] == 0 {
		// A shard may have nothing to run; merge judges the whole.
		summary.Incomplete = ""
	}
	var stale []harness.StaleEntry
	switch {
	case !t.last || t.flags.update:
		// An entry may cover several targets, so it is judged after the last.
	case t.shard != nil:
		// What passes here may fail in another shard: only what matches no vector is certain.
		stale = t.baseline.Stale(t.catalogue, nil)
	default:
		stale = t.baseline.Stale(t.catalogue, append(t.earlier, summary))
	}
	footer := footerOf(summary)
	for _, entry := range stale {
		t.failed = true
		footer.Baseline = append(footer.Baseline, staleOf(entry))
	}
	if err := t.output.stream.Footer(footer); err != nil {
		return summary, fmt.Errorf("the report cannot be written: %w", err)
	}
	t.screen.summary(summary, t, stale)
	return summary, nil
}

func (t *targetRun) event(event harness.Event) {
	switch {
	case event.Begin != nil:
		t.description = event.Begin.Target
		t.screen.begin(*event.Begin)
		f := t.flags
		everything := len(f.only)+len(f.skip) == 0 && f.class == ""
		sections, clauses := clausesOf(t.catalogue, event.Begin.Edition, t.selected, everything)
		t.output.stream.Header(reports.Header{
			Tool: reports.Tool{Name: "conform", Version: target.ModuleVersion()},
			Target: reports.Target{
				Name: t.description.Name, Implementation: t.description.Implementation,
				Version: t.description.Version, Capabilities: t.description.Capabilities,
			},
			Edition: string(event.Begin.Edition), Seed: t.flags.seed, Started: time.Now().UTC(),
			Selection: reports.Selection{
				Only: t.flags.only, Skip: t.flags.skip, Class: t.flags.class, Vectors: event.Begin.Total,
				Parallel: t.flags.parallel, TimeoutScale: t.flags.timeoutScale, Fragment: t.flags.fragment,
				Shard: t.shard,
			},
			Sections: sections, Clauses: clauses,
		})
	case event.Start != nil:
		t.screen.start(*event.Start)
	case event.Result != nil:
		known := t.known(*event.Result)
		switch event.Result.Verdict {
		case harness.Fail, harness.Flaky:
			t.failed = t.failed || known == ""
		}
		line := lineOf(*event.Result, t.catalogue, known)
		if line.Failure != nil || line.Verdict == string(harness.Error) {
			line.Again = t.again(line.ID, event.Result.Edition)
		}
		t.output.stream.Vector(line)
		t.screen.result(*event.Result, known)
	}
}

func (t *targetRun) known(result harness.Result) string {
	return t.baseline.Known(t.description.Name, result)
}

// again is the command that runs one vector once more.
func (t *targetRun) again(id string, edition vectors.Edition) string {
	words := append([]string{"conform", "run"}, t.target.words...)
	words = append(words, "--edition", string(edition), "--only", id)
	if t.flags.dir != "" {
		words = append(words, "--vectors", t.flags.dir)
	}
	if t.flags.fragment != "none" {
		words = append(words, "--fragment", t.flags.fragment, "--seed", fmt.Sprint(t.flags.seed))
	}
	for i, word := range words {
		words[i] = shellQuoted(word)
	}
	return strings.Join(words, " ")
}

// shellQuoted is the word as a POSIX shell reads it.
func shellQuoted(word string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./:@=,+%", r)
	}
	if word != "" && strings.IndexFunc(word, func(r rune) bool { return !plain(r) }) < 0 {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// output is where the stream goes: into files as it is made, and into a file
// of its own for what is rendered at the end.
type output struct {
	stream     *reports.Writer
	usesStdout bool
	files      []*os.File
	spool      *os.File
	renderings []rendering
}

type rendering struct {
	renderer reports.Renderer
	to       io.Writer
	name     string
}

// openReports opens every file before anything runs, so that a wrong name does
// not cost a run.
func openReports(specs []string, stdout io.Writer) (*output, error) {
	o := &output{}
	var streams []io.Writer
	for _, spec := range specs {
		format, name, ok := strings.Cut(spec, "=")
		if !ok || name == "" {
			o.close()
			return nil, fmt.Errorf("--report: %q is not FORMAT=FILE, for example junit=results.xml", spec)
		}
		renderer, ok := reports.RendererNamed(format)
		if !ok {
			o.close()
			return nil, fmt.Errorf("--report: there is no format %q; there are %s", format, strings.Join(rendererNames(), ", "))
		}
		var to io.Writer
		if name == "-" {
			if o.usesStdout {
				o.close()
				return nil, errors.New("--report: only one report can have standard output")
			}
			o.usesStdout = true
			to = stdout
		} else {
			file, err := os.Create(name)
			if err != nil {
				o.close()
				return nil, fmt.Errorf("--report: %w", err)
			}
			o.files = append(o.files, file)
			to = file
		}
		if format == "ndjson" {
			streams = append(streams, to)
		} else {
			o.renderings = append(o.renderings, rendering{renderer, to, spec})
		}
	}
	if len(o.renderings) > 0 {
		spool, err := os.CreateTemp("", "conform-*.ndjson")
		if err != nil {
			o.close()
			return nil, fmt.Errorf("--report: %w", err)
		}
		o.spool = spool
		streams = append(streams, spool)
	}
	o.stream = reports.NewWriter(io.MultiWriter(streams...))
	return o, nil
}

// render makes what is not the stream itself out of it.
func (o *output) render() error {
	for _, r := range o.renderings {
		source := func() (io.ReadCloser, error) { return os.Open(o.spool.Name()) }
		if info, err := o.spool.Stat(); err == nil && info.Size() == 0 {
			continue // no target could be made ready, so there is nothing to report on
		}
		if err := errors.Join(r.renderer.Render(r.to, source), jobSummary(r.renderer.Name, source)); err != nil {
			return fmt.Errorf("--report %s: %w", r.name, err)
		}
	}
	return nil
}

func (o *output) close() error {
	var errs []error
	for _, file := range o.files {
		errs = append(errs, file.Close())
	}
	if o.spool != nil {
		o.spool.Close()
		os.Remove(o.spool.Name())
		o.spool = nil
	}
	o.files = nil
	return errors.Join(errs...)
}
