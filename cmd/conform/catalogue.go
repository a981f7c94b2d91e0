package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/nodehttp/conform/vectors"
)

// loadCatalogue returns the embedded catalogue with the user's own beside it.
// Faults of the embedded one are returned apart: what is sound in it can be
// used, only never called whole.
func loadCatalogue(dir string) (catalogue *vectors.Catalogue, faults error, err error) {
	catalogue, faults = vectors.Embedded()
	if catalogue == nil {
		return nil, nil, faults
	}
	if dir == "" {
		return catalogue, faults, nil
	}
	info, err := os.Stat(dir)
	switch {
	case err != nil:
		return nil, nil, fmt.Errorf("--vectors: %w", err)
	case !info.IsDir():
		return nil, nil, fmt.Errorf("--vectors: %s is not a folder", dir)
	}
	catalogue, err = catalogue.With(os.DirFS(dir))
	if err != nil {
		return nil, nil, fmt.Errorf("the vectors in %s cannot be used:\n%w", dir, err)
	}
	return catalogue, faults, nil
}

func addVectorsFlag(cmd *cobra.Command, dir *string) {
	cmd.Flags().StringVar(dir, "vectors", "", "a `folder` of your own vectors and clauses, used beside the embedded ones")
	cmd.MarkFlagDirname("vectors")
}

// warnOfFaults says that the embedded catalogue is not whole.
func warnOfFaults(cmd *cobra.Command, faults error) {
	list := vectors.LoadErrors(faults)
	for i, fault := range list {
		if i == 5 {
			fmt.Fprintf(cmd.ErrOrStderr(), "  and %d more\n", len(list)-i)
			break
		}
		fmt.Fprintf(cmd.ErrOrStderr(), "conform: embedded vectors: %v\n", fault)
	}
}

// parseEdition accepts v12 and 12.
func parseEdition(text string) (vectors.Edition, error) {
	if text == "" {
		return "", nil
	}
	for _, name := range []string{text, "v" + text} {
		if slices.Contains(vectors.Editions(), vectors.Edition(name)) {
			return vectors.Edition(name), nil
		}
	}
	return "", fmt.Errorf("--edition: there is no edition %q; there are %s", text, strings.Join(editionNames(), ", "))
}

func editionNames() []string {
	var names []string
	for _, edition := range vectors.Editions() {
		names = append(names, string(edition))
	}
	return names
}

// completeIDs offers vector and clause ids to the shell.
func completeIDs(vectorsOnly bool) cobra.CompletionFunc {
	return func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		catalogue, _ := vectors.Embedded()
		if catalogue == nil {
			return nil, cobra.ShellCompDirectiveError
		}
		var ids []string
		for _, v := range catalogue.Vectors {
			ids = append(ids, v.ID)
		}
		if !vectorsOnly {
			for _, clause := range catalogue.Clauses {
				ids = append(ids, clause.ID)
			}
		}
		return ids, cobra.ShellCompDirectiveNoFileComp
	}
}

// notFound is the error for an id that does not exist.
func notFound(kind, id string) error {
	return errors.New("there is no " + kind + " " + id + "; conform list " + kind + "s shows them all")
}
