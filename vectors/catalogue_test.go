package vectors

import "testing"

func TestEmbeddedLoads(t *testing.T) {
	catalogue, err := Embedded()
	for _, fault := range LoadErrors(err) {
		t.Error(fault)
	}
	if err != nil && len(LoadErrors(err)) == 0 {
		t.Error(err)
	}
	t.Logf("%d sections, %d clauses, %d vectors", len(catalogue.Sections), len(catalogue.Clauses), len(catalogue.Vectors))
}
