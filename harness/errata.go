package harness

import (
	"slices"

	"github.com/nodehttp/conform/vectors"
)

// PermittedSteps returns the script without the alternatives that stand for an
// erratum which the edition does not have. Such alternatives exist so that real
// Node can be told apart from the document; elsewhere they permit nothing.
func PermittedSteps(catalogue *vectors.Catalogue, edition vectors.Edition, steps []vectors.Step) []vectors.Step {
	permitted := slices.Clone(steps)
	for i, step := range permitted {
		if len(step.AnyOf) == 0 {
			continue
		}
		var alternatives []vectors.Alternative
		for _, alternative := range step.AnyOf {
			if alternative.Erratum != "" && !hasErratum(catalogue, edition, alternative.Erratum) {
				continue
			}
			alternative.Steps = PermittedSteps(catalogue, edition, alternative.Steps)
			alternatives = append(alternatives, alternative)
		}
		permitted[i].AnyOf = alternatives
	}
	return permitted
}

func hasErratum(catalogue *vectors.Catalogue, edition vectors.Edition, id string) bool {
	clause := catalogue.Clause(id)
	if clause == nil {
		return false
	}
	_, has := clause.ErratumIn(edition)
	return has
}
