package jshost_test

import (
	"testing"

	"github.com/nodehttp/conform/reference"
	"github.com/nodehttp/conform/reference/jshost"
)

// TestProgramsSeeNode runs programs whose notes are those that the real Node of the edition makes. Each keeps one
// behaviour that no document states, and that programs meet.
func TestProgramsSeeNode(t *testing.T) {
	for _, test := range []struct {
		name    string
		edition reference.Edition
		program string
		want    string
	}{
		{name: "ticks, promise jobs and what a call causes have one order", program: `
			process.nextTick(function () {
				note('tick');
				Promise.resolve().then(function () { note('job of the tick'); });
				process.nextTick(function () { note('second tick'); });
			});
			Promise.resolve().then(function () {
				note('job');
				process.nextTick(function () { note('tick of the job'); done(); });
			});
			note('program');`, want: "program\ntick\nsecond tick\njob\njob of the tick\ntick of the job"},
		{name: "a socket's data listeners hear what HTTP reads", program: serving(
			`req.on('data', function (chunk) { note('body', chunk.length); });
			req.on('end', function () { res.end(); });`,
			`server.on('connection', function (socket) {
				socket.on('data', function (chunk) { note('socket', chunk.length); });
			});
			var socket = net.connect(port, host);
			socket.on('data', function (chunk) { note('answer', String(chunk).slice(0, 15)); socket.destroy(); done(); });
			socket.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n');
			setTimeout(function () { socket.write('abc'); }, 20);`),
			want: "socket 47\nbody 3\nsocket 3\nanswer HTTP/1.1 200 OK"},
		{name: "path and method of a request can be assigned until it is sent", program: serving(
			`note(req.method, req.url); res.end();`,
			`var req = http.request({host: host, port: port, agent: false}, function () { done(); });
			req.method = 'PUT'; req.path = '/assigned'; req.end();`), want: "PUT /assigned"},
		{name: "a flat list of headers is a list of words, as it was before Node 15", program: `
			var res = new http.ServerResponse({httpVersionMajor: 1, httpVersionMinor: 1});
			try { res.writeHead(200, ['X-A', '1']); } catch (e) { note(e.code, e.message); }
			done();`, want: `ERR_HTTP_INVALID_HEADER_VALUE Invalid value "undefined" for header "1"`},
		{name: "headers behind an undefined reason are not seen", program: serving(
			`res.writeHead(200, undefined, {'X-A': '1'}); res.end();`,
			`http.get({host: host, port: port}, function (res) { note(res.headers['x-a']); done(); });`), want: "undefined"},
		{name: "a refused chunk settles the header block", program: serving(
			`try { res.write([]); } catch (e) { note(e.message, res.headersSent); } res.end();`,
			`http.get({host: host, port: port}, function (res) { note(res.headers['transfer-encoding']); done(); });`),
			want: "The first argument must be of type string or an instance of Buffer or Uint8Array. Received an instance of Array true\nchunked"},
		{name: "what is written to a response without a body has no callback", program: serving(
			`res.writeHead(204); note(res.write('x', function () { note('written'); })); res.end();`,
			`http.get({host: host, port: port}, function () { done(); });`), want: "true"},
		{name: "the end of a body is readable once more", program: serving(
			`req.on('readable', function () { var chunk = req.read(); note(chunk === null ? 'null' : String(chunk)); });
			req.on('end', function () { note('end'); res.end(); });`,
			`http.request({host: host, port: port, method: 'POST'}, function () { done(); }).end('abc');`), want: "abc\nnull\nend"},
		{name: "a response that was cut off emits close although it was ended", program: serving(
			`res.on('close', function () { note('close'); done(); });
			res.on('finish', function () { note('finish'); });
			req.socket.destroy(); res.end('abc');`,
			`http.get({host: host, port: port}).on('error', function () {});`), want: "close"},
		{name: "prefinish comes from inside of end", program: serving(
			`res.on('prefinish', function () { note('prefinish'); });
			res.on('finish', function () { note('finish'); });
			res.end(); note('ended');`,
			`http.get({host: host, port: port, agent: false}, function (res) { res.on('end', done).resume(); });`),
			want: "prefinish\nended\nfinish"},
		{name: "a response knows its request, and a server's response does not", program: serving(
			`note('req' in res); res.end();`,
			`var req = http.get({host: host, port: port}, function (res) { note(res.req === req); done(); });`), want: "false\ntrue"},
		{name: "a detached response writes to the stream that it is assigned", program: `
			var Writable = require('stream').Writable, written = '';
			var res = new http.ServerResponse({method: 'GET', httpVersionMajor: 1, httpVersionMinor: 1});
			res.sendDate = false;
			res.assignSocket(new Writable({write: function (chunk, encoding, callback) { written += chunk; callback(); }}));
			res.on('finish', function () { note(JSON.stringify(written)); done(); });
			res.end('hi');`, want: `"HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nhi"`},
		{name: "a message that is neither request nor response keeps headers only", program: `
			var message = new http.OutgoingMessage();
			message.setHeader('A', 'b'); note(message.getHeader('a'));
			try { message.write('x'); } catch (e) { note(e.code); }
			done();`, want: "b\nERR_METHOD_NOT_IMPLEMENTED"},
		{name: "a big write asks the writer to wait, whatever the system takes", program: serving(
			`note(res.write(Buffer.alloc(20000))); res.on('drain', function () { note('drain'); res.end(); });`,
			`http.get({host: host, port: port}, function (res) { res.on('end', done).resume(); });`), want: "false\ndrain"},
		{name: "the last call of setTimeout counts", program: serving(
			`setTimeout(function () { res.end(); }, 60);`,
			`var req = http.get({host: host, port: port, agent: false}, function (res) { res.on('end', done).resume(); });
			req.on('timeout', function () { note('timeout'); });
			req.setTimeout(20);
			req.on('socket', function () { req.setTimeout(0); });`), want: ""},
		{name: "the name of an error has its code in Node 10", edition: reference.V10, program: `
			try { http.request({method: 'A B'}); } catch (e) { note(e.name, e.code); } done();`,
			want: "TypeError [ERR_INVALID_HTTP_TOKEN] ERR_INVALID_HTTP_TOKEN"},
		{name: "Node 6 returns other things", edition: reference.V6, program: `
			http.createServer(function (req, res) {
				note(res.writeHead(200), typeof res.end(), typeof res.getHeaders, req.aborted);
			}).listen(0, '127.0.0.1', function () { http.get({host: '127.0.0.1', port: this.address().port}, done); });`,
			want: "undefined boolean undefined undefined"},
		{name: "the folder of a Unix socket that does not exist is not allowed", program: `
			http.createServer().on('error', function (e) { note(e.code, e.port, e.message); done(); }).listen('/none/x.sock');`,
			want: "EACCES -1 listen EACCES: permission denied /none/x.sock"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := run(t, jshost.Options{Edition: test.edition}, test.program); got != test.want {
				t.Errorf("the program noted\n%s\nwanted\n%s", got, test.want)
			}
		})
	}
}
