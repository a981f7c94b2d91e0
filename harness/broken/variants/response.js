// Variants of http.ServerResponse.

'use strict';

var patch = require('./patch.js');

function isBodiless(status) { return status === 204 || status === 304; }

// swapDateAndConnection changes the order of two fields.
function swapDateAndConnection(head) {
  return head.replace(/(Date: .*\r\n)(Connection: .*\r\n)/, '$2$1');
}

// lengthOf is the number of bytes of what write() or end() was given.
function lengthOf(data, encoding) {
  return typeof data === 'string' || Buffer.isBuffer(data) ? Buffer.byteLength(data, typeof encoding === 'string' ? encoding : 'utf8') : 0;
}

module.exports = {
  'response/default-head-and-content-length': {
    'connection-before-date': function (http) {
      patch.editHead(http.ServerResponse.prototype, function (head) {
        return /Content-Length/.test(head) ? swapDateAndConnection(head) : head;
      });
    },
    'length-wrong-by-one': function (http) {
      patch.editHead(http.ServerResponse.prototype, function (head) {
        var length = this._contentLength;
        return length && !this.hasHeader('content-length') ? head.replace('Content-Length: ' + length, 'Content-Length: ' + (length - 1)) : head;
      });
    }
  },
  'response/default-head-and-chunked': {
    'connection-before-date': function (http) {
      patch.editHead(http.ServerResponse.prototype, function (head) {
        return this.chunkedEncoding ? swapDateAndConnection(head) : head;
      });
    }
  },
  'response/http10-body-until-close': {
    'chunked': function (http) {
      patch.beforeHead(http.ServerResponse.prototype, function () { this.useChunkedEncodingByDefault = true; });
    }
  },
  'response/http10-keep-alive-needs-length': {
    'closed-with-length': function (http) {
      patch.beforeHead(http.ServerResponse.prototype, function () {
        if (!this.useChunkedEncodingByDefault) this._removedConnection = true;
      });
    }
  },
  'response.event-close/after-completion': {
    'not-emitted': function (http) {
      patch.hear(http.ServerResponse.prototype, 'close', function (emit) { return this.finished ? true : emit(); });
    }
  },
  'response.event-close/connection-lost': {
    'not-emitted': function (http) {
      patch.hear(http.ServerResponse.prototype, 'close', function (emit) { return this.finished ? emit() : true; });
    },
    'finish-too': function (http) {
      patch.hear(http.ServerResponse.prototype, 'close', function (emit) {
        // Without the http module's own listener, which wants a connection.
        if (!this.finished) this.listeners('finish').slice(1).forEach(function (listener) { listener.call(this); }, this);
        return emit();
      });
    }
  },
  'response.event-finish/after-last-byte-handed-over': {
    'twice': function (http) {
      patch.hear(http.ServerResponse.prototype, 'finish', function (emit) {
        var listeners = this.listeners('finish').slice(1); // but the http module's own
        emit();
        listeners.forEach(function (listener) { listener.call(this); }, this);
        return true;
      });
    },
    'not-emitted': function (http) {
      patch.hear(http.ServerResponse.prototype, 'finish', function () {
        this.listeners('finish')[0].call(this);
        return true;
      });
    }
  },
  'response.addTrailers/sent-after-chunked-body': {
    'dropped': function (http) {
      patch.wrap(http.ServerResponse.prototype, 'addTrailers', function (original) {
        return function (headers) {
          original.call(this, headers);
          this._trailer = '';
        };
      });
    }
  },
  'response.addTrailers/discarded-on-http10': {
    'throws': function (http) {
      patch.wrap(http.ServerResponse.prototype, 'addTrailers', function (original) {
        return function (headers) {
          if (!this.useChunkedEncodingByDefault) throw new Error('no trailers in HTTP/1.0');
          original.call(this, headers);
        };
      });
    }
  },
  'response.addTrailers/discarded-with-content-length': {
    'throws': function (http) {
      patch.wrap(http.ServerResponse.prototype, 'addTrailers', function (original) {
        return function (headers) {
          if (/content-length/i.test(this._header) || this.hasHeader('content-length')) throw new Error('no trailers without chunks');
          original.call(this, headers);
        };
      });
    }
  },
  'response.addTrailers/announced-trailers-discarded': {
    'connection-closed': function (http) {
      patch.wrap(http.ServerResponse.prototype, '_storeHeader', function (original) {
        return function () {
          try {
            original.apply(this, arguments);
          } catch (error) {
            this.socket.destroy();
            throw error;
          }
        };
      });
    }
  },
  'response.addTrailers/invalid-name-throws': {
    'accepted': function (http) { patch.swallowThrown(http.ServerResponse.prototype, 'addTrailers', 'ERR_INVALID_HTTP_TOKEN'); }
  },
  'response.addTrailers/invalid-value-throws': {
    'accepted': function (http) { patch.swallowThrown(http.ServerResponse.prototype, 'addTrailers', 'ERR_INVALID_CHAR'); }
  },
  'response.cork/holds-writes-back': {
    'does-nothing': function (http) { patch.ignore(http.ServerResponse.prototype, 'cork'); }
  },
  'response.end/completes-message': {
    'last-chunk-missing': function (http) {
      patch.wrap(http.ServerResponse.prototype, '_send', function (original) {
        return function (data, encoding, callback) {
          return original.call(this, data === '0\r\n\r\n' ? '' : data, encoding, callback);
        };
      });
    }
  },
  'response.end/data-is-last-of-body': {
    'lost': function (http) {
      patch.wrap(http.ServerResponse.prototype, 'end', function (original) {
        return function (data, encoding, callback) { return original.call(this, callback); };
      });
    },
    'encoding-ignored': function (http) {
      patch.wrap(http.ServerResponse.prototype, 'end', function (original) {
        return function (data, encoding, callback) { return original.call(this, data, typeof encoding === 'string' ? 'utf8' : encoding, callback); };
      });
    }
  },
  'response.end/callback-when-finished': {
    'not-called': function (http) { patch.withoutCallback(http.ServerResponse.prototype, 'end'); }
  },
  'response.end/returns-response': {
    'returns-nothing': function (http) { patch.returning(http.ServerResponse.prototype, 'end', undefined); }
  },
  'response.finished/true-after-end': {
    'stays-false': function (http) { patch.reading(http.ServerResponse.prototype, 'finished', function () { return false; }); }
  },
  'response.flushHeaders/sends-head-now': {
    'does-nothing': function (http) { patch.ignore(http.ServerResponse.prototype, 'flushHeaders'); }
  },
  'response.getHeader/name-in-any-case': {
    'lower-case-only': function (http) {
      patch.wrap(http.ServerResponse.prototype, 'getHeader', function (original) {
        return function (name) { return name === name.toLowerCase() ? original.call(this, name) : undefined; };
      });
    }
  },
  'response.getHeader/keeps-type': {
    'a-string': function (http) {
      patch.wrap(http.ServerResponse.prototype, 'getHeader', function (original) {
        return function (name) {
          var value = original.call(this, name);
          return value === undefined ? value : String(value);
        };
      });
    }
  },
  'response.getHeaderNames/lower-case-and-unique': {
    'upper-case': function (http) {
      patch.wrap(http.ServerResponse.prototype, 'getHeaderNames', function (original) {
        return function () { return original.call(this).map(function (name) { return name.toUpperCase(); }); };
      });
    },
    'one-for-each-value': function (http) {
      patch.wrap(http.ServerResponse.prototype, 'getHeaderNames', function (original) {
        return function () {
          var self = this;
          return [].concat.apply([], original.call(this).map(function (name) {
            return [].concat(self.getHeader(name)).map(function () { return name; });
          }));
        };
      });
    }
  },
  'response.getHeaders/shallow-copy': {
    'names-in-upper-case': function (http) {
      patch.wrap(http.ServerResponse.prototype, 'getHeaders', function (original) {
        return function () {
          var headers = original.call(this);
          var named = Object.create(null);
          Object.keys(headers).forEach(function (name) { named[name.toUpperCase()] = headers[name]; });
          return named;
        };
      });
    },
    'the-headers-themselves': function (http) {
      patch.wrap(http.ServerResponse.prototype, 'getHeaders', function (original) {
        return function () {
          var self = this;
          return new Proxy(original.call(this), {
            set: function (target, name, value) {
              self.setHeader(name, value);
              target[name] = value;
              return true;
            }
          });
        };
      });
    },
    'deep-copy': function (http) {
      patch.wrap(http.ServerResponse.prototype, 'getHeaders', function (original) {
        return function () {
          var headers = original.call(this);
          Object.keys(headers).forEach(function (name) {
            if (Array.isArray(headers[name])) headers[name] = headers[name].slice();
          });
          return headers;
        };
      });
    }
  },
  'response.getHeaders/no-prototype': {
    'an-object': function (http) {
      patch.wrap(http.ServerResponse.prototype, 'getHeaders', function (original) {
        return function () { return Object.assign({}, original.call(this)); };
      });
    }
  },
  'response.hasHeader/name-in-any-case': {
    'lower-case-only': function (http) {
      patch.wrap(http.ServerResponse.prototype, 'hasHeader', function (original) {
        return function (name) { return name === name.toLowerCase() && original.call(this, name); };
      });
    },
    'always-true': function (http) { patch.returning(http.ServerResponse.prototype, 'hasHeader', true); }
  },
  'response.headersSent/tells-whether-sent': {
    'true-after-100': function (http) {
      patch.getter(http.ServerResponse.prototype, 'headersSent', function () { return this._sent100 || !!this._header; });
    },
    'stays-false': function (http) { patch.getter(http.ServerResponse.prototype, 'headersSent', function () { return false; }); },
    'true-once-one-is-set': function (http) {
      patch.getter(http.ServerResponse.prototype, 'headersSent', function () { return this.getHeaderNames().length > 0 || !!this._header; });
    },
    'can-be-assigned': function (http) {
      Object.defineProperty(http.ServerResponse.prototype, 'headersSent', {
        get: function () { return '_said' in this ? this._said : !!this._header; },
        set: function (value) { this._said = value; }
      });
    }
  },
  'response.removeHeader/is-not-sent': {
    'gone-for-good': function (http) {
      patch.wrap(http.ServerResponse.prototype, 'removeHeader', function (original) {
        return function (name) {
          (this.gone = this.gone || []).push(name.toLowerCase());
          original.call(this, name);
        };
      });
      patch.wrap(http.ServerResponse.prototype, 'setHeader', function (original) {
        return function (name) { if ((this.gone || []).indexOf(name.toLowerCase()) < 0) original.apply(this, arguments); };
      });
    },
    'still-sent': function (http) { patch.ignore(http.ServerResponse.prototype, 'removeHeader'); }
  },
  'response.sendDate/date-by-default': {
    'no-date': function (http) {
      patch.editHead(http.ServerResponse.prototype, function (head) {
        return this.hasHeader('date') ? head : head.replace(/\r\nDate: .*/, '');
      });
    },
    'false-by-default': function (http) {
      patch.property(http.ServerResponse.prototype, 'sendDate', function (value, byProgram) {
        return patch.calledWithin('new ServerResponse') || byProgram && value === true ? false : value;
      });
    }
  },
  'response.sendDate/own-date-kept': {
    'date-twice': function (http) {
      patch.editHead(http.ServerResponse.prototype, function (head) {
        if (!/\r\nDate: /i.test(head)) return head;
        return head.replace(/\r\n/, '\r\nDate: ' + new Date(0).toUTCString() + '\r\n');
      });
    },
    'replaced': function (http) {
      patch.editHead(http.ServerResponse.prototype, function (head) {
        return head.replace(/\r\nDate: .*/i, '\r\nDate: ' + new Date().toUTCString());
      });
    }
  },
  'response.sendDate/false-sends-none': {
    'sent-all-the-same': function (http) {
      patch.beforeHead(http.ServerResponse.prototype, function () { this.sendDate = true; });
    }
  },
  'response.setHeader/replaces-same-name': {
    'first-stays': function (http) {
      patch.wrap(http.ServerResponse.prototype, 'setHeader', function (original) {
        return function (name) { if (!this.hasHeader(name)) original.apply(this, arguments); };
      });
    }
  },
  'response.setHeader/list-is-several-fields': {
    'joined': function (http) {
      patch.wrap(http.ServerResponse.prototype, 'setHeader', function (original) {
        return function (name, value) { original.call(this, name, Array.isArray(value) ? value.join(', ') : value); };
      });
    }
  },
  'response.setHeader/other-values-sent-as-strings': {
    'refused': function (http) {
      patch.wrap(http.ServerResponse.prototype, 'setHeader', function (original) {
        return function (name, value) {
          if (typeof value !== 'string' && !Array.isArray(value)) throw new TypeError('a string is needed');
          original.call(this, name, value);
        };
      });
    }
  },
  'response.setHeader/invalid-name-throws': {
    'letters-and-digits-only': function (http) {
      patch.wrap(http.ServerResponse.prototype, 'setHeader', function (original) {
        return function (name, value) {
          if (!/^[-A-Za-z0-9]+$/.test(name)) throw new TypeError('invalid name');
          original.call(this, name, value);
        };
      });
    },
    'accepted': function (http) { patch.swallowThrown(http.ServerResponse.prototype, 'setHeader', 'ERR_INVALID_HTTP_TOKEN'); }
  },
  'response.setHeader/invalid-value-throws': {
    'ASCII-only': function (http) {
      patch.wrap(http.ServerResponse.prototype, 'setHeader', function (original) {
        return function (name, value) {
          if (/[^ -~]/.test(value)) throw new TypeError('invalid value');
          original.call(this, name, value);
        };
      });
    },
    'accepted': function (http) { patch.swallowThrown(http.ServerResponse.prototype, 'setHeader', 'ERR_INVALID_CHAR'); }
  },
  'response.setTimeout/returns-response': {
    'returns-nothing': function (http) { patch.returning(http.ServerResponse.prototype, 'setTimeout', undefined); }
  },
  'response.setTimeout/callback-listens-for-timeout': {
    'not-called': function (http) { patch.withoutCallback(http.ServerResponse.prototype, 'setTimeout'); },
    'destroyed-too': function (http) {
      patch.hear(http.ServerResponse.prototype, 'timeout', function (emit) {
        emit();
        return false;
      });
    }
  },
  'response.setTimeout/no-listener-destroys': {
    'server-not-asked': function (http) {
      patch.hear(http.Server.prototype, 'timeout', function (emit) {
        emit();
        return false;
      });
    },
    'request-not-asked': function (http) {
      patch.hear(http.IncomingMessage.prototype, 'timeout', function (emit) {
        emit();
        return false;
      });
    },
    'left-open': function (http) { patch.hear(http.ServerResponse.prototype, 'timeout', function (emit) { return emit() || true; }); }
  },
  'response.socket/is-request-socket': {
    'another': function (http) { patch.reading(http.ServerResponse.prototype, 'socket', patch.stranger); },
    'connection-missing': function (http) { patch.reading(http.ServerResponse.prototype, 'connection', function () { return undefined; }); }
  },
  'response.socket/null-after-end': {
    'stays': function (http) {
      patch.property(http.ServerResponse.prototype, 'socket', function (value, byProgram) { return byProgram ? value || this.was : value; }, function (value) {
        if (value) this.was = value;
        return value;
      });
    }
  },
  'response.statusCode/default-200': {
    'undefined': function (http) {
      delete http.ServerResponse.prototype.statusCode;
      patch.wrap(http.ServerResponse.prototype, '_implicitHeader', function () {
        return function () { this.writeHead(this.statusCode || 200); };
      });
    },
    '204': function (http) { http.ServerResponse.prototype.statusCode = 204; }
  },
  'response.statusCode/used-by-implicit-headers': {
    '200-sent': function (http) {
      http.ServerResponse.prototype._implicitHeader = function () { this.writeHead(200); };
    }
  },
  'response.statusCode/tells-what-was-sent': {
    'what-was-set': function (http) {
      patch.wrap(http.ServerResponse.prototype, 'writeHead', function (original) {
        return function () {
          var set = this.statusCode;
          original.apply(this, arguments);
          this.statusCode = set;
          return this;
        };
      });
    }
  },
  'response.statusMessage/used-by-implicit-headers': {
    'standard-phrase-sent': function (http) {
      patch.wrap(http.ServerResponse.prototype, '_implicitHeader', function (original) {
        return function () {
          this.statusMessage = undefined;
          original.call(this);
        };
      });
    }
  },
  'response.statusMessage/standard-when-undefined': {
    'unknown': function (http) {
      patch.wrap(http.ServerResponse.prototype, 'writeHead', function (original) {
        return function (status, reason) {
          if (!this.statusMessage && typeof reason !== 'string') this.statusMessage = 'unknown';
          return original.apply(this, arguments);
        };
      });
    },
    'undefined-afterwards': function (http) {
      patch.wrap(http.ServerResponse.prototype, 'writeHead', function (original) {
        return function () {
          var set = this.statusMessage;
          original.apply(this, arguments);
          this.statusMessage = set;
          return this;
        };
      });
    }
  },
  'response.writableEnded/true-after-end': {
    'stays-false': function (http) { patch.getter(http.ServerResponse.prototype, 'writableEnded', function () { return false; }); },
    'always-true': function (http) { patch.getter(http.ServerResponse.prototype, 'writableEnded', function () { return true; }); }
  },
  'response.writableFinished/true-at-finish': {
    'stays-false': function (http) { patch.getter(http.ServerResponse.prototype, 'writableFinished', function () { return false; }); },
    'always-true': function (http) { patch.getter(http.ServerResponse.prototype, 'writableFinished', function () { return true; }); }
  },
  'response.write/sends-implicit-headers': {
    'set-headers-lost': function (http) {
      patch.wrap(http.ServerResponse.prototype, 'write', function (original) {
        return function () {
          if (!this._header) this.getHeaderNames().forEach(this.removeHeader, this);
          return original.apply(this, arguments);
        };
      });
    }
  },
  'response.write/successive-parts': {
    'second-part-lost': function (http) {
      patch.wrap(http.ServerResponse.prototype, 'write', function (original) {
        return function () {
          this.parts = (this.parts || 0) + 1;
          return this.parts === 2 ? true : original.apply(this, arguments);
        };
      });
    },
    'held-until-end': function (http) {
      patch.wrap(http.ServerResponse.prototype, 'write', function (original) {
        return function (data) {
          var self = this;
          var given = arguments;
          if (!this._header) this._implicitHeader();
          (this.held = this.held || []).push(function () { original.apply(self, given); });
          return true;
        };
      });
      patch.wrap(http.ServerResponse.prototype, 'end', function (original) {
        return function () {
          (this.held || []).forEach(function (send) { send(); });
          return original.apply(this, arguments);
        };
      });
    }
  },
  'response.write/head-waits-for-first-part': {
    'leaves-at-once': function (http) {
      patch.wrap(http.ServerResponse.prototype, 'writeHead', function (original) {
        return function () {
          original.apply(this, arguments);
          this._send('', 'latin1');
          return this;
        };
      });
    }
  },
  'response.write/encoding': {
    'buffers-as-text': function (http) {
      patch.wrap(http.ServerResponse.prototype, 'write', function (original) {
        return function (data, encoding, callback) {
          return original.call(this, Buffer.isBuffer(data) ? data.toString('latin1') : data, encoding, callback);
        };
      });
    },
    'ignored': function (http) {
      patch.wrap(http.ServerResponse.prototype, 'write', function (original) {
        return function (data, encoding, callback) { return original.call(this, data, 'utf8', callback); };
      });
    },
    'latin1-by-default': function (http) {
      patch.wrap(http.ServerResponse.prototype, 'write', function (original) {
        return function (data, encoding, callback) { return original.call(this, data, encoding || 'latin1', callback); };
      });
    }
  },
  'response.write/callback': {
    'not-called': function (http) { patch.withoutCallback(http.ServerResponse.prototype, 'write'); }
  },
  'response.write/result-and-drain': {
    'always-true': function (http) { patch.returning(http.ServerResponse.prototype, 'write', true); },
    'no-drain': function (http) { patch.swallow(http.ServerResponse.prototype, 'drain'); }
  },
  'response.write/no-body-for-head': {
    'sent': function (http) {
      patch.wrap(http.ServerResponse.prototype, '_storeHeader', function (original) {
        return function () {
          original.apply(this, arguments);
          if (!isBodiless(this.statusCode)) this._hasBody = true;
        };
      });
    }
  },
  'response.write/no-body-for-204-and-304': {
    'sent': function (http) {
      patch.wrap(http.ServerResponse.prototype, '_storeHeader', function (original) {
        return function () {
          original.apply(this, arguments);
          if (isBodiless(this.statusCode)) this._hasBody = true;
        };
      });
    }
  },
  'response.writeContinue/sends-100': {
    'sends-102': function (http) {
      patch.wrap(http.ServerResponse.prototype, 'writeContinue', function () {
        return function (callback) { this._writeRaw('HTTP/1.1 102 Processing\r\n\r\n', 'ascii', callback); };
      });
    }
  },
  'response.writeHead/status-reason-and-headers': {
    'always-200': function (http) {
      patch.wrap(http.ServerResponse.prototype, 'writeHead', function (original) {
        return function (status, reason, headers) { return original.call(this, 200, reason, headers); };
      });
    },
    'reason-lost': function (http) {
      patch.wrap(http.ServerResponse.prototype, 'writeHead', function (original) {
        return function (status, reason, headers) {
          return original.call(this, status, typeof reason === 'string' ? headers : reason);
        };
      });
    },
    'headers-lost': function (http) {
      patch.wrap(http.ServerResponse.prototype, 'writeHead', function (original) {
        return function (status, reason) { return typeof reason === 'string' ? original.call(this, status, reason) : original.call(this, status); };
      });
    }
  },
  'response.writeHead/headers-override-set-headers': {
    'setHeader-wins': function (http) {
      patch.wrap(http.ServerResponse.prototype, 'writeHead', function (original) {
        return function () {
          var set = this.getHeaders();
          var given = [].slice.call(arguments).map(function (argument) {
            if (typeof argument !== 'object' || argument === null) return argument;
            var left = {};
            Object.keys(argument).forEach(function (name) { if (!(name.toLowerCase() in set)) left[name] = argument[name]; });
            return left;
          });
          return original.apply(this, given);
        };
      });
    }
  },
  'response.writeHead/not-cached-when-none-set': {
    'cached': function (http) {
      patch.wrap(http.ServerResponse.prototype, 'writeHead', function (original) {
        return function (status, reason, headers) {
          var given = typeof reason === 'string' ? headers : reason;
          Object.keys(given || {}).forEach(function (name) { this.setHeader(name, given[name]); }, this);
          return typeof reason === 'string' ? original.call(this, status, reason) : original.call(this, status);
        };
      });
    }
  },
  'response.writeHead/content-length-not-checked': {
    'checked': function (http) {
      patch.wrap(http.ServerResponse.prototype, 'end', function (original) {
        return function (data, encoding) {
          var announced = /\r\nContent-Length: (\d+)/i.exec(this._header || '');
          if (announced && this._hasBody && lengthOf(data, encoding) !== Number(announced[1])) {
            throw new Error('the body is not as long as Content-Length says');
          }
          return original.apply(this, arguments);
        };
      });
    }
  },
  'response.writeHead/invalid-header-throws': {
    'name-accepted': function (http) { patch.swallowThrown(http.ServerResponse.prototype, 'writeHead', 'ERR_INVALID_HTTP_TOKEN'); },
    'value-accepted': function (http) { patch.swallowThrown(http.ServerResponse.prototype, 'writeHead', 'ERR_INVALID_CHAR'); }
  },
  'response.writeHead/returns-response': {
    'returns-nothing': function (http) { patch.returning(http.ServerResponse.prototype, 'writeHead', undefined); }
  },
  'response.writeProcessing/sends-102': {
    'does-nothing': function (http) { patch.ignore(http.ServerResponse.prototype, 'writeProcessing'); }
  }
};
