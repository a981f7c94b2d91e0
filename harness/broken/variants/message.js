// Variants of http.IncomingMessage.

'use strict';

var patch = require('./patch.js');
var net = require('net');
var stream = require('stream');
var tls = require('tls');

var singleValued = ['age', 'authorization', 'content-type', 'etag', 'expires', 'from', 'host', 'if-modified-since',
  'if-unmodified-since', 'last-modified', 'location', 'max-forwards', 'proxy-authorization', 'referer', 'retry-after',
  'user-agent'];

// lastWins has the last of several fields count.
function lastWins(http, names) {
  patch.wrap(http.IncomingMessage.prototype, '_addHeaderLine', function (original) {
    return function (field, value, headers) {
      if (names.indexOf(field.toLowerCase()) >= 0) delete headers[field.toLowerCase()];
      return original.call(this, field, value, headers);
    };
  });
}

// ofResponse and ofRequest replace what a program reads of one kind of message.
function ofResponse(http, name, f) {
  patch.reading(http.IncomingMessage.prototype, name, function (value) { return isResponse(this) ? f.call(this, value) : value; });
}

function ofRequest(http, name, f) {
  patch.reading(http.IncomingMessage.prototype, name, function (value) { return isResponse(this) ? value : f.call(this, value); });
}

// always has a program read the same of all messages.
function always(http, name, value) {
  patch.reading(http.IncomingMessage.prototype, name, function () { return value; });
}

function rawHeaders(http, change) {
  patch.reading(http.IncomingMessage.prototype, 'rawHeaders', function (raw) {
    var pairs = [];
    for (var i = 0; i < raw.length; i += 2) pairs.push([raw[i], raw[i + 1]]);
    return change(pairs);
  });
}

function flat(pairs) { return [].concat.apply([], pairs); }

function isResponse(message) { return Boolean(message._broken_statusCode || message.statusCode); }

module.exports = {
  'message/is-a-readable-stream': {
    'no-readable': function (http) { patch.swallow(http.IncomingMessage.prototype, 'readable'); },
    'setEncoding-does-nothing': function (http) { patch.ignore(http.IncomingMessage.prototype, 'setEncoding'); },
    'a-class-of-its-own': function () {
      Object.defineProperty(stream.Readable, Symbol.hasInstance, {
        value: function (object) {
          return !patch.calledByProgram() && Function.prototype[Symbol.hasInstance].call(stream.Readable, object);
        }
      });
    },
    'cannot-be-piped': function (http) { http.IncomingMessage.prototype.pipe = undefined; }
  },
  'message/first-argument-of-request': {
    'another-class': function (http) {
      patch.hear(http.Server.prototype, 'request', function (emit, request, response) { return emit(patch.notOf(request), response); });
    }
  },
  'message/first-argument-of-response': {
    'another-class': function (http) {
      patch.hear(http.ClientRequest.prototype, 'response', function (emit, response) { return emit(patch.notOf(response)); });
    }
  },
  'message/gives-status-headers-and-data': {
    'no-headers': function (http) { ofResponse(http, 'headers', function () { return {}; }); },
    'no-data': function (http) {
      patch.hear(http.IncomingMessage.prototype, 'data', function (emit) { return isResponse(this) ? true : emit(); });
    }
  },
  'message.event-aborted/when-cut-off': {
    'when-whole-too': function (http) {
      patch.hear(http.IncomingMessage.prototype, 'end', function (emit) {
        emit();
        return this.emit('aborted');
      });
    },
    'not-emitted': function (http) { patch.swallow(http.IncomingMessage.prototype, 'aborted'); },
    'aborted-stays-false': function (http) {
      patch.reading(http.IncomingMessage.prototype, 'aborted', function () { return false; });
    }
  },
  'message.event-aborted/when-the-client-aborts': {
    'not-emitted': function (http) {
      patch.hear(http.IncomingMessage.prototype, 'aborted', function (emit) { return this.req && this.req.aborted ? true : emit(); });
    }
  },
  'message.event-close/connection-closed': {
    'not-emitted': function (http) { patch.swallow(http.IncomingMessage.prototype, 'close'); }
  },
  'message.aborted/true-once-aborted': {
    'always-false': function (http) { always(http, 'aborted', false); }
  },
  'message.aborted/false-otherwise': {
    'always-true': function (http) { always(http, 'aborted', true); },
    'undefined': function (http) { patch.reading(http.IncomingMessage.prototype, 'aborted', function (value) { return value || undefined; }); }
  },
  'message.complete/false-until-whole': {
    'always-true': function (http) { always(http, 'complete', true); }
  },
  'message.complete/false-when-malformed': {
    'always-true': function (http) { always(http, 'complete', true); }
  },
  'message.complete/end-when-cut-off': {
    'no-end': function (http) {
      patch.hear(http.IncomingMessage.prototype, 'end', function (emit) { return this.aborted ? true : emit(); });
    }
  },
  'message.complete/tells-whether-whole': {
    'always-true': function (http) { patch.reading(http.IncomingMessage.prototype, 'complete', function () { return true; }); },
    'always-false': function (http) { patch.reading(http.IncomingMessage.prototype, 'complete', function () { return false; }); }
  },
  'message.destroy/destroys-socket': {
    'does-nothing': function (http) { patch.ignore(http.IncomingMessage.prototype, 'destroy'); }
  },
  'message.destroy/error-is-emitted-on-socket': {
    'error-lost': function (http) {
      patch.wrap(http.IncomingMessage.prototype, 'destroy', function (original) {
        return function () { return original.call(this); };
      });
    }
  },
  'message.destroy/no-error-without-argument': {
    'an-error-all-the-same': function (http) {
      patch.wrap(http.IncomingMessage.prototype, 'destroy', function (original) {
        return function (error) { return original.call(this, error || new Error('destroyed')); };
      });
    }
  },
  'message.headers/is-an-object': {
    'with-a-key-of-its-own': function (http) {
      patch.reading(http.IncomingMessage.prototype, 'headers', function (headers) { return Object.assign({':received': 'yes'}, headers); });
    },
    'a-map': function (http) {
      patch.reading(http.IncomingMessage.prototype, 'headers', function (headers) { return new Map(Object.entries(headers)); });
    }
  },
  'message.headers/names-in-lower-case': {
    'as-received': function (http) {
      patch.reading(http.IncomingMessage.prototype, 'headers', function (headers) {
        var named = {};
        for (var i = 0; i < this.rawHeaders.length; i += 2) named[this.rawHeaders[i]] = headers[this.rawHeaders[i].toLowerCase()];
        return named;
      });
    }
  },
  'message.headers/single-valued-keep-first': {
    'last-wins': function (http) { lastWins(http, singleValued); },
    'from-joined': function (http) {
      patch.wrap(http.IncomingMessage.prototype, '_addHeaderLine', function (original) {
        return function (field, value, headers) {
          if (field.toLowerCase() !== 'from' || headers.from === undefined) return original.call(this, field, value, headers);
          headers.from += ', ' + value;
        };
      });
    }
  },
  'message.headers/server-keeps-first': {
    'last-wins': function (http) { lastWins(http, ['server']); }
  },
  'message.headers/set-cookie-is-a-list': {
    'joined': function (http) {
      patch.reading(http.IncomingMessage.prototype, 'headers', function (headers) {
        if (!headers['set-cookie']) return headers;
        return Object.assign({}, headers, {'set-cookie': headers['set-cookie'].join(', ')});
      });
    },
    'single-one-is-a-string': function (http) {
      patch.reading(http.IncomingMessage.prototype, 'headers', function (headers) {
        if (!headers['set-cookie'] || headers['set-cookie'].length > 1) return headers;
        return Object.assign({}, headers, {'set-cookie': headers['set-cookie'][0]});
      });
    }
  },
  'message.headers/cookie-joined-with-semicolon': {
    'joined-with-comma': function (http) {
      patch.wrap(http.IncomingMessage.prototype, '_addHeaderLine', function (original) {
        return function (field, value, headers) {
          if (field.toLowerCase() !== 'cookie' || headers.cookie === undefined) return original.call(this, field, value, headers);
          headers.cookie += ', ' + value;
        };
      });
    }
  },
  'message.headers/others-joined-with-comma': {
    'joined-without-space': function (http) {
      patch.wrap(http.IncomingMessage.prototype, '_addHeaderLine', function (original) {
        return function (field, value, headers) {
          var name = field.toLowerCase();
          var before = headers[name];
          original.call(this, field, value, headers);
          if (before !== undefined && headers[name] === before + ', ' + value) headers[name] = before + ',' + value;
        };
      });
    }
  },
  'message.httpVersion/of-request': {
    'always-1.1': function (http) { ofRequest(http, 'httpVersion', function () { return '1.1'; }); },
    'a-number': function (http) { ofRequest(http, 'httpVersion', Number); }
  },
  'message.httpVersion/of-response': {
    'always-1.1': function (http) { ofResponse(http, 'httpVersion', function () { return '1.1'; }); },
    'a-number': function (http) { ofResponse(http, 'httpVersion', Number); }
  },
  'message.httpVersion/major-and-minor': {
    'minor-is-always-1': function (http) { always(http, 'httpVersionMinor', 1); },
    'text': function (http) { patch.reading(http.IncomingMessage.prototype, 'httpVersionMajor', String); }
  },
  'message.method/of-request': {
    'lower-case': function (http) { ofRequest(http, 'method', function (value) { return value.toLowerCase(); }); }
  },
  'message.method/not-of-response': {
    'a-get': function (http) { ofResponse(http, 'method', function () { return 'GET'; }); }
  },
  'message.rawHeaders/as-received': {
    'sorted': function (http) { rawHeaders(http, function (pairs) { return flat(pairs.sort()); }); }
  },
  'message.rawHeaders/names-and-values-alternate': {
    'pairs': function (http) { rawHeaders(http, function (pairs) { return pairs; }); }
  },
  'message.rawHeaders/names-keep-their-case': {
    'lower-case': function (http) {
      rawHeaders(http, function (pairs) { return flat(pairs.map(function (pair) { return [pair[0].toLowerCase(), pair[1]]; })); });
    }
  },
  'message.rawHeaders/duplicates-stay': {
    'merged': function (http) {
      rawHeaders(http, function (pairs) {
        var merged = [];
        pairs.forEach(function (pair) {
          var before = merged.filter(function (other) { return other[0].toLowerCase() === pair[0].toLowerCase(); })[0];
          if (before) before[1] += ', ' + pair[1];
          else merged.push(pair);
        });
        return flat(merged);
      });
    }
  },
  'message.rawTrailers/as-received': {
    'lower-case': function (http) {
      patch.reading(http.IncomingMessage.prototype, 'rawTrailers', function (raw) {
        return raw.map(function (text, i) { return i % 2 ? text : text.toLowerCase(); });
      });
    }
  },
  'message.rawTrailers/filled-at-end': {
    'stays-empty': function (http) { patch.reading(http.IncomingMessage.prototype, 'rawTrailers', function () { return []; }); }
  },
  'message.trailers/empty-without-trailers': {
    'undefined': function (http) {
      patch.reading(http.IncomingMessage.prototype, 'trailers', function (value) { return this.rawTrailers.length ? value : undefined; });
    }
  },
  'message.trailers/filled-at-end': {
    'stays-empty': function (http) { patch.reading(http.IncomingMessage.prototype, 'trailers', function () { return {}; }); },
    'as-received': function (http) {
      patch.reading(http.IncomingMessage.prototype, 'trailers', function () {
        var trailers = {};
        for (var i = 0; i < this.rawTrailers.length; i += 2) trailers[this.rawTrailers[i]] = this.rawTrailers[i + 1];
        return trailers;
      });
    }
  },
  'message.setTimeout/callback-called-on-timeout': {
    'not-called': function (http) { patch.withoutCallback(http.IncomingMessage.prototype, 'setTimeout'); }
  },
  'message.setTimeout/sets-timeout-of-connection': {
    'not-set': function (http) {
      http.IncomingMessage.prototype.setTimeout = function (msecs, callback) {
        if (callback) this.on('timeout', callback);
        return this;
      };
    }
  },
  'message.setTimeout/returns-message': {
    'returns-nothing': function (http) { patch.returning(http.IncomingMessage.prototype, 'setTimeout', undefined); }
  },
  'message.setTimeout/callback-is-optional': {
    'nothing-set-without': function (http) {
      patch.wrap(http.IncomingMessage.prototype, 'setTimeout', function (original) {
        return function (msecs, callback) { return callback ? original.call(this, msecs, callback) : this; };
      });
    }
  },
  'message.socket/is-the-connection': {
    'another': function (http) { patch.reading(http.IncomingMessage.prototype, 'socket', patch.stranger); }
  },
  'message.socket/is-a-net-socket': {
    'another-class': function (http) {
      patch.reading(http.IncomingMessage.prototype, 'socket', function (socket) { return socket && patch.notOf(socket); });
    }
  },
  'message.socket/own-socket-type': {
    'always-from-net': function (http) {
      patch.reading(http.IncomingMessage.prototype, 'socket', function (socket) { return socket instanceof net.Socket ? socket : new net.Socket(); });
    }
  },
  'message.socket/getPeerCertificate': {
    'empty': function () {
      tls.TLSSocket.prototype.getPeerCertificate = function () { return {}; };
    }
  },
  'message.statusCode/of-response': {
    'text': function (http) { ofResponse(http, 'statusCode', String); }
  },
  'message.statusCode/not-of-request': {
    '200': function (http) { ofRequest(http, 'statusCode', function () { return 200; }); }
  },
  'message.statusMessage/of-response': {
    'standard-phrase': function (http) { ofResponse(http, 'statusMessage', function () { return http.STATUS_CODES[this.statusCode]; }); }
  },
  'message.statusMessage/not-of-request': {
    'ok': function (http) { ofRequest(http, 'statusMessage', function () { return 'OK'; }); }
  },
  'message.url/as-in-request': {
    'query-lost': function (http) { ofRequest(http, 'url', function (value) { return value.split('?')[0]; }); },
    'host-added': function (http) { ofRequest(http, 'url', function (value) { return 'http://' + this.headers.host + value; }); }
  },
  'message.url/parses-against-host': {
    'query-lost': function (http) { ofRequest(http, 'url', function (value) { return value.split('?')[0]; }); }
  },
  'message.url/not-of-response': {
    'a-path': function (http) { ofResponse(http, 'url', function () { return '/'; }); }
  }
};
