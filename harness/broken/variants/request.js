// Variants of http.request() and http.get().

'use strict';

var patch = require('./patch.js');

function soon(f) { setTimeout(f, 20); }

// parseURLs turns a URL, given as a string or an object, into options of a kind.
function changeURL(http, isOurs, change) {
  ['request', 'get'].forEach(function (name) {
    patch.wrap(http, name, function (original) {
      return function (url) {
        var given = [].slice.call(arguments);
        if (isOurs(url)) given[0] = change(new URL(String(url)));
        return original.apply(http, given);
      };
    });
  });
}

function isString(url) { return typeof url === 'string'; }
function isObject(url) { return url instanceof URL; }

function withoutQuery(url) {
  url.search = '';
  return url;
}

function withoutCredentials(url) {
  url.username = url.password = '';
  return url;
}

module.exports = {
  'http.get/ends-request': {
    'not-ended': function (http) {
      http.get = function () { return http.request.apply(http, arguments); };
    }
  },
  'http.get/callback-hears-response': {
    'not-called': function (http) { patch.withoutCallback(http, 'get'); },
    'called-without-response': function (http) {
      patch.wrap(http, 'get', function (original) {
        return function () {
          return original.apply(http, [].map.call(arguments, function (argument) {
            return typeof argument === 'function' ? function () { argument(); } : argument;
          }));
        };
      });
    }
  },
  'http.get/inherited-options-are-ignored': {
    'used': function (http) {
      patch.wrap(http, 'get', function (original) {
        return function () {
          return original.apply(http, [].map.call(arguments, function (argument) {
            if (typeof argument !== 'object' || argument === null || argument instanceof URL) return argument;
            var all = {};
            for (var name in argument) all[name] = argument[name];
            return all;
          }));
        };
      });
    }
  },
  'http.get/method-is-always-get': {
    'a-post': function (http) {
      patch.wrap(http, 'get', function (original) {
        return function () {
          return original.apply(http, [].map.call(arguments, function (argument) {
            return typeof argument === 'object' && !(argument instanceof URL) ? Object.assign({}, argument, {method: 'OPTIONS'}) : argument;
          }));
        };
      });
    }
  },
  'http.request/default-bytes': {
    'accept-sent': function (http) {
      patch.editHead(http.ClientRequest.prototype, function (head) { return head.replace(/\r\n/, '\r\nAccept: */*\r\n'); });
    },
    'host-without-port': function (http) {
      patch.editHead(http.ClientRequest.prototype, function (head) { return head.replace(/(\r\nHost: [^:\r]*):\d+/, '$1'); });
    }
  },
  'http.request/callback-hears-response-once': {
    'a-listener-that-stays': function (http) {
      patch.wrap(http, 'request', function (original) {
        return function () {
          var callback = [].filter.call(arguments, function (argument) { return typeof argument === 'function'; })[0];
          var request = original.apply(http, [].filter.call(arguments, function (argument) { return typeof argument !== 'function'; }));
          if (callback) request.on('response', callback);
          return request;
        };
      });
    }
  },
  'http.request/written-body-is-sent': {
    'lost': function (http) {
      http.ClientRequest.prototype.write = function () { return true; };
    }
  },
  'http.request/needs-end': {
    'ends-by-itself': function (http) {
      patch.madeRequest(http, function (request) { soon(function () { request.end(); }); });
    }
  },
  'http.request/method': {
    'post-by-default': function (http) {
      patch.withOptions(http, function (options) { return Object.assign({method: 'POST'}, options); });
    },
    'always-get': function (http) { patch.withoutOption(http, 'method'); }
  },
  'http.request/path': {
    'star-by-default': function (http) {
      patch.withOptions(http, function (options, given) {
        return typeof given[0] === 'object' && !(given[0] instanceof URL) ? Object.assign({path: '*'}, options) : options;
      });
    },
    'query-lost': function (http) {
      patch.withOptions(http, function (options) {
        if (options.path) options.path = options.path.split('?')[0];
        return options;
      });
    },
    'always-root': function (http) { patch.withoutOption(http, 'path'); }
  },
  'http.request/headers': {
    'ignored': function (http) { patch.withoutOption(http, 'headers'); }
  },
  'http.request/connection-keep-alive': {
    'closed': function (http) {
      patch.hear(http.ClientRequest.prototype, 'response', function (emit) {
        if (/keep-alive/i.test(this.getHeader('connection'))) this.shouldKeepAlive = false;
        return emit();
      });
    }
  },
  'http.request/hostname-wins-over-host': {
    'host-wins': function (http) {
      patch.withOptions(http, function (options) {
        if (options.host) options.hostname = options.host;
        return options;
      });
    }
  },
  'http.request/host-defaults-to-localhost': {
    'elsewhere': function (http) {
      patch.withOptions(http, function (options, given) {
        if (typeof given[0] === 'object' && !(given[0] instanceof URL) && !options.host && !options.hostname) options.host = 'localhost.invalid';
        return options;
      });
    }
  },
  'http.request/port-defaults-to-defaultPort': {
    'always-80': function (http) { patch.withoutOption(http, 'defaultPort'); }
  },
  'http.request/lookup': {
    'ignored': function (http) { patch.withoutOption(http, 'lookup'); }
  },
  'http.request/family': {
    'ignored': function (http) { patch.withoutOption(http, 'family'); }
  },
  'http.request/agent-false': {
    'global-agent-used': function (http) {
      patch.withOptions(http, function (options) {
        if (options.agent === false) delete options.agent;
        return options;
      });
    }
  },
  'http.request/insecureHTTPParser': {
    'ignored': function (http) { patch.withoutOption(http, 'insecureHTTPParser'); },
    'always': function (http) {
      patch.withOptions(http, function (options) {
        options.insecureHTTPParser = true;
        return options;
      });
    }
  },
  'http.request/url-string': {
    'query-lost': function (http) { changeURL(http, isString, withoutQuery); },
    'credentials-lost': function (http) { changeURL(http, isString, withoutCredentials); }
  },
  'http.request/url-object': {
    'query-lost': function (http) { changeURL(http, isObject, withoutQuery); },
    'credentials-lost': function (http) { changeURL(http, isObject, withoutCredentials); }
  },
  'http.request/options-win-over-url': {
    'url-wins': function (http) {
      patch.withOptions(http, function (options, given) {
        if (typeof given[0] !== 'string' && !(given[0] instanceof URL)) return options;
        ['path', 'host', 'hostname', 'port', 'auth'].forEach(function (name) { delete options[name]; });
        return options;
      });
    }
  },
  'http.request/auth-makes-authorization': {
    'ignored': function (http) { patch.withoutOption(http, 'auth'); },
    'not-encoded': function (http) {
      patch.withOptions(http, function (options) {
        if (options.auth) options.headers = Object.assign({authorization: 'Basic ' + options.auth}, options.headers);
        return options;
      });
    }
  },
  'http.request/authorization-header-wins': {
    'auth-wins': function (http) {
      patch.withOptions(http, function (options) {
        if (!options.auth || !options.headers) return options;
        options.headers = Object.assign({}, options.headers);
        Object.keys(options.headers).forEach(function (name) { if (/^authorization$/i.test(name)) delete options.headers[name]; });
        return options;
      });
    }
  },
  'http.request/setHost-false': {
    'ignored': function (http) { patch.withoutOption(http, 'setHost'); },
    'always-false': function (http) {
      patch.withOptions(http, function (options) {
        options.setHost = false;
        return options;
      });
    }
  },
  'http.request/socketPath': {
    'ignored': function (http) { patch.withoutOption(http, 'socketPath'); }
  },
  'http.request/createConnection': {
    'ignored': function (http) { patch.withoutOption(http, 'createConnection'); }
  },
  'http.request/createConnection-not-with-agent': {
    'used-all-the-same': function (http) {
      patch.withOptions(http, function (options) {
        if (options.createConnection) delete options.agent;
        return options;
      });
    }
  },
  'http.request/path-with-space-throws': {
    'encoded': function (http) {
      patch.withOptions(http, function (options) {
        if (options.path) options.path = options.path.replace(/ /g, '%20');
        return options;
      });
    }
  },
  'http.request/path-takes-all-but-spaces': {
    'only-what-a-URL-has': function (http) {
      patch.withOptions(http, function (options) {
        if (/[^!-~]|["<>^`{|}\\]/.test(options.path)) throw new TypeError('unescaped characters');
        return options;
      });
    }
  },
  'http.request/invalid-header-throws': {
    'name-accepted': function (http) { patch.swallowThrown(http.ClientRequest.prototype, 'setHeader', 'ERR_INVALID_HTTP_TOKEN'); },
    'value-accepted': function (http) { patch.swallowThrown(http.ClientRequest.prototype, 'setHeader', 'ERR_INVALID_CHAR'); }
  },
  'http.request/bodiless-responses': {
    'body-of-head-awaited': function (http) {
      patch.property(http.ClientRequest.prototype, 'method', function (value) {
        return value === 'HEAD' && patch.calledWithin('parserOnIncomingClient') ? 'GET' : value;
      });
    }
  },
  'http.request/content-length-instead-of-chunked': {
    'chunked-too': function (http) {
      patch.editHead(http.ClientRequest.prototype, function (head) {
        if (!this.hasHeader('content-length')) return head;
        this.chunkedEncoding = true;
        return head.replace(/\r\n\r\n$/, '\r\nTransfer-Encoding: chunked\r\n\r\n');
      });
    }
  },
  'http.request/chunked-by-default': {
    'without-framing': function (http) {
      patch.beforeHead(http.ClientRequest.prototype, function () { this.useChunkedEncodingByDefault = false; });
    }
  },
  'http.request/expect-sends-head-at-once': {
    'waits-for-the-body': function (http) {
      patch.wrap(http.ClientRequest.prototype, '_storeHeader', function (original) {
        return function () {
          this._send = function () { return true; };
          original.apply(this, arguments);
          delete this._send;
        };
      });
    }
  },
  'http.request/expect-set-later-sends-head-at-once': {
    'not-sent': function (http) {
      patch.wrap(http.ClientRequest.prototype, 'setHeader', function (original) {
        return function (name) { if (!/^expect$/i.test(name)) original.apply(this, arguments); };
      });
    }
  },
  'http.request/unheard-error-is-thrown': {
    'nothing-thrown': function (http) {
      patch.hear(http.ClientRequest.prototype, 'error', function (emit) { return this.listeners('error').length ? emit() : false; });
    }
  },
  'http.request/errors-are-emitted': {
    'not-emitted': function (http) { patch.swallow(http.ClientRequest.prototype, 'error'); },
    'syntax-errors-not-emitted': function (http) {
      patch.hear(http.ClientRequest.prototype, 'error', function (emit, error) {
        return String(error.code).indexOf('HPE_') === 0 ? true : emit();
      });
    }
  },
  'http.request/order-success': {
    'no-close': function (http) { patch.swallow(http.ClientRequest.prototype, 'close'); },
    'response-before-socket': function (http) {
      patch.hear(http.ClientRequest.prototype, 'socket', function (emit) {
        this.listeners('socket').forEach(function (listener) {
          // The http module's own cannot wait for the response.
          if (/_http_|onSocket|setSocketTimeout/.test(String(listener)) || listener.name === 'onSocket') listener.call(this, this.socket);
        }, this);
        this.once('response', function () { soon(emit); });
      });
    }
  },
  'http.request/order-success-keepalive': {
    'close-first': function (http) {
      patch.hear(http.ClientRequest.prototype, 'response', function (emit) {
        this.emit('close');
        return emit();
      });
    }
  },
  'http.request/order-connection-error': {
    'error-after-close': function (http) {
      patch.hear(http.ClientRequest.prototype, 'error', function (emit) { soon(emit); });
    },
    'no-close': function (http) { patch.swallow(http.ClientRequest.prototype, 'close'); }
  },
  'http.request/order-abort-before-connect': {
    'abort-last': function (http) {
      patch.hear(http.ClientRequest.prototype, 'abort', function (emit) { soon(emit); });
    },
    'no-error': function (http) {
      patch.hear(http.ClientRequest.prototype, 'error', function (emit) { return this.aborted ? true : emit(); });
    }
  },
  'http.request/order-abort-at-once': {
    'no-abort': function (http) { patch.swallow(http.ClientRequest.prototype, 'abort'); }
  },
  'http.request/timeout-does-not-abort': {
    'aborts': function (http) {
      patch.hear(http.ClientRequest.prototype, 'timeout', function (emit) {
        var heard = emit();
        this.abort();
        return heard;
      });
    }
  },
  'http.request/timeout-option': {
    'ignored': function (http) { patch.withoutOption(http, 'timeout'); }
  }
};
