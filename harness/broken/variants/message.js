// Variants of http.IncomingMessage.

'use strict';

var patch = require('./patch.js');

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

module.exports = {
  'message.event-aborted/when-cut-off': {
    'not-emitted': function (http) { patch.swallow(http.IncomingMessage.prototype, 'aborted'); },
    'aborted-stays-false': function (http) {
      patch.reading(http.IncomingMessage.prototype, 'aborted', function () { return false; });
    }
  },
  'message.event-close/connection-closed': {
    'not-emitted': function (http) { patch.swallow(http.IncomingMessage.prototype, 'close'); }
  },
  'message.complete/tells-whether-whole': {
    'always-true': function (http) { patch.reading(http.IncomingMessage.prototype, 'complete', function () { return true; }); },
    'always-false': function (http) { patch.reading(http.IncomingMessage.prototype, 'complete', function () { return false; }); }
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
  'message.rawTrailers/filled-at-end': {
    'stays-empty': function (http) { patch.reading(http.IncomingMessage.prototype, 'rawTrailers', function () { return []; }); }
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
  }
};
