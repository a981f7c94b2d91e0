package jshost_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/dop251/goja"

	"github.com/nodehttp/conform/reference"
	"github.com/nodehttp/conform/reference/jshost"
)

// run runs a program until it has called done, and returns what it has passed to note, one line each.
func run(t *testing.T, options jshost.Options, program string) string {
	t.Helper()
	var notes []string
	finished := make(chan struct{})
	options.Uncaught = func(thrown *jshost.Uncaught) {
		code := ""
		if object, ok := thrown.Value.(*goja.Object); ok && object.Get("code") != nil {
			code = " " + object.Get("code").String()
		}
		notes = append(notes, "uncaught "+thrown.Value.String()+code)
	}
	host := jshost.New(options)
	defer func() {
		host.Close()
		<-host.Done()
	}()
	host.Do(func(vm *goja.Runtime) {
		_ = vm.Set("note", func(call goja.FunctionCall) goja.Value {
			words := make([]string, len(call.Arguments))
			for i, argument := range call.Arguments {
				words[i] = text(argument)
			}
			notes = append(notes, strings.Join(words, " "))
			return goja.Undefined()
		})
		_ = vm.Set("done", func(goja.FunctionCall) goja.Value {
			select {
			case <-finished:
			default:
				close(finished)
			}
			return goja.Undefined()
		})
	})
	if err := host.Run(t.Name()+".js", "var http = require('http'), net = require('net');\n"+program); err != nil {
		t.Fatal(err)
	}
	select {
	case <-finished:
	case <-time.After(10 * time.Second):
		seen := make(chan string, 1)
		host.Do(func(*goja.Runtime) { seen <- strings.Join(notes, "\n") })
		t.Fatalf("the program did not call done; it noted:\n%s", <-seen)
	}
	result := make(chan string, 1)
	host.Do(func(*goja.Runtime) { result <- strings.Join(notes, "\n") })
	return <-result
}

func text(value goja.Value) string {
	if object, ok := value.(*goja.Object); ok {
		if encoded, err := json.Marshal(object); err == nil && string(encoded) != "{}" {
			return string(encoded)
		}
	}
	return value.String()
}

// serving wraps a request handler and a client's part: the client runs when the server listens.
func serving(handler, client string) string {
	return fmt.Sprintf(`
var server = http.createServer(function (req, res) { %s });
server.listen(0, '127.0.0.1', function () { var port = server.address().port, host = '127.0.0.1'; %s });`, handler, client)
}

func TestPrograms(t *testing.T) {
	for _, test := range []struct {
		name    string
		edition reference.Edition
		program string
		want    string
	}{
		{name: "a request is answered, and the body read as text", program: serving(
			`res.setHeader('X-A', ['1', '2']); res.end('hello ' + req.url);`,
			`http.get({host: host, port: port, path: '/x'}, function (res) {
				note(res.statusCode, res.headers['x-a'], res.rawHeaders.slice(0, 4));
				var body = '';
				res.setEncoding('utf8');
				res.on('data', function (chunk) { body += chunk; });
				res.on('end', function () { note(body); done(); });
			});`),
			want: "200 1, 2 [\"X-A\",\"1\",\"X-A\",\"2\"]\nhello /x"},
		{name: "header values come back as they were set", program: serving(
			`var list = ['a'], when = new Date(0);
			 res.setHeader('N', 5); res.setHeader('L', list); res.setHeader('D', when);
			 note(typeof res.getHeader('n'), res.getHeader('l') === list, res.getHeader('d') === when);
			 list.push('b'); res.end();`,
			`http.get({host: host, port: port}, function (res) { note(res.headers.n, res.headers.l); done(); });`),
			want: "number true true\n5 a, b"},
		{name: "errors have class, name, code and message", program: `
			var res = new http.ServerResponse({});
			try { res.setHeader('a b', 'c'); } catch (e) { note(e instanceof TypeError, e.name, e.code, e.message); }
			try { res.setHeader('a'); } catch (e) { note(e.code); }
			try { res.writeHead(9); } catch (e) { note(e instanceof RangeError, e.code); }
			done();`,
			want: "true TypeError ERR_INVALID_HTTP_TOKEN Header name must be a valid HTTP token [\"a b\"]\n" +
				"ERR_HTTP_INVALID_HEADER_VALUE\ntrue ERR_HTTP_INVALID_STATUS_CODE"},
		{name: "errors of old editions have no code", edition: reference.V6, program: `
			try { new http.ServerResponse({}).setHeader('a b', 'c'); } catch (e) { note(e.name, e.code); }
			done();`, want: "TypeError undefined"},
		{name: "classes can be tested, called without new, and extended in both ways", program: `
			note(new http.Agent() instanceof http.Agent, http.Agent() instanceof http.Agent);
			function Old(options) { http.Agent.call(this, options); }
			require('util').inherits(Old, http.Agent);
			class New extends http.Agent { constructor(options) { super(options); this.own = 1; } getName() { return 'n'; } }
			note(new Old({maxSockets: 3}).maxSockets, new New({maxSockets: 4}).maxSockets, new New().own);
			note(new Old() instanceof http.Agent, new http.Agent().maxSockets === Infinity);
			note(http.createServer() instanceof http.Server, http.createServer() instanceof net.Server);
			done();`,
			want: "true true\n3 4 1\ntrue true\ntrue true"},
		{name: "the classes of a server's messages can be the program's", program: `
			class Request extends http.IncomingMessage { get shouted() { return this.url.toUpperCase(); } }
			class Response extends http.ServerResponse { say(text) { this.end(text + text); } }
			var server = http.createServer({IncomingMessage: Request, ServerResponse: Response}, function (req, res) {
				note(req instanceof Request, res instanceof Response, req.shouted, req.socket === res.socket);
				res.say('ha');
			}).listen(0, '127.0.0.1', function () {
				http.get({host: '127.0.0.1', port: server.address().port, path: '/a'}, function (res) {
					res.on('data', function (chunk) { note(chunk.toString(), Buffer.isBuffer(chunk)); done(); });
				});
			});`, want: "true true /A true\nhaha true"},
		{name: "the same socket is the same object, with what the program put on it", program: `
			var server = http.createServer(function (req, res) {
				note(req.socket === res.socket, req.connection === req.socket, req.socket.mine, req.socket instanceof net.Socket);
				res.end();
			});
			server.on('connection', function (socket) { socket.mine = 7; });
			server.listen(0, '127.0.0.1', function () {
				http.get({host: '127.0.0.1', port: server.address().port}, function () { done(); });
			});`, want: "true true 7 true"},
		{name: "whether somebody listens decides, and a listener can be taken off again", program: `
			function check(req, res) { res.writeHead(417); res.end(); }
			var server = http.createServer(function (req, res) { note('request'); res.end(); });
			server.on('checkContinue', check);
			server.removeListener('checkContinue', check);
			server.listen(0, '127.0.0.1', function () {
				http.get({host: '127.0.0.1', port: server.address().port, headers: {Expect: '100-continue'}}, function (res) {
					note(res.statusCode); done();
				}).on('continue', function () { note('continue'); });
			});`, want: "request\ncontinue\n200"},
		{name: "emitting a documented event reaches Go", program: `
			var server = http.createServer(function (req, res) { res.end('by hand'); });
			net.createServer(function (socket) { note(server.emit('connection', socket)); })
				.listen(0, '127.0.0.1', function () {
					http.get({host: '127.0.0.1', port: this.address().port}, function (res) {
						res.on('data', function (chunk) { note(String(chunk)); done(); });
					});
				});`, want: "true\nby hand"},
		{name: "what a listener throws goes to who emits it", program: `
			var server = http.createServer();
			server.on('timeout', function () { throw new Error('mine'); });
			try { server.emit('timeout', new net.Socket()); } catch (e) { note(e.message); }
			done();`, want: "mine"},
		{name: "an error event without a listener is uncaught", program: `
			net.createServer().listen(0, '127.0.0.1', function () {
				var port = this.address().port;
				http.createServer().listen(port, '127.0.0.1');
				setTimeout(done, 20);
			});`, want: "uncaught Error: listen EADDRINUSE: address already in use 127.0.0.1:PORT EADDRINUSE"},
		{name: "an exception of a handler is uncaught, and the program goes on", program: serving(
			`res.end(); throw new TypeError('oops');`,
			`http.get({host: host, port: port}, function (res) { note(res.statusCode); done(); });`),
			want: "uncaught TypeError: oops\n200"},
		{name: "hooks of an agent are looked up when they are needed", program: serving(
			`res.end();`,
			`var agent = new http.Agent({keepAlive: true});
			agent.createConnection = function (options, callback) {
				note('createConnection', options.port === port, options.extra);
				return net.createConnection(options);
			};
			agent.keepSocketAlive = function (socket) {
				note('keepSocketAlive', socket instanceof net.Socket);
				return http.Agent.prototype.keepSocketAlive.call(this, socket);
			};
			agent.reuseSocket = function (socket, req) { note('reuseSocket', req.path); };
			http.get({host: host, port: port, agent: agent, extra: 'e'}, function (res) {
				res.resume();
				res.on('end', function () {
					setTimeout(function () {
						http.get({host: host, port: port, path: '/2', agent: agent}, function () { done(); });
					}, 20);
				});
			});`), want: "createConnection true e\nkeepSocketAlive true\nreuseSocket /2"},
		{name: "an agent shows its sockets and requests by name", program: serving(
			`setTimeout(function () { res.end(); }, 20);`,
			`var agent = new http.Agent({maxSockets: 1});
			var first = http.get({host: host, port: port, agent: agent}), second = http.get({host: host, port: port, agent: agent});
			var name = agent.getName({host: host, port: port});
			note(Object.keys(agent.sockets)[0] === name, agent.sockets[name].length, agent.requests[name][0] === second);
			first.on('socket', function (socket) { note(agent.sockets[name][0] === socket); done(); });`),
			want: "true 1 true\ntrue"},
		{name: "'finish' and ticks come before timers and immediates", program: serving(
			`res.on('finish', function () { note('finish'); });
			 setImmediate(function () { note('immediate'); done(); });
			 res.end('x', function () { note('callback'); });
			 process.nextTick(function () { note('tick'); });
			 note('returned');`,
			`http.get({host: host, port: port});`),
			want: "returned\nfinish\ncallback\ntick\nimmediate"},
		{name: "a body is read piece by piece, paused, and with read()", program: serving(
			`req.on('readable', function () {
				var chunk;
				while ((chunk = req.read(2)) !== null) note(String(chunk));
			 });
			 req.on('end', function () { note('end'); res.end(); });`,
			`http.request({host: host, port: port, method: 'POST'}, function () { done(); }).end('abcde');`),
			want: "ab\ncd\ne\nend"},
		{name: "a character that arrives in two pieces is one", program: serving(
			`res.write(Buffer.from([0xc3])); setTimeout(function () { res.end(Buffer.from([0xa9])); }, 10);`,
			`http.get({host: host, port: port}, function (res) {
				res.setEncoding('utf8');
				res.on('data', function (chunk) { note(chunk.length, chunk); });
				res.on('end', done);
			});`), want: "1 é"},
		{name: "writes take encodings and call back", program: serving(
			`res.write('6869', 'hex', function (e) { note('written', e); }); res.write('aGk=', 'base64'); res.end('\xe9', 'latin1');`,
			`http.get({host: host, port: port}, function (res) {
				var all = '';
				res.on('data', function (chunk) { all += chunk.toString('hex'); });
				res.on('end', function () { note(all); done(); });
			});`), want: "written undefined\n68696869e9"},
		{name: "a chunk that is neither text nor bytes is refused", program: `
			var res = new http.ServerResponse({});
			try { res.write(5); } catch (e) { note(e.code, e.message); }
			try { res.write(null); } catch (e) { note(e.code); }
			done();`,
			want: "ERR_INVALID_ARG_TYPE The first argument must be of type string or an instance of Buffer or Uint8Array. Received type number (5)\n" +
				"ERR_INVALID_ARG_TYPE"},
		{name: "pipe carries a body through", program: serving(
			`req.pipe(res);`,
			`var req = http.request({host: host, port: port, method: 'POST'}, function (res) {
				res.on('data', function (chunk) { note(String(chunk)); });
				res.on('end', done);
			});
			req.end('echo');`), want: "echo"},
		{name: "an upgraded socket is the program's, with what came behind the head", program: `
			var server = http.createServer();
			server.on('upgrade', function (req, socket, head) {
				note(req.headers.upgrade, String(head));
				socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n');
				socket.on('data', function (chunk) { socket.end('got ' + chunk); });
			});
			server.listen(0, '127.0.0.1', function () {
				var socket = net.connect(server.address().port, '127.0.0.1'), all = '';
				socket.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\nearly');
				socket.setEncoding('latin1');
				var sent = false;
				socket.on('data', function (chunk) {
					all += chunk;
					if (!sent) { sent = true; socket.write('more'); }
				});
				socket.on('end', function () { note(all.split('\r\n\r\n')[1]); done(); });
			});`, want: "x early\ngot more"},
		{name: "any stream of the program can be a connection", program: `
			var stream = new (require('stream').Duplex)();
			stream._read = function () {};
			stream._write = function (chunk, encoding, callback) {
				if (/\r\n\r\n/.test(chunk)) stream.push('HTTP/1.1 204 No Content\r\n\r\n');
				callback();
			};
			http.request({createConnection: function () { return stream; }}, function (res) {
				note(res.statusCode, res.socket === stream); done();
			}).end();`, want: "204 true"},
		{name: "methods that a program puts on a socket are called where messages call them", program: serving(
			`req.socket.setTimeout = function (ms) { note('setTimeout', ms); }; req.setTimeout(1234); res.end();`,
			`http.get({host: host, port: port}, function () { done(); });`), want: "setTimeout 1234"},
		{name: "the edition decides what there is", edition: reference.V10, program: `
			note(http.METHODS.indexOf('SOURCE') >= 0, http.maxHeaderSize, http.STATUS_CODES[418]);
			note(http.createServer().headersTimeout, http.createServer().keepAliveTimeout);
			done();`, want: "true undefined I'm a teapot\nundefined 5000"},
		{name: "timers keep their order and can be stopped", program: `
			var stopped = setTimeout(function () { note('stopped'); }, 1);
			setTimeout(function (a) { note('a', a); }, 2, 'argument');
			setTimeout(function () { note('b'); clearInterval(every); done(); }, 30);
			var n = 0, every = setInterval(function () { if (++n === 2) note('twice'); }, 1);
			clearTimeout(stopped);`, want: "a argument\ntwice\nb"},
		{name: "Buffer knows its encodings", program: `
			var b = Buffer.from('h\u00e9', 'utf8');
			note(b.length, b.toString('hex'), b.toString('base64'), b.slice(1).length, b.slice(0, 1) instanceof Buffer);
			note(Buffer.concat([b, bytes(b)]).length, b.equals(bytes(b)), Buffer.byteLength('\u00e9'), Buffer('a').toString());
			function bytes(x) { return Buffer.from(x); }
			done();`, want: "3 68c3a9 aMOp 2 true\n6 true 2 a"},
		{name: "promises run", program: `
			Promise.resolve(1).then(function (one) { note('then', one); done(); }); note('first');`, want: "first\nthen 1"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := run(t, jshost.Options{Edition: test.edition}, test.program)
			if strings.Contains(test.want, "PORT") {
				got = replacePort(got)
			}
			if got != test.want {
				t.Errorf("the program noted\n%s\nwanted\n%s", got, test.want)
			}
		})
	}
}

// replacePort makes what a free port turned out to be comparable.
func replacePort(text string) string {
	before, after, found := strings.Cut(text, "127.0.0.1:")
	if !found {
		return text
	}
	return before + "127.0.0.1:PORT" + strings.TrimLeft(after, "0123456789")
}

func TestCloseInterruptsProgram(t *testing.T) {
	host := jshost.New(jshost.Options{})
	started := make(chan struct{})
	host.Do(func(vm *goja.Runtime) { _ = vm.Set("started", func() { close(started) }) })
	if err := host.Run("forever.js", "started(); for (;;) {}"); err != nil {
		t.Fatal(err)
	}
	<-started
	host.Close()
	<-host.Done()
	if host.Do(func(*goja.Runtime) {}) {
		t.Error("a closed host takes work")
	}
	if err := host.Run("late.js", "1"); err != jshost.ErrClosed {
		t.Errorf("running on a closed host: %v", err)
	}
}

func TestCloseEndsConnectionsOfProgram(t *testing.T) {
	host := jshost.New(jshost.Options{})
	open := make(chan struct{})
	host.Do(func(vm *goja.Runtime) { _ = vm.Set("open", func() { close(open) }) })
	// A server that never answers, a client that waits, a bare connection, timers.
	if err := host.Run("open.js", `
		var http = require('http'), net = require('net');
		setInterval(function () {}, 1);
		var server = http.createServer(function () { open(); }).listen(0, '127.0.0.1', function () {
			net.connect(server.address().port, '127.0.0.1');
			http.get({host: '127.0.0.1', port: server.address().port, agent: new http.Agent({keepAlive: true})});
		});`); err != nil {
		t.Fatal(err)
	}
	<-open
	host.Close()
	<-host.Done() // TestMain looks for goroutines
}

func TestSyntaxErrorIsReturned(t *testing.T) {
	host := jshost.New(jshost.Options{})
	defer host.Close()
	if err := host.Run("wrong.js", "var ="); err == nil {
		t.Error("no error")
	}
}

func TestPanicOfGoIsUncaught(t *testing.T) {
	seen := make(chan *jshost.Uncaught, 1)
	host := jshost.New(jshost.Options{Uncaught: func(thrown *jshost.Uncaught) { seen <- thrown }})
	defer host.Close()
	host.Do(func(*goja.Runtime) { panic("broken") })
	if thrown := <-seen; thrown.Panic != "broken" {
		t.Errorf("seen %v", thrown)
	}
}

// BenchmarkNew is what one program costs before it runs.
func BenchmarkNew(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		host := jshost.New(jshost.Options{})
		host.Close()
		<-host.Done()
	}
}
