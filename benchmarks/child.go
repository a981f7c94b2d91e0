//go:build linux

package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// stats is what a child answers to every command. Node leaves out what it cannot know.
type stats struct {
	Address  string  `json:"address,omitempty"`
	User     int64   `json:"user"`     // microseconds of CPU in user mode since the start
	System   int64   `json:"system"`   // and in the kernel
	Mallocs  uint64  `json:"mallocs"`  // objects allocated since the start
	Live     uint64  `json:"live"`     // bytes of heap objects and goroutine stacks
	Resident uint64  `json:"resident"` // bytes of memory in RAM
	Requests int     `json:"requests"` // made by the command "run"
	Seconds  float64 `json:"seconds"`  // that they took
	Error    string  `json:"error,omitempty"`
}

// child is a contestant in a process of its own, which keeps to one core.
type child struct {
	name    string
	command *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Reader
	address string
}

// startChild starts a contestant on a core and waits until it is ready.
func startChild(name string, core int, program string, arguments ...string) (*child, error) {
	c := &child{name: name, command: exec.Command(program, arguments...)}
	c.command.Stderr = os.Stderr
	var err error
	if c.in, err = c.command.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := c.command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	c.out = bufio.NewReader(out)
	// The child inherits the core of the thread that starts it, so that its runtime counts one core from the first.
	started := make(chan error)
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread ends with this goroutine
		pin(core)
		started <- c.command.Start()
	}()
	if err := <-started; err != nil {
		return nil, err
	}
	ready, err := c.answer()
	if err != nil {
		c.stop()
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	c.address = ready.Address
	return c, nil
}

// ask sends a command and returns the answer.
func (c *child) ask(words ...any) (stats, error) {
	if _, err := fmt.Fprintln(c.in, words...); err != nil {
		return stats{}, err
	}
	return c.answer()
}

func (c *child) answer() (stats, error) {
	const patience = time.Minute
	killed := time.AfterFunc(patience, func() { _ = c.command.Process.Kill() })
	defer killed.Stop()
	line, err := c.out.ReadBytes('\n')
	if err != nil {
		return stats{}, fmt.Errorf("%s ended or was silent for %v: %w", c.name, patience, err)
	}
	var s stats
	if err := json.Unmarshal(line, &s); err != nil {
		return stats{}, err
	}
	if s.Error != "" {
		return s, errors.New(c.name + ": " + s.Error)
	}
	return s, nil
}

// stop ends the child: it leaves when its input ends.
func (c *child) stop() {
	_ = c.in.Close()
	killed := time.AfterFunc(5*time.Second, func() { _ = c.command.Process.Kill() })
	_ = c.command.Wait()
	killed.Stop()
}

// pin keeps the calling thread on one core; a negative core means any.
func pin(core int) {
	if core < 0 {
		return
	}
	var set unix.CPUSet
	set.Set(core)
	_ = unix.SchedSetaffinity(0, &set)
}

// cores returns two cores this process may use: one for the contestant and one for the load. With only one there is
// nothing to choose, and both are -1.
func cores() (contestant, load int) {
	var set unix.CPUSet
	if unix.SchedGetaffinity(0, &set) != nil || set.Count() < 2 {
		return -1, -1
	}
	var usable []int
	for core := 0; len(usable) < set.Count(); core++ {
		if set.IsSet(core) {
			usable = append(usable, core)
		}
	}
	return usable[0], usable[len(usable)-1]
}

// runChild is the child's side: it answers one line for each command until its input ends.
//
//	stats              where things stand
//	collect            the same after a garbage collection that returns memory to the system
//	run INFLIGHT MS    for clients: make requests, so many at a time, for that long
//	profile PATH       write a CPU profile to PATH.cpu, until the next "profile", which writes PATH.allocs
func runChild(ready stats, run func(inFlight int, duration time.Duration) (int, error)) {
	out := json.NewEncoder(os.Stdout)
	ready.measure()
	_ = out.Encode(ready)
	profile := ""
	commands := bufio.NewScanner(os.Stdin)
	for commands.Scan() {
		words := strings.Fields(commands.Text())
		var s stats
		switch {
		case len(words) == 1 && words[0] == "stats":
		case len(words) == 1 && words[0] == "collect":
			// Twice: pools keep what they have for one collection.
			debug.FreeOSMemory()
			debug.FreeOSMemory()
		case len(words) == 3 && words[0] == "run":
			inFlight, _ := strconv.Atoi(words[1])
			milliseconds, _ := strconv.Atoi(words[2])
			begin := time.Now()
			requests, err := run(inFlight, time.Duration(milliseconds)*time.Millisecond)
			s.Requests, s.Seconds = requests, time.Since(begin).Seconds()
			if err != nil {
				s.Error = err.Error()
			}
		case len(words) == 2 && words[0] == "profile":
			profile = words[1]
			if file, err := os.Create(profile + ".cpu"); err != nil {
				s.Error = err.Error()
			} else if err := pprof.StartCPUProfile(file); err != nil {
				s.Error = err.Error()
			}
		case len(words) == 1 && words[0] == "profile" && profile != "":
			pprof.StopCPUProfile()
			if file, err := os.Create(profile + ".allocs"); err != nil {
				s.Error = err.Error()
			} else if err := pprof.Lookup("allocs").WriteTo(file, 0); err != nil {
				s.Error = err.Error()
			}
		default:
			s.Error = "not a command: " + commands.Text()
		}
		s.measure()
		_ = out.Encode(s)
	}
}

// measure fills in where the process stands.
func (s *stats) measure() {
	var usage unix.Rusage
	if unix.Getrusage(unix.RUSAGE_SELF, &usage) == nil {
		s.User = usage.Utime.Sec*1e6 + usage.Utime.Usec
		s.System = usage.Stime.Sec*1e6 + usage.Stime.Usec
	}
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	s.Mallocs = memory.Mallocs
	s.Live = memory.HeapAlloc + memory.StackInuse
	if text, err := os.ReadFile("/proc/self/statm"); err == nil {
		if fields := strings.Fields(string(text)); len(fields) > 1 {
			pages, _ := strconv.ParseUint(fields[1], 10, 64)
			s.Resident = pages * uint64(os.Getpagesize())
		}
	}
}
