package conformtest_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/nodehttp/conform/harness/conformtest"
)

// TestNetHTTP is what the test of a server looks like. Go's net/http is no
// Node, and what is different on purpose is listed with the reason.
func TestNetHTTP(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		io.WriteString(w, "hello world")
	}))
	defer server.Close()
	conformtest.Server(t, server.URL, "hello", conformtest.Options{
		Only: []string{"server.event-request/*", "server.event-connect/*"},
		KnownFailing: map[string]string{
			"server.event-connect/hello-closes": "a handler of net/http answers CONNECT like any other request",
		},
	})
}
