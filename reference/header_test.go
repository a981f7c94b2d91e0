package reference_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/nodehttp/conform/reference"
)

// inHandler runs check in a request handler of a server and waits for it.
func inHandler(t *testing.T, options reference.ServerOptions, raw string, check handler) {
	t.Helper()
	done := make(chan struct{})
	_, address := serve(t, options, func(request request, response response) {
		defer close(done)
		check(request, response)
	})
	connect(t, address).send(raw)
	<-done
}

// wants compares an error with "Name[CODE]: message"; without a code the brackets are not there.
func wants(t *testing.T, err error, want string) {
	t.Helper()
	got := "ok"
	var failure *reference.Error
	if errors.As(err, &failure) {
		got = failure.Name
		if failure.Code != "" {
			got += "[" + failure.Code + "]"
		}
		got += ": " + failure.Message
	}
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestHeaderAccessors(t *testing.T) {
	inHandler(t, v12, get, func(_ request, response response) {
		own := &struct{ text string }{"mine"}
		must(response.SetHeaderValue("Content-Length", reference.NumberValue(3)))
		must(response.SetHeader("Set-Cookie", "a=1", "b=2"))
		must(response.SetHeaderValue("X-Foo", reference.ForeignValue(own, own.text)))
		must(response.SetHeader("X-Gone", "1"))
		must(response.RemoveHeader("x-gone"))
		if value, _ := response.GetHeader("content-length"); func() bool { n, is := value.Number(); return !is || n != 3 }() {
			t.Errorf("a number did not stay one: %v", value)
		}
		if value, _ := response.GetHeader("SET-COOKIE"); !value.IsList() || !reflect.DeepEqual(value.Lines(), []string{"a=1", "b=2"}) {
			t.Errorf("a list did not stay one: %v", value)
		}
		if value, _ := response.GetHeader("x-foo"); value.Foreign() != own || value.String() != "mine" {
			t.Errorf("a foreign value did not stay itself: %v", value)
		}
		if got := response.GetHeaderNames(); !reflect.DeepEqual(got, []string{"content-length", "set-cookie", "x-foo"}) {
			t.Errorf("got %q", got)
		}
		if !response.HasHeader("X-FOO") || response.HasHeader("x-gone") {
			t.Error("HasHeader is wrong")
		}
		if response.HeadersSent() {
			t.Error("sent too early")
		}
		must(response.EndText("abc", nil))
		if value, has := response.GetHeader("x-foo"); !has || value.String() != "mine" || !response.HeadersSent() {
			t.Error("what was sent can still be read")
		}
	})
	inHandler(t, v12, get, func(_ request, response response) {
		must(response.WriteHead(200, field("X-A", "1")))
		if response.HasHeader("X-A") {
			t.Error("WriteHead alone does not keep what it sends")
		}
	})
	inHandler(t, v12, get, func(_ request, response response) {
		must(response.SetHeader("x-b", "b"))
		must(response.WriteHead(200, field("X-A", "1")))
		if !response.HasHeader("X-A") {
			t.Error("WriteHead merges with what SetHeader set")
		}
	})
}

func TestMisuse(t *testing.T) {
	undefined := reference.HeaderField{Name: "X"}
	for _, test := range []struct {
		name    string
		edition reference.Edition
		misuse  func(response) error
		want    string
	}{
		{"space in a name", reference.V12, func(r response) error { return r.SetHeader("X Y", "1") },
			`TypeError[ERR_INVALID_HTTP_TOKEN]: Header name must be a valid HTTP token ["X Y"]`},
		{"the same in v6", reference.V6, func(r response) error { return r.SetHeader("X Y", "1") },
			`TypeError: Header name must be a valid HTTP Token ["X Y"]`},
		{"empty name", reference.V12, func(r response) error { return r.SetHeader("", "1") },
			`TypeError[ERR_INVALID_HTTP_TOKEN]: Header name must be a valid HTTP token [""]`},
		{"undefined", reference.V12, func(r response) error { return r.SetHeaderValue("X", reference.HeaderValue{}) },
			`TypeError[ERR_HTTP_INVALID_HEADER_VALUE]: Invalid value "undefined" for header "X"`},
		{"line end", reference.V12, func(r response) error { return r.SetHeader("X", "a\r\nb") },
			`TypeError[ERR_INVALID_CHAR]: Invalid character in header content ["X"]`},
		{"above U+00FF", reference.V12, func(r response) error { return r.SetHeader("X", "€") },
			`TypeError[ERR_INVALID_CHAR]: Invalid character in header content ["X"]`},
		{"in a list", reference.V12, func(r response) error { return r.SetHeader("X", "a", "b\n") },
			`TypeError[ERR_INVALID_CHAR]: Invalid character in header content ["X"]`},
		{"the same in v6", reference.V6, func(r response) error { return r.SetHeader("X", "a", "b\n") },
			`TypeError: The header content contains invalid characters`},
		{"tab", reference.V12, func(r response) error { return r.SetHeader("X", "a\tb") }, "ok"},
		{"writeHead with a bad name", reference.V12, func(r response) error { return r.WriteHead(200, field("X Y", "1")) },
			`TypeError[ERR_INVALID_HTTP_TOKEN]: Header name must be a valid HTTP token ["X Y"]`},
		{"writeHead with undefined", reference.V12, func(r response) error { return r.WriteHead(200, undefined) },
			`TypeError[ERR_HTTP_INVALID_HEADER_VALUE]: Invalid value "undefined" for header "X"`},
		{"writeHead with undefined in v6", reference.V6, func(r response) error { return r.WriteHead(200, undefined) }, "ok"},
		{"status 99", reference.V12, func(r response) error { return r.WriteHead(99) },
			"RangeError[ERR_HTTP_INVALID_STATUS_CODE]: Invalid status code: 99"},
		{"status 1000", reference.V6, func(r response) error { return r.WriteHead(1000) }, "RangeError: Invalid status code: 1000"},
		{"status 0, implicit", reference.V12, func(r response) error {
			r.SetStatusCode(0)
			return r.End(nil, nil)
		}, "RangeError[ERR_HTTP_INVALID_STATUS_CODE]: Invalid status code: 0"},
		{"status message", reference.V12, func(r response) error { return r.WriteHeadReason(200, "a\r\nX: y") },
			"TypeError[ERR_INVALID_CHAR]: Invalid character in statusMessage"},
		{"setHeader after the head", reference.V12, func(r response) error {
			must(r.WriteHead(200))
			return r.SetHeader("a", "b")
		}, "Error[ERR_HTTP_HEADERS_SENT]: Cannot set headers after they are sent to the client"},
		{"the same in v6", reference.V6, func(r response) error {
			must(r.WriteHead(200))
			return r.SetHeader("a", "b")
		}, "Error: Can't set headers after they are sent."},
		{"removeHeader after the head", reference.V12, func(r response) error {
			_, _ = r.WriteString("x")
			return r.RemoveHeader("a")
		}, "Error[ERR_HTTP_HEADERS_SENT]: Cannot remove headers after they are sent to the client"},
		{"write after end", reference.V12, func(r response) error {
			must(r.End(nil, nil))
			_, err := r.WriteString("x")
			return err
		}, "Error[ERR_STREAM_WRITE_AFTER_END]: write after end"},
		{"end after end", reference.V12, func(r response) error {
			must(r.End(nil, nil))
			return r.EndText("more", nil)
		}, "ok"},
		{"trailer name", reference.V12, func(r response) error { return r.AddTrailers(field("X T", "1")) },
			`TypeError[ERR_INVALID_HTTP_TOKEN]: Trailer name must be a valid HTTP token ["X T"]`},
		{"trailer value", reference.V12, func(r response) error { return r.AddTrailers(field("X-T", "a\r\nb")) },
			`TypeError[ERR_INVALID_CHAR]: Invalid character in trailer content ["X-T"]`},
		{"trailer field with a length", reference.V12, func(r response) error {
			return r.WriteHead(200, field("Trailer", "X-T"), field("Content-Length", "4"))
		}, "Error[ERR_HTTP_TRAILER_INVALID]: Trailers are invalid with this transfer encoding"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			inHandler(t, in(test.edition), get, func(_ request, response response) { wants(t, test.misuse(response), test.want) })
		})
	}
}

func TestWriteAfterEndIsAnEventToo(t *testing.T) {
	journal := newJournal()
	_, address := serve(t, v12, func(_ request, response response) {
		response.EventError.On(func(err error) { journal.note("error " + err.(*reference.Error).Code) })
		must(response.End(nil, nil))
		_, _ = response.SendText("x", func(error) { journal.note("callback") })
		response.EventClose.On(journal.noting("close"))
		journal.note("returned")
	})
	connect(t, address).send(get)
	want := "returned > error ERR_STREAM_WRITE_AFTER_END > close"
	if got := journal.wait(t, "close"); got != want {
		t.Errorf("got %q", got)
	}
}

func TestRequestProperties(t *testing.T) {
	raw := "POST /a?b=c HTTP/1.1\r\nHoSt: x\r\nX-A: 1\r\nx-a: 2\r\nCookie: a\r\nCookie: b\r\nAge: 1\r\nAge: 2\r\n" +
		"Set-Cookie: one\r\n__proto__: p\r\nContent-Length: 0\r\n\r\n"
	inHandler(t, v12, raw, func(request request, response response) {
		if request.Method() != "POST" || request.URL() != "/a?b=c" || request.HTTPVersion() != "1.1" ||
			request.HTTPVersionMajor() != 1 || request.HTTPVersionMinor() != 1 || request.Aborted() || request.Complete() {
			t.Errorf("got %s %s %s", request.Method(), request.URL(), request.HTTPVersion())
		}
		var got []string
		for _, header := range request.Headers().All() {
			got = append(got, header.Name+"="+header.Value+strings.Join(header.List, "|"))
		}
		if want := "host=x x-a=1, 2 cookie=a; b age=1 set-cookie=one content-length=0"; strings.Join(got, " ") != want {
			t.Errorf("got  %q\nwant %q", strings.Join(got, " "), want)
		}
		if raw := request.RawHeaders(); len(raw) != 20 || raw[0] != "HoSt" || raw[16] != "__proto__" {
			t.Errorf("got %q", raw)
		}
		if request.Socket() != response.Socket() || request.Socket().RemoteAddr() == nil {
			t.Error("request and response do not share their socket")
		}
	})
}

func TestMaxHeadersCount(t *testing.T) {
	for _, test := range []struct {
		edition              reference.Edition
		limit, sent          int // limit -1: never set
		wantRaw, wantHeaders int
	}{
		{reference.V12, -1, 900, 900, 900},
		{reference.V12, -1, 1100, 1023, 1000},
		{reference.V6, -1, 1100, 1000, 1000},
		{reference.V12, 5, 20, 20, 5},
		{reference.V6, 5, 20, 5, 5},
		{reference.V12, 40, 100, 62, 40},
		{reference.V12, 0, 1400, 1400, 1400},
	} {
		var raw strings.Builder
		raw.WriteString("GET / HTTP/1.1\r\n")
		for i := range test.sent {
			raw.WriteString("h" + itoa(i+1) + ":\r\n")
		}
		raw.WriteString("\r\n")
		done := make(chan struct{})
		_, address := serve(t, in(test.edition), func(request request, _ response) {
			defer close(done)
			if got, merged := len(request.RawHeaders())/2, request.Headers().Len(); got != test.wantRaw || merged != test.wantHeaders {
				t.Errorf("%+v: raw %d, merged %d", test, got, merged)
			}
		}, func(server *reference.Server) {
			if _, set := server.MaxHeadersCount(); set {
				t.Error("set from the start")
			}
			server.SetMaxHeadersCount(test.limit)
		})
		connect(t, address).send(raw.String())
		<-done
	}
}

func TestFactoriesSeeMessagesFirst(t *testing.T) {
	options := reference.ServerOptions{
		IncomingMessage: func(request request) { request.SetURL("/extended" + request.URL()) },
		ServerResponse:  func(response response) { response.Extension = "mine" },
	}
	inHandler(t, options, get, func(request request, response response) {
		if request.URL() != "/extended/" || response.Extension != "mine" {
			t.Errorf("got %q, %v", request.URL(), response.Extension)
		}
	})
}

func TestInsecureHTTPParser(t *testing.T) {
	const raw = "GET / HTTP/1.1\r\nHost: x\r\nX: a\x01b\r\nConnection: close\r\n\r\n"
	echo := func(request request, response response) {
		response.SetSendDate(false)
		must(response.EndText(request.Headers().Value("x"), nil))
	}
	for insecure, want := range map[bool]string{
		false: "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n",
		true:  ok + "Connection: close\r\nContent-Length: 3\r\n\r\na\x01b",
	} {
		_, address := serve(t, reference.ServerOptions{InsecureHTTPParser: insecure}, echo)
		peer := connect(t, address)
		peer.send(raw)
		if got := peer.rest(); got != want {
			t.Errorf("insecure=%v: got %q", insecure, got)
		}
	}
}

func TestMaxHeaderSizeIsAnOptionOfV13(t *testing.T) {
	raw := "GET / HTTP/1.1\r\nHost: x\r\nX: " + strings.Repeat("a", 1000) + "\r\nConnection: close\r\n\r\n"
	for edition, want := range map[reference.Edition]string{
		reference.V12: ok,
		reference.V13: "HTTP/1.1 431 Request Header Fields Too Large\r\n",
	} {
		_, address := serve(t, reference.ServerOptions{Edition: edition, MaxHeaderSize: 500}, end("x"))
		peer := connect(t, address)
		peer.send(raw)
		if got := peer.rest(); !strings.HasPrefix(got, want) {
			t.Errorf("%v: got %q", edition, got)
		}
	}
}

func TestModule(t *testing.T) {
	if got := reference.Methods(reference.V12); len(got) != 35 || got[0] != "ACL" || got[34] != "UNSUBSCRIBE" {
		t.Errorf("got %q", got)
	}
	if v6, v10 := len(reference.Methods(reference.V6)), len(reference.Methods(reference.V10)); v6 != 33 || v10 != 34 {
		t.Errorf("v6 has %d methods, v10 %d", v6, v10)
	}
	for edition, want := range map[reference.Edition]string{reference.V6: "I'm a teapot", reference.V10: "I'm a teapot",
		reference.V12: "I'm a Teapot", reference.V13: "I'm a Teapot"} {
		if got := reference.StatusCodes(edition)[418]; got != want {
			t.Errorf("%v: got %q", edition, got)
		}
	}
	if size, exists := reference.MaxHeaderSize(reference.V12); size != 8192 || !exists {
		t.Errorf("got %d, %v", size, exists)
	}
	if _, exists := reference.MaxHeaderSize(reference.V6); exists {
		t.Error("v6 has no maxHeaderSize")
	}
}
