//go:build !linux

package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Fprintln(os.Stderr, "The benchmark needs Linux: it pins processes to cores and drives sockets by epoll.")
	os.Exit(1)
}
