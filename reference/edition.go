package reference

import (
	"time"

	"github.com/nodehttp/conform/reference/internal/http1"
)

// Edition is a version of the documentation whose behaviour is to be shown. The zero value is V12.
type Edition int

// The editions. V12 is the whole page of 12.22.9 and the default.
const (
	V12 Edition = iota
	V03
	V6
	V10
	V13
)

// String returns the name of the document: "v12".
func (e Edition) String() string {
	switch e {
	case V03:
		return "v0.3"
	case V6:
		return "v6"
	case V10:
		return "v10"
	case V13:
		return "v13"
	default:
		return "v12"
	}
}

// behaviours are the documented and measured differences between editions, one field each. Nothing else in this package
// asks for the edition.
type behaviours struct {
	edition Edition
	parser  http1.Quirks
	clientBehaviours

	// Errors.
	errorsWithoutCode bool // misuse errors have no code and older texts
	parseErrorReason  bool // parse errors say why
	parseErrorPacket  bool // parse errors carry the packet

	// Module.
	maxHeaderSize       int // bytes of a header block that are accepted, as the parser counts them
	showMaxHeaderSize   bool
	maxHeaderSizeOption bool // createServer and request take a maxHeaderSize of their own
	methodSource        bool // SOURCE is a method
	methodPRI           bool // PRI is a method
	statusEarlyHints    bool // 103 has a name
	statusOldNames      bool // 302, 408, 413 and others have the names of RFC 2616 or none
	statusTooEarly      bool // 425 is "Too Early", not "Unordered Collection"
	statusTeapotCapital bool // "I'm a Teapot", not "I'm a teapot"

	// Server.
	timeout                 time.Duration // default of server.timeout
	keepAliveTimeout        time.Duration // default of server.keepAliveTimeout
	keepAliveTimeoutExists  bool
	headersTimeout          time.Duration // default of server.headersTimeout
	headersTimeoutExists    bool
	keepAliveHeader         bool   // responses on kept connections say Keep-Alive: timeout=
	badRequest              string // written when a client errs and nobody listens; empty: only closed
	headerFieldsTooLarge    string // the same for a header block over the limit
	badRequestAfterResponse bool   // written even where a response began
	badRequestSecondRequest bool   // written on a connection that has served a response before
	upgradeUnheardCloses    bool   // an Upgrade that nobody listens for closes the connection; else it is a request
	clientErrorDestroys     bool   // the connection is destroyed after EventClientError whoever listens
	expectAnySubstring      bool   // Expect: x100-continuex is a 100-continue
	requestTimeoutReplaced  bool   // the socket's own timeout gives way to server.timeout after a response

	// Messages.
	maxHeadersCount        int  // fields kept when the count was never set
	rawHeadersCut          bool // rawHeaders ends at maxHeadersCount too
	cookiesByComma         bool // repeated Cookie fields are joined by a comma, not by a semicolon
	messageClose           bool // IncomingMessage and ServerResponse emit 'close' when the exchange ends
	noImplicitLength       bool // a body that End brings whole is chunked all the same
	lastChunkAlways        bool // a chunked response without a body has the last chunk nevertheless
	emptyWriteFlushes      bool // Write of nothing sends the header block and calls its callback
	trailerNeedsChunked    bool // a Trailer field without chunked encoding is an error
	statusMessageUnchecked bool // characters of a status message are not checked
	undefinedInWriteHead   bool // WriteHead accepts an undefined value
	reasonBeforeCheck      bool // a refused WriteHead leaves the reason phrase it looked up
	cookieListJoined       bool // a list of Cookie values is sent as one line
	corkMessages           bool // Cork and Uncork exist on messages
	endAgainCalls          bool // the callback of a second End is called too
	writeCorksSocket       bool // what is written in one turn leaves in one segment
}

// behavioursOf returns the table's row of an edition.
func behavioursOf(edition Edition) *behaviours {
	if row, ok := editions[edition]; ok {
		return row
	}
	return editions[V12]
}

var editions = map[Edition]*behaviours{
	V03: {
		parser: http1.Quirks{NoReasons: true, CountEveryHeadByte: true, ExactTransferEncoding: true, KeepChunkedFlag: true,
			KeepTrailingSpace: true, RefuseEmptyName: true, SpacedNames: true, RefuseICE: true, RefusePRI: true, RefuseSource: true, AllowEmptyContentLength: true,
			SpacedContentLength: true, ManyVersionDigits: true, ChunkOverflowIsContentLength: true, UpgradeOnAnyStatus: true,
			UpgradeFieldAlone: true, AllowLengthConflict: true},
		edition: V03, clientBehaviours: clientEditions[V03], errorsWithoutCode: true, maxHeaderSize: 80 * 1024,
		upgradeUnheardCloses: true, expectAnySubstring: true, clientErrorDestroys: true, statusOldNames: true,
		maxHeadersCount: 1000, rawHeadersCut: true, cookiesByComma: true, noImplicitLength: true, lastChunkAlways: true,
		statusMessageUnchecked: true, undefinedInWriteHead: true, reasonBeforeCheck: true,
	},
	V6: {
		parser: http1.Quirks{NoReasons: true, CountEveryHeadByte: true, ExactTransferEncoding: true, KeepChunkedFlag: true,
			KeepTrailingSpace: true, RefuseEmptyName: true, SpacedNames: true, RefuseICE: true, RefusePRI: true, RefuseSource: true, AllowEmptyContentLength: true,
			SpacedContentLength: true, ManyVersionDigits: true, ChunkOverflowIsContentLength: true, UpgradeOnAnyStatus: true},
		edition: V6, clientBehaviours: clientEditions[V6], errorsWithoutCode: true, maxHeaderSize: 80 * 1024, timeout: 120 * time.Second,
		upgradeUnheardCloses: true, expectAnySubstring: true,
		maxHeadersCount: 1000, rawHeadersCut: true, cookiesByComma: true,
		statusMessageUnchecked: true, undefinedInWriteHead: true, reasonBeforeCheck: true,
	},
	V10: {
		parser: http1.Quirks{NoReasons: true, CountEveryHeadByte: true, ExactTransferEncoding: true, KeepChunkedFlag: true,
			KeepTrailingSpace: true, RefuseEmptyName: true, SpacedNames: true, RefuseICE: true, RefusePRI: true, AllowEmptyContentLength: true,
			ChunkOverflowIsContentLength: true},
		edition: V10, clientBehaviours: clientEditions[V10], parseErrorPacket: true, maxHeaderSize: 80 * 1024, methodSource: true, statusEarlyHints: true,
		timeout: 120 * time.Second, keepAliveTimeout: 5 * time.Second, keepAliveTimeoutExists: true,
		badRequest: "HTTP/1.1 400 Bad Request\r\n\r\n", headerFieldsTooLarge: "HTTP/1.1 400 Bad Request\r\n\r\n",
		badRequestAfterResponse: true, badRequestSecondRequest: true, requestTimeoutReplaced: true, cookieListJoined: true,
		maxHeadersCount: 1000, trailerNeedsChunked: true, writeCorksSocket: true,
	},
	V12: {
		edition: V12, clientBehaviours: clientEditions[V12], parseErrorReason: true, parseErrorPacket: true, maxHeaderSize: 8 * 1024, showMaxHeaderSize: true,
		methodSource: true, methodPRI: true, statusEarlyHints: true, statusTeapotCapital: true,
		timeout: 120 * time.Second, keepAliveTimeout: 5 * time.Second, keepAliveTimeoutExists: true,
		headersTimeout: 60 * time.Second, headersTimeoutExists: true, keepAliveHeader: true,
		badRequest:             "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n",
		headerFieldsTooLarge:   "HTTP/1.1 431 Request Header Fields Too Large\r\nConnection: close\r\n\r\n",
		requestTimeoutReplaced: true, cookieListJoined: true, maxHeadersCount: 1000, messageClose: true, emptyWriteFlushes: true,
		trailerNeedsChunked: true, corkMessages: true, writeCorksSocket: true,
	},
	V13: {
		parser:  http1.Quirks{KeepChunkedFlag: true, SpacedNames: true, RefusePRI: true, RefuseICE: true},
		edition: V13, clientBehaviours: clientEditions[V13], parseErrorReason: true, parseErrorPacket: true, maxHeaderSize: 16 * 1024, showMaxHeaderSize: true,
		maxHeaderSizeOption: true, methodSource: true, statusEarlyHints: true, statusTooEarly: true, statusTeapotCapital: true,
		keepAliveTimeout: 5 * time.Second, keepAliveTimeoutExists: true,
		headersTimeout: 60 * time.Second, headersTimeoutExists: true,
		badRequest:              "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n",
		headerFieldsTooLarge:    "HTTP/1.1 431 Request Header Fields Too Large\r\nConnection: close\r\n\r\n",
		badRequestSecondRequest: true, requestTimeoutReplaced: true, cookieListJoined: true, maxHeadersCount: 1000, messageClose: true,
		emptyWriteFlushes: true, trailerNeedsChunked: true, corkMessages: true, writeCorksSocket: true, endAgainCalls: true,
	},
}
