package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/nodehttp/conform/vectors"
)

func newExplain() *cobra.Command {
	var dir string
	cmd := &cobra.Command{
		Use:   "explain ID",
		Short: "Show what a vector, a clause, a section or an app is about",
		Example: `  conform explain response.writeHead/override-replaces-same-name
  conform explain server.maxHeadersCount
  conform explain hello`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completeIDs(false),
		RunE: func(cmd *cobra.Command, args []string) error {
			catalogue, faults, err := loadCatalogue(dir)
			if err != nil {
				return err
			}
			warnOfFaults(cmd, faults)
			return explain(cmd.OutOrStdout(), catalogue, args[0])
		},
	}
	addVectorsFlag(cmd, &dir)
	return cmd
}

func explain(w io.Writer, catalogue *vectors.Catalogue, id string) error {
	found := false
	if v := catalogue.Vector(id); v != nil {
		explainVector(w, catalogue, v)
		found = true
	}
	// A clause and a vector may have the same id.
	if clause := catalogue.Clause(id); clause != nil {
		if found {
			fmt.Fprintln(w)
		}
		explainClause(w, catalogue, clause)
		found = true
	}
	if section := catalogue.Section(id); section != nil {
		fmt.Fprintf(w, "section %s of %s\n", section.Title, section.Class)
		for _, clause := range catalogue.ClausesOf(id) {
			fmt.Fprintln(w)
			explainClause(w, catalogue, clause)
		}
		found = true
	}
	if app := catalogue.Apps[id]; app != nil {
		fmt.Fprintf(w, "app %s, a %s\n%s\n\nprogram\n%s", app.Name, app.Side, wrapped(app.About, "  "), indentedBlock(app.Program, "  "))
		found = true
	}
	if !found {
		return notFound("vector", id)
	}
	return nil
}

func explainVector(w io.Writer, catalogue *vectors.Catalogue, v *vectors.Vector) {
	fmt.Fprintf(w, "vector %s\n", v.ID)
	if v.About != "" {
		fmt.Fprintln(w, wrapped(v.About, "  "))
	}
	fmt.Fprintf(w, "  editions %s\n", join(v.Editions))
	fmt.Fprintf(w, "  in %s\n", v.Pos)
	for _, note := range []struct {
		holds bool
		text  string
	}{
		{v.App != "", "the program is the app " + v.App},
		{v.Isolate, "in a process of its own"},
		{v.Transport != vectors.TCP && v.Transport != "", "over " + string(v.Transport)},
		{len(v.Requires) > 0, "requires " + strings.Join(v.Requires, ", ")},
		{v.LongestWait() > 0, "waits at least " + v.LongestWait().String()},
	} {
		if note.holds {
			fmt.Fprintf(w, "  %s\n", note.text)
		}
	}
	fmt.Fprintln(w, "\nclauses")
	for _, id := range v.Clauses {
		fmt.Fprintf(w, "  %s\n", id)
		if clause := catalogue.Clause(id); clause != nil {
			fmt.Fprintln(w, wrapped(clause.Text, "    "))
			explainErrata(w, clause, "    ")
		}
	}
	fmt.Fprintf(w, "\nprogram\n%s", indentedBlock(v.Program, "  "))
	if len(v.Wire) > 0 {
		fmt.Fprintln(w, "\nwire script")
		for _, line := range scriptLines(v.Wire, "  ") {
			fmt.Fprintln(w, line)
		}
	}
	fmt.Fprintln(w, "\nrecords")
	explainRecords(w, v.Records)
	if v.Erratum != nil {
		fmt.Fprintf(w, "\nrecords by the erratum of %s\n", v.Erratum.Clause)
		explainRecords(w, v.Erratum.Records)
	}
}

func explainRecords(w io.Writer, patterns []vectors.RecordPattern) {
	if len(patterns) == 0 {
		fmt.Fprintln(w, "  (none)")
	}
	for _, pattern := range patterns {
		fmt.Fprintf(w, "  %s\n", pattern)
	}
}

func explainClause(w io.Writer, catalogue *vectors.Catalogue, clause *vectors.Clause) {
	fmt.Fprintf(w, "clause %s\n%s\n", clause.ID, wrapped(clause.Text, "  "))
	fmt.Fprintf(w, "  %s in %s\n", clause.Level, join(clause.Editions))
	explainErrata(w, clause, "  ")
	if clause.Untestable != "" {
		fmt.Fprintln(w, wrapped("untestable: "+clause.Untestable, "  "))
	}
	for _, v := range catalogue.VectorsOf(clause.ID) {
		fmt.Fprintf(w, "  vector %s\n", v.ID)
	}
}

func explainErrata(w io.Writer, clause *vectors.Clause, indent string) {
	for _, erratum := range clause.Errata {
		fmt.Fprintln(w, wrapped("erratum in "+join(erratum.Editions)+": "+erratum.Text, indent))
	}
}

// wrapped breaks text into lines of at most 80 characters.
func wrapped(text, indent string) string {
	var lines []string
	line := indent
	for _, word := range strings.Fields(text) {
		if len(line)+1+len(word) > 80 && line != indent {
			lines = append(lines, line)
			line = indent
		}
		if line != indent {
			line += " "
		}
		line += word
	}
	return strings.Join(append(lines, line), "\n")
}

func indentedBlock(text, indent string) string {
	var b strings.Builder
	for line := range strings.Lines(strings.TrimSuffix(text, "\n") + "\n") {
		b.WriteString(indent + line)
	}
	return b.String()
}
