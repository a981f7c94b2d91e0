// The smaller modules that programs of the documents use: what http needs none of, and their examples do.
(function (native, modules, kit) {
  'use strict';

  function text(value) {
    if (typeof value === 'string') return value;
    if (value instanceof Error) return value.stack || String(value);
    try {
      return JSON.stringify(value) || String(value);
    } catch (error) {
      return String(value);
    }
  }

  function format() {
    var values = Array.prototype.slice.call(arguments);
    if (typeof values[0] !== 'string') return values.map(text).join(' ');
    var pattern = values.shift().replace(/%[sdijoO%]/g, function (token) {
      if (token === '%%') return '%';
      if (!values.length) return token;
      var value = values.shift();
      switch (token) {
      case '%d': case '%i': return String(Number(value));
      case '%j': return JSON.stringify(value);
      case '%s': return String(value);
      }
      return text(value);
    });
    return [pattern].concat(values.map(text)).join(' ');
  }

  function log() { native.print(format.apply(undefined, arguments)); }
  modules.console = {log: log, info: log, warn: log, error: log, debug: log, trace: log};

  modules.util = {
    inherits: function (constructor, parent) {
      Object.defineProperty(constructor, 'super_', {value: parent, writable: true, configurable: true});
      Object.setPrototypeOf(constructor.prototype, parent.prototype);
    },
    format: format,
    inspect: text,
    isArray: Array.isArray
  };
  if (native.serverOptions) {
    modules.util.promisify = function promisify(original) {
      return function () {
        var self = this;
        var args = Array.prototype.slice.call(arguments);
        return new Promise(function (resolve, reject) {
          original.apply(self, args.concat(function (error, value) {
            if (error) reject(error);
            else resolve(value);
          }));
        });
      };
    };
  }
  if (native.laterThan10) {
    kit.hidden(native.global, 'queueMicrotask', function queueMicrotask(callback) {
      if (typeof callback !== 'function') throw native.callbackError(callback);
      Promise.resolve().then(callback);
    });
  }

  function AssertionError(message, actual, expected) {
    var error = new Error(message);
    error.name = 'AssertionError';
    error.code = 'ERR_ASSERTION';
    error.actual = actual;
    error.expected = expected;
    return error;
  }
  function assert(value, message) {
    if (!value) throw AssertionError(message || 'The expression evaluated to a falsy value', value, true);
  }
  function deep(a, b, strict) {
    if (strict ? Object.is(a, b) : a == b) return true; // eslint-disable-line eqeqeq
    if (a === null || b === null || typeof a !== 'object' || typeof b !== 'object') return false;
    var keys = Object.keys(a);
    return keys.length === Object.keys(b).length && keys.every(function (key) { return deep(a[key], b[key], strict); });
  }
  assert.ok = assert;
  assert.equal = function (a, b, message) { if (a != b) throw AssertionError(message || text(a) + ' == ' + text(b), a, b); }; // eslint-disable-line eqeqeq
  assert.notEqual = function (a, b, message) { if (a == b) throw AssertionError(message || text(a) + ' != ' + text(b), a, b); }; // eslint-disable-line eqeqeq
  assert.strictEqual = function (a, b, message) {
    if (!Object.is(a, b)) throw AssertionError(message || text(a) + ' === ' + text(b), a, b);
  };
  assert.notStrictEqual = function (a, b, message) {
    if (Object.is(a, b)) throw AssertionError(message || text(a) + ' !== ' + text(b), a, b);
  };
  assert.deepEqual = function (a, b, message) { if (!deep(a, b, false)) throw AssertionError(message || 'not deeply equal', a, b); };
  assert.deepStrictEqual = function (a, b, message) {
    if (!deep(a, b, true)) throw AssertionError(message || 'not deeply equal', a, b);
  };
  assert.throws = function (f, message) {
    try {
      f();
    } catch (error) {
      return;
    }
    throw AssertionError(message || 'Missing expected exception.');
  };
  modules.assert = assert;

  modules.querystring = {
    parse: function (string) {
      var result = Object.create(null);
      String(string).split('&').forEach(function (pair) {
        if (!pair) return;
        var at = pair.indexOf('=');
        var name = unescape(at < 0 ? pair : pair.slice(0, at));
        var value = at < 0 ? '' : unescape(pair.slice(at + 1));
        if (!(name in result)) result[name] = value;
        else result[name] = [].concat(result[name], value);
      });
      return result;
    },
    stringify: function (object) {
      return Object.keys(object).map(function (name) {
        return [].concat(object[name]).map(function (value) {
          return encodeURIComponent(name) + '=' + encodeURIComponent(value);
        }).join('&');
      }).join('&');
    }
  };
  function unescape(part) {
    try {
      return decodeURIComponent(part.replace(/\+/g, ' '));
    } catch (error) {
      return part;
    }
  }

  // The older interface of url.
  function Url() {
    this.protocol = this.slashes = this.auth = this.host = this.port = this.hostname = null;
    this.hash = this.search = this.query = this.pathname = this.path = this.href = null;
  }
  function parse(address, parseQuery) {
    if (address instanceof Url) return address;
    var url = new Url();
    var rest = String(address).trim();
    var match = /^([a-zA-Z0-9.+-]+:)?(\/\/)?/.exec(rest);
    if (match[1] && !/^[0-9.]+:$/.test(match[1])) {
      url.protocol = match[1].toLowerCase();
      rest = rest.slice(match[1].length);
    }
    if (rest.slice(0, 2) === '//' && (url.protocol || arguments[2])) {
      url.slashes = true;
      rest = rest.slice(2);
      var end = rest.search(/[\/?#]/);
      var authority = end < 0 ? rest : rest.slice(0, end);
      rest = end < 0 ? '' : rest.slice(end);
      var at = authority.lastIndexOf('@');
      if (at >= 0) {
        url.auth = decodeURIComponent(authority.slice(0, at));
        authority = authority.slice(at + 1);
      }
      var port = /:([0-9]*)$/.exec(authority);
      if (port) {
        authority = authority.slice(0, -port[0].length);
        if (port[1]) url.port = port[1];
      }
      url.hostname = authority.toLowerCase();
      url.host = url.hostname + (url.port ? ':' + url.port : '');
      if (/^\[.*\]$/.test(url.hostname)) url.hostname = url.hostname.slice(1, -1);
    }
    var hash = rest.indexOf('#');
    if (hash >= 0) {
      url.hash = rest.slice(hash);
      rest = rest.slice(0, hash);
    }
    var search = rest.indexOf('?');
    if (search >= 0) {
      url.search = rest.slice(search);
      url.query = rest.slice(search + 1);
      rest = rest.slice(0, search);
    } else if (parseQuery) {
      url.search = '';
      url.query = '';
    }
    if (parseQuery) url.query = modules.querystring.parse(url.query);
    if (rest) url.pathname = rest;
    else if (url.slashes) url.pathname = '/';
    if (url.pathname !== null || url.search) url.path = (url.pathname || '') + (url.search || '');
    url.href = format_(url);
    return url;
  }
  function format_(url) {
    if (typeof url === 'string') return url;
    if (!(url instanceof Url) && url.href && url.searchParams) return url.href;
    var protocol = url.protocol || '';
    if (protocol && protocol.slice(-1) !== ':') protocol += ':';
    var host = '';
    if (url.host) host = (url.auth ? encodeURIComponent(url.auth).replace(/%3A/i, ':') + '@' : '') + url.host;
    else if (url.hostname) {
      host = (url.auth ? encodeURIComponent(url.auth).replace(/%3A/i, ':') + '@' : '') +
        (url.hostname.indexOf(':') >= 0 ? '[' + url.hostname + ']' : url.hostname) + (url.port ? ':' + url.port : '');
    }
    if (url.slashes || /^(https?|ftp|file):$/.test(protocol) && host) host = '//' + host;
    var search = url.search || (url.query && typeof url.query === 'object' && Object.keys(url.query).length ?
      '?' + modules.querystring.stringify(url.query) : '');
    return protocol + host + (url.pathname || '') + search + (url.hash || '');
  }
  Url.prototype.format = function () { return format_(this); };
  modules.url = {
    Url: Url,
    parse: parse,
    format: format_,
    resolve: function (from, to) { return new modules.url.URL(to, from).href; }
  };
  // The URL classes are made when they are first asked for: most programs never do.
  var standard;
  ['URL', 'URLSearchParams'].forEach(function (name) {
    var lazy = {
      configurable: true, enumerable: true,
      get: function () { return (standard || (standard = native.standardURL()))[name]; }
    };
    Object.defineProperty(modules.url, name, lazy);
    Object.defineProperty(native.global, name, {configurable: true, get: lazy.get});
  });

  modules.path = {
    join: function () { return Array.prototype.join.call(arguments, '/').replace(/\/+/g, '/'); },
    basename: function (path) { return String(path).split('/').pop(); }
  };
  modules.os = {EOL: '\n', tmpdir: function () { return '/tmp'; }};
})
