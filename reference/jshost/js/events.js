// EventEmitter, and its form for objects that stand for a Go value.
(function (native, modules) {
  'use strict';

  function EventEmitter() {
    if (!(this instanceof EventEmitter)) return new EventEmitter();
  }

  EventEmitter.EventEmitter = EventEmitter;
  EventEmitter.defaultMaxListeners = 10;

  // table is null where there is none: listeners live in an own property that no enumeration shows.
  function table(emitter, make) {
    if (!Object.prototype.hasOwnProperty.call(emitter, '_events')) {
      if (!make) return null;
      Object.defineProperty(emitter, '_events', {value: Object.create(null), writable: true, configurable: true});
    }
    return emitter._events;
  }

  function check(listener) {
    if (typeof listener !== 'function') {
      throw native.argumentTypeError('"listener" argument', 'of type function', listener);
    }
  }

  function add(emitter, name, listener, wrapped, first) {
    var events = table(emitter, true);
    if (events.newListener) emitter.emit('newListener', name, listener);
    var list = events[name];
    var entry = wrapped || listener;
    // The list is replaced, never changed: an emission goes on with the one it began with.
    if (!list) events[name] = [entry];
    else events[name] = first ? [entry].concat(list) : list.concat([entry]);
    if (!list && emitter instanceof Bound) native.subscribe(emitter, name);
    return emitter;
  }

  function once(emitter, name, listener) {
    var fired = false;
    function wrapper() {
      if (fired) return undefined;
      fired = true;
      emitter.removeListener(name, wrapper);
      return listener.apply(emitter, arguments);
    }
    wrapper.listener = listener;
    return wrapper;
  }

  function emit(emitter, name, args) {
    var events = table(emitter, false);
    var list = events && events[name];
    if (!list) {
      if (name !== 'error') return false;
      var error = args[0];
      if (error instanceof Error) throw error;
      var text = typeof error === 'string' ? "'" + error + "'" : String(error);
      if (!native.serverOptions) throw new Error('Uncaught, unspecified "error" event. (' + String(error) + ')');
      var unhandled = new Error('Unhandled error. (' + text + ')');
      unhandled.code = 'ERR_UNHANDLED_ERROR';
      unhandled.context = error;
      throw unhandled;
    }
    for (var i = 0; i < list.length; i++) list[i].apply(emitter, args);
    return true;
  }

  define(EventEmitter.prototype, {
    on: function (name, listener) { check(listener); return add(this, name, listener, null, false); },
    addListener: function (name, listener) { check(listener); return add(this, name, listener, null, false); },
    prependListener: function (name, listener) { check(listener); return add(this, name, listener, null, true); },
    once: function (name, listener) {
      check(listener);
      return add(this, name, listener, once(this, name, listener), false);
    },
    prependOnceListener: function (name, listener) {
      check(listener);
      return add(this, name, listener, once(this, name, listener), true);
    },
    removeListener: removeListener,
    off: removeListener,
    removeAllListeners: function (name) {
      var events = table(this, false);
      if (!events) return this;
      var names = arguments.length ? [name] : Reflect.ownKeys(events);
      for (var i = 0; i < names.length; i++) {
        var list = events[names[i]];
        if (!list) continue;
        for (var j = list.length - 1; j >= 0; j--) this.removeListener(names[i], list[j]);
      }
      return this;
    },
    emit: function (name) { return emit(this, name, Array.prototype.slice.call(arguments, 1)); },
    listenerCount: function (name) {
      var events = table(this, false);
      return events && events[name] ? events[name].length : 0;
    },
    listeners: function (name) {
      var events = table(this, false);
      return events && events[name] ? events[name].map(function (entry) { return entry.listener || entry; }) : [];
    },
    rawListeners: function (name) {
      var events = table(this, false);
      return events && events[name] ? events[name].slice() : [];
    },
    eventNames: function () {
      var events = table(this, false);
      return events ? Reflect.ownKeys(events) : [];
    },
    setMaxListeners: function (n) {
      if (typeof n !== 'number' || n < 0 || n !== n) throw native.numberError('n', n);
      hidden(this, '_maxListeners', n);
      return this;
    },
    getMaxListeners: function () {
      return this._maxListeners === undefined ? EventEmitter.defaultMaxListeners : this._maxListeners;
    }
  });

  function removeListener(name, listener) {
    check(listener);
    var events = table(this, false);
    var list = events && events[name];
    if (!list) return this;
    for (var i = list.length - 1; i >= 0; i--) {
      if (list[i] !== listener && list[i].listener !== listener) continue;
      if (list.length === 1) {
        delete events[name];
        if (this instanceof Bound) native.unsubscribe(this, name);
      } else {
        events[name] = list.slice(0, i).concat(list.slice(i + 1));
      }
      if (events.removeListener) this.emit('removeListener', name, listener);
      break;
    }
    return this;
  }

  if (!native.serverOptions) { // before Node 9
    delete EventEmitter.prototype.rawListeners;
    delete EventEmitter.prototype.off;
  }

  EventEmitter.listenerCount = function (emitter, name) { return emitter.listenerCount(name); };

  // Stream is what can be piped.
  function Stream() {
    EventEmitter.call(this);
  }
  inherits(Stream, EventEmitter);

  define(Stream.prototype, {
    pipe: function (destination, options) {
      var source = this;
      function data(chunk) {
        if (destination.write(chunk) === false && source.pause) source.pause();
      }
      function drain() {
        if (source.resume) source.resume();
      }
      function end() { destination.end(); }
      function unpipe() {
        source.removeListener('data', data);
        source.removeListener('end', end);
        source.removeListener('end', unpipe);
        source.removeListener('close', unpipe);
        destination.removeListener('drain', drain);
        destination.removeListener('close', unpipe);
        pipes.splice(pipes.indexOf(pipe), 1);
        destination.emit('unpipe', source);
      }
      var pipes = source._pipes || hidden(source, '_pipes', []);
      var pipe = {destination: destination, unpipe: unpipe};
      pipes.push(pipe);
      source.on('data', data);
      destination.on('drain', drain);
      if ((!options || options.end !== false) && destination !== native.standardOutput) source.once('end', end);
      source.once('end', unpipe);
      source.once('close', unpipe);
      destination.once('close', unpipe);
      destination.emit('pipe', source);
      return destination;
    },
    unpipe: function (destination) {
      (this._pipes || []).slice().forEach(function (pipe) {
        if (destination === undefined || pipe.destination === destination) pipe.unpipe();
      });
      if (this.pause) this.pause();
      return this;
    }
  });

  // Bound is the class of objects that stand for a Go value: listeners on the first of a name listen to the Go event,
  // and emitting one of its events emits the Go event.
  function Bound() {
    Stream.call(this);
  }
  inherits(Bound, Stream);
  define(Bound.prototype, {
    emit: function (name) {
      var args = Array.prototype.slice.call(arguments, 1);
      var heard = native.emit(this, name, args);
      return heard === undefined ? emit(this, name, args) : heard;
    }
  });

  function inherits(constructor, parent) {
    Object.defineProperty(constructor, 'super_', {value: parent, writable: true, configurable: true});
    Object.setPrototypeOf(constructor.prototype, parent.prototype);
    Object.setPrototypeOf(constructor, parent);
  }

  function define(object, members) {
    Object.keys(members).forEach(function (name) { hidden(object, name, members[name]); });
  }

  function hidden(object, name, value) {
    Object.defineProperty(object, name, {value: value, writable: true, configurable: true, enumerable: false});
    return value;
  }

  // The promise of an event, or of the error that comes before it.
  if (native.laterThan10) {
    EventEmitter.once = function (emitter, name) {
      return new Promise(function (resolve, reject) {
        function heard() {
          emitter.removeListener('error', failed);
          resolve(Array.prototype.slice.call(arguments));
        }
        function failed(error) {
          emitter.removeListener(name, heard);
          reject(error);
        }
        emitter.once(name, heard);
        if (name !== 'error') emitter.once('error', failed);
      });
    };
  }

  modules.events = EventEmitter;
  modules.stream = Stream;
  Stream.Stream = Stream;
  return {Bound: Bound, Stream: Stream, emit: emit, inherits: inherits, define: define, hidden: hidden};
})
