package reference

import (
	"fmt"
	"strconv"
)

// Error is the error of every documented failure of this package.
type Error struct {
	// Code is Node's error code, such as "ERR_HTTP_HEADERS_SENT", "ECONNRESET" or "HPE_INVALID_METHOD". It is empty
	// where the edition's Node has none.
	Code string
	// Name is the JavaScript class: "Error", "TypeError" or "RangeError".
	Name string
	// Message is Node's text, without the code.
	Message string
	// Reason is the parser's own explanation; only for codes that begin with "HPE_", and not before edition v12.
	Reason string
	// BytesParsed is how many bytes of the last packet were accepted; only for codes that begin with "HPE_".
	BytesParsed int
	// RawPacket is that packet; nil where there is none, as at the end of a connection, and before edition v10.
	RawPacket []byte
	// Cause is the error of the operating system or of crypto/tls, if there is one.
	Cause error
}

// Error returns the message, with the code in brackets if there is one.
func (e *Error) Error() string {
	if e.Code == "" {
		return e.Message
	}
	return e.Message + " [" + e.Code + "]"
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

// Is makes errors.Is compare by code: errors.Is(err, &Error{Code: "ECONNRESET"}).
func (e *Error) Is(target error) bool {
	other, ok := target.(*Error)
	return ok && other.Code != "" && other.Code == e.Code
}

const (
	nameError      = "Error"
	nameTypeError  = "TypeError"
	nameRangeError = "RangeError"
)

// coded returns an error, without its code in an edition that has none for API misuse.
func (b *behaviours) coded(code, name, message string) *Error {
	if b.errorsWithoutCode {
		code = ""
	}
	return &Error{Code: code, Name: name, Message: message}
}

// headersSentError is for a change of the header block after it was sent; action is "set", "remove", "write" or "render".
func (b *behaviours) headersSentError(action string) *Error {
	message := "Cannot " + action + " headers after they are sent to the client"
	if b.errorsWithoutCode {
		switch action {
		case "remove":
			message = "Can't remove headers after they are sent"
		case "render":
			message = "Can't render headers after they are sent to the client"
		default:
			message = "Can't " + action + " headers after they are sent."
		}
	}
	return b.coded("ERR_HTTP_HEADERS_SENT", nameError, message)
}

// tokenError is for a name that is no token; what is "Header name", "Trailer name" or "Method".
func (b *behaviours) tokenError(what, name string) *Error {
	token := "token"
	if b.errorsWithoutCode {
		token = "Token"
	}
	return b.coded("ERR_INVALID_HTTP_TOKEN", nameTypeError, what+" must be a valid HTTP "+token+` ["`+name+`"]`)
}

// characterError is for a value with a forbidden character; what is "header content", "trailer content" or
// "statusMessage", name the field's name or empty.
func (b *behaviours) characterError(what, name string) *Error {
	if b.errorsWithoutCode {
		return &Error{Name: nameTypeError, Message: "The header content contains invalid characters"}
	}
	message := "Invalid character in " + what
	if name != "" {
		message += ` ["` + name + `"]`
	}
	return &Error{Code: "ERR_INVALID_CHAR", Name: nameTypeError, Message: message}
}

// headerValueError is for a value that is undefined.
func (b *behaviours) headerValueError(name string) *Error {
	if b.errorsWithoutCode {
		return &Error{Name: nameError, Message: `"value" required in setHeader("` + name + `", value)`}
	}
	return &Error{Code: "ERR_HTTP_INVALID_HEADER_VALUE", Name: nameTypeError,
		Message: `Invalid value "undefined" for header "` + name + `"`}
}

// statusCodeError is for a status code outside 100 to 999; code is what the caller gave.
func (b *behaviours) statusCodeError(code string) *Error {
	return b.coded("ERR_HTTP_INVALID_STATUS_CODE", nameRangeError, "Invalid status code: "+code)
}

// trailerError is for a Trailer field in a message that is not chunked.
func (b *behaviours) trailerError() *Error {
	return b.coded("ERR_HTTP_TRAILER_INVALID", nameError, "Trailers are invalid with this transfer encoding")
}

// writeAfterEndError is for a write after End.
func (b *behaviours) writeAfterEndError() *Error {
	return b.coded("ERR_STREAM_WRITE_AFTER_END", nameError, "write after end")
}

// destroyedError is for a write to a destroyed socket.
func (b *behaviours) destroyedError(operation string) *Error {
	if b.errorsWithoutCode {
		return &Error{Name: nameError, Message: "This socket has been ended by the other party"}
	}
	return &Error{Code: "ERR_STREAM_DESTROYED", Name: nameError,
		Message: "Cannot call " + operation + " after a stream was destroyed"}
}

// argumentTypeError is for an argument of the wrong type; expected is such as "of type string", received such as
// "undefined" or "type number (5)". what is such as `"name" argument`.
func (b *behaviours) argumentTypeError(what, expected, received string) *Error {
	return b.coded("ERR_INVALID_ARG_TYPE", nameTypeError,
		"The "+what+" must be "+expected+". Received "+received)
}

// rangeError is for a number out of its range.
func (b *behaviours) rangeError(what, expected string, received any) *Error {
	return b.coded("ERR_OUT_OF_RANGE", nameRangeError,
		fmt.Sprintf(`The value of "%s" is out of range. It must be %s. Received %v`, what, expected, received))
}

// unescapedError is for a request path with a character that has to be escaped.
func (b *behaviours) unescapedError() *Error {
	return b.coded("ERR_UNESCAPED_CHARACTERS", nameTypeError, "Request path contains unescaped characters")
}

// protocolError is for a protocol that the agent does not speak.
func (b *behaviours) protocolError(actual, expected string) *Error {
	if b.errorsWithoutCode {
		return &Error{Name: nameError, Message: `Protocol "` + actual + `" not supported. Expected "` + expected + `"`}
	}
	return &Error{Code: "ERR_INVALID_PROTOCOL", Name: nameTypeError,
		Message: `Protocol "` + actual + `" not supported. Expected "` + expected + `"`}
}

// domainNameError is for a URL without a usable host.
func (b *behaviours) domainNameError() *Error {
	if b.errorsWithoutCode {
		return &Error{Name: nameError, Message: "Unable to determine the domain name"}
	}
	return &Error{Code: "ERR_INVALID_DOMAIN_NAME", Name: nameTypeError, Message: "Unable to determine the domain name"}
}

// hangUpError is for a connection that closed before its response was complete.
func hangUpError() *Error {
	return &Error{Code: "ECONNRESET", Name: nameError, Message: "socket hang up"}
}

// notRunningError is for Close on a server that does not listen.
func (b *behaviours) notRunningError() *Error {
	if b.errorsWithoutCode {
		return &Error{Name: nameError, Message: "Not running"}
	}
	return &Error{Code: "ERR_SERVER_NOT_RUNNING", Name: nameError, Message: "Server is not running."}
}

// alreadyListeningError is for a second Listen.
func (b *behaviours) alreadyListeningError() *Error {
	return b.coded("ERR_SERVER_ALREADY_LISTEN", nameError, "Listen method has been called more than once without closing.")
}

// socketAssignedError is for a response that already has a socket.
func (b *behaviours) socketAssignedError() *Error {
	return b.coded("ERR_HTTP_SOCKET_ASSIGNED", nameError, "Socket already assigned")
}

// parseError is what a parser refused: code begins with "HPE_".
func (b *behaviours) parseError(code, reason string, bytesParsed int, packet []byte) *Error {
	err := &Error{Code: code, Name: nameError, Message: "Parse Error", BytesParsed: bytesParsed}
	if b.parseErrorReason {
		err.Reason = reason
		if code != "HPE_INVALID_EOF_STATE" {
			err.Message = "Parse Error: " + reason
		}
	}
	if b.parseErrorPacket && packet != nil {
		err.RawPacket = append([]byte(nil), packet...)
	}
	return err
}

// systemError names an error of the operating system as Node does: "connect ECONNREFUSED 127.0.0.1:1".
func systemError(operation, code, address string, cause error) *Error {
	message := operation + " " + code
	if address != "" {
		message += " " + address
	}
	return &Error{Code: code, Name: nameError, Message: message, Cause: cause}
}

func formatInt(n int) string { return strconv.Itoa(n) }
