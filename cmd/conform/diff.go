package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/nodehttp/conform/reports"
)

func newDiff() *cobra.Command {
	var to, format string
	cmd := &cobra.Command{
		Use:   "diff OLD NEW",
		Short: "Say what changed from one result stream to another",
		Long: `Say what changed from one result stream to another: what broke (held, and does
not any more), what was fixed, appeared, vanished or changed otherwise. Two
streams of one target each are compared whatever the targets' names; in files
of several targets, those of the same name are.

The exit status is 1 when something broke, 3 when the new run is incomplete.`,
		Example: `  conform diff main.ndjson branch.ndjson
  conform diff node12.ndjson node26.ndjson --format markdown -o changes.md`,
		Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			write, ok := map[string]func(*reports.Difference, io.Writer) error{
				"text": (*reports.Difference).Text, "markdown": (*reports.Difference).Markdown, "json": (*reports.Difference).JSON,
			}[format]
			if !ok {
				return fmt.Errorf("--format: there is no format %q; there are text, markdown, json", format)
			}
			var sources []reports.Source
			for _, name := range args {
				source, err := readStreams(cmd.InOrStdin(), []string{name})
				if err != nil {
					return err
				}
				sources = append(sources, source)
			}
			difference, err := reports.Diff(sources[0], sources[1])
			if err != nil {
				return err
			}
			if err := writeReport(cmd.OutOrStdout(), to, func(w io.Writer) error { return write(difference, w) }); err != nil {
				return err
			}
			if difference.Regressed() {
				return &statusError{status: exitFailed}
			}
			for _, target := range difference.Targets {
				if target.Incomplete != "" {
					return &statusError{status: exitIncomplete}
				}
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&format, "format", "text", "text, markdown or json")
	cmd.Flags().StringVarP(&to, "output", "o", "", "the `file` to write (default: standard output)")
	cmd.MarkFlagFilename("output")
	cmd.RegisterFlagCompletionFunc("format", cobra.FixedCompletions([]string{"text", "markdown", "json"}, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}
