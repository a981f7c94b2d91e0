// Variants of http.ClientRequest.

'use strict';

var patch = require('./patch.js');

function soon(f) { setTimeout(f, 20); }

// withoutHead has the last argument of an event be an empty Buffer.
function withoutHead(prototype, event) {
  patch.hear(prototype, event, function (emit, message, socket) { return emit(message, socket, Buffer.alloc(0)); });
}

// notFromNet has the second argument of an event be a stream that is no net.Socket.
function notFromNet(prototype, event) {
  patch.hear(prototype, event, function (emit, message, socket, head) {
    return emit(message, patch.plainDuplex(socket), head);
  });
}

module.exports = {
  'client/head-leaves-with-first-data-or-end': {
    'leaves-at-once': function (http) {
      patch.madeRequest(http, function (request) { request.flushHeaders(); });
    }
  },
  'client/unheard-response-is-discarded': {
    'waits-for-a-reader': function (http) {
      patch.hear(http.ClientRequest.prototype, 'response', function (emit) { return emit() || true; });
    }
  },
  'client/end-waits-for-consumption': {
    'read-by-itself': function (http) {
      patch.hear(http.ClientRequest.prototype, 'response', function (emit, response) {
        var heard = emit();
        response.resume();
        return heard;
      });
    }
  },
  'client/content-length-is-not-checked': {
    'checked': function (http) {
      patch.wrap(http.ClientRequest.prototype, 'end', function (original) {
        return function (data) {
          var length = this.getHeader('content-length');
          if (typeof data === 'string' && length !== undefined && data.length !== Number(length)) {
            throw new Error('the body is not as long as Content-Length says');
          }
          return original.apply(this, arguments);
        };
      });
    }
  },
  'client/premature-close-is-aborted': {
    'error-too': function (http) {
      patch.hear(http.IncomingMessage.prototype, 'aborted', function (emit) {
        emit();
        if (this.statusCode) this.emit('error', new Error('aborted'));
      });
    },
    'silent': function (http) {
      patch.hear(http.IncomingMessage.prototype, 'aborted', function (emit) { return this.statusCode ? true : emit(); });
    }
  },
  'client.event-abort/first-call-only': {
    'each-call': function (http) {
      patch.wrap(http.ClientRequest.prototype, 'abort', function (original) {
        return function () {
          if (this.aborted) process.nextTick(this.emit.bind(this, 'abort'));
          return original.call(this);
        };
      });
    }
  },
  'client.event-connect/emitted-with-response-socket-head': {
    'nothing-when-empty': function (http) {
      patch.hear(http.ClientRequest.prototype, 'connect', function (emit, message, socket, head) {
        return emit(message, socket, head.length ? head : undefined);
      });
    },
    'head-lost': function (http) { withoutHead(http.ClientRequest.prototype, 'connect'); }
  },
  'client.event-connect/socket-is-from-net': {
    'a-duplex': function (http) { notFromNet(http.ClientRequest.prototype, 'connect'); }
  },
  'client.event-connect/no-listener-closes': {
    'left-open': function (http) { patch.listenerCounts(http.ClientRequest.prototype, 'connect', 1); }
  },
  'client.event-continue/emitted-for-100': {
    'not-emitted': function (http) { patch.swallow(http.ClientRequest.prototype, 'continue'); }
  },
  'client.event-information/emitted-for-1xx': {
    'not-emitted': function (http) { patch.swallow(http.ClientRequest.prototype, 'information'); },
    'not-for-100': function (http) {
      patch.hear(http.ClientRequest.prototype, 'information', function (emit, information) {
        return information.statusCode === 100 || emit();
      });
    }
  },
  'client.event-information/has-version-message-and-headers': {
    'status-alone': function (http) {
      patch.hear(http.ClientRequest.prototype, 'information', function (emit, information) {
        return emit({statusCode: information.statusCode});
      });
    }
  },
  'client.event-information/not-for-101': {
    'for-101': function (http) {
      patch.hear(http.ClientRequest.prototype, 'upgrade', function (emit, response) {
        this.emit('information', {statusCode: response.statusCode});
        return emit();
      });
    }
  },
  'client.event-response/once-with-message': {
    'twice': function (http) {
      patch.hear(http.ClientRequest.prototype, 'response', function (emit) {
        var heard = emit();
        emit();
        return heard;
      });
    },
    'with-two-arguments': function (http) {
      patch.hear(http.ClientRequest.prototype, 'response', function (emit, response) { return emit(response, null); });
    }
  },
  'client.event-socket/emitted-with-socket': {
    'without-socket': function (http) {
      patch.hear(http.ClientRequest.prototype, 'socket', function (emit) { return emit(undefined); });
    }
  },
  'client.event-timeout/only-notifies': {
    'aborts': function (http) {
      patch.hear(http.ClientRequest.prototype, 'timeout', function (emit) {
        var heard = emit();
        this.abort();
        return heard;
      });
    }
  },
  'client.event-upgrade/emitted-with-response-socket-head': {
    'head-lost': function (http) { withoutHead(http.ClientRequest.prototype, 'upgrade'); }
  },
  'client.event-upgrade/socket-is-from-net': {
    'a-duplex': function (http) { notFromNet(http.ClientRequest.prototype, 'upgrade'); }
  },
  'client.event-upgrade/no-listener-closes-for-101': {
    'left-open': function (http) { patch.listenerCounts(http.ClientRequest.prototype, 'upgrade', 1); }
  },
  'client.event-upgrade/other-status-is-a-response': {
    'closed': function (http) {
      patch.hear(http.ClientRequest.prototype, 'response', function (emit, response) {
        if (!response.headers.upgrade) return emit();
        this.socket.destroy();
        return false;
      });
    }
  },
  'client.abort/drops-response-and-destroys-socket': {
    'socket-left': function (http) {
      patch.wrap(http.ClientRequest.prototype, 'abort', function (original) {
        return function () {
          if (!this.socket) return original.call(this);
          this.socket.destroy = function () {};
          original.call(this);
          delete this.socket.destroy;
        };
      });
    }
  },
  'client.abort/order-after-response': {
    'close-last': function (http) {
      patch.hear(http.ClientRequest.prototype, 'close', function (emit) { soon(emit); });
    },
    'abort-late': function (http) {
      patch.hear(http.ClientRequest.prototype, 'abort', function (emit) { soon(emit); });
    }
  },
  'client.aborted/true-after-abort': {
    'a-time': function (http) {
      patch.reading(http.ClientRequest.prototype, 'aborted', function (value) { return value && Date.now(); });
    }
  },
  'client.connection/is-the-socket': {
    'undefined': function (http) {
      patch.reading(http.ClientRequest.prototype, 'connection', function () { return undefined; });
    }
  },
  'client.end/terminates-chunked-body': {
    'last-chunk-missing': function (http) {
      patch.wrap(http.ClientRequest.prototype, '_send', function (original) {
        return function (data, encoding, callback) {
          return original.call(this, data === '0\r\n\r\n' ? '' : data, encoding, callback);
        };
      });
    }
  },
  'client.end/data-same-bytes-as-write-and-end': {
    'data-lost': function (http) {
      patch.wrap(http.ClientRequest.prototype, 'end', function (original) {
        return function (data, encoding, callback) { return original.call(this, callback); };
      });
    }
  },
  'client.end/callback-when-finished': {
    'not-called': function (http) { patch.withoutCallback(http.ClientRequest.prototype, 'end'); }
  },
  'client.end/returns-request': {
    'returns-nothing': function (http) { patch.returning(http.ClientRequest.prototype, 'end', undefined); }
  },
  'client.finished/true-after-end': {
    'stays-false': function (http) { patch.reading(http.ClientRequest.prototype, 'finished', function () { return false; }); }
  },
  'client.flushHeaders/sends-head-now': {
    'does-nothing': function (http) { patch.ignore(http.ClientRequest.prototype, 'flushHeaders'); }
  },
  'client.getHeader/case-insensitive': {
    'lower-case-only': function (http) {
      patch.wrap(http.ClientRequest.prototype, 'getHeader', function (original) {
        return function (name) {
          return patch.calledByProgram() && name !== name.toLowerCase() ? undefined : original.call(this, name);
        };
      });
    }
  },
  'client.getHeader/type-as-set': {
    'a-string': function (http) {
      patch.wrap(http.ClientRequest.prototype, 'getHeader', function (original) {
        return function (name) {
          var value = original.call(this, name);
          return value === undefined ? value : String(value);
        };
      });
    }
  },
  'client.host/request-host': {
    'undefined': function (http) { patch.reading(http.ClientRequest.prototype, 'host', function () { return undefined; }); }
  },
  'client.maxHeadersCount/default-2000': {
    '32-by-default': function (http) {
      patch.property(http.ClientRequest.prototype, 'maxHeadersCount', function (value) { return value === null ? 32 : value; });
    }
  },
  'client.maxHeadersCount/limits': {
    'ignored': function (http) {
      patch.property(http.ClientRequest.prototype, 'maxHeadersCount', function (value, byProgram) { return byProgram ? value : null; });
    }
  },
  'client.maxHeadersCount/zero-is-unlimited': {
    'zero-is-the-default': function (http) {
      patch.property(http.ClientRequest.prototype, 'maxHeadersCount', function (value) { return value === 0 ? null : value; });
    }
  },
  'client.method/request-method': {
    'lower-case': function (http) {
      patch.reading(http.ClientRequest.prototype, 'method', function (value) { return value.toLowerCase(); });
    }
  },
  'client.path/request-path': {
    'query-lost': function (http) {
      patch.reading(http.ClientRequest.prototype, 'path', function (value) { return value.split('?')[0]; });
    },
    'undefined': function (http) {
      patch.reading(http.ClientRequest.prototype, 'path', function () { return undefined; });
    }
  },
  'client.protocol/request-protocol': {
    'without-colon': function (http) {
      patch.reading(http.ClientRequest.prototype, 'protocol', function (value) { return value.replace(':', ''); });
    }
  },
  'client.removeHeader/not-sent': {
    'still-sent': function (http) { patch.ignore(http.ClientRequest.prototype, 'removeHeader'); }
  },
  'client.reusedSocket/tells-whether-reused': {
    'always-false': function (http) { patch.reading(http.ClientRequest.prototype, 'reusedSocket', function () { return false; }); },
    'always-true': function (http) { patch.reading(http.ClientRequest.prototype, 'reusedSocket', function () { return true; }); }
  },
  'client.reusedSocket/allows-retry': {
    'other-code': function (http) {
      patch.hear(http.ClientRequest.prototype, 'error', function (emit, error) {
        if (this.reusedSocket) error.code = 'EPIPE';
        return emit();
      });
    }
  },
  'client.setHeader/replaces': {
    'first-stays': function (http) {
      patch.wrap(http.ClientRequest.prototype, 'setHeader', function (original) {
        return function (name) {
          if (!this.hasHeader(name)) original.apply(this, arguments);
        };
      });
    }
  },
  'client.setHeader/list-sends-a-field-each': {
    'joined': function (http) {
      patch.editHead(http.ClientRequest.prototype, function (head) {
        var headers = this.getHeaders();
        Object.keys(headers).forEach(function (name) {
          if (!Array.isArray(headers[name])) return;
          var fields = new RegExp('(\\r\\n' + name + ': )(.*)((?:\\r\\n' + name + ': .*)+)', 'i');
          head = head.replace(fields, '$1' + headers[name].join(', '));
        });
        return head;
      });
    }
  },
  'client.setHeader/cookie-list-sends-a-field-each': {
    'first-only': function (http) {
      patch.editHead(http.ClientRequest.prototype, function (head) {
        return head.replace(/(\r\nCookie: [^;\r]*)[^\r]*((?:\r\nCookie: .*)*)/i, '$1');
      });
    }
  },
  'client.setHeader/converted-when-sent': {
    'converted-at-once': function (http) {
      patch.wrap(http.ClientRequest.prototype, 'setHeader', function (original) {
        return function (name, value) { return original.call(this, name, Array.isArray(value) ? value : String(value)); };
      });
    }
  },
  'client.setNoDelay/once-connected': {
    'does-nothing': function (http) { patch.ignore(http.ClientRequest.prototype, 'setNoDelay'); }
  },
  'client.setSocketKeepAlive/once-connected': {
    'does-nothing': function (http) { patch.ignore(http.ClientRequest.prototype, 'setSocketKeepAlive'); }
  },
  'client.setTimeout/callback-listens-for-timeout': {
    'not-called': function (http) { patch.withoutCallback(http.ClientRequest.prototype, 'setTimeout'); }
  },
  'client.setTimeout/once-connected': {
    'not-on-the-socket': function (http) {
      http.ClientRequest.prototype.setTimeout = function (msecs, callback) {
        if (callback) this.once('timeout', callback);
        setTimeout(this.emit.bind(this, 'timeout'), msecs);
        return this;
      };
    }
  },
  'client.setTimeout/returns-request': {
    'returns-nothing': function (http) { patch.returning(http.ClientRequest.prototype, 'setTimeout', undefined); }
  },
  'client.socket/underlying-socket': {
    'another': function (http) { patch.reading(http.ClientRequest.prototype, 'socket', patch.stranger); }
  },
  'client.writableEnded/true-after-end': {
    'stays-false': function (http) { patch.getter(http.ClientRequest.prototype, 'writableEnded', function () { return false; }); }
  },
  'client.writableFinished/true-before-finish': {
    'stays-false': function (http) { patch.getter(http.ClientRequest.prototype, 'writableFinished', function () { return false; }); }
  },
  'client.write/false-when-queued': {
    'returns-nothing': function (http) { patch.returning(http.ClientRequest.prototype, 'write', undefined); }
  },
  'client.write/empty-chunk-does-nothing': {
    'ends-the-body': function (http) {
      patch.wrap(http.ClientRequest.prototype, 'write', function (original) {
        return function (chunk) {
          var result = original.apply(this, arguments);
          if (chunk.length === 0) this._send('0\r\n\r\n', 'latin1');
          return result;
        };
      });
    }
  },
  'client.write/true-when-flushed': {
    'always-false': function (http) { patch.returning(http.ClientRequest.prototype, 'write', false); }
  },
  'client.write/drain': {
    'not-emitted': function (http) { patch.swallow(http.ClientRequest.prototype, 'drain'); }
  },
  'client.write/encoding': {
    'ignored': function (http) {
      patch.wrap(http.ClientRequest.prototype, 'write', function (original) {
        return function (chunk, encoding, callback) { return original.call(this, chunk, 'utf8', callback); };
      });
    }
  },
  'client.write/callback-when-flushed': {
    'not-called': function (http) { patch.withoutCallback(http.ClientRequest.prototype, 'write'); }
  }
};
