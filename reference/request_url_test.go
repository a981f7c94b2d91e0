package reference

import "testing"

// What Node 12.22.9 (standard) and 10.0.0 (legacy) make of a URL: protocol, credentials, host name, port, path.
func TestRequestURL(t *testing.T) {
	type want = requestURL
	for _, test := range []struct {
		url      string
		standard want // the zero value: not a URL by the standard
		legacy   want
	}{
		{"http://h", want{"http:", "", "h", "", "/"}, want{"http:", "", "h", "", "/"}},
		{"http://H.Example/A%20b c", want{"http:", "", "h.example", "", "/A%20b%20c"}, want{"http:", "", "h.example", "", "/A%20b%20c"}},
		{"http://h:80/", want{"http:", "", "h", "", "/"}, want{"http:", "", "h", "80", "/"}},
		{"http://h:8080?q=1#f", want{"http:", "", "h", "8080", "/?q=1"}, want{"http:", "", "h", "8080", "/?q=1"}},
		{"http://h/a/../b/./c", want{"http:", "", "h", "", "/b/c"}, want{"http:", "", "h", "", "/a/../b/./c"}},
		{"HTTP://h/", want{"http:", "", "h", "", "/"}, want{"http:", "", "h", "", "/"}},
		{"http://[::1]:81/x", want{"http:", "", "::1", "81", "/x"}, want{"http:", "", "::1", "81", "/x"}},
		{"http://u@h/", want{"http:", "u:", "h", "", "/"}, want{"http:", "u", "h", "", "/"}},
		{"http://:p@h/", want{"http:", ":p", "h", "", "/"}, want{"http:", ":p", "h", "", "/"}},
		{"http://us%20er:p%40ss@h/", want{"http:", "us%20er:p%40ss", "h", "", "/"}, want{"http:", "us er:p@ss", "h", "", "/"}},
		{"http://u;s:p^|@h/", want{"http:", "u%3Bs:p%5E%7C", "h", "", "/"}, want{"http:", "u;s:p^|", "h", "", "/"}},
		{"http:h/x", want{"http:", "", "h", "", "/x"}, want{"http:", "", "", "", "h/x"}},
		{"http:///h/x", want{"http:", "", "h", "", "/x"}, want{"http:", "", "", "", "/h/x"}},
		{`http:\\h\x`, want{"http:", "", "h", "", "/x"}, want{"http:", "", "h", "", "/x"}},
		{"  http://h/x  ", want{"http:", "", "h", "", "/x"}, want{"http:", "", "h", "", "/x"}},
		{"http://h/a\tb", want{"http:", "", "h", "", "/ab"}, want{"http:", "", "h", "", "/a%09b"}},
		{"http://0x7f.1/", want{"http:", "", "127.0.0.1", "", "/"}, want{"http:", "", "0x7f.1", "", "/"}},
		{"http://127.1/", want{"http:", "", "127.0.0.1", "", "/"}, want{"http:", "", "127.1", "", "/"}},
		{"http://h/\"<>`{}|\\^", want{"http:", "", "h", "", "/%22%3C%3E%60%7B%7D|/^"}, want{"http:", "", "h", "", "/%22%3C%3E%60%7B%7D%7C/%5E"}},
		{"http://h/?\"<>`{}|^'", want{"http:", "", "h", "", "/?%22%3C%3E`{}|^%27"}, want{"http:", "", "h", "", "/?%22%3C%3E%60%7B%7D%7C%5E%27"}},
		{"http://é.com/", want{"http:", "", "xn--9ca.com", "", "/"}, want{"http:", "", "xn--9ca.com", "", "/"}},
		{"http://h:99999/", want{}, want{"http:", "", "h", "99999", "/"}},
		{"http://a b/", want{}, want{"http:", "", "a", "", "%20b/"}},
		{"http://h:a/", want{}, want{"http:", "", "h", "", "/:a/"}},
		{"http://h/ü?ü", want{"http:", "", "h", "", "/%C3%BC?%C3%BC"}, want{"http:", "", "h", "", "/ü?ü"}},
		{"http://h%41/", want{"http:", "", "ha", "", "/"}, want{"http:", "", "h", "", "%41/"}},
		{"http://h./", want{"http:", "", "h.", "", "/"}, want{"http:", "", "h.", "", "/"}},
		{"localhost:8000/x", want{"localhost:", "", "", "", "8000/x"}, want{"localhost:", "", "8000", "", "/x"}},
		{"127.0.0.1:8000/x", want{}, want{"127.0.0.1:", "", "8000", "", "/x"}},
		{"foo bar", want{}, want{"", "", "", "", "foo%20bar"}},
		{"/foo", want{}, want{"", "", "", "", "/foo"}},
		{"//h/x", want{}, want{"", "", "", "", "//h/x"}},
	} {
		standard, valid := parseStandardURL(test.url)
		if valid != (test.standard != want{}) || valid && standard != test.standard {
			t.Errorf("%q by the standard: %+v %v, want %+v", test.url, standard, valid, test.standard)
		}
		if legacy := parseLegacyURL(test.url); legacy != test.legacy {
			t.Errorf("%q by the older rules: %+v, want %+v", test.url, legacy, test.legacy)
		}
	}
}
