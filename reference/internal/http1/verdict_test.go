package http1

import (
	"bufio"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// verdict is one entry of testdata/verdicts.txt: an input and what real Nodes reported about it. H is a
// head (method or status, target or reason, version, K for keep-alive and U for upgrade, fields), D body
// bytes, T trailers, C the end of a message, U bytes left for another protocol, E a violation with the
// bytes parsed.
type verdict struct {
	name     string
	test     nodeCase
	outcomes map[string]string // by Node release
}

func readVerdicts(t testing.TB) (verdicts []verdict) {
	file, err := os.Open("testdata/verdicts.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		title, ok := strings.CutPrefix(lines.Text(), "# ")
		if !ok {
			continue
		}
		v := verdict{name: title, outcomes: map[string]string{}}
		lines.Scan()
		words := strings.Fields(lines.Text())
		for _, word := range words {
			switch word {
			case "res":
				v.test.mode = Response
			case "lenient":
				v.test.lenient = true
			case "skipbody":
				v.test.answer = SkipBody
			case "upgrade":
				v.test.answer = Upgrade
			}
		}
		lines.Scan()
		input, err := strconv.Unquote(lines.Text())
		if err != nil {
			t.Fatalf("%s: %v", title, err)
		}
		v.test.pieces = [][]byte{[]byte(input)}
		if words[len(words)-1] == "eof" {
			v.test.pieces = append(v.test.pieces, nil)
		}
		for lines.Scan() && lines.Text() != "" {
			releases, outcome, _ := strings.Cut(lines.Text(), ": ")
			for _, release := range strings.Fields(releases) {
				v.outcomes[release] = outcome
			}
		}
		verdicts = append(verdicts, v)
	}
	if len(verdicts) < 100 {
		t.Fatalf("only %d verdicts", len(verdicts))
	}
	return verdicts
}

// profile is what the edition tables give this parser for one Node release.
type profile struct {
	quirks Quirks
	limit  int
	loose  bool // positions of violations differ, and are not compared
}

var profiles = map[string]profile{
	"12.22.9": {limit: 8192},
	"13.14.0": {limit: 16384, quirks: Quirks{SpacedNames: true, RefusePRI: true, RefuseICE: true, KeepChunkedFlag: true}},
	"10.0.0": {limit: 81920, loose: true, quirks: Quirks{NoReasons: true, CountEveryHeadByte: true, ExactTransferEncoding: true,
		KeepTrailingSpace: true, SpacedNames: true, RefuseEmptyName: true, RefusePRI: true, RefuseICE: true, AllowEmptyContentLength: true, ChunkOverflowIsContentLength: true}},
	"6.2.2": {limit: 81920, loose: true, quirks: Quirks{NoReasons: true, CountEveryHeadByte: true, ExactTransferEncoding: true,
		KeepTrailingSpace: true, SpacedNames: true, RefuseEmptyName: true, RefusePRI: true, RefuseSource: true, RefuseICE: true, AllowEmptyContentLength: true, ChunkOverflowIsContentLength: true,
		SpacedContentLength: true, ManyVersionDigits: true, UpgradeOnAnyStatus: true}},
}

var position = regexp.MustCompile(` +@\d+`)

func TestVerdictsOfNode(t *testing.T) {
	for _, v := range readVerdicts(t) {
		for release, want := range v.outcomes {
			t.Run(v.name+"/"+release, func(t *testing.T) {
				node, ok := profiles[release]
				if !ok {
					t.Fatal("no such release")
				}
				got := runCase(v.test, &node.quirks, node.limit)
				if node.loose {
					got = position.ReplaceAllString(got, "")
				}
				if got != want {
					t.Errorf("%q\n got %s\nwant %s", v.test.pieces[0], got, want)
				}
			})
		}
	}
}

// Where bytes arrive cut must not change what is reported, apart from the position of a violation, which
// counts from the begin of a piece, and from what was dropped behind a protocol switch.
func TestEveryCutReportsTheSame(t *testing.T) {
	for _, v := range readVerdicts(t) {
		input, whole := v.test.pieces[0], uncut(v.test)
		if strings.Contains(whole, "U ") {
			continue
		}
		compare := func(pieces ...[]byte) {
			test := v.test
			test.pieces = append(pieces, v.test.pieces[1:]...)
			if got := uncut(test); got != whole {
				t.Fatalf("%s %q\n got %s\nwant %s", v.name, test.pieces, got, whole)
			}
		}
		var single [][]byte
		for i := range input {
			single = append(single, input[i:i+1])
			if i > 0 {
				compare(input[:i], input[i:])
			}
		}
		compare(single...)
		for i := 1; i < len(input); i += 7 {
			for j := i + 1; j < len(input); j += 5 {
				compare(input[:i], input[i:j], input[j:])
			}
		}
	}
}

// uncut is the report without positions.
func uncut(c nodeCase) string { return position.ReplaceAllString(runCase(c, nil, 0), "") }
