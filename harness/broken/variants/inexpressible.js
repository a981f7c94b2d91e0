// Clauses that no preload script can violate, each with the reason.

'use strict';

var nodeItself = 'Node 12 itself does otherwise, as the erratum says, and both are permitted';

module.exports = {
  'client.reusedSocket/true-for-queued-request': nodeItself,
  'server.event-clientError/raw-packet-at-end-of-input': nodeItself,
  'server.event-upgrade/no-listener-keeps-pipelined-requests': nodeItself,
  'server.event-connection/socket-emits-no-readable': nodeItself,
  'server.headersTimeout/counts-from-connection': nodeItself,
  'server.keepAliveTimeout/new-connections-only': nodeItself,
  'message.event-close/not-before-connection-closes': nodeItself,
  'message.headers/content-length-keeps-first': nodeItself,
  'message.method/read-only': nodeItself,
  'http.request/chunked-by-default-for-get': nodeItself,
  'http.request/socketPath-excludes-host': nodeItself,
  'http/rawHeaders-with-two-lengths': nodeItself,
  'http.maxHeaderSize/exact-limit': 'the limit is built into the parser, which takes it from the command line alone'
};
