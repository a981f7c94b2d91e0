package reports

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

// SARIF renders streams as SARIF 2.1.0: a run for each stream, a rule for each
// clause, a result for each clause that a failed vector did not hold. Places
// are those of the vectors, below the base VECTORS. A failure that the baseline
// knows is a result that is suppressed.
func SARIF(w io.Writer, source Source) error {
	out := bufio.NewWriter(w)
	var (
		problem error
		s       *summarizer
		runs    int
		results int
		faults  []sarifNotification
	)
	value := func(v any) {
		data, err := encode(v)
		if err != nil && problem == nil {
			problem = err
		}
		out.Write(data)
	}
	out.WriteString(`{"$schema":"https://json.schemastore.org/sarif-2.1.0.json","version":"2.1.0","runs":[`)
	err := source.Each(func(line Line) error {
		switch {
		case line.Header != nil:
			if runs > 0 {
				out.WriteString(",")
			}
			runs++
			results, faults = 0, nil
			s = newSummarizer(line.Header)
			out.WriteString("\n{\"results\":[")
		case line.Vector != nil:
			clauses := s.vector(line.Vector)
			for _, result := range sarifResults(line.Vector, clauses, s.summary.Header.Target.Name) {
				if results > 0 {
					out.WriteString(",")
				}
				results++
				out.WriteString("\n")
				value(result)
			}
			if line.Vector.Verdict == "error" && len(faults) < 100 {
				faults = append(faults, sarifNotification{"error", sarifText{line.Vector.ID + ": " + line.Vector.Reason}})
			}
		case line.Footer != nil:
			summary := s.footer(line.Footer)
			if summary.Footer.Incomplete != "" {
				faults = append(faults, sarifNotification{"error", sarifText{"incomplete: " + summary.Footer.Incomplete}})
			}
			for _, stale := range summary.Footer.Baseline {
				faults = append(faults, sarifNotification{"error", sarifText{
					fmt.Sprintf("baseline entry %s, %s: %s", stale.Target, stale.Vectors, stale.Problem)}})
			}
			out.WriteString("],\n\"tool\":")
			value(sarifToolOf(summary))
			out.WriteString(",\n\"automationDetails\":")
			value(map[string]string{"id": "conform/" + summary.Header.Target.Name + "/"})
			out.WriteString(",\n\"invocations\":")
			value([]map[string]any{{
				"executionSuccessful":        summary.Footer.Incomplete == "",
				"startTimeUtc":               summary.Header.Started.UTC().Format("2006-01-02T15:04:05.000Z"),
				"toolExecutionNotifications": append([]sarifNotification{}, faults...),
			}})
			out.WriteString("}")
		}
		return problem
	})
	if err != nil {
		return err
	}
	out.WriteString("\n]}\n")
	return out.Flush()
}

type sarifText struct {
	Text string `json:"text"`
}

type sarifNotification struct {
	Level   string    `json:"level"`
	Message sarifText `json:"message"`
}

type sarifRule struct {
	ID         string         `json:"id"`
	Short      sarifText      `json:"shortDescription"`
	Properties map[string]any `json:"properties"`
}

type sarifResult struct {
	RuleID       string              `json:"ruleId"`
	RuleIndex    int                 `json:"ruleIndex"`
	Level        string              `json:"level"`
	Message      sarifText           `json:"message"`
	Locations    []sarifLocation     `json:"locations,omitempty"`
	Fingerprints map[string]string   `json:"partialFingerprints"`
	Suppressions []map[string]string `json:"suppressions,omitempty"`
	Properties   map[string]any      `json:"properties"`
}

type sarifLocation struct {
	Physical struct {
		Artifact struct {
			URI  string `json:"uri"`
			Base string `json:"uriBaseId"`
		} `json:"artifactLocation"`
		Region *sarifRegion `json:"region,omitempty"`
	} `json:"physicalLocation"`
}

type sarifRegion struct {
	StartLine int `json:"startLine"`
}

func sarifToolOf(summary *Summary) any {
	rules := make([]sarifRule, len(summary.Clauses))
	for i := range summary.Clauses {
		clause := &summary.Clauses[i]
		text := clause.Text
		if text == "" {
			text = clause.ID
		}
		rules[i] = sarifRule{clause.ID, sarifText{text}, map[string]any{
			"class": clause.Class, "section": clause.Section, "level": clause.Level, "editions": append([]string{}, clause.Editions...),
		}}
	}
	return map[string]any{"driver": map[string]any{
		"name": "conform", "version": summary.Header.Tool.Version, "rules": rules,
	}}
}

func sarifResults(v *Vector, clauses []*ClauseVerdict, target string) []sarifResult {
	if v.Failure == nil {
		return nil
	}
	level := "error"
	if v.Verdict == "warn" {
		level = "warning"
	}
	blamed := map[string]bool{}
	for _, id := range v.Failure.Clauses {
		blamed[id] = true
	}
	var results []sarifResult
	for _, clause := range clauses {
		if !blamed[clause.ID] {
			continue
		}
		result := sarifResult{
			RuleID: clause.ID, RuleIndex: clause.Position, Level: level,
			Message:      sarifText{fmt.Sprintf("%s, vector %s: %s\n%s", target, v.ID, v.Verdict, Explain(v))},
			Fingerprints: map[string]string{"conform/v1": target + " " + v.ID + " " + clause.ID},
			Properties:   map[string]any{"vector": v.ID, "verdict": v.Verdict, "target": target},
		}
		if v.Known != "" {
			result.Suppressions = []map[string]string{{"kind": "external", "justification": v.Known}}
		}
		file, number, _ := strings.Cut(v.Failure.Position, ":")
		if file != "" {
			var location sarifLocation
			location.Physical.Artifact.URI, location.Physical.Artifact.Base = uriPath(file), "VECTORS"
			line := 0
			if _, err := fmt.Sscan(number, &line); err == nil && line > 0 {
				location.Physical.Region = &sarifRegion{line}
			}
			result.Locations = []sarifLocation{location}
		}
		results = append(results, result)
	}
	return results
}

// uriPath is a file's name as a relative URI.
func uriPath(name string) string {
	var b strings.Builder
	for _, c := range []byte(name) {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', strings.IndexByte("-._~/", c) >= 0:
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}
