// Command cmd runs the vectors against the broken variants of Node and prints,
// clause by clause, which of them were caught.
//
//	go run ./harness/broken/cmd
//	go run ./harness/broken/cmd -node node@12.22.9 -only 'response.*' -verbose
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"

	"github.com/nodehttp/conform/harness/broken"
	"github.com/nodehttp/conform/harness/target"
	"github.com/nodehttp/conform/vectors"
)

// Exit statuses.
const (
	exitAllCaught  = 0
	exitEscaped    = 1 // a variant was not caught
	exitUsage      = 2
	exitIncomplete = 3 // interrupted, or it could not run
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	os.Exit(run(ctx))
}

func run(ctx context.Context) int {
	node := flag.String("node", "node@12.22.9", "the Node to break: node, node@`VERSION`, or the path of an executable")
	only := flag.String("only", "*", "only variants of clauses whose id matches this `glob`")
	all := flag.Bool("all", false, "run all vectors, not only those of the violated clause, to see what else a variant breaks")
	atOnce := flag.Int("at-once", 0, "how many variants at once (default 2)")
	verbose := flag.Bool("verbose", false, "tell what the vectors saw")
	flag.Parse()

	glob, err := vectors.ParseGlob(*only)
	if err != nil || flag.NArg() > 0 {
		fmt.Fprintln(os.Stderr, "wrong command line:", errors.Join(err, unexpected(flag.Args())))
		return exitUsage
	}
	proof, err := prove(ctx, *node, glob, broken.Hunt{AllVectors: *all, AtOnce: *atOnce})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return exitIncomplete
	}
	proof.Print(os.Stdout, *verbose)
	if len(proof.Escaped()) > 0 {
		return exitEscaped
	}
	return exitAllCaught
}

func unexpected(arguments []string) error {
	if len(arguments) == 0 {
		return nil
	}
	return fmt.Errorf("unexpected arguments: %s", strings.Join(arguments, " "))
}

func prove(ctx context.Context, node string, only *vectors.Glob, hunt broken.Hunt) (broken.Proof, error) {
	executable := node
	if !strings.ContainsRune(node, filepath.Separator) {
		var err error
		executable, err = target.Executable(ctx, node, func(message string) { fmt.Fprintln(os.Stderr, message) })
		if err != nil {
			return broken.Proof{}, err
		}
	}
	scripts, err := broken.Open(executable)
	if err != nil {
		return broken.Proof{}, err
	}
	defer scripts.Close()
	table, err := scripts.Table(ctx)
	if err != nil {
		return broken.Proof{}, err
	}
	hunt.Scripts = scripts
	if hunt.Catalogue, err = vectors.Embedded(); err != nil {
		return broken.Proof{}, err
	}
	hunt.Edition = vectors.V12
	var chosen []broken.Variant
	for _, variant := range table.Variants {
		if only.Match(variant.Clause) {
			chosen = append(chosen, variant)
		}
	}
	unfit, err := hunt.Unfit(ctx, chosen)
	if err != nil {
		return broken.Proof{}, err
	}
	for id, seen := range unfit {
		fmt.Fprintf(os.Stderr, "%s fails where nothing is broken, so it counts neither way: %s\n", id, seen)
	}
	var catches []broken.Catch
	err = hunt.Run(ctx, chosen, unfit, func(found broken.Catch) {
		catches = append(catches, found)
		if len(catches)%25 == 0 {
			fmt.Fprintf(os.Stderr, "%d of %d variants\n", len(catches), len(chosen))
		}
	})
	if err != nil {
		return broken.Proof{}, err
	}
	return broken.NewProof(hunt.Catalogue, hunt.Edition, table, catches, only), nil
}
