package broken

import (
	"context"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/nodehttp/conform/vectors"
)

// The whole table takes minutes; that is the command's business. The test needs
// a Node of the generation that the variants are written against.
func open(t *testing.T) *Scripts {
	t.Helper()
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("there is no node on PATH to break")
	}
	scripts, err := Open(node)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { scripts.Close() })
	return scripts
}

func embedded(t *testing.T) *vectors.Catalogue {
	t.Helper()
	catalogue, err := vectors.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	return catalogue
}

func TestEveryVariantViolatesAClauseThatCanBeTested(t *testing.T) {
	table, err := open(t).Table(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	catalogue := embedded(t)
	for _, variant := range table.Variants {
		clause := catalogue.Clause(variant.Clause)
		switch {
		case clause == nil:
			t.Errorf("%s: there is no such clause", variant.ID())
		case clause.Untestable != "":
			t.Errorf("%s: the clause is untestable", variant.ID())
		case table.Inexpressible[variant.Clause] != "":
			t.Errorf("%s: it is said that no preload script can violate the clause", variant.ID())
		}
	}
	for id := range table.Inexpressible {
		if catalogue.Clause(id) == nil {
			t.Errorf("%s: there is no such clause", id)
		}
	}
}

func TestVariantsAreCaught(t *testing.T) {
	hunt := Hunt{Scripts: open(t), Catalogue: embedded(t)}
	variants := []Variant{
		{"response.writeHead/headers-override-set-headers", "setHeader-wins"},
		{"message.headers/cookie-joined-with-semicolon", "joined-with-comma"},
		{"server.event-checkContinue/listener-replaces-request", "request-too"},
		{"http.request/setHost-false", "ignored"},
		{"agent.getName/family", "left-out"},
	}
	unfit, err := hunt.Unfit(t.Context(), variants)
	if err != nil {
		t.Fatal(err)
	}
	if len(unfit) > 0 {
		t.Skipf("the node on PATH does not hold what the variants violate: %v", unfit)
	}
	err = hunt.Run(t.Context(), variants, unfit, func(found Catch) {
		if !found.Caught() {
			t.Errorf("%s was not caught: %v", found.Variant.ID(), found.Err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestAnUnbrokenNodeIsNotCaught(t *testing.T) {
	hunt := Hunt{Scripts: open(t), Catalogue: embedded(t)}
	clause := "response.writeHead/headers-override-set-headers"
	unbroken := hunt.Scripts.Unbroken()
	defer unbroken.Close()
	found := hunt.judge(t.Context(), Variant{Clause: clause, Name: "none"}, unbroken, nil)
	if found.Caught() || found.Err != nil || len(found.Passed) == 0 {
		t.Errorf("a Node that nothing is broken in: %+v", found)
	}
}

func TestAVariantThatDoesNotExistCountsAsNotCaught(t *testing.T) {
	hunt := Hunt{Scripts: open(t), Catalogue: embedded(t)}
	variant := Variant{"response.writeHead/headers-override-set-headers", "no-such-thing"}
	missing := hunt.Scripts.Target(variant)
	defer missing.Close()
	found := hunt.judge(t.Context(), variant, missing, nil)
	if found.Caught() || found.Err == nil {
		t.Errorf("a preload script that ends the process: %+v", found)
	}
}

func TestProofTellsWhatEscapedAndWhatHasNoVariant(t *testing.T) {
	catalogue := embedded(t)
	glob, err := vectors.ParseGlob("response.end/*")
	if err != nil {
		t.Fatal(err)
	}
	caught := Catch{Variant: Variant{"response.end/returns-response", "a"}, By: []Sighting{{"response.end/returns-this", "x", "y"}}}
	escaped := Catch{Variant: Variant{"response.end/callback-when-finished", "b"}, Passed: []string{"response.end/callback"}}
	table := Table{
		Variants:      []Variant{caught.Variant, escaped.Variant},
		Inexpressible: map[string]string{"response.end/completes-message": "a reason"},
	}
	proof := NewProof(catalogue, vectors.V12, table, []Catch{caught, escaped}, glob)
	if got := proof.Escaped(); len(got) != 1 || got[0].Variant != escaped.Variant {
		t.Errorf("escaped: %+v", got)
	}
	if got := proof.Unmoved(); !slices.Equal(got, escaped.Passed) {
		t.Errorf("unmoved: %v", got)
	}
	var text strings.Builder
	proof.Print(&text, false)
	for _, want := range []string{
		"a                                caught by response.end/returns-this",
		"b                                NOT CAUGHT by [response.end/callback]",
		"response.end/completes-message: a reason",
		"response.end/data-is-last-of-body: nobody has written one",
		"not caught:\n  response.end/callback-when-finished#b",
		"2 variants, 1 caught",
	} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("the text lacks %q:\n%s", want, text.String())
		}
	}
}
