package http1

import (
	"fmt"
	"strings"
	"testing"
)

// journal is a Handler that writes down what it is told, joining body pieces.
type journal struct {
	text   strings.Builder
	inBody bool
	onHead func(*Head) Action
}

func (j *journal) note(format string, args ...any) {
	if j.inBody {
		j.text.WriteString("\"\n")
		j.inBody = false
	}
	fmt.Fprintf(&j.text, format+"\n", args...)
}

func (j *journal) OnMessageBegin() { j.note("begin") }

func (j *journal) OnHead(h *Head) Action {
	list, target := h.AppendStrings(nil)
	j.note("head %v %d %q %d.%d length=%d chunked=%t keepAlive=%t upgrade=%t %q", h.Method, h.StatusCode, target,
		h.Major, h.Minor, h.ContentLength, h.Chunked, h.KeepAlive, h.Upgrade, list)
	if j.onHead != nil {
		return j.onHead(h)
	}
	return Continue
}

func (j *journal) OnBody(chunk []byte) Action {
	if !j.inBody {
		j.text.WriteString("body \"")
		j.inBody = true
	}
	fmt.Fprintf(&j.text, "%x", chunk)
	return Continue
}

func (j *journal) OnTrailers(f *Fields) { j.note("trailers %q", f.AppendStrings(nil)) }

func (j *journal) OnMessageComplete() Action {
	j.note("complete")
	return Continue
}

const plain = "GET /a/b?c=d HTTP/1.1\r\nHost: example.test\r\nConnection: keep-alive\r\nAccept: */* \r\nX-Empty:\r\n\r\n"

func TestSmoke(t *testing.T) {
	var j journal
	var p Parser
	p.Reset(Request, &j, Limits{}, nil, false)
	n, err := p.Execute([]byte(plain))
	t.Log(n, err, j.text.String())
}
