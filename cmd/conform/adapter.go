package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/nodehttp/conform/harness/adapter"
)

func newAdapter() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "adapter",
		Short: "Work with adapters",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newAdapterCheck())
	return cmd
}

func newAdapterCheck() *cobra.Command {
	return &cobra.Command{
		Use:   "check -- COMMAND [ARGUMENT...]",
		Short: "Tell what is wrong with an adapter, before any clause is judged",
		Long: `Start the adapter, speak the protocol with it, and tell its author what the
adapter itself does wrong. The exit status is 0 when nothing is wrong, 1 when
something is, and 3 when it was interrupted.`,
		Example: `  conform adapter check -- node my-adapter.js`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return errors.New("adapter check needs the adapter's command: conform adapter check -- node my-adapter.js")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			out := cmd.OutOrStdout()
			report := adapter.Check(cmd.Context(), adapter.Command{Path: args[0], Args: args[1:]}, adapter.Options{})
			if report.Hello.Implementation.Name != "" {
				fmt.Fprintf(out, "%s %s\n", report.Hello.Implementation.Name, report.Hello.Implementation.Version)
			}
			for _, check := range report.Checks {
				switch {
				case check.Problem != "":
					fmt.Fprintf(out, "wrong    %s\n", check.Name)
					fmt.Fprintln(out, wrapped("wanted: "+check.Want, "         "))
					fmt.Fprintf(out, "         seen:\n%s", indentedBlock(check.Problem, "           "))
				case check.Skipped != "":
					fmt.Fprintf(out, "skipped  %s: %s\n", check.Name, check.Skipped)
				default:
					fmt.Fprintf(out, "held     %s\n", check.Name)
				}
			}
			switch {
			case cmd.Context().Err() != nil:
				return &statusError{status: exitIncomplete}
			case !report.OK():
				return &statusError{status: exitFailed}
			}
			return nil
		},
	}
}
