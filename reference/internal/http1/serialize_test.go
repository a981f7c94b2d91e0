package http1

import (
	"testing"
	"time"
)

func TestAppend(t *testing.T) {
	for _, test := range []struct{ got, want string }{
		{string(AppendRequestLine(nil, "GET", "/é")), "GET /\xe9 HTTP/1.1\r\n"},
		{string(AppendStatusLine(nil, 404, "Not Found")), "HTTP/1.1 404 Not Found\r\n"},
		{string(AppendStatusLine([]byte("x"), 200, "")), "xHTTP/1.1 200 \r\n"},
		{string(AppendField(nil, "X-Name", "aÿb")), "X-Name: a\xffb\r\n"},
		{string(AppendIntField(nil, "Content-Length", 12)), "Content-Length: 12\r\n"},
		{string(AppendChunk(nil, []byte("hello world, hello"))), "12\r\nhello world, hello\r\n"},
		{string(AppendChunk(nil, nil)), ""},
		{string(AppendHeadEnd(AppendField(AppendLastChunk(nil), "T", "1"))), "0\r\nT: 1\r\n\r\n"},
		{string(AppendDate(nil, time.Date(1994, 11, 6, 9, 49, 37, 5, time.FixedZone("", 3600)))), "Sun, 06 Nov 1994 08:49:37 GMT"},
	} {
		if test.got != test.want {
			t.Errorf("got %q, want %q", test.got, test.want)
		}
	}
}

func TestDates(t *testing.T) {
	var dates Dates
	moment := time.Date(2021, 12, 31, 23, 59, 59, 0, time.UTC)
	for _, test := range []struct {
		after time.Duration
		want  string
	}{
		{0, "Fri, 31 Dec 2021 23:59:59 GMT"},
		{999 * time.Millisecond, "Fri, 31 Dec 2021 23:59:59 GMT"},
		{time.Second, "Sat, 01 Jan 2022 00:00:00 GMT"},
	} {
		if got := string(dates.Append(nil, moment.Add(test.after))); got != test.want {
			t.Errorf("after %v: %q, want %q", test.after, got, test.want)
		}
	}
	buffer := make([]byte, 0, 64)
	if n := testing.AllocsPerRun(100, func() { dates.Append(buffer, moment.Add(time.Second)) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
