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
    'one-too-many': function (http) { http.METHODS.push('BREW'); },
    'a-string': function (http) { http.METHODS = http.METHODS.join(' '); }
  },
  'http.STATUS_CODES/standard-phrases': {
    '404-is-another': function (http) { http.STATUS_CODES[404] = 'Nowhere To Be Found'; }
  },
  'http.createServer/listener-hears-request': {
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
  }
};
