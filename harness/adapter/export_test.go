package adapter

import "context"

// CheckOnly makes one check.
func CheckOnly(ctx context.Context, command Command, options Options, name string) Report {
	return runChecks(ctx, command, options, func(n string) bool { return n == name })
}
