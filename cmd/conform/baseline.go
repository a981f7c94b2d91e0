package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gobwas/glob"
	"go.yaml.in/yaml/v4"

	"github.com/nodehttp/conform/harness"
	"github.com/nodehttp/conform/vectors"
)

// readBaseline reads the file of --baseline; no file is no baseline.
func readBaseline(name string) (*harness.Baseline, error) {
	if name == "" {
		return nil, nil
	}
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("--baseline: %w", err)
	}
	baseline, err := harness.ParseBaseline(name, data)
	if err != nil {
		return nil, fmt.Errorf("--baseline: %w", err)
	}
	return baseline, nil
}

// baselineUpdate brings a baseline up to date with a whole run: stale entries
// leave, and each failure that no entry covers gets one of its own. Comments
// and entries that still hold stay as they are.
func baselineUpdate(name string, baseline *harness.Baseline, catalogue *vectors.Catalogue, runs []harness.Summary) (added, removed int, err error) {
	data, err := os.ReadFile(name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return 0, 0, err
	}
	var document yaml.Node
	if err := yaml.Unmarshal(data, &document); err != nil {
		return 0, 0, err
	}
	entries := knownFailing(&document)
	stale := map[*harness.BaselineEntry]bool{}
	for _, entry := range baseline.Stale(catalogue, runs) {
		stale[entry.BaselineEntry] = true
	}
	var kept []*yaml.Node
	if baseline != nil {
		for i, entry := range baseline.Entries {
			if stale[entry] {
				removed++
				continue
			}
			kept = append(kept, entries.Content[i])
		}
	}
	for _, run := range runs {
		for _, result := range run.Results {
			if result.Verdict != harness.Fail && result.Verdict != harness.Flaky || baseline.Known(run.Target.Name, result) != "" {
				continue
			}
			reason := "not looked into yet"
			if result.Failure != nil && result.Failure.Seen != "" {
				reason += "; seen: " + strings.Join(strings.Fields(firstLine(result.Failure.Seen)), " ")
			}
			kept = append(kept, entryNode(glob.QuoteMeta(run.Target.Name), glob.QuoteMeta(result.Vector.ID), reason))
			added++
		}
	}
	entries.Content = kept
	entries.Style = 0
	if len(kept) == 0 {
		entries.Style = yaml.FlowStyle
	}
	var text bytes.Buffer
	encoder := yaml.NewEncoder(&text)
	encoder.SetIndent(2)
	if err := errors.Join(encoder.Encode(&document), encoder.Close()); err != nil {
		return 0, 0, err
	}
	// What is written must be readable again, or the file stays as it was.
	if _, err := harness.ParseBaseline(name, text.Bytes()); err != nil {
		return 0, 0, err
	}
	if added+removed == 0 && data != nil {
		return 0, 0, nil
	}
	return added, removed, replaceFile(name, text.Bytes())
}

// knownFailing is the list of entries of the document, made where there is none.
func knownFailing(document *yaml.Node) *yaml.Node {
	if document.Kind == 0 {
		document.Kind = yaml.DocumentNode
	}
	if len(document.Content) == 0 || document.Content[0].Kind != yaml.MappingNode {
		document.Content = []*yaml.Node{{Kind: yaml.MappingNode}}
	}
	top := document.Content[0]
	for i := 0; i+1 < len(top.Content); i += 2 {
		if top.Content[i].Value != "known-failing" {
			continue
		}
		if top.Content[i+1].Kind != yaml.SequenceNode {
			top.Content[i+1] = &yaml.Node{Kind: yaml.SequenceNode}
		}
		return top.Content[i+1]
	}
	list := &yaml.Node{Kind: yaml.SequenceNode}
	top.Content = append(top.Content, textNode("known-failing"), list)
	return list
}

func entryNode(target, ids, reason string) *yaml.Node {
	return &yaml.Node{Kind: yaml.MappingNode, Content: slices.Concat(
		[]*yaml.Node{textNode("target"), textNode(target)},
		[]*yaml.Node{textNode("vectors"), textNode(ids)},
		[]*yaml.Node{textNode("reason"), textNode(reason)},
	)}
}

func textNode(text string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: text}
}

// replaceFile writes beside the file first, so that an interruption leaves the
// old or the new, and nothing between.
func replaceFile(name string, data []byte) error {
	beside, err := os.CreateTemp(filepath.Dir(name), ".baseline-*")
	if err != nil {
		return err
	}
	defer os.Remove(beside.Name())
	mode := fs.FileMode(0o644)
	if info, err := os.Stat(name); err == nil {
		mode = info.Mode().Perm()
	}
	_, err = beside.Write(data)
	if err := errors.Join(err, beside.Chmod(mode), beside.Close()); err != nil {
		return err
	}
	return os.Rename(beside.Name(), name)
}
