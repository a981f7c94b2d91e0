// Variants of http.Server.

'use strict';

var patch = require('./patch.js');
var net = require('net');

function isParseError(error) { return String(error.code).indexOf('HPE_') === 0; }

// beforeConnection changes each socket before anybody hears of it.
function beforeConnection(http, change) {
  patch.hear(http.Server.prototype, 'connection', function (emit, socket) {
    change.call(this, socket);
    return emit();
  });
}

// insideOnly has the http module itself read another value of a property.
function insideOnly(http, name, f) {
  patch.property(http.Server.prototype, name, function (value, byProgram) { return byProgram ? value : f(value); });
}

function withoutHead(http, event) {
  patch.hear(http.Server.prototype, event, function (emit, request, socket) { return emit(request, socket, Buffer.alloc(0)); });
}

function dataListenerLeft(http, event) {
  patch.hear(http.Server.prototype, event, function (emit, request, socket) {
    socket.on('data', function () {});
    return emit();
  });
}

// notFromNet has the second argument of an event be a stream that is no net.Socket.
function notFromNet(http, event) {
  patch.hear(http.Server.prototype, event, function (emit, first, socket, head) { return emit(first, patch.plainDuplex(socket), head); });
}

// requestToo emits 'request' after an event that was to take its place.
function requestToo(http, event) {
  patch.hear(http.Server.prototype, event, function (emit, request, response) {
    emit();
    this.emit('request', request, response);
    return true;
  });
}

module.exports = {
  'server/is-a-net-server': {
    'a-class-of-its-own': function (http) {
      Object.defineProperty(net.Server, Symbol.hasInstance, {
        value: function (object) {
          return !patch.calledByProgram() && Function.prototype[Symbol.hasInstance].call(net.Server, object);
        }
      });
    }
  },
  'server.event-checkContinue/emitted-for-expect-100-continue': {
    'not-emitted': function (http) { patch.listenerCounts(http.Server.prototype, 'checkContinue', 0); }
  },
  'server.event-checkContinue/no-listener-sends-100': {
    'sent-unasked-too': function (http) {
      patch.hear(http.Server.prototype, 'request', function (emit, request, response) {
        if (!request.headers.expect) response.writeContinue();
        return emit();
      });
    },
    'not-sent': function (http) {
      patch.wrap(http.ServerResponse.prototype, 'writeContinue', function (original) {
        return function () { if (patch.calledByProgram()) original.apply(this, arguments); };
      });
    }
  },
  'server.event-checkContinue/listener-continues-with-writeContinue': {
    'not-sent': function (http) {
      patch.wrap(http.ServerResponse.prototype, 'writeContinue', function (original) {
        return function () { if (!patch.calledByProgram()) original.apply(this, arguments); };
      });
    }
  },
  'server.event-checkContinue/listener-may-refuse': {
    '100-sent-all-the-same': function (http) {
      patch.hear(http.Server.prototype, 'checkContinue', function (emit, request, response) {
        response._writeRaw('HTTP/1.1 100 Continue\r\n\r\n', 'ascii');
        return emit();
      });
    }
  },
  'server.event-checkContinue/listener-replaces-request': {
    'request-too': function (http) { requestToo(http, 'checkContinue'); }
  },
  'server.event-checkExpectation/emitted-for-other-expectations': {
    'not-emitted': function (http) { patch.listenerCounts(http.Server.prototype, 'checkExpectation', 0); }
  },
  'server.event-checkExpectation/no-listener-sends-417': {
    '400-sent': function (http) {
      patch.wrap(http.ServerResponse.prototype, 'writeHead', function (original) {
        return function (status) {
          if (status === 417 && !patch.calledByProgram()) return original.call(this, 400);
          return original.apply(this, arguments);
        };
      });
    }
  },
  'server.event-checkExpectation/listener-replaces-request': {
    'request-too': function (http) { requestToo(http, 'checkExpectation'); }
  },
  'server.event-clientError/socket-is-a-net-socket': {
    'a-duplex': function (http) { notFromNet(http, 'clientError'); }
  },
  'server.event-clientError/emitted-for-malformed-request': {
    'not-emitted': function (http) {
      patch.hear(http.Server.prototype, 'clientError', function (emit, error) { return isParseError(error) ? false : emit(); });
    }
  },
  'server.event-clientError/listener-owns-socket': {
    'destroyed': function (http) {
      patch.hear(http.Server.prototype, 'clientError', function (emit, error, socket) {
        var heard = emit();
        socket.destroy();
        return heard;
      });
    },
    'answered': function (http) {
      patch.hear(http.Server.prototype, 'clientError', function (emit, error, socket) {
        if (socket.writable) socket.write('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n');
        return emit();
      });
    }
  },
  'server.event-clientError/listener-may-answer': {
    'answer-lost': function (http) {
      patch.hear(http.Server.prototype, 'clientError', function (emit, error, socket) {
        socket.write = function () { return true; };
        return emit();
      });
    }
  },
  'server.event-clientError/default-400': {
    '500-sent': function (http) {
      patch.hear(http.Server.prototype, 'clientError', function (emit, error, socket) {
        if (emit()) return true;
        if (error.code === 'HPE_HEADER_OVERFLOW' || socket.bytesWritten > 0) return false;
        socket.end('HTTP/1.1 500 Internal Server Error\r\nConnection: close\r\n\r\n');
        return true;
      });
    },
    'nothing-sent': function (http) {
      patch.hear(http.Server.prototype, 'clientError', function (emit, error, socket) {
        if (!emit()) socket.destroy();
        return true;
      });
    },
    'left-open': function (http) {
      patch.hear(http.Server.prototype, 'clientError', function (emit, error, socket) {
        if (!emit()) socket.write('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n');
        return true;
      });
    }
  },
  'server.event-clientError/default-431': {
    '400-sent': function (http) {
      patch.hear(http.Server.prototype, 'clientError', function (emit, error) {
        if (emit()) return true;
        if (error.code === 'HPE_HEADER_OVERFLOW') error.code = 'HPE_OTHER';
        return false;
      });
    }
  },
  'server.event-clientError/default-destroys-after-response': {
    '400-sent': function (http) {
      patch.hear(http.Server.prototype, 'clientError', function (emit, error, socket) {
        if (emit()) return true;
        if (!socket.writable || socket.bytesWritten === 0) return false;
        socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n');
        return true;
      });
    }
  },
  'server.event-clientError/bytes-parsed': {
    'missing': function (http) {
      patch.hear(http.Server.prototype, 'clientError', function (emit, error) {
        delete error.bytesParsed;
        return emit();
      });
    }
  },
  'server.event-clientError/raw-packet': {
    'missing': function (http) {
      patch.hear(http.Server.prototype, 'clientError', function (emit, error) {
        delete error.rawPacket;
        return emit();
      });
    },
    'cut': function (http) {
      patch.hear(http.Server.prototype, 'clientError', function (emit, error) {
        if (error.rawPacket) error.rawPacket = error.rawPacket.slice(0, error.bytesParsed);
        return emit();
      });
    }
  },
  'server.event-clientError/overflow-code': {
    'other-code': function (http) {
      patch.hear(http.Server.prototype, 'clientError', function (emit, error) {
        if (error.code === 'HPE_HEADER_OVERFLOW') error.code = 'HPE_INVALID_HEADER_TOKEN';
        return emit();
      });
    }
  },
  'server.event-clientError/socket-of-forwarded-error': {
    'another': function (http) {
      patch.hear(http.Server.prototype, 'clientError', function (emit, error, socket) { return emit(error, patch.stranger(socket)); });
    }
  },
  'server.event-clientError/socket-errors-forwarded': {
    'not-emitted': function (http) {
      patch.hear(http.Server.prototype, 'clientError', function (emit, error) { return isParseError(error) ? emit() : false; });
    }
  },
  'server.event-close/emitted-when-server-closes': {
    'not-emitted': function (http) { patch.swallow(http.Server.prototype, 'close'); }
  },
  'server.event-connect/socket-is-a-net-socket': {
    'a-duplex': function (http) { notFromNet(http, 'connect'); }
  },
  'server.event-connect/emitted-for-connect-method': {
    'not-emitted': function (http) { patch.listenerCounts(http.Server.prototype, 'connect', 0); },
    'without-head': function (http) {
      patch.hear(http.Server.prototype, 'connect', function (emit, request, socket) { return emit(request, socket); });
    }
  },
  'server.event-connect/head-holds-first-bytes': {
    'nothing-when-empty': function (http) {
      patch.hear(http.Server.prototype, 'connect', function (emit, message, socket, head) {
        return emit(message, socket, head.length ? head : undefined);
      });
    },
    'empty': function (http) { withoutHead(http, 'connect'); }
  },
  'server.event-connect/no-listener-closes': {
    'left-open': function (http) { patch.listenerCounts(http.Server.prototype, 'connect', 1); }
  },
  'server.event-connect/no-data-listener-left': {
    'one-left': function (http) { dataListenerLeft(http, 'connect'); }
  },
  'server.event-connection/emitted-for-each-connection': {
    'not-emitted': function (http) {
      patch.hear(http.Server.prototype, 'connection', function (emit, socket) {
        this.listeners('connection')[0].call(this, socket); // the http module's own
        return true;
      });
    }
  },
  'server.event-connection/socket-is-connection-of-request': {
    'another': function (http) {
      patch.reading(http.IncomingMessage.prototype, 'connection', patch.stranger);
      patch.reading(http.IncomingMessage.prototype, 'socket', patch.stranger);
    }
  },
  'server.event-connection/emitted-by-hand': {
    'not-served': function (http) {
      patch.hear(http.Server.prototype, 'connection', function (emit) { return patch.calledByProgram() ? true : emit(); });
    }
  },
  'server.event-connection/any-duplex': {
    'net-sockets-only': function (http) {
      patch.hear(http.Server.prototype, 'connection', function (emit, socket) {
        if (!(socket instanceof net.Socket)) throw new TypeError('not a net.Socket');
        return emit();
      });
    }
  },
  'server.event-connection/timeout-replaced-by-keepAliveTimeout': {
    'kept': function (http) {
      beforeConnection(http, function (socket) {
        var setTimeout = socket.setTimeout;
        var own = false;
        socket.setTimeout = function () {
          if (patch.calledByProgram()) own = true;
          else if (own) return this;
          return setTimeout.apply(this, arguments);
        };
      });
    }
  },
  'server.event-request/emitted-for-each-request': {
    'not-emitted': function (http) {
      patch.hear(http.Server.prototype, 'request', function (emit, request, response) { response.end(); });
    },
    'response-is-no-ServerResponse': function (http) {
      patch.hear(http.Server.prototype, 'request', function (emit, request, response) {
        return emit(request, patch.notOf(response));
      });
    }
  },
  'server.event-request/several-on-one-connection': {
    'one-only': function (http) {
      patch.beforeHead(http.ServerResponse.prototype, function () {
        this.shouldKeepAlive = false;
        this._last = true;
      });
    },
    'first-only-emitted': function (http) {
      patch.hear(http.Server.prototype, 'request', function (emit, request) {
        if (request.socket.served) return true;
        request.socket.served = true;
        return emit();
      });
    }
  },
  'server.event-request/pipelined-responses-in-order': {
    'as-finished': function (http) {
      patch.hear(http.Server.prototype, 'request', function (emit, request, response) {
        if (!response.socket) {
          response.end = function (data) {
            request.socket.write('HTTP/1.1 200 OK\r\nContent-Length: ' + String(data || '').length + '\r\n\r\n' + (data || ''));
          };
        }
        return emit();
      });
    }
  },
  'server.event-upgrade/socket-is-a-net-socket': {
    'a-duplex': function (http) { notFromNet(http, 'upgrade'); }
  },
  'server.event-upgrade/emitted-with-request-socket-head': {
    'not-emitted': function (http) { patch.listenerCounts(http.Server.prototype, 'upgrade', 0); },
    'without-head': function (http) {
      patch.hear(http.Server.prototype, 'upgrade', function (emit, request, socket) { return emit(request, socket); });
    }
  },
  'server.event-upgrade/head-holds-first-bytes': {
    'nothing-when-empty': function (http) {
      patch.hear(http.Server.prototype, 'upgrade', function (emit, message, socket, head) {
        return emit(message, socket, head.length ? head : undefined);
      });
    },
    'empty': function (http) { withoutHead(http, 'upgrade'); }
  },
  'server.event-upgrade/no-listener-is-ordinary-request': {
    'closed': function (http) {
      patch.listenerCounts(http.Server.prototype, 'upgrade', 1);
      patch.hear(http.Server.prototype, 'upgrade', function (emit, request, socket) { return emit() || socket.destroy(); });
    }
  },
  'server.event-upgrade/no-data-listener-left': {
    'one-left': function (http) { dataListenerLeft(http, 'upgrade'); }
  },
  'server.close/stops-accepting': {
    'open-connections-destroyed': function (http) {
      var sockets = [];
      beforeConnection(http, function (socket) { sockets.push({server: this, socket: socket}); });
      patch.wrap(http.Server.prototype, 'close', function (original) {
        return function () {
          var server = this;
          sockets.forEach(function (entry) { if (entry.server === server) entry.socket.destroy(); });
          return original.apply(server, arguments);
        };
      });
    },
    'goes-on': function (http) {
      http.Server.prototype.close = function (callback) {
        if (callback) this.once('close', callback);
        process.nextTick(this.emit.bind(this, 'close'));
        return this;
      };
    }
  },
  'server.close/callback-after-closing': {
    'called-at-once': function (http) {
      patch.wrap(http.Server.prototype, 'close', function (original) {
        return function (callback) {
          if (callback) callback();
          return original.call(this);
        };
      });
    },
    'not-called': function (http) { patch.withoutCallback(http.Server.prototype, 'close'); }
  },
  'server.headersTimeout/default-60000': {
    '40000': function (http) {
      patch.property(http.Server.prototype, 'headersTimeout', null, function (value) { return value === 60000 ? 40000 : value; });
    }
  },
  'server.headersTimeout/slow-headers-are-cut-off': {
    'ignored': function (http) { insideOnly(http, 'headersTimeout', function () { return 0; }); }
  },
  'server.headersTimeout/emits-timeout-on-server': {
    'not-emitted': function (http) {
      patch.hear(http.Server.prototype, 'timeout', function (emit) { return patch.calledWithin('onParserTimeout') ? false : emit(); });
    },
    'destroyed-too': function (http) {
      patch.hear(http.Server.prototype, 'timeout', function (emit, socket) {
        var heard = emit();
        if (patch.calledWithin('onParserTimeout')) socket.destroy();
        return heard;
      });
    }
  },
  'server.headersTimeout/zero-disables': {
    'zero-is-at-once': function (http) { insideOnly(http, 'headersTimeout', function (value) { return value || 1; }); }
  },
  'server.listen/unix-socket-path': {
    'path-ignored': function (http) {
      patch.wrap(http.Server.prototype, 'listen', function (original) {
        return function (path) {
          if (typeof path !== 'string') return original.apply(this, arguments);
          return original.apply(this, [0, '127.0.0.1'].concat([].slice.call(arguments, 1)));
        };
      });
    }
  },
  'server.listening/tells-whether-listening': {
    'always-true': function (http) { patch.getter(http.Server.prototype, 'listening', function () { return true; }); },
    'always-false': function (http) {
      patch.getter(http.Server.prototype, 'listening', function () { return false; });
    }
  },
  'server.maxHeadersCount/default-2000': {
    '32-by-default': function (http) {
      patch.property(http.Server.prototype, 'maxHeadersCount', function (value) { return value === null ? 32 : value; });
    }
  },
  'server.maxHeadersCount/limits-headers': {
    'ignored': function (http) { insideOnly(http, 'maxHeadersCount', function () { return null; }); }
  },
  'server.maxHeadersCount/zero-is-unlimited': {
    'zero-is-the-default': function (http) { insideOnly(http, 'maxHeadersCount', function (value) { return value || null; }); }
  },
  'server.setTimeout/idle-sockets-are-destroyed': {
    'left-open': function (http) {
      patch.hear(http.Server.prototype, 'timeout', function (emit) { return emit() || true; });
    }
  },
  'server.setTimeout/emits-timeout-with-socket': {
    'without-socket': function (http) {
      patch.hear(http.Server.prototype, 'timeout', function (emit) { return emit(undefined); });
    }
  },
  'server.setTimeout/listener-keeps-socket-open': {
    'destroyed': function (http) {
      patch.hear(http.Server.prototype, 'timeout', function (emit) {
        emit();
        return false;
      });
    }
  },
  'server.setTimeout/returns-server': {
    'returns-nothing': function (http) { patch.returning(http.Server.prototype, 'setTimeout', undefined); }
  },
  'server.setTimeout/default-of-msecs': {
    'one-second': function (http) {
      patch.wrap(http.Server.prototype, 'setTimeout', function (original) {
        return function (msecs, callback) { return original.call(this, msecs === undefined ? 1000 : msecs, callback); };
      });
    }
  },
  'server.timeout/idle-connection-is-destroyed': {
    'ignored': function (http) { insideOnly(http, 'timeout', function () { return 0; }); }
  },
  'server.timeout/default-120000': {
    'zero': function (http) {
      patch.property(http.Server.prototype, 'timeout', null, function (value) { return value === 120000 ? 0 : value; });
    }
  },
  'server.timeout/zero-disables': {
    'zero-is-soon': function (http) { insideOnly(http, 'timeout', function (value) { return value || 100; }); }
  },
  'server.timeout/new-connections-only': {
    'all-connections': function (http) {
      var sockets = [];
      beforeConnection(http, function (socket) { sockets.push({server: this, socket: socket}); });
      patch.property(http.Server.prototype, 'timeout', null, function (value) {
        var server = this;
        sockets.forEach(function (entry) {
          if (entry.server === server) entry.socket.setTimeout(value);
        });
        return value;
      });
    }
  },
  'server.keepAliveTimeout/default-5000': {
    '4000': function (http) {
      patch.property(http.Server.prototype, 'keepAliveTimeout', null, function (value) { return value === 5000 ? 4000 : value; });
    }
  },
  'server.keepAliveTimeout/idle-socket-is-destroyed': {
    'ignored': function (http) { insideOnly(http, 'keepAliveTimeout', function () { return 0; }); }
  },
  'server.keepAliveTimeout/new-data-restores-timeout': {
    'not-restored': function (http) {
      beforeConnection(http, function (socket) {
        var setTimeout = socket.setTimeout;
        socket.setTimeout = function () {
          return patch.calledWithin('resetSocketTimeout') ? this : setTimeout.apply(this, arguments);
        };
      });
    }
  },
  'server.keepAliveTimeout/zero-disables': {
    'zero-is-soon': function (http) { insideOnly(http, 'keepAliveTimeout', function (value) { return value || 100; }); }
  }
};
