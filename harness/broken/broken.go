// Package broken proves that the vectors can fail. It keeps a table of
// deliberately broken variants of a real Node: preload scripts, each of which
// violates one clause of the catalogue. Vectors of a clause that let all its
// variants pass are too weak.
package broken

import (
	"bytes"
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/nodehttp/conform/harness/adapter"
	"github.com/nodehttp/conform/harness/target"
)

// A Variant is one way to break the http module.
type Variant struct {
	Clause string `json:"clause"` // the one that it violates
	Name   string `json:"name"`   // what it does instead
}

// ID names the variant: its clause and its name.
func (v Variant) ID() string { return v.Clause + "#" + v.Name }

// A Table is what the scripts say of themselves.
type Table struct {
	Variants []Variant `json:"variants"`
	// Inexpressible has the clauses that no preload script can violate, each
	// with the reason.
	Inexpressible map[string]string `json:"inexpressible"`
}

// variantVariable tells the preload script which variant it is to be.
const variantVariable = "CONFORM_BROKEN"

//go:embed variants/*.js
var scripts embed.FS

// Scripts are the variants and the adapter, laid out for one Node. Its methods
// are safe for concurrent use.
type Scripts struct {
	node   string // the executable
	folder string
}

// Open lays the scripts out in a temporary folder, to be run by a Node
// executable. Close removes it.
func Open(node string) (*Scripts, error) {
	folder, err := os.MkdirTemp("", "conform-broken-")
	if err != nil {
		return nil, err
	}
	s := &Scripts{node: node, folder: folder}
	variants, err := fs.Sub(scripts, "variants")
	if err == nil {
		err = os.CopyFS(s.path("variants"), variants)
	}
	if err == nil {
		err = os.WriteFile(s.path("adapter.js"), adapter.Script, 0o600)
	}
	if err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// Close removes the scripts.
func (s *Scripts) Close() error { return os.RemoveAll(s.folder) }

func (s *Scripts) path(name string) string { return filepath.Join(s.folder, name) }

func (s *Scripts) preload() string { return filepath.Join(s.folder, "variants", "preload.js") }

// A TableError says that Node could not print the table.
type TableError struct {
	Node   string
	Stderr string
	Err    error
}

func (e *TableError) Error() string {
	message := fmt.Sprintf("%s cannot print the table of broken variants: %v", e.Node, e.Err)
	if e.Stderr != "" {
		message += "\n" + e.Stderr
	}
	return message
}
func (e *TableError) Unwrap() error { return e.Err }

// Table asks the scripts what variants there are. The error is a *TableError.
func (s *Scripts) Table(ctx context.Context) (Table, error) {
	output, err := exec.CommandContext(ctx, s.node, s.preload()).Output()
	if err != nil {
		failure := &TableError{Node: s.node, Err: err}
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			failure.Stderr = strings.TrimSpace(string(exit.Stderr))
		}
		return Table{}, failure
	}
	var table Table
	decoder := json.NewDecoder(bytes.NewReader(output))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&table); err != nil {
		return Table{}, &TableError{Node: s.node, Err: err}
	}
	return table, nil
}

// Target is Node as a variant has broken it.
func (s *Scripts) Target(variant Variant) target.Target {
	return steady{target.Adapter("broken: "+variant.ID(), adapter.Command{
		Path: s.node,
		Args: []string{"-r", s.preload(), s.path("adapter.js")},
		Env:  []string{variantVariable + "=" + variant.ID()},
	}, target.ProcessOptions{})}
}

// Unbroken is the same Node without a variant.
func (s *Scripts) Unbroken() target.Target {
	return target.Adapter("unbroken", adapter.Command{Path: s.node, Args: []string{s.path("adapter.js")}}, target.ProcessOptions{})
}

// steady is a target whose failures are what was to be seen, so nothing runs
// again.
type steady struct{ target.Target }

func (t steady) Describe(ctx context.Context) (target.Description, error) {
	description, err := t.Target.Describe(ctx)
	description.Steady = true
	return description, err
}
