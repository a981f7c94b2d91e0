package vectors

import (
	"slices"
	"time"
)

// A Vector tests one or more clauses: a program in the vocabulary of the
// documented API, a wire script for the peer on the other side of the
// connection, and what the program must record.
type Vector struct {
	ID       string
	Section  string    // the section of its file
	Clauses  []string  // ids, all of which exist in the catalogue
	About    string    // a sentence for people; may be empty
	Editions []Edition // never empty once loaded
	Isolate  bool      // needs a process of its own
	Requires []string  // capabilities the target must have announced

	Transport     Transport
	NeverFragment bool // its segments are what is under test

	App     string // the named app, or "" when Program is the vector's own
	Program string // JavaScript; the app's program when App is set

	Wire    []Step
	Records []RecordPattern // all that the program records; empty: nothing
	Erratum *RecordErratum  // the records real Node makes instead, or nil

	Pos Position // of the vector's entry

	tree        *origin // tells trees apart, as With joins them
	appLine     int     // of the app's name
	programLine int     // of the program's first line, within Pos.File
}

// AppliesTo reports whether the vector tests the given edition.
func (v *Vector) AppliesTo(edition Edition) bool {
	return slices.Contains(v.Editions, edition)
}

// PeerListens reports whether the wire peer is the server, and the program
// therefore the client.
func (v *Vector) PeerListens() bool {
	return slices.ContainsFunc(v.Wire, func(step Step) bool { return step.Accept })
}

// LongestWait adds up the waits that the script prescribes: pauses, silences
// and the lower bounds of closes. It is what no implementation can shorten.
func (v *Vector) LongestWait() time.Duration {
	return waits(v.Wire)
}

func waits(steps []Step) time.Duration {
	var sum time.Duration
	for _, step := range steps {
		for _, segment := range step.Send {
			sum += segment.Pause
		}
		sum += step.Silent
		if step.Closed != nil {
			sum += step.Closed.After
		}
		var longest time.Duration
		for _, alternative := range step.AnyOf {
			longest = max(longest, waits(alternative.Steps))
		}
		sum += longest
	}
	return sum
}

// Transport is what the wire peer and the program talk over.
type Transport string

const (
	TCP  Transport = "tcp"
	Unix Transport = "unix"
	TLS  Transport = "tls"
)

// A RecordErratum is the list of records that real Node makes where the named
// clause has an erratum.
type RecordErratum struct {
	Clause  string
	Records []RecordPattern
}

// A RecordPattern is one entry of an expected list of records. Exactly one of
// Label, AnyOf and Unordered is set.
type RecordPattern struct {
	Label    string
	HasValue bool // a label without a value is met only by a record without one
	Value    any  // a pattern, see Match

	AnyOf     [][]RecordPattern // alternative runs of entries
	Unordered []RecordPattern   // entries in any order

	Pos Position
}

// A Step is one step of a wire script: a deed of the peer, or a demand on the
// target. Exactly one of its verbs is set.
type Step struct {
	On  string // the connection the step is about; never empty once loaded
	Pos Position

	// Deeds.
	Connect       bool // open connection On
	Accept        bool // wait for the program's next connection and call it On
	Send          []Segment
	HalfClose     bool
	Close         bool
	Reset         bool
	StopListening bool
	Signal        *Signal
	Mark          string

	// Demands.
	Receive      *Message // a whole message
	ReceiveHead  *Message // a head, without what follows it
	ReceiveBytes *string  // exactly these bytes, placeholders allowed
	Closed       *Closed
	Silent       time.Duration
	Recorded     string
	Connections  *int
	AnyOf        []Alternative
}

// A Signal is passed to the program's on(name) handler.
type Signal struct {
	Name  string
	Value any // encoded as records are; nil without a value
}

// A Segment is one write of the peer, or a pause between two.
type Segment struct {
	Bytes  string // each rune is one byte; never above U+00FF
	Repeat int    // how often Bytes is repeated within the segment; 1 or more. "{i}" in Bytes counts from 1 when above 1
	Pause  time.Duration
}

// How a connection came to its end.
type End string

const (
	AnyEnd   End = "closed"   // FIN or RST
	EndFIN   End = "ended"    // FIN
	EndReset End = "wasReset" // RST
)

// Closed demands the end of a connection, with no byte before it.
type Closed struct {
	How    End
	After  time.Duration // not earlier than this past Since; 0: no bound
	Before time.Duration // not later; 0: the vector's deadline
	Since  string        // a mark, or "" for the peer's last deed on the connection
}

// An Alternative is one permitted run of demands of an anyOf step.
type Alternative struct {
	Erratum string // the clause whose erratum permits it; "" when the document does
	Steps   []Step
}

// A Message is what receive and receiveHead demand of an HTTP message. What is
// nil or empty is not judged. Values are patterns, see Match.
type Message struct {
	To         string // the request method a response answers: "", "HEAD", "CONNECT", ...
	Method     any
	Target     any
	Status     any
	Reason     any
	Version    any
	Headers    []NamedValues // names in lower case
	Absent     []string
	RawHeaders any
	Body       any
	Framing    string // "", length, chunked, close, none
	Trailers   []NamedValues
	Raw        *string
}

// NamedValues are all values of the fields of one name, in order.
type NamedValues struct {
	Name   string
	Values any
}
