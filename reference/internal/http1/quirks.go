package http1

// Quirks are the differences of older Node parsers from the parser of Node 12.22.9. The zero value is
// Node 12.22.9; the edition table of the package above fills the rest.
type Quirks struct {
	// NoReasons leaves Error.Reason empty.
	NoReasons bool
	// CountEveryHeadByte makes the head size limit count every byte of the head and not only the
	// target, the reason phrase, field names and field values.
	CountEveryHeadByte bool
	// ExactTransferEncoding knows "chunked" only as a whole value; any other transfer coding is
	// ignored, as if the field were absent.
	ExactTransferEncoding bool
	// KeepChunkedFlag lets a later Transfer-Encoding field that is not chunked leave an earlier
	// chunked one in force.
	KeepChunkedFlag bool
	// KeepTrailingSpace leaves white space at the end of a field value.
	KeepTrailingSpace bool
	// RefuseEmptyName refuses a field line that begins with the colon.
	RefuseEmptyName bool
	// SpacedNames accepts spaces between the colon and the name of a field that frames the message, as
	// Node 12.22.9 does for other fields only.
	SpacedNames bool
	// RefusePRI refuses the method PRI.
	RefusePRI bool
	// RefuseSource refuses the method SOURCE.
	RefuseSource bool
	// RefuseICE refuses the protocol name ICE, which Node 12.22.9 takes with the method SOURCE.
	RefuseICE bool
	// AllowEmptyContentLength reads an empty Content-Length as if the field were absent.
	AllowEmptyContentLength bool
	// SpacedContentLength skips spaces between the digits of a Content-Length.
	SpacedContentLength bool
	// ManyVersionDigits reads up to three digits in each half of the version.
	ManyVersionDigits bool
	// ChunkOverflowIsContentLength reports an overlong chunk size as HPE_INVALID_CONTENT_LENGTH.
	ChunkOverflowIsContentLength bool
	// UpgradeOnAnyStatus lets every response that carries the upgrade fields switch protocols, not
	// only status 101.
	UpgradeOnAnyStatus bool
	// UpgradeFieldAlone takes an Upgrade field for the wish to switch even without "Connection: upgrade".
	UpgradeFieldAlone bool
	// AllowLengthConflict lets Content-Length stand beside "Transfer-Encoding: chunked", which wins, and
	// the last of several Content-Length fields count.
	AllowLengthConflict bool
}
