// Package adapter lets the harness run programs in another process, which
// speaks the protocol of PROTOCOL.md.
//
// A [Process] is one such process: it is started, says hello, and has many runs
// open at once. [Check] finds what is wrong with an adapter before any vector is
// played. [Script] is the adapter for JavaScript runtimes.
package adapter

import (
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"
)

// ProtocolVersion is the version of the protocol that this package speaks.
const ProtocolVersion = 1

// MaxLine is the length in bytes that a line must not exceed.
const MaxLine = 16 << 20

// MaxOutput is how many bytes an adapter may send for one run.
const MaxOutput = 64 << 20

// Script is the adapter for JavaScript runtimes: one CommonJS file. Deno takes
// it only under a name that ends in .cjs.
//
//go:embed adapter.js
var Script []byte

// An Implementation is what an adapter runs programs in.
type Implementation struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// A Hello is the first message of an adapter.
type Hello struct {
	Protocol       int            `json:"protocol"`
	Implementation Implementation `json:"implementation"`
	Capabilities   []string       `json:"capabilities"`
	MaxInFlight    int            `json:"maxInFlight"` // at least 1
}

// A Run asks an adapter to run a program.
type Run struct {
	ID       string   `json:"id"`
	Name     string   `json:"name"`
	Edition  string   `json:"edition"`
	Program  string   `json:"program"`
	Bindings Bindings `json:"bindings"`
	Deadline int64    `json:"deadline"` // in milliseconds, above 0
}

// Bindings are what a program sees beside the API under test.
type Bindings struct {
	Host        string       `json:"host"`
	Port        int          `json:"port"`
	SocketPath  string       `json:"socketPath,omitempty"`
	Certificate *Certificate `json:"certificate,omitempty"`
}

// A Certificate is TLS material in PEM.
type Certificate struct {
	Key  string `json:"key"`
	Cert string `json:"cert"`
	CA   string `json:"ca"`
}

// A Signal is passed to the program's on(name) handler. Value is encoded as
// records are; without HasValue the handler gets undefined.
type Signal struct {
	ID       string
	Name     string
	Value    any
	HasValue bool
}

// A Finish tells an adapter that the run's script has been played.
type Finish struct {
	ID string `json:"id"`
}

// A Cancel tells an adapter to forget a run.
type Cancel struct {
	ID string `json:"id"`
}

// A Ready says where a program listens: at a port, or at the path of a Unix
// socket. Host is "" for the address that the bindings named.
type Ready struct {
	ID   string
	Host string
	Port int
	Path string
}

// A Record is one call of record.
type Record struct {
	ID       string
	Label    string
	Value    any
	HasValue bool
}

// A Result is an adapter's last message of a run.
type Result struct {
	ID string
}

// A Lost is an adapter's last message of all: it cannot tell which run it was
// that went wrong.
type Lost struct {
	Reason string
}

// A FromAdapter is a message that an adapter sends: Hello, Ready, Record, Result
// or Lost.
type FromAdapter interface{ fromAdapter() }

func (Hello) fromAdapter()  {}
func (Ready) fromAdapter()  {}
func (Record) fromAdapter() {}
func (Result) fromAdapter() {}
func (Lost) fromAdapter()   {}

// A ToAdapter is a message that an adapter gets: Run, Signal, Finish or Cancel.
type ToAdapter interface{ toAdapter() }

func (Run) toAdapter()    {}
func (Signal) toAdapter() {}
func (Finish) toAdapter() {}
func (Cancel) toAdapter() {}

// Encode writes a message as one line, its newline included. It refuses what
// the schema refuses, so that a fault of the harness is not taken for one of the
// adapter.
func Encode(message ToAdapter) ([]byte, error) {
	var body any
	var id string
	switch m := message.(type) {
	case Run:
		if m.Deadline <= 0 || m.Bindings.Port < 0 || m.Bindings.Port > 65535 {
			return nil, fmt.Errorf("run %s: deadline or port out of range", m.ID)
		}
		if !utf8.ValidString(m.Program) {
			return nil, fmt.Errorf("run %s: the program is not UTF-8", m.ID)
		}
		id = m.ID
		body = struct {
			Type string `json:"type"`
			Run
		}{"run", m}
	case Signal:
		if m.Name == "" {
			return nil, fmt.Errorf("run %s: a signal needs a name", m.ID)
		}
		id = m.ID
		object := map[string]any{"type": "signal", "id": m.ID, "name": m.Name}
		if m.HasValue {
			object["value"] = m.Value
		}
		body = object
	case Finish:
		id = m.ID
		body = map[string]any{"type": "finish", "id": m.ID}
	case Cancel:
		id = m.ID
		body = map[string]any{"type": "cancel", "id": m.ID}
	}
	if id == "" {
		return nil, errors.New("a message to an adapter needs the id of a run")
	}
	line, err := json.Marshal(body)
	if err != nil {
		return nil, fmt.Errorf("run %s: %w", id, err)
	}
	if len(line) >= MaxLine {
		return nil, fmt.Errorf("run %s: a message of %d bytes is over the limit of %d", id, len(line), MaxLine)
	}
	return append(line, '\n'), nil
}

// Decode reads one line of an adapter. An error is a [*MessageError].
func Decode(line []byte) (FromAdapter, error) {
	var keys map[string]json.RawMessage
	if err := json.Unmarshal(line, &keys); err != nil || keys == nil {
		return nil, &MessageError{Line: excerpt(line), Problem: "is no JSON object"}
	}
	d := decoder{line: line, keys: keys}
	var message FromAdapter
	switch kind := d.text("type", required); kind {
	case "hello":
		message = d.hello()
	case "ready":
		message = d.ready()
	case "record":
		record := Record{ID: d.id(), Label: d.text("label", required)}
		_, record.HasValue = keys["value"]
		if record.HasValue {
			d.into("value", &record.Value, "a JSON value")
		}
		message = record
	case "result":
		message = Result{ID: d.id()}
	case "lost":
		message = Lost{Reason: d.text("reason", required)}
	default:
		d.fail("type", fmt.Sprintf("%q is none of hello, ready, record, result and lost", kind))
	}
	if d.err != nil {
		return nil, d.err
	}
	return message, nil
}

// A decoder reads the keys of one message and keeps the first fault.
type decoder struct {
	line []byte
	keys map[string]json.RawMessage
	err  error
}

const (
	required = true
	optional = false
)

func (d *decoder) fail(key, problem string) {
	if d.err == nil {
		d.err = &MessageError{Line: excerpt(d.line), Key: key, Problem: problem}
	}
}

func (d *decoder) into(key string, into any, want string) {
	if err := json.Unmarshal(d.keys[key], into); err != nil {
		d.fail(key, "should be "+want)
	}
}

func (d *decoder) has(key string, must bool) bool {
	raw, ok := d.keys[key]
	if ok && string(raw) == "null" {
		d.fail(key, "is null")
		return false
	}
	if !ok && must {
		d.fail(key, "is missing")
	}
	return ok
}

func (d *decoder) text(key string, must bool) (text string) {
	if d.has(key, must) {
		d.into(key, &text, "a string")
	}
	return text
}

func (d *decoder) id() string {
	id := d.text("id", required)
	if id == "" {
		d.fail("id", "is empty")
	}
	return id
}

func (d *decoder) hello() (hello Hello) {
	for _, field := range []struct {
		key  string
		into any
		want string
	}{
		{"protocol", &hello.Protocol, "an integer"},
		{"implementation", &hello.Implementation, `an object with strings "name" and "version"`},
		{"capabilities", &hello.Capabilities, "a list of strings"},
		{"maxInFlight", &hello.MaxInFlight, "an integer"},
	} {
		if d.has(field.key, required) {
			d.into(field.key, field.into, field.want)
		}
	}
	switch {
	case d.err != nil:
	case hello.Protocol != ProtocolVersion:
		d.fail("protocol", fmt.Sprintf("is %d; this harness speaks %d", hello.Protocol, ProtocolVersion))
	case hello.Implementation.Name == "":
		d.fail("implementation", `needs a "name"`)
	case hello.Implementation.Version == "":
		d.fail("implementation", `needs a "version"`)
	case hello.MaxInFlight < 1:
		d.fail("maxInFlight", "should be 1 or more")
	}
	return hello
}

func (d *decoder) ready() Ready {
	ready := Ready{ID: d.id(), Host: d.text("host", optional)}
	_, port := d.keys["port"]
	_, path := d.keys["path"]
	switch {
	case port == path:
		d.fail("port", `should be given, or else "path", and not both`)
	case port:
		d.into("port", &ready.Port, "an integer")
		if d.err == nil && (ready.Port < 1 || ready.Port > 65535) {
			d.fail("port", "should be from 1 to 65535")
		}
	default:
		if ready.Path = d.text("path", required); ready.Path == "" {
			d.fail("path", "is empty")
		}
	}
	return ready
}

// excerpt makes a line fit for an error message.
func excerpt(line []byte) string {
	const most = 200
	if len(line) > most {
		return fmt.Sprintf("%q... (%d bytes)", line[:most], len(line))
	}
	return fmt.Sprintf("%q", line)
}
