package main

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/nodehttp/conform/harness"
	"github.com/nodehttp/conform/harness/wire"
	"github.com/nodehttp/conform/vectors"
)

//go:embed reproduction/program.cjs
var reproductionProgram string

//go:embed reproduction/peer.js
var reproductionPeer string

func newRepro() *cobra.Command {
	var dir, to, edition string
	cmd := &cobra.Command{
		Use:   "repro ID",
		Short: "Write scripts that reproduce one vector without conform",
		Long: `Write a folder with program.cjs, the vector's program for the runtime under
test, and peer.js, a Node script that plays the other side of the connection and
prints what happens on the wire, what is permitted and whether it was seen. A
line in README.md says how to run them. Neither needs conform.`,
		Example: `  conform repro client.abort/after-response-order
  conform repro response.cork/until-uncork --dir cork`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completeIDs(true),
		RunE: func(cmd *cobra.Command, args []string) error {
			catalogue, faults, err := loadCatalogue(dir)
			if err != nil {
				return err
			}
			warnOfFaults(cmd, faults)
			v := catalogue.Vector(args[0])
			if v == nil {
				return notFound("vector", args[0])
			}
			judgedBy, err := reproductionEdition(v, edition)
			if err != nil {
				return err
			}
			if to == "" {
				to = "repro-" + strings.ReplaceAll(v.ID, "/", "-")
			}
			files, err := reproduction(catalogue, v, judgedBy)
			if err != nil {
				return err
			}
			if err := os.MkdirAll(to, 0o755); err != nil {
				return fmt.Errorf("--dir: %w", err)
			}
			for name, content := range files {
				if err := os.WriteFile(filepath.Join(to, name), []byte(content), 0o644); err != nil {
					return fmt.Errorf("--dir: %w", err)
				}
			}
			fmt.Fprintf(cmd.OutOrStdout(), "cd %s && node peer.js node program.cjs\n", shellQuoted(to))
			return nil
		},
	}
	addVectorsFlag(cmd, &dir)
	cmd.Flags().StringVar(&to, "dir", "", "the `folder` to write to (default: repro- and the id)")
	cmd.Flags().StringVar(&edition, "edition", "", "the `edition` to judge by (default: v12, or the last that the vector tests)")
	cmd.MarkFlagDirname("dir")
	return cmd
}

func reproductionEdition(v *vectors.Vector, text string) (vectors.Edition, error) {
	edition, err := parseEdition(text)
	switch {
	case err != nil:
		return "", err
	case edition != "" && !v.AppliesTo(edition):
		return "", fmt.Errorf("--edition: %s does not test %s; it tests %s", v.ID, edition, join(v.Editions))
	case edition != "":
		return edition, nil
	case v.AppliesTo(vectors.V12):
		return vectors.V12, nil
	}
	return v.Editions[len(v.Editions)-1], nil
}

// reproduction returns the files, by name.
func reproduction(catalogue *vectors.Catalogue, v *vectors.Vector, edition vectors.Edition) (map[string]string, error) {
	steps := harness.PermittedSteps(catalogue, edition, v.Wire)
	var permitted []string
	for _, pattern := range v.Records {
		permitted = append(permitted, pattern.String())
	}
	if permitted == nil {
		permitted = []string{"(none)"}
	}
	scenario := map[string]any{
		"id":         v.ID,
		"listen":     v.PeerListens(),
		"transport":  string(v.Transport),
		"deadline":   (v.LongestWait() + 8*time.Second).Milliseconds(),
		"steps":      reproductionSteps(steps),
		"records":    recordData(v.Records),
		"recordText": strings.Join(permitted, ", "),
	}
	if v.Erratum != nil {
		if clause := catalogue.Clause(v.Erratum.Clause); clause != nil {
			if _, has := clause.ErratumIn(edition); has {
				scenario["erratum"] = map[string]any{"clause": v.Erratum.Clause, "records": recordData(v.Erratum.Records)}
			}
		}
	}
	if v.Transport == vectors.TLS {
		certificate, err := wire.NewCertificates()
		if err != nil {
			return nil, err
		}
		scenario["certificate"] = map[string]string{"key": certificate.Key, "cert": certificate.Cert, "ca": certificate.CA}
	}
	var encoded bytes.Buffer
	encoder := json.NewEncoder(&encoded)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(scenario); err != nil {
		return nil, err
	}
	var clauses []string
	for _, id := range v.Clauses {
		if clause := catalogue.Clause(id); clause != nil {
			clauses = append(clauses, fmt.Sprintf("- %s: %s", id, clause.Text))
		}
	}
	return map[string]string{
		"program.cjs": strings.NewReplacer("@ID@", v.ID, "@PROGRAM@", strings.TrimSuffix(v.Program, "\n")).Replace(reproductionProgram),
		"peer.js":     strings.NewReplacer("@ID@", v.ID, "@SCENARIO@", strings.TrimSpace(encoded.String())).Replace(reproductionPeer),
		"README.md": fmt.Sprintf("# %s, edition %s\n\nRun `node peer.js node program.cjs`, with the runtime under test in place of the second `node` "+
			"(`bun program.cjs`, `deno run -A program.cjs`).\n\nWhat it tests:\n\n%s\n", v.ID, edition, strings.Join(clauses, "\n")),
	}, nil
}

// reproductionSteps are a script's steps, each with its connection and with its
// text for people.
func reproductionSteps(steps []vectors.Step) []any {
	list := scriptData(steps)
	for i, step := range steps {
		data := list[i].(map[string]any)
		data["text"] = stepText(data)
		data["on"] = step.On
		if step.AnyOf == nil {
			continue
		}
		var alternatives []any
		for _, alternative := range step.AnyOf {
			one := map[string]any{"steps": reproductionSteps(alternative.Steps)}
			if alternative.Erratum != "" {
				one["erratum"] = alternative.Erratum
			}
			alternatives = append(alternatives, one)
		}
		data["anyOf"] = alternatives
	}
	return list
}
