// Package jshost gives programs of the goja JavaScript engine the http, https and net modules of Node, as package
// reference implements them. It runs a program as Node would: CommonJS require, Buffer, timers, process.nextTick,
// promises, console, and an event loop.
//
//	host := jshost.New(jshost.Options{Console: os.Stdout, Uncaught: func(thrown *jshost.Uncaught) { log.Print(thrown) }})
//	defer host.Close()
//	err := host.Run("server.js", `require('http').createServer(function (req, res) { res.end('hi'); }).listen(8080)`)
//
// # What it is
//
// A binding, and a thin one: arguments and results are converted, errors become exceptions with name, code and message,
// and events are passed on. No rule of HTTP is in it, so that what a program sees is what package reference does.
//
//   - A host is one runtime and one goroutine, its loop. Everything that touches the runtime happens there; [Host.Do]
//     brings work of Go code to it. Connections have goroutines of their own for blocking system calls, which end with
//     the connection.
//   - An object stands for one Go value, always the same one: req.socket === res.socket, and what a program puts on a
//     socket stays there.
//   - A Go event has a listener of the binding exactly while the JavaScript object has listeners of that name, because
//     whether somebody listens decides what HTTP does ('checkContinue', 'upgrade', 'timeout', ...). server.emit() of
//     a documented event emits the Go event.
//   - Hooks are looked up on the object when they are needed: agent.createConnection, keepSocketAlive, reuseSocket and
//     getName, options.createConnection and lookup, the classes in options.IncomingMessage and ServerResponse, and
//     socket.setTimeout, setNoDelay, setKeepAlive and destroy where the documents say that a message calls them.
//   - Any stream of the program, such as a stream.Duplex, can be a connection.
//   - Classes work with instanceof, with and without new where Node allows both, and as parents of ES5 and ES2015
//     classes.
//   - 'error' without a listener is an uncaught exception. Options.Uncaught hears of it, and the program goes on.
//
// # Order
//
// A turn of the loop runs timers, then what the network brought, then immediates. What a call causes ('finish',
// 'socket', callbacks, process.nextTick) runs in its order as soon as what runs now has returned, and promise jobs after
// it.
//
// # What is missing
//
// Modules: fs, crypto, zlib, child_process and everything that is not needed to speak HTTP; process has nextTick only.
// Of net.Socket, 'lookup' is not emitted, and ref and unref do not matter, since a host ends by [Host.Close]. Agents of
// the program that are not instances of http.Agent are refused. Async iteration of bodies waits for goja.
package jshost
