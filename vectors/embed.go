package vectors

import (
	"embed"
	"sync"
)

// Every YAML file of every folder is embedded, so that a new file of clauses or vectors needs
// no line of Go.
//
//go:embed */*.yaml
var data embed.FS

var embedded = sync.OnceValues(func() (*Catalogue, error) { return Load(data) })

// Embedded returns the catalogue that comes with conform. It is read once.
// Errors are as Load's.
func Embedded() (*Catalogue, error) { return embedded() }
