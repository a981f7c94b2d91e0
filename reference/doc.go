// Package reference is HTTP/1.x as the documentation of Node.js describes its http module, for Go programs: servers and
// clients driven by events, with raw headers in their order and case, trailers, 1xx responses, upgrades, CONNECT, and a
// pool of connections that can be seen and steered. What the wire carries is byte for byte what Node sends.
//
// Most programs need [CreateServer], [Request] or [Get], and [NewAgent]:
//
//	server := reference.CreateServer(reference.ServerOptions{}, func(request *reference.IncomingMessage, response *reference.ServerResponse) {
//		response.SetHeader("Content-Type", "text/plain")
//		response.EndText("hello "+request.URL(), nil)
//	})
//	err := server.Listen("tcp", "127.0.0.1:8080")
//
// # From JavaScript to Go
//
//	JavaScript                          Go
//	server.on('request', f)             server.EventRequest.On(f); Once, Prepend, Off, Count, Emit beside it
//	server.emit('connection', socket)   server.EventConnection.Emit(socket); or server.ServeConnection(conn)
//	property x                          X() and, where it can be set, SetX(value)
//	milliseconds                        time.Duration
//	a thrown error                      a returned *Error with Node's code, class and message
//	return this                         nothing, or an error
//	response.write(chunk, callback)     more, err := response.Send(chunk, callback), which never blocks,
//	                                    or n, err := response.Write(chunk), which does
//	response.write(string)              SendText or WriteString
//	response.end(string, callback)      EndText(text, callback)
//	setHeader(name, array)              SetHeader(name, values...)
//	setHeader(name, number)             SetHeaderValue(name, NumberValue(n))
//	writeHead(200, 'reason', {...})     WriteHeadReason(200, "reason", Field(name, value)...)
//	req.on('data', f)                   request.EventData.On(f), or Read, which blocks
//	req.on('readable'), req.read()      request.EventReadable, request.Take
//	req.headers['x']                    request.Headers().Value("x")
//	net.Socket                          *Socket, over any io.ReadWriteCloser
//	class A extends IncomingMessage     ServerOptions.IncomingMessage, a function that sees each message first
//	an overridden method of an agent    a function field of AgentOptions
//	req.socket.getPeerCertificate()     request.Socket().Stream().(*tls.Conn).ConnectionState()
//	http.request(url, options, f)       RequestURL(url, &options, f); Request(options, f) without a URL
//	https.request(options, f)           the same with Agent: NewTLSAgent(...), or DefaultAgent: GlobalTLSAgent()
//	agent: false                        OneTimeAgent: true
//	setHost: false                      WithoutHost: true
//	keepAliveMsecs                      KeepAliveDelay
//	server.listen(port, host)           Listen("tcp", "host:port"); Listen("unix", path); Serve(listener); ServeFile(file)
//	x.connection, request.res           Socket(), IncomingMessage()
//	METHODS, STATUS_CODES               Methods(edition), StatusCodes(edition)
//	maxHeaderSize, globalAgent          MaxHeaderSize(edition), GlobalAgent()
//	a version of Node                   an Edition in the options; all differences stand in one table
//
// # Two styles
//
// In the event style nothing blocks: Send reports whether to go on or to wait for EventDrain, and EventData brings a
// body as it comes, until Pause. In the blocking style messages are an [io.Reader] and an [io.Writer], also inside a
// listener: a Read there takes bytes from the connection itself. Both can be used by different goroutines and show the
// same order of events. A body that nobody reads makes the peer wait in either style.
//
// # Order and concurrency
//
// Calls change state at once; events come later, never from inside the call that caused them. The events of one
// connection come one at a time, in the order in which Node emits them. Those of different connections come
// concurrently, unless an [Executor] puts everything on one loop. Every method can be called from any goroutine; a
// response may be ended by another goroutine, long after its listener has returned. A listener that blocks delays the
// other events of its connection, and nothing else. Calls that block anyway, [Do] and a Read that returns the end of a
// body, may deliver events themselves: do not hold a lock meanwhile that a listener takes.
//
// # The life of a message
//
// An outgoing message (a response, or a request of a client):
//
//	          SetHeader, RemoveHeader              Write, Send, FlushHeaders
//	            +-----+                                +-----+
//	            v     |                                v     |
//	made ---> open ---+--- WriteHead ---> settled ---> sending ---+
//	            |                            |                    |
//	            +-------- Write, Send, End --+--------- End ------+
//	                                                              v
//	                EventClose <--- EventFinish <--- ended (the bytes leave in their turn)
//	                    ^
//	                    +--- the connection closed, from any state before EventFinish
//
// "open" has an implicit header block that can be changed, "settled" an explicit one that waits for the first piece of
// the body. Bytes are kept until the message has its socket: a response gets it when those before it on the connection
// were ended, a request when its agent has one for it.
//
// An incoming message (a request to a server, or the response to a client):
//
//	head parsed ---> EventRequest or EventResponse ---> body arrives: EventData..., or Read ---> complete
//	                                                        |                                       |
//	                                                        | the connection closed                 v
//	                                                        v                                    EventEnd
//	                                                   EventAborted ---> EventClose <--- exchange over
//
// A connection of a server:
//
//	             head                    response ended, not the last
//	waiting ------------> exchanging ------------------------------------> waiting (KeepAliveTimeout)
//	   |                   |      |
//	   |                   |      +--- response ended, and it said Connection: close ---> closed
//	   |                   +--- Upgrade or CONNECT with a listener ---> the listener's socket
//	   +--- violation of the protocol, timeout, error: EventClientError, EventTimeout ---> closed
package reference
