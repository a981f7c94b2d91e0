//go:build linux

// Command benchmarks measures package reference against net/http, fasthttp and, where it is installed, Node, in one run
// and interleaved, and prints ratios. Every contestant is a process of its own on one core; the load, or for clients the
// server they ask, is this process on another. All traffic stays on loopback.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"runtime"
	"runtime/debug"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

func main() {
	if err := start(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "benchmarks:", err)
		os.Exit(1)
	}
}

func start(arguments []string) error {
	switch {
	case len(arguments) == 2 && arguments[0] == "serve":
		return serve(arguments[1])
	case len(arguments) == 3 && arguments[0] == "request":
		return request(arguments[1], arguments[2])
	}
	flags := flag.NewFlagSet("benchmarks", flag.ContinueOnError)
	quick := flags.Bool("quick", false, "fewer and shorter series: under a minute, rougher figures")
	node := flags.String("node", "", "path of a Node binary to measure too")
	series := flags.Int("series", 0, "series of each contestant (default 7, quick 3)")
	duration := flags.Duration("duration", 0, "time of one series (default 600ms, quick 250ms)")
	only := flags.String("only", "", "regular expression: measure what matches it")
	profiles := flags.String("profile", "", "directory: instead of measuring, write CPU and allocation profiles of the reference")
	connections := flags.Int("connections", 10000, "idle connections")
	if err := flags.Parse(arguments); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return nil
		}
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	filter, err := regexp.Compile(*only)
	if err != nil {
		return err
	}
	r := &runner{series: 7, duration: 600 * time.Millisecond, node: *node, filter: filter, profiles: *profiles,
		connections: *connections, servers: map[string]*child{}}
	if *quick {
		r.series, r.duration = 3, 250*time.Millisecond
	}
	if *series > 0 {
		r.series = *series
	}
	if *duration > 0 {
		r.duration = *duration
	}
	if r.program, err = os.Executable(); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	return r.run(ctx)
}

// contestants, in the order of the tables. The first one is what the others are compared with.
var contestants = []string{"reference", "net/http", "fasthttp", "Node"}

type runner struct {
	program     string
	node        string
	series      int
	duration    time.Duration
	filter      *regexp.Regexp
	profiles    string
	connections int
	childCore   int
	loadCore    int
	servers     map[string]*child
	rows        []row
}

// workload is what a server is measured with.
type workload struct {
	name        string
	connections int
	request     []byte
	depth       int
}

var workloads = []workload{
	{"hello, 64 connections", 64, plainRequest, 1},
	{"hello, 12 fields, 64 connections", 64, browserRequest, 1},
	{"hello, pipelined 16 deep, 64 connections", 64, plainRequest, 16},
	{"1 MiB response, 8 connections", 8, largeRequest, 1},
	{"1 MiB chunked echo, 8 connections", 8, echoRequest, 1},
}

func (r *runner) run(ctx context.Context) error {
	r.childCore, r.loadCore = cores()
	// This process is one thread that loads; its few allocations must not start a collection in the midst.
	debug.SetGCPercent(-1)
	runtime.LockOSThread()
	pin(r.loadCore)
	defer func() {
		for _, server := range r.servers {
			server.stop()
		}
	}()
	fmt.Printf("%d interleaved series of %v for each contestant", r.series, r.duration)
	if r.childCore >= 0 {
		fmt.Printf("; contestants on core %d, load on core %d\n", r.childCore, r.loadCore)
	} else {
		fmt.Println("; there is one core only, which contestants and load share")
	}
	for _, w := range workloads {
		if err := r.step(ctx, w.name, func() error { return r.measureServers(ctx, w) }); err != nil {
			return err
		}
	}
	for _, inFlight := range []int{1, 64} {
		name := fmt.Sprintf("client GETs, %d in flight", inFlight)
		if err := r.step(ctx, name, func() error { return r.measureClients(ctx, name, inFlight) }); err != nil {
			return err
		}
	}
	if r.profiles != "" {
		return nil
	}
	if err := r.step(ctx, "parse 700 bytes, 12 fields", func() error { return r.measureParsers(ctx) }); err != nil {
		return err
	}
	if err := r.step(ctx, "idle connections", func() error { return r.measureIdle(ctx) }); err != nil {
		return err
	}
	r.print(os.Stdout)
	return nil
}

func (r *runner) step(ctx context.Context, name string, measure func() error) error {
	if !r.filter.MatchString(name) {
		return nil
	}
	fmt.Fprintf(os.Stderr, "%s ...\n", name)
	if err := measure(); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return ctx.Err()
}

// startServer starts a contestant's server; nil without an error is one that is not installed.
func (r *runner) startServer(name string) (*child, error) {
	if name != "Node" {
		return startChild(name, r.childCore, r.program, "serve", name)
	}
	if r.node == "" {
		return nil, nil
	}
	return startChild(name, r.childCore, r.node, "--expose-gc", "-e", nodeServer)
}

func (r *runner) startClient(name, address string) (*child, error) {
	if name != "Node" {
		return startChild(name, r.childCore, r.program, "request", name, address)
	}
	if r.node == "" {
		return nil, nil
	}
	return startChild(name, r.childCore, r.node, "-e", nodeClient, address)
}

// server returns a contestant's server, which serves until the end of the run.
func (r *runner) server(name string) (*child, error) {
	if server, ok := r.servers[name]; ok {
		return server, nil
	}
	server, err := r.startServer(name)
	if err == nil && server != nil {
		r.servers[name] = server
	}
	return server, err
}

func (r *runner) measureServers(ctx context.Context, w workload) error {
	if r.profiles != "" {
		server, err := r.server("reference")
		if err != nil {
			return err
		}
		return r.profile(server, w.name, func() error {
			_, err := r.loadSeries(server, w)
			return err
		})
	}
	results := row{name: w.name, samples: map[string][]sample{}}
	for range r.series {
		for _, name := range contestants {
			server, err := r.server(name)
			if err != nil {
				return err
			}
			if server == nil {
				continue
			}
			measured, err := r.loadSeries(server, w)
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			results.add(name, measured)
			if err := ctx.Err(); err != nil {
				return err
			}
		}
	}
	r.rows = append(r.rows, results)
	return nil
}

// loadSeries loads a server for one series, after a moment to warm up.
func (r *runner) loadSeries(server *child, w workload) (sample, error) {
	load, err := newLoad(server.address, w.connections, w.request, w.depth)
	if err != nil {
		return sample{}, err
	}
	defer load.close()
	if _, _, err := load.run(r.duration/5, 0); err != nil {
		return sample{}, err
	}
	before, err := server.ask("stats")
	if err != nil {
		return sample{}, err
	}
	requests, elapsed, err := load.run(r.duration, 0)
	if err != nil {
		return sample{}, err
	}
	after, err := server.ask("stats")
	if err != nil {
		return sample{}, err
	}
	return newSample(before, after, requests, elapsed), nil
}

func (r *runner) measureClients(ctx context.Context, name string, inFlight int) (err error) {
	server, err := startFixedServer(r.loadCore)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.stop()) }()
	clients := map[string]*child{}
	defer func() {
		for _, client := range clients {
			client.stop()
		}
	}()
	names := append(append([]string{}, contestants...), "reference, blocking")
	if r.profiles != "" {
		names = []string{"reference", "reference, blocking"}
	}
	for _, contestant := range names {
		client, err := r.startClient(contestant, server.address)
		if err != nil {
			return err
		}
		if client != nil {
			clients[contestant] = client
		}
	}
	runSeries := func(client *child) (sample, error) {
		if _, err := client.ask("run", inFlight, (r.duration / 5).Milliseconds()); err != nil {
			return sample{}, err
		}
		before, err := client.ask("stats")
		if err != nil {
			return sample{}, err
		}
		ran, err := client.ask("run", inFlight, r.duration.Milliseconds())
		if err != nil {
			return sample{}, err
		}
		after, err := client.ask("stats")
		return newSample(before, after, ran.Requests, time.Duration(ran.Seconds*float64(time.Second))), err
	}
	if r.profiles != "" {
		for _, contestant := range names {
			err := r.profile(clients[contestant], contestant+" "+name, func() error {
				_, err := runSeries(clients[contestant])
				return err
			})
			if err != nil {
				return err
			}
		}
		return nil
	}
	results := row{name: name, samples: map[string][]sample{}}
	blocking := row{name: name + ", blocking style", samples: map[string][]sample{}}
	for range r.series {
		for _, contestant := range names {
			client := clients[contestant]
			if client == nil {
				continue
			}
			measured, err := runSeries(client)
			if err != nil {
				return err
			}
			if contestant == "reference, blocking" {
				blocking.add("reference", measured)
			} else {
				results.add(contestant, measured)
				if contestant != "reference" {
					blocking.add(contestant, measured)
				}
			}
			if err := ctx.Err(); err != nil {
				return err
			}
		}
	}
	r.rows = append(r.rows, results, blocking)
	return nil
}

var unsafeInName = regexp.MustCompile(`[^a-zA-Z0-9]+`)

// profile runs a load while a child writes its profiles.
func (r *runner) profile(c *child, name string, load func() error) error {
	if err := os.MkdirAll(r.profiles, 0o777); err != nil {
		return err
	}
	path, err := filepath.Abs(filepath.Join(r.profiles, unsafeInName.ReplaceAllString(name, "-")))
	if err != nil {
		return err
	}
	if _, err := c.ask("profile", path); err != nil {
		return err
	}
	if err := load(); err != nil {
		return err
	}
	_, err = c.ask("profile")
	return err
}

func (r *runner) measureParsers(ctx context.Context) error {
	benchmarks, err := buildParserBenchmarks(ctx)
	if err != nil {
		return err
	}
	defer benchmarks.remove()
	spans := row{name: "parse 700 bytes, 12 fields", samples: map[string][]sample{}}
	owned := row{name: "parse 700 bytes, 12 fields, strings kept", samples: map[string][]sample{}}
	standard, fast := standardParser(), fastParser()
	debug.SetGCPercent(100)
	defer debug.SetGCPercent(-1)
	for range r.series {
		for _, kind := range []struct {
			results   *row
			benchmark string
		}{{&spans, "BenchmarkParse"}, {&owned, "BenchmarkParseStrings"}} {
			measured, err := benchmarks.run(ctx, kind.benchmark, r.duration/2)
			if err != nil {
				return err
			}
			kind.results.add("reference", measured.sample())
		}
		for name, parser := range map[string]func() error{"net/http": standard, "fasthttp": fast} {
			measured, err := timeLoop(parser, r.duration/2)
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			spans.add(name, measured.sample())
			owned.add(name, measured.sample())
		}
	}
	r.rows = append(r.rows, spans, owned)
	return nil
}

func (r *runner) measureIdle(ctx context.Context) error {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return err
	}
	limit.Cur = limit.Max
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return err
	}
	connections := min(r.connections, int(min(limit.Cur, 1<<30))-256)
	if connections < 1 {
		return errors.New("too few file descriptors: " + strconv.FormatUint(limit.Cur, 10))
	}
	resident := row{name: fmt.Sprintf("bytes in RAM per idle connection, at %d", connections), unit: "B", samples: map[string][]sample{}}
	live := row{name: "bytes of heap and stacks per idle connection", unit: "B", samples: map[string][]sample{}}
	for _, name := range contestants {
		server, err := r.startServer(name)
		if err != nil {
			return err
		}
		if server == nil {
			continue
		}
		before, after, err := idle(server, connections)
		server.stop()
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		per := func(before, after uint64) sample {
			return sample{cost: float64(int64(after)-int64(before)) / float64(connections)}
		}
		resident.add(name, per(before.Resident, after.Resident))
		if after.Live > 0 {
			live.add(name, per(before.Live, after.Live))
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	r.rows = append(r.rows, resident, live)
	return nil
}

// idle makes a server answer one request on each of many connections, and measures it before and while they wait.
func idle(server *child, connections int) (before, after stats, err error) {
	warm, err := newLoad(server.address, 1, plainRequest, 1)
	if err != nil {
		return before, after, err
	}
	_, _, err = warm.run(time.Minute, 1000)
	warm.close()
	if err != nil {
		return before, after, err
	}
	if before, err = server.ask("collect"); err != nil {
		return before, after, err
	}
	load, err := newLoad(server.address, connections, plainRequest, 1)
	if err != nil {
		return before, after, err
	}
	defer load.close()
	if _, _, err = load.run(time.Minute, connections); err != nil {
		return before, after, err
	}
	time.Sleep(idleTime)
	after, err = server.ask("collect")
	return before, after, err
}

// idleTime is how long connections have waited when their memory is measured.
const idleTime = 3 * time.Second
