package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/nodehttp/conform/reports"
)

func newReport() *cobra.Command {
	var to string
	var about strings.Builder
	for _, renderer := range reports.Renderers() {
		fmt.Fprintf(&about, "  %-11s %s\n", renderer.Name, renderer.About)
	}
	cmd := &cobra.Command{
		Use:   "report FORMAT RESULTS...",
		Short: "Render result streams that were written before",
		Long: `Render result streams that "conform run --report ndjson=FILE" wrote. Several
files, and files with several targets, become one report; - is standard input.

` + about.String(),
		Example: `  conform report html results.ndjson -o results.html
  conform report markdown node.ndjson bun.ndjson`,
		Args: cobra.MinimumNArgs(2),
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveDefault
			}
			return rendererNames(), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			renderer, ok := reports.RendererNamed(args[0])
			if !ok {
				return fmt.Errorf("there is no format %q; there are %s", args[0], strings.Join(rendererNames(), ", "))
			}
			source, err := readStreams(cmd.InOrStdin(), args[1:])
			if err != nil {
				return err
			}
			return writeReport(cmd.OutOrStdout(), to, func(w io.Writer) error {
				if err := renderer.Render(w, source); err != nil {
					return err
				}
				return jobSummary(renderer.Name, source)
			})
		},
	}
	cmd.Flags().StringVarP(&to, "output", "o", "", "the `file` to write (default: standard output)")
	cmd.MarkFlagFilename("output")
	return cmd
}

func rendererNames() []string {
	var names []string
	for _, renderer := range reports.Renderers() {
		names = append(names, renderer.Name)
	}
	return names
}

// readStreams is the source of several files, each with its name in errors.
func readStreams(stdin io.Reader, names []string) (reports.Source, error) {
	var sources []reports.Source
	for i, name := range names {
		source, err := streamFile(stdin, name)
		if err != nil {
			return nil, err
		}
		if name == "-" {
			for _, earlier := range names[:i] {
				if earlier == "-" {
					return nil, errors.New("standard input can be read only once")
				}
			}
		}
		// Each is looked at alone, so that an error names the file and its line.
		if err := source.Each(func(reports.Line) error { return nil }); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		sources = append(sources, source)
	}
	return reports.Join(sources...), nil
}

func streamFile(stdin io.Reader, name string) (reports.Source, error) {
	if name == "-" {
		// Renderers read more than once, which standard input does not bear.
		data, err := io.ReadAll(stdin)
		if err != nil {
			return nil, err
		}
		return func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil }, nil
	}
	return func() (io.ReadCloser, error) { return os.Open(name) }, nil
}

// writeReport writes to the file of the name, or to standard output. A file
// that could not be written whole is taken away.
func writeReport(stdout io.Writer, name string, write func(io.Writer) error) error {
	if name == "" || name == "-" {
		return write(stdout)
	}
	file, err := os.Create(name)
	if err != nil {
		return err
	}
	if err := errors.Join(write(file), file.Close()); err != nil {
		os.Remove(name)
		return err
	}
	return nil
}

// summaryVariable names the file to which a step of a GitHub workflow appends
// its part of the job summary.
const summaryVariable = "GITHUB_STEP_SUMMARY"

// jobSummary adds the Markdown to the job summary when a workflow asks for
// annotations and has one.
func jobSummary(format string, source reports.Source) (err error) {
	name := os.Getenv(summaryVariable)
	if format != "github" || name == "" {
		return nil
	}
	file, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return fmt.Errorf("%s: %w", summaryVariable, err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	return reports.Markdown(file, source)
}
