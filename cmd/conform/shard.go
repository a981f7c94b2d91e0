package main

import (
	"fmt"
	"hash/fnv"
	"strconv"
	"strings"

	"github.com/nodehttp/conform/reports"
	"github.com/nodehttp/conform/vectors"
)

// parseShard reads I/N; "" is nil, the whole.
func parseShard(text string) (*reports.Shard, error) {
	if text == "" {
		return nil, nil
	}
	first, second, _ := strings.Cut(text, "/")
	index, err := strconv.Atoi(first)
	of, err2 := strconv.Atoi(second)
	if err != nil || err2 != nil || index < 1 || of < index {
		return nil, fmt.Errorf("--shard: %q is not I/N with I from 1 to N, for example 1/4", text)
	}
	return &reports.Shard{Index: index, Of: of}, nil
}

// sharded are the vectors of the shard. They are chosen by a hash of the id, so
// that a new vector moves no other.
func sharded(all []*vectors.Vector, shard *reports.Shard) []*vectors.Vector {
	if shard == nil {
		return all
	}
	var chosen []*vectors.Vector
	for _, v := range all {
		hash := fnv.New32a()
		hash.Write([]byte(v.ID))
		if hash.Sum32()%uint32(shard.Of) == uint32(shard.Index-1) {
			chosen = append(chosen, v)
		}
	}
	return chosen
}
