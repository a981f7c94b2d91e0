package reports

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"
)

// shardsOf divides a stream in two by the order of its vectors.
func shardsOf(t *testing.T, stream []byte) (first, second []byte) {
	t.Helper()
	var buffers [2]bytes.Buffer
	writers := [2]*Writer{NewWriter(&buffers[0]), NewWriter(&buffers[1])}
	counts := [2]map[string]int{{}, {}}
	n := 0
	err := Read(bytes.NewReader(stream), func(line Line) error {
		for i, w := range writers {
			switch {
			case line.Header != nil:
				header := *line.Header
				header.Selection.Shard = &Shard{i + 1, 2}
				header.Selection.Vectors = 4 + i
				header.Started = header.Started.Add(time.Duration(i) * time.Second)
				w.Header(header)
			case line.Vector != nil && n%2 == i:
				counts[i][line.Vector.Verdict]++
				w.Vector(*line.Vector)
			case line.Footer != nil:
				footer := *line.Footer
				footer.Counts = counts[i]
				if i == 0 {
					footer.Missing, footer.Incomplete = nil, ""
				}
				w.Footer(footer)
			}
		}
		if line.Vector != nil {
			n++
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return buffers[0].Bytes(), buffers[1].Bytes()
}

func mergedText(t *testing.T, sources ...Source) string {
	t.Helper()
	runs, err := Merge(sources...)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	w := NewWriter(&b)
	for _, run := range runs {
		if err := run.Write(w); err != nil {
			t.Fatal(err)
		}
	}
	return b.String()
}

func TestShardsMergeToTheWhole(t *testing.T) {
	stream := everyVerdictStream(t)
	first, second := shardsOf(t, stream)
	whole := strings.Replace(string(stream), `,"shard":{"index":1,"of":2}`, "", 1)
	want := mergedText(t, source([]byte(whole)))
	if got := mergedText(t, source(second), source(first)); got != want {
		t.Errorf("merged it is\n%s\nand the whole\n%s", got, want)
	}
	// And what merge makes of the whole says the same as the whole does.
	d, err := Diff(source([]byte(whole)), source([]byte(want)))
	if err != nil || len(d.Targets[0].Changes) > 0 || d.Targets[0].Counts["same"] != 8 {
		t.Errorf("%+v, error %v", d, err)
	}
	if !strings.Contains(want, `"incomplete":"interrupted: 8 of 9 vectors have a verdict","missing":["server.trial/missing"]`) {
		t.Error(want)
	}
}

func TestMergeTakesSeveralTargets(t *testing.T) {
	first, second := shardsOf(t, everyVerdictStream(t))
	other := otherTargetStream(t)
	runs, err := Merge(source(append(bytes.Clone(first), other...)), source(second))
	if err != nil || len(runs) != 2 || len(runs[0].Vectors) != 8 || len(runs[1].Vectors) != 1 {
		t.Errorf("%d runs, error %v", len(runs), err)
	}
}

func TestMergeRefuses(t *testing.T) {
	stream := everyVerdictStream(t)
	first, second := shardsOf(t, stream)
	changed := func(stream []byte, old, new string) []byte {
		if !bytes.Contains(stream, []byte(old)) {
			t.Fatalf("there is no %s to change", old)
		}
		return bytes.Replace(stream, []byte(old), []byte(new), 1)
	}
	for name, c := range map[string]struct {
		streams [][]byte
		want    string
	}{
		"a missing shard":       {[][]byte{first}, "the shard 2 of 2 is missing"},
		"a shard twice":         {[][]byte{first, first}, "the shard 1 of 2 is there twice"},
		"shards of two counts":  {[][]byte{first, changed(second, `"of":2`, `"of":3`)}, "a stream is of 2 shards, another of 3"},
		"two whole runs":        {[][]byte{otherTargetStream(t), otherTargetStream(t)}, "two whole runs"},
		"another seed":          {[][]byte{first, changed(second, `"seed":7`, `"seed":8`)}, "differ in their seed: [7,8]"},
		"another selection":     {[][]byte{first, changed(second, `"only":["server.*"]`, `"only":["agent.*"]`)}, "differ in their selection"},
		"another version":       {[][]byte{first, changed(second, `"version":"v1.2.3"`, `"version":"v1.2.4"`)}, "differ in their version of conform"},
		"other clauses":         {[][]byte{first, changed(second, `"Another."`, `"An other."`)}, "differ in their clauses"},
		"a vector in both":      {[][]byte{first, changed(second, `"id":"server.trial/warn"`, `"id":"server.trial/pass"`)}, "the vector server.trial/pass is there twice"},
		"a stream without end":  {[][]byte{first[:len(first)/2]}, "line"},
		"a shard out of bounds": {[][]byte{first, changed(second, `"index":2`, `"index":3`)}, "there is no shard 3 of 2"},
	} {
		t.Run(name, func(t *testing.T) {
			var sources []Source
			for _, stream := range c.streams {
				sources = append(sources, source(stream))
			}
			_, err := Merge(sources...)
			var mergeError *MergeError
			var streamError *StreamError
			if err == nil || !errors.As(err, &mergeError) && !errors.As(err, &streamError) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %q", err, c.want)
			}
		})
	}
}
