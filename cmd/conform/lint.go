package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/nodehttp/conform/vectors"
)

func newLint() *cobra.Command {
	var dir string
	cmd := &cobra.Command{
		Use:   "lint",
		Short: "Check clauses, vectors and apps for mistakes",
		Long: `Check the embedded clauses, vectors and apps, and your own with --vectors, for
what breaks the schemas, names what does not exist, leaves a clause without a
vector, or could never fail. The exit status is 1 when something was found.`,
		Example: `  conform lint
  conform lint --vectors ./my-vectors`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			catalogue, faults := vectors.Embedded()
			if dir != "" && catalogue != nil {
				with, _, err := loadCatalogue(dir)
				if with == nil && len(vectors.LoadErrors(err)) == 0 {
					return err
				}
				faults = errors.Join(faults, err)
				if with != nil {
					catalogue = with
				}
			}
			found := 0
			for _, fault := range vectors.LoadErrors(faults) {
				fmt.Fprintln(cmd.OutOrStdout(), fault)
				found++
			}
			if found == 0 && faults != nil {
				return faults
			}
			if catalogue != nil {
				for _, finding := range vectors.Lint(catalogue) {
					fmt.Fprintln(cmd.OutOrStdout(), finding)
					found++
				}
			}
			if found > 0 {
				fmt.Fprintf(cmd.OutOrStdout(), "%d findings\n", found)
				return &statusError{status: exitFailed}
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%d clauses and %d vectors: nothing to find fault with\n", len(catalogue.Clauses), len(catalogue.Vectors))
			return nil
		},
	}
	addVectorsFlag(cmd, &dir)
	return cmd
}
