package reference

import (
	"strings"
	"time"

	"github.com/nodehttp/conform/reference/internal/http1"
)

// ServerResponse is the answer to a request. Its header block is implicit, made of SetHeader, the status code and the
// status message with the first piece of the body, or explicit, by WriteHead. Every response has to be ended.
type ServerResponse struct {
	OutgoingMessage

	// EventTimeout is emitted when the socket was idle for the time of SetTimeout. The socket is not destroyed then.
	EventTimeout Event1[*Socket]

	// Extension is for a ServerOptions.ServerResponse factory.
	Extension any

	request    *IncomingMessage
	connection *serverConnection

	// Guarded by mu.
	statusCode       int
	statusMessage    string
	expectsContinue  bool
	sentContinue     bool
	waitingForSocket time.Duration // a SetTimeout before there was a socket
}

// NewServerResponse makes a response to a request that no connection waits for; see AssignSocket.
func NewServerResponse(request *IncomingMessage) *ServerResponse {
	r := &ServerResponse{}
	r.init(request, request.behaviours, request.strand, nil)
	return r
}

func (r *ServerResponse) init(request *IncomingMessage, behaviours *behaviours, strand *strand, connection *serverConnection) {
	r.prepare(r, behaviours, strand, nil)
	r.request, r.connection = request, connection
	if connection != nil {
		r.dates = &connection.server.dates
	} else {
		r.dates = &http1.Dates{}
	}
	r.statusCode = 200
	r.sendDate = true
	r.hasBody = request.method != "HEAD"
	if request.major < 1 || request.minor < 1 {
		te, _ := request.Headers().Get("te")
		r.chunkedByDefault = containsToken(te, "chunked")
		r.shouldKeepAlive = false
	}
}

// Request returns the request that is answered.
func (r *ServerResponse) Request() *IncomingMessage { return r.request }

// StatusCode returns the status that is or was sent. Default: 200.
func (r *ServerResponse) StatusCode() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.statusCode
}

// SetStatusCode sets the status for an implicit header block. It is checked when that is made.
func (r *ServerResponse) SetStatusCode(code int) {
	r.mu.Lock()
	r.statusCode = code
	r.mu.Unlock()
}

// StatusMessage returns the reason phrase; empty as long as neither set nor sent.
func (r *ServerResponse) StatusMessage() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.statusMessage
}

// SetStatusMessage sets the reason phrase. Default: the one of StatusCodes.
func (r *ServerResponse) SetStatusMessage(message string) {
	r.mu.Lock()
	r.statusMessage = message
	r.mu.Unlock()
}

// WriteHead settles the header block: fields take precedence over what SetHeader set. It is sent with the first piece
// of the body. Errors: ERR_HTTP_INVALID_STATUS_CODE, ERR_INVALID_CHAR, ERR_INVALID_HTTP_TOKEN,
// ERR_HTTP_INVALID_HEADER_VALUE, ERR_HTTP_TRAILER_INVALID, and ERR_HTTP_HEADERS_SENT where fields would change what
// was sent.
func (r *ServerResponse) WriteHead(status int, fields ...HeaderField) error {
	return r.WriteHeadReason(status, "", fields...)
}

// WriteHeadReason is WriteHead with a reason phrase; an empty one is the default.
func (r *ServerResponse) WriteHeadReason(status int, reason string, fields ...HeaderField) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.writeHead(status, formatStatus(status), reason, reason != "", fields)
}

// WriteHeadText is WriteHeadReason for a status that was no number, which the error of an invalid one repeats.
func (r *ServerResponse) WriteHeadText(status int, original, reason string, hasReason bool, fields ...HeaderField) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.writeHead(status, original, reason, hasReason, fields)
}

// writeHead is called with mu held.
func (r *ServerResponse) writeHead(status int, original, reason string, hasReason bool, fields []HeaderField) error {
	valid := status >= 100 && status <= 999
	if !valid && !r.behaviours.reasonBeforeCheck {
		return r.behaviours.statusCodeError(original)
	}
	if hasReason {
		r.statusMessage = reason
	} else if r.statusMessage == "" {
		r.statusMessage = r.behaviours.statusText(status)
		if r.behaviours.reasonBeforeCheck && original != formatInt(status) {
			r.statusMessage = "unknown"
		}
	}
	if !valid {
		return r.behaviours.statusCodeError(formatInt(status))
	}
	r.statusCode = status
	checked := false
	if r.headers.used {
		for _, field := range fields {
			if field.Name == "" {
				continue
			}
			if err := r.setHeader(field.Name, field.Value); err != nil {
				return err
			}
		}
		fields, checked = r.headers.fields, true
	}
	if !r.behaviours.statusMessageUnchecked && hasInvalidCharacter(r.statusMessage) {
		return r.behaviours.characterError("statusMessage", "")
	}
	message := r.statusMessage
	if r.behaviours.statusMessageUnchecked {
		message = cutLine(message)
	}
	if status == 204 || status == 304 || status < 200 {
		r.hasBody = false
	}
	if r.expectsContinue && !r.sentContinue {
		// The client may or may not send the body it announced: nothing on this connection can be trusted after it.
		r.shouldKeepAlive = false
	}
	return r.storeHeader(status, fields, checked, "HTTP/1.1 ", formatStatus(status), " ", message)
}

// cutLine keeps a response whole where the edition's Node let anything into the status line: what no line may hold, also
// after Node has cut characters down to one byte, becomes a space.
func cutLine(text string) string {
	return strings.Map(func(c rune) rune {
		if c > 0xff || c < ' ' && c != '\t' || c == 0x7f {
			return ' '
		}
		return c
	}, text)
}

func (r *ServerResponse) implicitHeader() error {
	return r.writeHead(r.statusCode, formatStatus(r.statusCode), "", false, nil)
}

// WriteContinue sends 100 Continue, for EventCheckContinue. callback may be nil.
func (r *ServerResponse) WriteContinue(callback func(error)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.transmitParts(listenerOf(callback), []byte("HTTP/1.1 100 Continue\r\n\r\n"), nil, nil)
	r.sentContinue = true
}

// WriteProcessing sends 102 Processing. callback may be nil.
func (r *ServerResponse) WriteProcessing(callback func(error)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.transmitParts(listenerOf(callback), []byte("HTTP/1.1 102 Processing\r\n\r\n"), nil, nil)
}

// SetTimeout calls SetTimeout of the socket, now or when the response has one. callback may be nil; it is added to
// EventTimeout.
func (r *ServerResponse) SetTimeout(d time.Duration, callback func(*Socket)) {
	if callback != nil {
		r.EventTimeout.On(callback)
	}
	r.mu.Lock()
	socket := r.socket
	if socket == nil {
		r.waitingForSocket = max(d, 1)
	}
	r.mu.Unlock()
	if socket != nil {
		socket.methods().SetTimeout(d, nil)
	}
}

// Destroy destroys the connection.
func (r *ServerResponse) Destroy(err error) {
	if socket := r.Socket(); socket != nil {
		socket.Destroy(err)
		return
	}
	if r.connection != nil && !r.WritableEnded() {
		r.connection.socket.Destroy(err)
	}
}

// AssignSocket gives a socket to a response that was made by NewServerResponse. Error: ERR_HTTP_SOCKET_ASSIGNED.
func (r *ServerResponse) AssignSocket(socket *Socket) error {
	if r.Socket() != nil {
		return r.behaviours.socketAssignedError()
	}
	r.assign(socket)
	return nil
}

// DetachSocket takes the socket away.
func (r *ServerResponse) DetachSocket() { r.detach() }

func (r *ServerResponse) assign(socket *Socket) {
	r.mu.Lock()
	timeout := r.waitingForSocket
	r.waitingForSocket = 0
	r.mu.Unlock()
	if timeout > 0 {
		socket.SetTimeout(timeout, nil)
	}
	if r.attach(socket) {
		r.strand.post(func() { r.EventDrain.Emit() })
	}
}

func (r *ServerResponse) messageEnded() {
	if r.connection != nil {
		r.connection.responseEnded(r)
	}
}

func (r *ServerResponse) messageFinished() {
	r.mu.Lock()
	r.socket = nil
	r.attached = false
	r.mu.Unlock()
	if r.connection != nil {
		r.connection.responseFinished(r)
	}
}

func (r *ServerResponse) messageLost() {
	if r.connection != nil {
		r.connection.responseLost(r)
	}
}

func (r *ServerResponse) pendingOutput(delta int) {
	if r.connection != nil {
		r.connection.pendingOutput(delta)
	}
}

// responseCloseStep is the end of a response's life, as posted to its strand.
type responseCloseStep ServerResponse

func (s *responseCloseStep) run() { s.EventClose.Emit() }
