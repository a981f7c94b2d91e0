//go:build linux

package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"time"

	"github.com/valyala/fasthttp"
)

// parsed is what parsing one request costs.
type parsed struct {
	microseconds float64
	allocations  float64
}

// parserBenchmarks is the test program of the reference's parser, which no other module can import.
type parserBenchmarks struct{ directory, program string }

func buildParserBenchmarks(ctx context.Context) (*parserBenchmarks, error) {
	directory, err := os.MkdirTemp("", "parser")
	if err != nil {
		return nil, err
	}
	b := &parserBenchmarks{directory, filepath.Join(directory, "http1.test")}
	build := exec.CommandContext(ctx, "go", "test", "-c", "-o", b.program, "github.com/nodehttp/conform/reference/internal/http1")
	if output, err := build.CombinedOutput(); err != nil {
		b.remove()
		return nil, fmt.Errorf("%w: %s", err, output)
	}
	return b, nil
}

func (b *parserBenchmarks) remove() { _ = os.RemoveAll(b.directory) }

var benchmarkLine = regexp.MustCompile(`(?m)^Benchmark\S+\s+\d+\s+([\d.]+) ns/op.*?\s(\d+) allocs/op`)

// run runs one of the reference's own benchmarks of its parser.
func (b *parserBenchmarks) run(ctx context.Context, name string, duration time.Duration) (parsed, error) {
	command := exec.CommandContext(ctx, b.program, "-test.run=^$", "-test.cpu=1", "-test.bench=^"+name+"$", "-test.benchtime="+duration.String())
	command.Dir = b.directory
	output, err := command.CombinedOutput()
	if err != nil {
		return parsed{}, fmt.Errorf("%w: %s", err, output)
	}
	found := benchmarkLine.FindSubmatch(output)
	if found == nil {
		return parsed{}, fmt.Errorf("no benchmark %s in %s", name, output)
	}
	nanoseconds, _ := strconv.ParseFloat(string(found[1]), 64)
	allocations, _ := strconv.ParseFloat(string(found[2]), 64)
	return parsed{nanoseconds / 1000, allocations}, nil
}

// timeLoop measures a parser of this process for about that long.
func timeLoop(parse func() error, duration time.Duration) (parsed, error) {
	const batch = 1000
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	count, begin := 0, time.Now()
	for time.Since(begin) < duration {
		for range batch {
			if err := parse(); err != nil {
				return parsed{}, err
			}
		}
		count += batch
	}
	elapsed := time.Since(begin)
	runtime.ReadMemStats(&after)
	return parsed{float64(elapsed.Nanoseconds()) / float64(count) / 1000, float64(after.Mallocs-before.Mallocs) / float64(count)}, nil
}

func standardParser() func() error {
	input := bytes.NewReader(browserRequest)
	reader := bufio.NewReader(input)
	return func() error {
		input.Reset(browserRequest)
		reader.Reset(input)
		request, err := http.ReadRequest(reader)
		if err == nil && len(request.Header) != 11 {
			err = errors.New("fields were lost") // Host is kept elsewhere
		}
		return err
	}
}

func fastParser() func() error {
	input := bytes.NewReader(browserRequest)
	reader := bufio.NewReader(input)
	var header fasthttp.RequestHeader
	return func() error {
		input.Reset(browserRequest)
		reader.Reset(input)
		err := header.Read(reader)
		if err == nil && header.Len() < 11 {
			err = errors.New("fields were lost")
		}
		return err
	}
}
