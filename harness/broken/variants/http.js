// Variants of what the http module says of all classes, of its constants and of
// how servers are made.

'use strict';

var patch = require('./patch.js');

// withServerOptions changes what createServer() and new Server() are given.
function withServerOptions(http, change) {
  function made(original) {
    function Server(options, listener) {
      if (typeof options === 'function') {
        listener = options;
        options = {};
      }
      return original.apply(undefined, change(Object.assign({}, options), listener));
    }
    Server.prototype = original.prototype;
    return Server;
  }
  patch.wrap(http, 'createServer', made);
  patch.wrap(http, 'Server', made);
}

function withoutServerOption(http, name) {
  withServerOptions(http, function (options, listener) {
    delete options[name];
    return [options, listener];
  });
}

module.exports = {
  'http/header-names-in-lower-case': {
    'as-received': function (http) {
      patch.reading(http.IncomingMessage.prototype, 'headers', function (headers) {
        var named = {};
        for (var i = 0; i < this.rawHeaders.length; i += 2) named[this.rawHeaders[i]] = headers[this.rawHeaders[i].toLowerCase()];
        return named;
      });
    },
    'values-in-lower-case': function (http) {
      patch.reading(http.IncomingMessage.prototype, 'headers', function (headers) {
        var lowered = {};
        Object.keys(headers).forEach(function (name) {
          lowered[name] = typeof headers[name] === 'string' ? headers[name].toLowerCase() : headers[name];
        });
        return lowered;
      });
    }
  },
  'http/rawHeaders-alternate-names-and-values': {
    'names-in-lower-case': function (http) {
      patch.reading(http.IncomingMessage.prototype, 'rawHeaders', function (raw) {
        return raw.map(function (text, i) { return i % 2 ? text : text.toLowerCase(); });
      });
    },
    'pairs': function (http) {
      patch.reading(http.IncomingMessage.prototype, 'rawHeaders', function (raw) {
        var pairs = [];
        for (var i = 0; i < raw.length; i += 2) pairs.push([raw[i], raw[i + 1]]);
        return pairs;
      });
    }
  },
  'http/bodies-are-streamed': {
    'held-until-the-end': function (http) {
      patch.wrap(http.IncomingMessage.prototype, 'push', function (original) {
        return function (chunk) {
          if (chunk !== null) {
            (this.held = this.held || []).push(chunk);
            return true;
          }
          if (this.held) original.call(this, Buffer.concat(this.held));
          return original.call(this, null);
        };
      });
    }
  },
  'http/message-has-headers-and-body': {
    'chunk-sizes-in-the-body': function (http) {
      patch.wrap(http.IncomingMessage.prototype, 'push', function (original) {
        return function (chunk) {
          if (chunk === null || !this.headers['transfer-encoding']) return original.call(this, chunk);
          return original.call(this, Buffer.concat([Buffer.from(chunk.length.toString(16) + '\r\n'), chunk, Buffer.from('\r\n')]));
        };
      });
    }
  },
  'http.METHODS/each-is-parsed': {
    'PATCH-missing': function (http) { http.METHODS = http.METHODS.filter(function (method) { return method !== 'PATCH'; }); },
    'one-too-many': function (http) { http.METHODS.push('BREW'); },
    'a-string': function (http) { http.METHODS = http.METHODS.join(' '); }
  },
  'http.STATUS_CODES/standard-phrases': {
    'one-is-no-text': function (http) { http.STATUS_CODES[599] = 599; },
    '404-is-another': function (http) { http.STATUS_CODES[404] = 'Nowhere To Be Found'; }
  },
  'http.createServer/listener-hears-request': {
    'another-class': function (http) {
      patch.wrap(http, 'createServer', function (original) {
        return function () { return patch.notOf(original.apply(http, arguments)); };
      });
    },
    'listener-ignored': function (http) {
      withServerOptions(http, function (options) { return [options]; });
    }
  },
  'http.createServer/class-of-requests': {
    'ignored': function (http) { withoutServerOption(http, 'IncomingMessage'); }
  },
  'http.createServer/class-of-responses': {
    'ignored': function (http) { withoutServerOption(http, 'ServerResponse'); }
  },
  'http.createServer/insecureHTTPParser-takes-invalid-headers': {
    'ignored': function (http) { withoutServerOption(http, 'insecureHTTPParser'); }
  },
  'http.createServer/insecureHTTPParser-default-false': {
    'true-by-default': function (http) {
      withServerOptions(http, function (options, listener) {
        if (options.insecureHTTPParser === undefined) options.insecureHTTPParser = true;
        return [options, listener];
      });
    }
  },
  'http.globalAgent/default-for-requests': {
    'another-each-time': function (http) {
      patch.withOptions(http, function (options) {
        if (options.agent === undefined && !options.createConnection) options.agent = new http.Agent();
        return options;
      });
    }
  },
  'http.maxHeaderSize/read-only-8192': {
    '16384': function (http) { Object.defineProperty(http, 'maxHeaderSize', {get: function () { return 16384; }}); },
    'can-be-assigned': function (http) {
      Object.defineProperty(http, 'maxHeaderSize', {value: 8192, writable: true});
    }
  },
  'http.globalAgent/is-an-agent': {
    'another-class': function (http) { http.globalAgent = patch.notOf(http.globalAgent); }
  },
  'http.globalAgent/shared-by-all-requests': {
    'another-each-time': function (http) {
      patch.withOptions(http, function (options) {
        if (options.agent === undefined && !options.createConnection) options.agent = new http.Agent();
        return options;
      });
    }
  },
  'http.METHODS/others-are-refused': {
    'served': function (http) {
      patch.hear(http.Server.prototype, 'clientError', function (emit, error, socket) {
        if (error.code !== 'HPE_INVALID_METHOD') return emit();
        socket.end('HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
        return true;
      });
    }
  },
  'http.STATUS_CODES/all-standard-codes': {
    '451-missing': function (http) { delete http.STATUS_CODES[451]; }
  },
  'http.maxHeaderSize/larger-headers-are-refused': {
    'served': function (http) {
      patch.hear(http.Server.prototype, 'clientError', function (emit, error, socket) {
        if (error.code !== 'HPE_HEADER_OVERFLOW') return emit();
        socket.end('HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
        return true;
      });
    }
  },
  'http/header-values-as-received': {
    'in-lower-case': function (http) {
      patch.wrap(http.IncomingMessage.prototype, '_addHeaderLine', function (original) {
        return function (field, value, headers) { return original.call(this, field, value.toLowerCase(), headers); };
      });
    },
    'decoded': function (http) {
      patch.wrap(http.IncomingMessage.prototype, '_addHeaderLine', function (original) {
        return function (field, value, headers) { return original.call(this, field, value.replace(/%20/g, ' ').replace(/"/g, ''), headers); };
      });
    }
  },
  'http/header-values-are-not-parsed': {
    'numbers': function (http) {
      patch.reading(http.IncomingMessage.prototype, 'headers', function (headers) {
        var parsed = {};
        Object.keys(headers).forEach(function (name) { parsed[name] = /^[0-9]+$/.test(headers[name]) ? Number(headers[name]) : headers[name]; });
        return parsed;
      });
    },
    'dates': function (http) {
      patch.reading(http.IncomingMessage.prototype, 'headers', function (headers) {
        var parsed = {};
        Object.keys(headers).forEach(function (name) {
          parsed[name] = /date|since|modified|expires/.test(name) ? String(new Date(headers[name])) : headers[name];
        });
        return parsed;
      });
    },
    'lists-taken-apart': function (http) {
      patch.reading(http.IncomingMessage.prototype, 'headers', function (headers) {
        var parsed = {};
        Object.keys(headers).forEach(function (name) {
          parsed[name] = /^accept|^cookie$|^content-type$/.test(name) ? headers[name].split(/[,;] */) : headers[name];
        });
        return parsed;
      });
    }
  },
  'http/bodies-are-not-parsed': {
    'decompressed': function (http) {
      patch.wrap(http.IncomingMessage.prototype, 'push', function (original) {
        return function (chunk) {
          if (chunk !== null && this.headers['content-encoding'] === 'gzip') {
            try { chunk = require('zlib').gunzipSync(chunk); } catch (error) { return original.call(this, Buffer.alloc(0)); }
          }
          return original.call(this, chunk);
        };
      });
    },
    'text-converted': function (http) {
      patch.wrap(http.IncomingMessage.prototype, 'push', function (original) {
        return function (chunk) { return original.call(this, chunk === null ? null : Buffer.from(chunk.toString('utf8'))); };
      });
    }
  },
  'http/written-bodies-are-streamed': {
    'held-until-end': function (http) {
      [http.ServerResponse.prototype, http.ClientRequest.prototype].forEach(function (prototype) {
        patch.wrap(prototype, 'write', function (original) {
          return function () {
            var self = this;
            var given = arguments;
            (this.held = this.held || []).push(function () { original.apply(self, given); });
            return true;
          };
        });
        patch.wrap(prototype, 'end', function (original) {
          return function () {
            (this.held || []).forEach(function (send) { send(); });
            return original.apply(this, arguments);
          };
        });
      });
    }
  },
  'http/large-chunked-messages': {
    'cut-at-100000-bytes': function (http) {
      patch.wrap(http.IncomingMessage.prototype, 'push', function (original) {
        return function (chunk) {
          this.taken = (this.taken || 0) + (chunk ? chunk.length : 0);
          return this.taken > 100000 && chunk ? true : original.call(this, chunk);
        };
      });
    }
  },
  'http/module-makes-servers-and-clients': {
    'no-client': function (http) { delete http.get; delete http.request; }
  }
};
