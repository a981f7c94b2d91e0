package main

import (
	"io"

	"github.com/spf13/cobra"

	"github.com/nodehttp/conform/harness"
	"github.com/nodehttp/conform/harness/target"
	"github.com/nodehttp/conform/reports"
	"github.com/nodehttp/conform/vectors"
)

func newMerge() *cobra.Command {
	var to, baselineFile, dir string
	cmd := &cobra.Command{
		Use:   "merge SHARD...",
		Short: "Join the result streams of the shards of a run",
		Long: `Join the result streams of the shards of a run into the stream that the run
would have written without shards, with the vectors in the order of their ids.
Every shard must be there once, and nothing but the shard may tell them apart.

Whether a baseline entry passes by now cannot be told from one shard, so a run
with --shard does not judge it; give the baseline here.

The exit status is 1 when a baseline entry is stale, 3 when the whole run is
incomplete.`,
		Example: `  conform merge shard-*.ndjson -o results.ndjson --baseline known-failing.yaml`,
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			catalogue, _, err := loadCatalogue(dir)
			if err != nil {
				return err
			}
			baseline, err := readBaseline(baselineFile)
			if err != nil {
				return err
			}
			source, err := readStreams(cmd.InOrStdin(), args)
			if err != nil {
				return err
			}
			merged, err := reports.Merge(source)
			if err != nil {
				return err
			}
			status := exitHeld
			for _, run := range merged {
				if run.Footer.Incomplete != "" {
					status = exitIncomplete
				}
			}
			last := &merged[len(merged)-1].Footer
			for _, entry := range baseline.Stale(catalogue, summariesOf(merged)) {
				status = exitFailed
				stale := staleOf(entry)
				found := false
				for _, known := range last.Baseline {
					found = found || known == stale
				}
				if !found {
					last.Baseline = append(last.Baseline, stale)
				}
				cmd.PrintErrf("conform: baseline entry {target: %s, vectors: %s}: %s; take it out\n", stale.Target, stale.Vectors, stale.Problem)
			}
			err = writeReport(cmd.OutOrStdout(), to, func(w io.Writer) error {
				stream := reports.NewWriter(w)
				for _, run := range merged {
					if err := run.Write(stream); err != nil {
						return err
					}
				}
				return nil
			})
			if err == nil && status != exitHeld {
				return &statusError{status: status}
			}
			return err
		},
	}
	cmd.Flags().StringVarP(&to, "output", "o", "", "the `file` to write (default: standard output)")
	cmd.Flags().StringVar(&baselineFile, "baseline", "", "the baseline `file` of the run, to find entries that are stale")
	addVectorsFlag(cmd, &dir)
	cmd.MarkFlagFilename("output")
	return cmd
}

// summariesOf are as much of the runs' summaries as a baseline is judged by.
func summariesOf(merged []*reports.Merged) []harness.Summary {
	var summaries []harness.Summary
	for _, run := range merged {
		summary := harness.Summary{Target: target.Description{Name: run.Header.Target.Name}}
		for _, v := range run.Vectors {
			summary.Results = append(summary.Results, harness.Result{Vector: &vectors.Vector{ID: v.ID}, Verdict: harness.Verdict(v.Verdict)})
		}
		summaries = append(summaries, summary)
	}
	return summaries
}

func staleOf(entry harness.StaleEntry) reports.Stale {
	return reports.Stale{Target: entry.Target, Vectors: entry.Vectors, Problem: entry.Problem}
}
