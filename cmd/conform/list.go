package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/nodehttp/conform/harness/target"
	"github.com/nodehttp/conform/vectors"
)

func newList() *cobra.Command {
	var dir, format string
	cmd := &cobra.Command{
		Use:   "list {clauses|vectors|sections|editions|targets}",
		Short: "List what there is",
		Example: `  conform list clauses
  conform list vectors --format json
  conform list targets`,
		ValidArgs: []string{"clauses", "vectors", "sections", "editions", "targets"},
		Args:      cobra.MatchAll(cobra.ExactArgs(1), cobra.OnlyValidArgs),
		RunE: func(cmd *cobra.Command, args []string) error {
			if format != "text" && format != "json" {
				return fmt.Errorf("--format: %q is neither text nor json", format)
			}
			catalogue, faults, err := loadCatalogue(dir)
			if err != nil {
				return err
			}
			warnOfFaults(cmd, faults)
			listing := listings[args[0]](catalogue)
			if format == "json" {
				encoder := json.NewEncoder(cmd.OutOrStdout())
				encoder.SetEscapeHTML(false)
				encoder.SetIndent("", "  ")
				return encoder.Encode(listing.items)
			}
			return listing.print(cmd.OutOrStdout())
		},
	}
	addVectorsFlag(cmd, &dir)
	cmd.Flags().StringVar(&format, "format", "text", "text or json")
	cmd.RegisterFlagCompletionFunc("format", cobra.FixedCompletions([]string{"text", "json"}, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

// A listing is a table for people and the same things for programs.
type listing struct {
	items any // a list, never nil
	rows  [][]string
}

func (l listing) print(w io.Writer) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, row := range l.rows {
		fmt.Fprintln(table, strings.Join(row, "\t"))
	}
	return table.Flush()
}

var listings = map[string]func(*vectors.Catalogue) listing{
	"clauses":  listClauses,
	"vectors":  listVectors,
	"sections": listSections,
	"editions": listEditions,
	"targets":  listTargets,
}

type clauseItem struct {
	ID         string            `json:"id"`
	Class      string            `json:"class"`
	Section    string            `json:"section"`
	Editions   []vectors.Edition `json:"editions"`
	Level      vectors.Level     `json:"level"`
	Text       string            `json:"text"`
	Errata     []erratumItem     `json:"errata,omitempty"`
	Untestable string            `json:"untestable,omitempty"`
	Vectors    []string          `json:"vectors"`
}

type erratumItem struct {
	Editions []vectors.Edition `json:"editions"`
	Text     string            `json:"text"`
}

func listClauses(catalogue *vectors.Catalogue) listing {
	items := []clauseItem{}
	var rows [][]string
	for _, clause := range catalogue.Clauses {
		item := clauseItem{
			ID: clause.ID, Class: clause.Class, Section: clause.Section, Editions: clause.Editions, Level: clause.Level,
			Text: clause.Text, Untestable: clause.Untestable, Vectors: []string{},
		}
		for _, erratum := range clause.Errata {
			item.Errata = append(item.Errata, erratumItem{erratum.Editions, erratum.Text})
		}
		for _, v := range catalogue.VectorsOf(clause.ID) {
			item.Vectors = append(item.Vectors, v.ID)
		}
		items = append(items, item)
		rows = append(rows, []string{clause.ID, join(clause.Editions), string(clause.Level), fmt.Sprintf("%d vectors", len(item.Vectors))})
	}
	return listing{items, rows}
}

type vectorItem struct {
	ID       string            `json:"id"`
	Section  string            `json:"section"`
	Clauses  []string          `json:"clauses"`
	Editions []vectors.Edition `json:"editions"`
	About    string            `json:"about,omitempty"`
	App      string            `json:"app,omitempty"`
	Requires []string          `json:"requires,omitempty"`
	Isolate  bool              `json:"isolate,omitempty"`
	WaitMS   float64           `json:"waitMs"` // the longest that its script prescribes to wait
}

func listVectors(catalogue *vectors.Catalogue) listing {
	items := []vectorItem{}
	var rows [][]string
	for _, v := range catalogue.Vectors {
		items = append(items, vectorItem{
			ID: v.ID, Section: v.Section, Clauses: v.Clauses, Editions: v.Editions, About: v.About, App: v.App,
			Requires: v.Requires, Isolate: v.Isolate, WaitMS: milliseconds(v.LongestWait()),
		})
		rows = append(rows, []string{v.ID, join(v.Editions), v.App})
	}
	return listing{items, rows}
}

type sectionItem struct {
	ID      string `json:"id"`
	Title   string `json:"title"`
	Class   string `json:"class"`
	Clauses int    `json:"clauses"`
	Vectors int    `json:"vectors"`
}

func listSections(catalogue *vectors.Catalogue) listing {
	items := []sectionItem{}
	var rows [][]string
	count := map[string]int{}
	for _, v := range catalogue.Vectors {
		count[v.Section]++
	}
	for _, section := range catalogue.Sections {
		item := sectionItem{section.ID, section.Title, section.Class, len(catalogue.ClausesOf(section.ID)), count[section.ID]}
		items = append(items, item)
		rows = append(rows, []string{item.ID, item.Class, fmt.Sprintf("%d clauses", item.Clauses), fmt.Sprintf("%d vectors", item.Vectors)})
	}
	return listing{items, rows}
}

type editionItem struct {
	ID      vectors.Edition `json:"id"`
	Default bool            `json:"default"`
	Clauses int             `json:"clauses"`
	Vectors int             `json:"vectors"`
}

func listEditions(catalogue *vectors.Catalogue) listing {
	items := []editionItem{}
	var rows [][]string
	for _, edition := range vectors.Editions() {
		item := editionItem{ID: edition, Default: edition == vectors.V12}
		for _, clause := range catalogue.Clauses {
			for _, stated := range clause.Editions {
				if stated == edition {
					item.Clauses++
				}
			}
		}
		for _, v := range catalogue.Vectors {
			if v.AppliesTo(edition) {
				item.Vectors++
			}
		}
		note := ""
		if item.Default {
			note = "default"
		}
		items = append(items, item)
		rows = append(rows, []string{string(edition), fmt.Sprintf("%d clauses", item.Clauses), fmt.Sprintf("%d vectors", item.Vectors), note})
	}
	return listing{items, rows}
}

type targetItem struct {
	Name  string `json:"name"`
	About string `json:"about"`
}

func listTargets(*vectors.Catalogue) listing {
	items := []targetItem{{"reference", "the Go reference in this program"}}
	for _, runtime := range target.RuntimeNames() {
		items = append(items,
			targetItem{runtime, "the " + runtime + " on PATH"},
			targetItem{runtime + "@VERSION", "that " + runtime + ", installed with npm into a cache"})
	}
	for _, fake := range target.Fakes() {
		items = append(items, targetItem{"fake:" + fake, "exists to be caught"})
	}
	items = append(items,
		targetItem{"--adapter COMMAND", "what speaks the adapter protocol"},
		targetItem{"--url URL --app APP", "an HTTP server that stands in for an app"},
		targetItem{"--client COMMAND --app APP", "an HTTP client that stands in for an app"})
	var rows [][]string
	for _, item := range items {
		rows = append(rows, []string{item.Name, item.About})
	}
	return listing{items, rows}
}

func join(editions []vectors.Edition) string {
	var names []string
	for _, edition := range editions {
		names = append(names, string(edition))
	}
	return strings.Join(names, " ")
}
