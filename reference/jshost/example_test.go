package jshost_test

import (
	"fmt"
	"os"

	"github.com/dop251/goja"

	"github.com/nodehttp/conform/reference/jshost"
)

// A program that serves, asks itself, and tells Go that it is done.
func Example() {
	host := jshost.New(jshost.Options{
		Console:  os.Stdout,
		Uncaught: func(thrown *jshost.Uncaught) { fmt.Println("uncaught:", thrown) },
	})
	defer host.Close()

	done := make(chan struct{})
	host.Do(func(vm *goja.Runtime) { _ = vm.Set("done", func() { close(done) }) })
	err := host.Run("example.js", `
		var http = require('http');
		var server = http.createServer(function (req, res) {
			res.writeHead(200, {'Content-Type': 'text/plain'});
			res.end('hello ' + req.url.slice(1));
		});
		server.listen(0, '127.0.0.1', function () {
			http.get({host: '127.0.0.1', port: server.address().port, path: '/world'}, function (res) {
				console.log(res.statusCode, res.headers['content-type']);
				res.setEncoding('utf8');
				res.on('data', function (text) { console.log(text); });
				res.on('end', done);
			});
		});
	`)
	if err != nil {
		fmt.Println(err)
		return
	}
	<-done
	// Output:
	// 200 text/plain
	// hello world
}
