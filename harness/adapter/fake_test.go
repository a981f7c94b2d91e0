package adapter_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/nodehttp/conform/harness/adapter"
)

// The tests' adapters are this test binary, started again with the variable
// set. What an adapter does wrong is the program it is given; what it does
// wrong before that is the value of the variable.
const fakeVariable = "CONFORM_TEST_ADAPTER"

func TestMain(m *testing.M) {
	if behaviour := os.Getenv(fakeVariable); behaviour != "" {
		os.Exit(fakeAdapter(behaviour))
	}
	os.Exit(m.Run())
}

func fake(behaviour string) adapter.Command {
	return adapter.Command{Path: os.Args[0], Env: []string{fakeVariable + "=" + behaviour}}
}

const goodHello = `{"type":"hello","protocol":1,"implementation":{"name":"fake","version":"1"},"capabilities":["net"],"maxInFlight":8}`

func fakeAdapter(behaviour string) int {
	switch behaviour {
	case "good":
		fmt.Println(goodHello)
	case "one in flight":
		fmt.Println(strings.Replace(goodHello, `"maxInFlight":8`, `"maxInFlight":1`, 1))
	case "never says hello":
		fmt.Fprintln(os.Stderr, "still warming up")
		time.Sleep(time.Minute)
	case "exits before hello":
		fmt.Fprintln(os.Stderr, "cannot find the runtime")
		return 7
	case "another protocol":
		fmt.Println(strings.Replace(goodHello, `"protocol":1`, `"protocol":2`, 1))
	case "a banner before hello":
		fmt.Println("Welcome!")
	case "a record before hello":
		fmt.Println(`{"type":"record","id":"1","label":"a"}`)
	case "a second hello":
		fmt.Println(goodHello)
		fmt.Println(goodHello)
	case "ignores the end of input":
		fmt.Println(goodHello)
		time.Sleep(time.Minute)
	}
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, adapter.MaxLine)
	for in.Scan() {
		var message struct{ Type, ID, Program string }
		if err := json.Unmarshal(in.Bytes(), &message); err != nil {
			panic(err)
		}
		switch message.Type {
		case "run":
			for line := range strings.Lines(message.Program) {
				if status := fakeStep(message.ID, strings.TrimSpace(line)); status >= 0 {
					return status
				}
			}
		case "finish":
			fmt.Printf(`{"type":"result","id":%q}`+"\n", message.ID)
		}
	}
	return 0
}

// fakeStep does one line of a program. It returns the status to exit with, or
// -1.
func fakeStep(id, step string) int {
	switch step {
	case "crash":
		fmt.Fprintln(os.Stderr, "segmentation fault, as it were")
		os.Stderr.Sync()
		process, _ := os.FindProcess(os.Getpid())
		process.Kill()
		select {}
	case "exit 0":
		return 0
	case "exit 3":
		fmt.Fprintln(os.Stderr, "three")
		return 3
	case "hang":
		select {}
	case "garbage":
		fmt.Println("TypeError: undefined is not a function")
	case "unknown type":
		fmt.Println(`{"type":"progress","id":"` + id + `"}`)
	case "no label":
		fmt.Println(`{"type":"record","id":"` + id + `"}`)
	case "unknown id":
		fmt.Println(`{"type":"record","id":"nobody","label":"a"}`)
	case "result twice":
		fmt.Printf(`{"type":"result","id":%q}`+"\n", id)
		fmt.Printf(`{"type":"result","id":%q}`+"\n", id)
	case "lost":
		fmt.Println(`{"type":"lost","reason":"an exception from nowhere"}`)
		return 1
	case "flood":
		out := bufio.NewWriter(os.Stdout)
		for {
			if _, err := fmt.Fprintf(out, `{"type":"record","id":%q,"label":"a","value":%q}`+"\n", id, strings.Repeat("x", 1000)); err != nil {
				return 1
			}
		}
	case "endless line":
		chunk := strings.Repeat("x", 1<<20)
		for {
			if _, err := os.Stdout.WriteString(chunk); err != nil {
				return 1
			}
		}
	case "close stdout":
		os.Stdout.Close()
	case "":
	default:
		fmt.Printf(`{"type":"record","id":%q,"label":%q}`+"\n", id, step)
	}
	return -1
}
