package reference_test

import (
	"io"
	"strconv"
	"strings"
	"testing"

	"github.com/nodehttp/conform/reference"
)

// The bytes of a request, by what the program does. <PORT> stands for the peer's port.
func TestRequestBytes(t *testing.T) {
	const host = "Host: 127.0.0.1:<PORT>\r\n"
	end := func(r *reference.ClientRequest) error { return r.End(nil, nil) }
	endText := func(text string) func(r *reference.ClientRequest) error {
		return func(r *reference.ClientRequest) error { return r.EndText(text, nil) }
	}
	writeEnd := func(r *reference.ClientRequest) error {
		if _, err := r.Send([]byte("bo"), nil); err != nil {
			return err
		}
		return r.End([]byte("dy"), nil)
	}
	for name, test := range map[string]struct {
		options reference.RequestOptions
		do      func(*reference.ClientRequest) error
		want    string
	}{
		"get":            {reference.RequestOptions{}, end, "GET / HTTP/1.1\r\n" + host + "Connection: close\r\n\r\n"},
		"path":           {reference.RequestOptions{Path: "/p?q=1"}, end, "GET /p?q=1 HTTP/1.1\r\n" + host + "Connection: close\r\n\r\n"},
		"latin-1 path":   {reference.RequestOptions{Path: "/é"}, end, "GET /\xe9 HTTP/1.1\r\n" + host + "Connection: close\r\n\r\n"},
		"lower method":   {reference.RequestOptions{Method: "post"}, endText("x"), "POST / HTTP/1.1\r\n" + host + "Connection: close\r\nContent-Length: 1\r\n\r\nx"},
		"post empty":     {reference.RequestOptions{Method: "POST"}, end, "POST / HTTP/1.1\r\n" + host + "Connection: close\r\nContent-Length: 0\r\n\r\n"},
		"post body":      {reference.RequestOptions{Method: "POST"}, endText("body"), "POST / HTTP/1.1\r\n" + host + "Connection: close\r\nContent-Length: 4\r\n\r\nbody"},
		"post two":       {reference.RequestOptions{Method: "POST"}, writeEnd, "POST / HTTP/1.1\r\n" + host + "Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nbo\r\n2\r\ndy\r\n0\r\n\r\n"},
		"get body":       {reference.RequestOptions{}, endText("body"), "GET / HTTP/1.1\r\n" + host + "Connection: close\r\n\r\nbody"},
		"delete two":     {reference.RequestOptions{Method: "DELETE"}, writeEnd, "DELETE / HTTP/1.1\r\n" + host + "Connection: close\r\n\r\nbody"},
		"trace":          {reference.RequestOptions{Method: "TRACE"}, end, "TRACE / HTTP/1.1\r\n" + host + "Connection: close\r\n\r\n"},
		"length":         {reference.RequestOptions{Method: "POST", Headers: fields("Content-Length", "4")}, writeEnd, "POST / HTTP/1.1\r\nContent-Length: 4\r\n" + host + "Connection: close\r\n\r\nbody"},
		"chunked get":    {reference.RequestOptions{Headers: fields("Transfer-Encoding", "chunked")}, endText("body"), "GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n" + host + "Connection: close\r\n\r\n4\r\nbody\r\n0\r\n\r\n"},
		"order and case": {reference.RequestOptions{Headers: fields("X-B", "1", "x-a", "2", "HOST", "hh")}, end, "GET / HTTP/1.1\r\nX-B: 1\r\nx-a: 2\r\nHOST: hh\r\nConnection: close\r\n\r\n"},
		"header list":    {reference.RequestOptions{HeaderList: true, Auth: "u:p", Headers: fields("X-A", "1", "X-A", "2")}, end, "GET / HTTP/1.1\r\nX-A: 1\r\nX-A: 2\r\nConnection: close\r\n\r\n"},
		"cookies":        {reference.RequestOptions{Headers: []reference.HeaderField{reference.Field("Cookie", "a=1", "b=2")}}, end, "GET / HTTP/1.1\r\nCookie: a=1; b=2\r\n" + host + "Connection: close\r\n\r\n"},
		"no host":        {reference.RequestOptions{WithoutHost: true}, end, "GET / HTTP/1.1\r\nConnection: close\r\n\r\n"},
		"auth":           {reference.RequestOptions{Auth: "user:pa ss"}, end, "GET / HTTP/1.1\r\n" + host + "Authorization: Basic dXNlcjpwYSBzcw==\r\nConnection: close\r\n\r\n"},
		"auth and field": {reference.RequestOptions{Auth: "user:pass", Headers: fields("Authorization", "Mine")}, end, "GET / HTTP/1.1\r\nAuthorization: Mine\r\n" + host + "Connection: close\r\n\r\n"},
		"keep-alive":     {reference.RequestOptions{Headers: fields("Connection", "keep-alive")}, end, "GET / HTTP/1.1\r\nConnection: keep-alive\r\n" + host + "\r\n"},
		"v6 expect": {reference.RequestOptions{Method: "POST", DefaultAgent: agentOf(t, reference.AgentOptions{Edition: reference.V6}), Headers: fields("Expect", "100-continue")}, end,
			"POST / HTTP/1.1\r\nExpect: 100-continue\r\n" + host + "Connection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
		"trailers": {reference.RequestOptions{Method: "POST", Headers: fields("Trailer", "X-T")}, func(r *reference.ClientRequest) error {
			if _, err := r.Send([]byte("a"), nil); err != nil {
				return err
			}
			if err := r.AddTrailers(reference.Field("X-T", "1")); err != nil {
				return err
			}
			return r.End(nil, nil)
		}, "POST / HTTP/1.1\r\nTrailer: X-T\r\n" + host + "Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nX-T: 1\r\n\r\n"},
		"removed host": {reference.RequestOptions{}, func(r *reference.ClientRequest) error {
			if err := r.RemoveHeader("host"); err != nil {
				return err
			}
			return r.End(nil, nil)
		}, "GET / HTTP/1.1\r\nConnection: close\r\n\r\n"},
		"removed connection": {reference.RequestOptions{}, func(r *reference.ClientRequest) error {
			if err := r.RemoveHeader("connection"); err != nil {
				return err
			}
			return r.End(nil, nil)
		}, "GET / HTTP/1.1\r\n" + host + "\r\n"},
	} {
		t.Run(name, func(t *testing.T) {
			noLeaks(t)
			seen := make(chan string, 1)
			var want string
			ready := make(chan struct{})
			p := newOrigin(t, func(c *originConn, _ int) {
				<-ready
				expected := make([]byte, len(want))
				n, _ := io.ReadFull(c.in, expected)
				c.send("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
				seen <- string(expected[:n]) + c.rest()
			})
			want = strings.ReplaceAll(test.want, "<PORT>", strconv.Itoa(p.port))
			close(ready)
			options := test.options
			options.Host, options.Port, options.OneTimeAgent = "127.0.0.1", p.port, true
			r, err := reference.Request(options, nil)
			if err != nil {
				t.Fatal(err)
			}
			if err := test.do(r); err != nil {
				t.Fatal(err)
			}
			if got := <-seen; got != want {
				t.Errorf("sent %q\nwant %q", got, want)
			}
		})
	}
}

func agentOf(t *testing.T, options reference.AgentOptions) *reference.Agent {
	t.Helper()
	agent, err := reference.NewAgent(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(agent.Destroy)
	return agent
}
