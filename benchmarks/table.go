//go:build linux

package main

import (
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
	"time"
)

// sample is what one series of one contestant has shown.
type sample struct {
	cost        float64 // what is compared: microseconds, or bytes, for one request or connection
	user        float64 // microseconds of CPU in user mode for a request; negative: not measured
	cpu         float64 // the same with the kernel's
	allocations float64 // objects for a request; negative: not measured
}

func newSample(before, after stats, requests int, elapsed time.Duration) sample {
	n := float64(max(requests, 1))
	s := sample{cost: float64(elapsed.Nanoseconds()) / 1000 / n, user: float64(after.User-before.User) / n, allocations: -1}
	s.cpu = s.user + float64(after.System-before.System)/n
	if after.Mallocs > 0 {
		s.allocations = float64(after.Mallocs-before.Mallocs) / n
	}
	return s
}

func (p parsed) sample() sample {
	return sample{cost: p.microseconds, user: -1, cpu: -1, allocations: p.allocations}
}

// row is one thing that was measured, of every contestant.
type row struct {
	name    string
	unit    string // of cost; empty: microseconds
	samples map[string][]sample
}

func (r *row) add(name string, s sample) { r.samples[name] = append(r.samples[name], s) }

func median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	slices.Sort(values)
	middle := len(values) / 2
	if len(values)%2 == 1 {
		return values[middle]
	}
	return (values[middle-1] + values[middle]) / 2
}

// ratio is the median, over the series, of how much more of something another contestant takes than the reference.
func (r *row) ratio(name string, of func(sample) float64) string {
	var ratios []float64
	own, other := r.samples["reference"], r.samples[name]
	for i := range min(len(own), len(other)) {
		if a, b := of(own[i]), of(other[i]); a > 0 && b > 0 {
			ratios = append(ratios, b/a)
		}
	}
	if len(ratios) == 0 {
		return "-"
	}
	return fmt.Sprintf("%.2f", median(ratios))
}

func (r *row) figure(name, form string, of func(sample) float64) string {
	var values []float64
	for _, s := range r.samples[name] {
		values = append(values, of(s))
	}
	if len(values) == 0 || slices.Min(values) < 0 {
		return "-"
	}
	return fmt.Sprintf(form, median(values))
}

func costOf(s sample) float64        { return s.cost }
func userOf(s sample) float64        { return s.user }
func cpuOf(s sample) float64         { return s.cpu }
func allocationsOf(s sample) float64 { return s.allocations }

// print writes the ratios first, then what they are made of.
func (r *runner) print(out io.Writer) {
	others := contestants[1:]
	fmt.Fprint(out, "\nRatios: how many times as good as the other the reference is. Rate, then CPU time of the process\n"+
		"for a request (user mode; user and kernel). Medians over the series.\n\n")
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	heading := "\t|\trate\t\t\t|\tuser CPU\t\t\t|\tall CPU\t\t\t\n"
	fmt.Fprint(table, heading, "reference to\t|")
	for range 3 {
		for _, name := range others {
			fmt.Fprint(table, "\t", name)
		}
		fmt.Fprint(table, "\t|")
	}
	fmt.Fprintln(table)
	for _, row := range r.rows {
		fmt.Fprint(table, row.name, "\t|")
		for _, of := range []func(sample) float64{costOf, userOf, cpuOf} {
			for _, name := range others {
				fmt.Fprint(table, "\t", row.ratio(name, of))
			}
			fmt.Fprint(table, "\t|")
		}
		fmt.Fprintln(table)
	}
	_ = table.Flush()

	fmt.Fprint(out, "\nFigures of this machine at this time: for a request (or connection) the time in us (or B), user CPU\n"+
		"and all CPU in us, and allocated objects.\n\n")
	table = tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	for _, name := range contestants {
		fmt.Fprint(table, "\t|\t", name, "\tuser\tall\tobjects")
	}
	fmt.Fprintln(table, "\t")
	for _, row := range r.rows {
		fmt.Fprint(table, row.name)
		form := "%.2f"
		if row.unit != "" {
			form = "%.0f " + row.unit
		}
		for _, name := range contestants {
			fmt.Fprint(table, "\t|\t", row.figure(name, form, costOf))
			if row.unit != "" {
				fmt.Fprint(table, "\t\t\t")
				continue
			}
			fmt.Fprint(table, "\t", row.figure(name, "%.2f", userOf), "\t", row.figure(name, "%.2f", cpuOf), "\t", row.figure(name, "%.1f", allocationsOf))
		}
		fmt.Fprintln(table, "\t")
	}
	_ = table.Flush()
}
