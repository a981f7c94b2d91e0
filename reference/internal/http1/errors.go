package http1

// Codes of the errors a [Parser] reports, spelled as Node spells them in an error's code property.
const (
	CodeInvalidMethod           = "HPE_INVALID_METHOD"
	CodeInvalidURL              = "HPE_INVALID_URL"
	CodeInvalidConstant         = "HPE_INVALID_CONSTANT"
	CodeInvalidVersion          = "HPE_INVALID_VERSION"
	CodeInvalidStatus           = "HPE_INVALID_STATUS"
	CodeInvalidHeaderToken      = "HPE_INVALID_HEADER_TOKEN"
	CodeInvalidContentLength    = "HPE_INVALID_CONTENT_LENGTH"
	CodeUnexpectedContentLength = "HPE_UNEXPECTED_CONTENT_LENGTH"
	CodeInvalidTransferEncoding = "HPE_INVALID_TRANSFER_ENCODING"
	CodeInvalidChunkSize        = "HPE_INVALID_CHUNK_SIZE"
	CodeLineFeedExpected        = "HPE_LF_EXPECTED"
	CodeHeaderOverflow          = "HPE_HEADER_OVERFLOW"
	CodeInvalidEOFState         = "HPE_INVALID_EOF_STATE"
	CodeStrict                  = "HPE_STRICT"
)

// Error is a violation of the protocol, as [Parser.Execute] and [Parser.Finish] return it.
type Error struct {
	// Code is one of the Code constants.
	Code string
	// Reason is Node's sentence about the violation; empty with [Quirks.NoReasons].
	Reason string
	// BytesParsed counts the bytes of the slice given to Execute that were consumed before the
	// violation was seen; 0 for an error of Finish.
	BytesParsed int
}

// Error gives the message of Node's error: "Parse Error", followed by the reason when there is one.
func (e *Error) Error() string {
	if e.Reason == "" {
		return "Parse Error"
	}
	return "Parse Error: " + e.Reason
}
