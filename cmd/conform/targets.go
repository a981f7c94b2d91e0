package main

import (
	"errors"
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/nodehttp/conform/harness/target"
	"github.com/nodehttp/conform/vectors"
)

// targetFlags are the ways to name a target.
type targetFlags struct {
	names    []string
	urls     []string
	clients  []string
	adapters []string
	app      string
}

// A chosenTarget is a target and the words that choose it on a command line.
type chosenTarget struct {
	target.Target
	words []string
}

// open makes the targets, in the order: names, adapters, urls, clients. Nothing
// is started yet.
func (f *targetFlags) open(catalogue *vectors.Catalogue, options target.ProcessOptions) ([]chosenTarget, error) {
	var chosen []chosenTarget
	add := func(t target.Target, err error, words ...string) error {
		if err == nil {
			chosen = append(chosen, chosenTarget{t, words})
		}
		return err
	}
	names := f.names
	if len(f.names)+len(f.urls)+len(f.clients)+len(f.adapters) == 0 {
		names = []string{"reference"}
	}
	for i, name := range names {
		if slices.Contains(names[:i], name) {
			return nil, fmt.Errorf("the target %s is named twice", name)
		}
		t, err := target.Open(name, options)
		if err := add(t, err, name); err != nil {
			return nil, err
		}
	}
	for _, command := range f.adapters {
		t, err := target.AdapterCommand(command, options)
		if err := add(t, err, "--adapter", command); err != nil {
			return nil, fmt.Errorf("--adapter: %w", err)
		}
	}
	var app *vectors.App
	if len(f.urls)+len(f.clients) > 0 {
		var err error
		if app, err = f.findApp(catalogue); err != nil {
			return nil, err
		}
	} else if f.app != "" {
		return nil, errors.New("--app goes with --url or --client")
	}
	for _, url := range f.urls {
		t, err := target.NewURL(url, app)
		if err := add(t, err, "--url", url, "--app", f.app); err != nil {
			return nil, fmt.Errorf("--url: %w", err)
		}
	}
	for _, command := range f.clients {
		t, err := target.NewClientCommand(command, app)
		if err := add(t, err, "--client", command, "--app", f.app); err != nil {
			return nil, fmt.Errorf("--client: %w", err)
		}
	}
	return chosen, nil
}

func (f *targetFlags) findApp(catalogue *vectors.Catalogue) (*vectors.App, error) {
	if app := catalogue.Apps[f.app]; app != nil {
		return app, nil
	}
	side := vectors.ServerSide
	if len(f.urls) == 0 {
		side = vectors.ClientSide
	}
	var names []string
	for name, app := range catalogue.Apps {
		if app.Side == side {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	if f.app == "" {
		return nil, fmt.Errorf("--app is needed to say which app the target stands in for: %s", strings.Join(names, ", "))
	}
	return nil, fmt.Errorf("--app: there is no app %q; there are %s", f.app, strings.Join(names, ", "))
}
