package harness

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/nodehttp/conform/vectors"
)

// A Baseline lists failures that are known, so that a run fails on what is new.
// It is kept honest: an entry that matches nothing, or whose vectors all pass
// now, fails the run.
type Baseline struct {
	Entries []*BaselineEntry
}

// A BaselineEntry says that vectors fail on targets, and why that is borne.
type BaselineEntry struct {
	Target  string // glob of target names
	Vectors string // glob of vector ids
	Reason  string

	target, vectors *vectors.Glob
}

// A BaselineError says what is wrong with a baseline file.
type BaselineError struct {
	File    string
	Entry   int // from 1; 0 for the file as a whole
	Problem string
}

func (e *BaselineError) Error() string {
	if e.Entry == 0 {
		return fmt.Sprintf("%s: %s", e.File, e.Problem)
	}
	return fmt.Sprintf("%s: entry %d: %s", e.File, e.Entry, e.Problem)
}

// ParseBaseline reads a baseline file: the key known-failing with a list of
// {target, vectors, reason}, all of which are needed. Errors are
// *BaselineError.
func ParseBaseline(file string, data []byte) (*Baseline, error) {
	var content struct {
		KnownFailing []struct {
			Target  string `yaml:"target"`
			Vectors string `yaml:"vectors"`
			Reason  string `yaml:"reason"`
		} `yaml:"known-failing"`
	}
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	decoder.KnownFields(true)
	if err := decoder.Decode(&content); err != nil && !errors.Is(err, io.EOF) {
		return nil, &BaselineError{File: file, Problem: strings.TrimPrefix(err.Error(), "yaml: ") + "; a baseline has the key known-failing, a list of {target, vectors, reason}"}
	}
	baseline := &Baseline{}
	for i, entry := range content.KnownFailing {
		wrong := func(problem string) error { return &BaselineError{file, i + 1, problem} }
		if entry.Target == "" || entry.Vectors == "" || strings.TrimSpace(entry.Reason) == "" {
			return nil, wrong("it needs target, vectors and reason")
		}
		targets, err := vectors.ParseGlob(entry.Target)
		if err != nil {
			return nil, wrong("target " + err.Error())
		}
		ids, err := vectors.ParseGlob(entry.Vectors)
		if err != nil {
			return nil, wrong("vectors " + err.Error())
		}
		baseline.Entries = append(baseline.Entries, &BaselineEntry{entry.Target, entry.Vectors, entry.Reason, targets, ids})
	}
	return baseline, nil
}

// Known returns the reason why the result is a failure that is known, or "".
func (b *Baseline) Known(targetName string, result Result) string {
	if b == nil || result.Verdict != Fail && result.Verdict != Flaky {
		return ""
	}
	for _, entry := range b.Entries {
		if entry.target.Match(targetName) && entry.vectors.Match(result.Vector.ID) {
			return entry.Reason
		}
	}
	return ""
}

// StaleEntry is an entry that fails the run, and why.
type StaleEntry struct {
	*BaselineEntry
	Problem string
}

// Stale returns the entries that should be taken out, given all runs of a
// command. Entries for targets that did not run, and those whose vectors were
// not selected or did not get a verdict, are left alone.
func (b *Baseline) Stale(catalogue *vectors.Catalogue, runs []Summary) []StaleEntry {
	if b == nil {
		return nil
	}
	var stale []StaleEntry
	for _, entry := range b.Entries {
		exists := false
		for _, v := range catalogue.Vectors {
			exists = exists || entry.vectors.Match(v.ID)
		}
		if !exists {
			stale = append(stale, StaleEntry{entry, "it matches no vector"})
			continue
		}
		ran, failed := 0, 0
		for _, run := range runs {
			if !entry.target.Match(run.Target.Name) {
				continue
			}
			for _, result := range run.Results {
				if !entry.vectors.Match(result.Vector.ID) || result.Verdict == NotApplicable {
					continue
				}
				ran++
				if result.Verdict == Fail || result.Verdict == Flaky || result.Verdict == Error {
					failed++
				}
			}
		}
		if ran > 0 && failed == 0 {
			stale = append(stale, StaleEntry{entry, "what it covers passes now"})
		}
	}
	return stale
}
