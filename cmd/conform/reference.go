package main

import (
	"github.com/nodehttp/conform/harness/target"
	"github.com/nodehttp/conform/vectors"
)

// newReference is the Go reference behind its JavaScript binding.
func newReference() target.Target {
	return target.NewInProcess(target.Description{
		Name: "reference", Implementation: "conform-reference", Version: version(), Edition: vectors.V12,
	}, target.LaunchReference)
}
