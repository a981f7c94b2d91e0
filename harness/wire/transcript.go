package wire

import (
	"fmt"
	"strings"
	"time"
)

// An Entry is one thing that happened during a run.
type Entry struct {
	At         time.Duration // since the peer was opened
	Connection string        // "" for what concerns none
	Event      Event
	Bytes      []byte // of Sent and Received
	Note       string // a mark's, record's or signal's name, or what was wrong
}

// Event says what an Entry is about.
type Event string

const (
	Connected Event = "connected"
	Accepted  Event = "accepted" // by the script; Connected was earlier
	Sent      Event = "sent"
	Received  Event = "received"
	SentFIN   Event = "sent FIN"
	GotFIN    Event = "received FIN"
	SentRST   Event = "sent RST"
	GotRST    Event = "received RST"
	Closed    Event = "closed" // by the script
	Stopped   Event = "stopped listening"
	Signalled Event = "signalled"
	Recorded  Event = "recorded"
	Marked    Event = "marked"
	Trouble   Event = "trouble" // a send that failed, a TLS error; Note says what
)

// renderedBytes is how much of one entry a rendering shows.
const renderedBytes = 2048

// String renders the entry, with its bytes readable on lines of their own.
func (e Entry) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%9.3fs", e.At.Seconds())
	if e.Connection != "" {
		fmt.Fprintf(&b, " %s", e.Connection)
	}
	fmt.Fprintf(&b, " %s", e.Event)
	if e.Note != "" {
		fmt.Fprintf(&b, " %s", e.Note)
	}
	if len(e.Bytes) > 0 {
		fmt.Fprintf(&b, " %s", count(len(e.Bytes), "byte"))
		for line := range strings.SplitSeq(shown(e.Bytes, renderedBytes), "\n") {
			fmt.Fprintf(&b, "\n           | %s", line)
		}
	}
	return b.String()
}

// Render writes a transcript down for people, one entry after the other.
func Render(transcript []Entry) string {
	var b strings.Builder
	for _, entry := range transcript {
		b.WriteString(entry.String())
		b.WriteByte('\n')
	}
	return b.String()
}

// Visible makes wire bytes readable: CR and LF show as \r and \n, what is not
// printable ASCII as \xNN, and each LF ends a line.
func Visible(bytes []byte) string {
	var b strings.Builder
	for i, c := range bytes {
		switch {
		case c == '\r':
			b.WriteString(`\r`)
		case c == '\n':
			b.WriteString(`\n`)
			if i < len(bytes)-1 {
				b.WriteByte('\n')
			}
		case c == '\t':
			b.WriteString(`\t`)
		case c == '\\':
			b.WriteString(`\\`)
		case c < 0x20 || c > 0x7e:
			fmt.Fprintf(&b, `\x%02x`, c)
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// shown is Visible of at most limit bytes, and a word about the rest.
func shown(bytes []byte, limit int) string {
	if len(bytes) <= limit {
		return Visible(bytes)
	}
	return fmt.Sprintf("%s\n(%s more)", Visible(bytes[:limit]), count(len(bytes)-limit, "byte"))
}

func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// logged is an Entry whose connection may get its name later.
type logged struct {
	entry Entry
	on    *connection
}

// note adds to the transcript. The caller holds mu.
func (p *Peer) note(c *connection, event Event, bytes []byte, note string) {
	p.log = append(p.log, logged{Entry{At: time.Since(p.opened), Event: event, Bytes: bytes, Note: note}, c})
}

// Transcript returns what has happened so far.
func (p *Peer) Transcript() []Entry {
	p.mu.Lock()
	defer p.mu.Unlock()
	entries := make([]Entry, len(p.log))
	for i, l := range p.log {
		entries[i] = l.entry
		if l.on != nil {
			entries[i].Connection = l.on.label()
		}
	}
	return entries
}

// label names the connection for people. The caller holds mu.
func (c *connection) label() string {
	if c.name == "" {
		return fmt.Sprintf("(not accepted, no. %d)", c.number)
	}
	return c.name
}
