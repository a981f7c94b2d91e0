package reports

import (
	"bufio"
	"io"
)

// JSON renders streams as one document: for each stream what was tested, its
// score, its clauses with their verdicts, its vectors as the stream has them,
// and how it ended. The contract is vectors/schema/report.schema.json.
func JSON(w io.Writer, source Source) error {
	out := bufio.NewWriter(w)
	var (
		problem error
		s       *summarizer
		runs    int
		vectors int
	)
	write := func(text string) { out.WriteString(text) }
	value := func(v any) {
		data, err := encode(v)
		if err != nil && problem == nil {
			problem = err
		}
		out.Write(data)
	}
	write("{\"report\":\"conform\",\"format\":1,\"runs\":[")
	err := source.Each(func(line Line) error {
		switch {
		case line.Header != nil:
			if runs > 0 {
				write(",")
			}
			runs++
			vectors = 0
			s = newSummarizer(line.Header)
			header := s.summary.Header // without the clauses, which follow with their verdicts
			write("\n{\"header\":")
			value(header)
			write(",\n\"vectors\":[")
		case line.Vector != nil:
			if vectors > 0 {
				write(",")
			}
			vectors++
			s.vector(line.Vector)
			write("\n")
			value(line.Vector)
		case line.Footer != nil:
			summary := s.footer(line.Footer)
			write("],\n\"clauses\":[")
			for i := range summary.Clauses {
				if i > 0 {
					write(",")
				}
				write("\n")
				clause := &summary.Clauses[i]
				value(jsonClause{clause.Clause, clause.Verdict, clause.Scored(), clause.Counts})
			}
			score := summary.Score(nil)
			write("],\n\"score\":")
			value(jsonScore(score))
			write(",\n\"footer\":")
			value(summary.Footer)
			write("}")
		}
		return problem
	})
	if err != nil {
		return err
	}
	write("\n]}\n")
	return out.Flush()
}

type jsonClause struct {
	Clause
	Verdict string         `json:"verdict"`
	Scored  bool           `json:"scored"`
	Vectors map[string]int `json:"vectors"` // how many came to each verdict
}

type jsonScore struct {
	Held   int `json:"held"`
	Tested int `json:"tested"`
}
