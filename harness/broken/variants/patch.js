// What variants are made of.

'use strict';

var stream = require('stream');

// wrap replaces a method, its own or inherited, by what make returns for it.
exports.wrap = function (object, name, make) {
  object[name] = make(object[name]);
};

// returning replaces the result of a method.
exports.returning = function (object, name, result) {
  exports.wrap(object, name, function (original) {
    return function () {
      original.apply(this, arguments);
      return result;
    };
  });
};

// ignore makes a method do nothing but return its object.
exports.ignore = function (object, name) {
  object[name] = function () { return this; };
};

// withoutCallback has a method called without the functions among its arguments.
exports.withoutCallback = function (object, name) {
  exports.wrap(object, name, function (original) {
    return function () {
      return original.apply(this, [].filter.call(arguments, function (argument) { return typeof argument !== 'function'; }));
    };
  });
};

// swallowThrown makes a method survive the errors that have the code.
exports.swallowThrown = function (object, name, code) {
  exports.wrap(object, name, function (original) {
    return function () {
      try {
        return original.apply(this, arguments);
      } catch (error) {
        if (error.code !== code) throw error;
        return this;
      }
    };
  });
};

// hear comes between an emitter and the listeners of one event: react is called
// on the emitter with a function that emits (what it is given, or else what was
// to be emitted) and with the event's values.
exports.hear = function (prototype, event, react) {
  exports.wrap(prototype, 'emit', function (original) {
    return function (name) {
      var self = this;
      var given = arguments;
      if (name !== event) return original.apply(self, given);
      var values = [].slice.call(given, 1);
      return react.apply(self, [function () {
        return original.apply(self, arguments.length ? [event].concat([].slice.call(arguments)) : given);
      }].concat(values));
    };
  });
};

// swallow keeps an event from everybody.
exports.swallow = function (prototype, event) {
  exports.hear(prototype, event, function () { return true; });
};

// property makes what instances assign to a property pass through set, and what
// is read of it through get; both are given the value, and get whether it is a
// program that reads and not the http module itself.
exports.property = function (prototype, name, get, set) {
  var key = '_broken_' + name;
  Object.defineProperty(prototype, name, {
    configurable: true,
    enumerable: true,
    get: function () { return get ? get.call(this, this[key], exports.calledByProgram()) : this[key]; },
    set: function (value) {
      Object.defineProperty(this, key, {value: set ? set.call(this, value) : value, writable: true, configurable: true});
    }
  });
};

// reading replaces the value of a property for programs alone.
exports.reading = function (prototype, name, f) {
  exports.property(prototype, name, function (value, byProgram) { return byProgram ? f.call(this, value) : value; });
};

// getter replaces a property that has a getter.
exports.getter = function (prototype, name, get) {
  Object.defineProperty(prototype, name, {configurable: true, get: get});
};

// callers are the stack frames below the patches.
function callers() {
  var limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 30;
  var frames = new Error().stack.split('\n').slice(1);
  Error.stackTraceLimit = limit;
  return frames.filter(function (frame) { return frame.indexOf(__dirname) < 0; });
}

// calledByProgram tells whether it is a program that made the call.
exports.calledByProgram = function () {
  return /conform-program-/.test(callers()[0] || '');
};

// calledWithin tells whether a function of that name is in progress.
exports.calledWithin = function (name) {
  return callers().some(function (frame) { return frame.indexOf(name) >= 0; });
};

// editHead changes the head of a message before it is sent.
exports.editHead = function (prototype, edit) {
  exports.wrap(prototype, '_storeHeader', function (original) {
    return function () {
      original.apply(this, arguments);
      this._header = edit.call(this, this._header);
    };
  });
};

// beforeHead changes a message before its head is made.
exports.beforeHead = function (prototype, change) {
  exports.wrap(prototype, '_storeHeader', function (original) {
    return function () {
      change.call(this);
      original.apply(this, arguments);
    };
  });
};

// withOptions changes the options of requests: change is given those that stand
// in an object of their own, {} where there are none, and returns what to use.
exports.withOptions = function (http, change) {
  ['request', 'get'].forEach(function (name) {
    exports.wrap(http, name, function (original) {
      return function () {
        var given = [].slice.call(arguments);
        var at = typeof given[0] === 'string' || given[0] instanceof URL ? 1 : 0;
        if (typeof given[at] === 'object' && given[at] !== null) {
          given[at] = change(Object.assign({}, given[at]), given);
        } else {
          given.splice(at, 0, change({}, given));
        }
        return original.apply(http, given);
      };
    });
  });
};

// withoutOption has an option of requests ignored.
exports.withoutOption = function (http, name) {
  exports.withOptions(http, function (options) {
    delete options[name];
    return options;
  });
};

// madeRequest is called with each request as soon as it was made.
exports.madeRequest = function (http, f) {
  ['request', 'get'].forEach(function (name) {
    exports.wrap(http, name, function (original) {
      return function () {
        var request = original.apply(http, arguments);
        f(request);
        return request;
      };
    });
  });
};

// listenerCounts has an emitter say that it has another number of listeners.
exports.listenerCounts = function (prototype, event, count) {
  exports.wrap(prototype, 'listenerCount', function (original) {
    return function (name) { return name === event ? count : original.call(this, name); };
  });
};

// stranger returns an object that is like the one given and another.
exports.stranger = function (object) {
  return object && Object.create(object);
};

// notOf returns an object that is like the one given, but no instance of its class.
exports.notOf = function (object) {
  return new Proxy(object, {getPrototypeOf: function () { return Object.prototype; }});
};

// plainDuplex returns a stream through a socket that is no net.Socket.
exports.plainDuplex = function (socket) {
  var duplex = new stream.Duplex({
    read: function () {},
    write: function (chunk, encoding, done) { socket.write(chunk, encoding, done); },
    final: function (done) { socket.end(done); }
  });
  socket.on('data', function (chunk) { duplex.push(chunk); });
  socket.on('end', function () { duplex.push(null); });
  return duplex;
};
