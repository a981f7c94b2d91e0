// Package http1 parses and serializes HTTP/1.x messages without doing any input or output itself.
//
// [Parser] is fed whatever bytes arrived, cut anywhere, and tells a [Handler] about message heads, body
// chunks, trailers and message ends. It accepts and refuses what real Node accepts and refuses (the
// parser of Node 12.22.9 unless [Quirks] say otherwise), because the package above promises Node's
// behaviour and not a cleaner one. The Append functions write messages into a caller's buffer.
//
// The life of a message inside the parser:
//
//	        first byte that is not CR or LF            end of the field section
//	idle ------------------------------------> head ----------------------------+
//	 ^                                                                           |
//	 |                   +-------------------------------------------------------+
//	 |                   |  no body        Content-Length      chunked           | until close
//	 |                   v                     v                 v               v
//	 +---- complete <----+----------------- length <---+      chunk size <--+  untilClose
//	 |        |          ^                             |         |   |      |     |
//	 |        | upgrade  +------ trailers <------------|---------+   v      |     | Finish
//	 |        v                                        |        chunk data -+     v
//	 +---- upgraded (Resume returns to idle)           +------------------------ complete
//
// Nothing here is safe for concurrent use; one connection owns one Parser.
package http1
