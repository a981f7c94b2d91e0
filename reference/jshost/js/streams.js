// Streams that programs make themselves: Readable, Writable, Duplex, Transform and PassThrough, in their usual ways.
(function (native, modules, kit, classes) {
  'use strict';
  var Buffer = modules.buffer.Buffer;
  var Stream = kit.Stream;

  function readableState(stream) {
    return stream._readableState || kit.hidden(stream, '_readableState', {
      queue: [], flowing: null, ended: false, endEmitted: false, scheduled: false, reading: false, objects: false,
      decoder: null
    });
  }
  function writableState(stream) {
    return stream._writableState || kit.hidden(stream, '_writableState', {
      queue: [], busy: false, length: 0, needDrain: false, ending: false, finished: false, objects: false
    });
  }

  function Readable(options) {
    if (!(this instanceof Readable)) return new Readable(options);
    Stream.call(this);
    take(this, options, {read: '_read', destroy: '_destroy'});
    readableState(this).objects = !!(options && (options.objectMode || options.readableObjectMode));
  }
  kit.inherits(Readable, Stream);

  function Writable(options) {
    if (!(this instanceof Writable)) return new Writable(options);
    Stream.call(this);
    take(this, options, {write: '_write', final: '_final', destroy: '_destroy'});
  }
  kit.inherits(Writable, Stream);

  function take(stream, options, members) {
    Object.keys(members).forEach(function (name) {
      if (options && typeof options[name] === 'function') kit.hidden(stream, members[name], options[name]);
    });
  }

  function schedule(stream) {
    var state = readableState(stream);
    if (state.scheduled) return;
    state.scheduled = true;
    modules.process.nextTick(function () {
      state.scheduled = false;
      flow(stream);
    });
  }

  function flow(stream) {
    var state = readableState(stream);
    if (stream.listenerCount('readable') && (state.queue.length || state.ended)) stream.emit('readable');
    while (state.flowing && state.queue.length) stream.emit('data', next(state));
    if (state.flowing || state.ended) finish(stream);
    ask(stream);
  }

  function next(state) {
    var chunk = state.queue.shift();
    return state.encoding && !state.objects ? chunk.toString(state.encoding) : chunk;
  }

  function finish(stream) {
    var state = readableState(stream);
    if (!state.ended || state.queue.length || state.endEmitted) return;
    if (!state.flowing && !stream.listenerCount('readable')) return;
    state.endEmitted = true;
    stream.emit('end');
  }

  function ask(stream) {
    var state = readableState(stream);
    if (state.ended || state.reading || state.queue.length || !stream._read) return;
    if (!state.flowing && !stream.listenerCount('readable')) return;
    state.reading = true;
    stream._read(16384);
  }

  kit.define(Readable.prototype, {
    push: function (chunk, encoding) {
      var state = readableState(this);
      state.reading = false;
      if (chunk === null) state.ended = true;
      else state.queue.push(typeof chunk === 'string' && !state.objects ? Buffer.from(chunk, encoding) : chunk);
      schedule(this);
      return state.queue.length < 16;
    },
    read: function () {
      var state = readableState(this);
      if (!state.queue.length) {
        ask(this);
        finish(this);
        return null;
      }
      if (state.objects) return next(state);
      state.queue = [Buffer.concat(state.queue)];
      var chunk = next(state);
      schedule(this);
      return chunk;
    },
    on: on, addListener: on,
    pause: function () { readableState(this).flowing = false; return this; },
    resume: function () { readableState(this).flowing = true; schedule(this); return this; },
    isPaused: function () { return readableState(this).flowing === false; },
    setEncoding: function (encoding) { readableState(this).encoding = encoding; return this; },
    destroy: destroy
  });

  function on(name, listener) {
    Stream.prototype.on.call(this, name, listener);
    var state = readableState(this);
    if (name === 'data' && state.flowing !== false) this.resume();
    if (name === 'readable') schedule(this);
    return this;
  }

  function destroy(error) {
    var stream = this;
    if (stream.destroyed) return stream;
    kit.hidden(stream, 'destroyed', true);
    modules.process.nextTick(function () {
      if (error) stream.emit('error', error);
      stream.emit('close');
    });
    return stream;
  }

  var writing = {
    write: function (chunk, encoding, callback) {
      var state = writableState(this);
      if (typeof encoding === 'function') { callback = encoding; encoding = undefined; }
      if (state.ending) {
        var error = new Error('write after end');
        error.code = 'ERR_STREAM_WRITE_AFTER_END';
        this.emit('error', error);
        return false;
      }
      if (typeof chunk === 'string') { chunk = Buffer.from(chunk, encoding); encoding = 'buffer'; }
      state.length += chunk.length || 1;
      state.queue.push({chunk: chunk, encoding: encoding || 'buffer', callback: callback});
      work(this);
      if (state.length < 16384) return true;
      state.needDrain = true;
      return false;
    },
    end: function (chunk, encoding, callback) {
      if (typeof chunk === 'function') { callback = chunk; chunk = undefined; }
      if (typeof encoding === 'function') { callback = encoding; encoding = undefined; }
      var state = writableState(this);
      if (chunk !== undefined && chunk !== null) this.write(chunk, encoding);
      if (callback) this.once('finish', callback);
      state.ending = true;
      work(this);
      return this;
    },
    cork: function () {},
    uncork: function () {},
    destroy: destroy
  };
  kit.define(Writable.prototype, writing);

  function work(stream) {
    var state = writableState(stream);
    if (state.busy) return;
    var entry = state.queue.shift();
    if (entry) {
      state.busy = true;
      stream._write(entry.chunk, entry.encoding, function (error) {
        modules.process.nextTick(function () {
          state.busy = false;
          state.length -= entry.chunk.length || 1;
          if (entry.callback) entry.callback(error);
          if (error) stream.emit('error', error);
          else if (state.needDrain && state.length === 0 && !state.ending) {
            state.needDrain = false;
            stream.emit('drain');
          }
          work(stream);
        });
      });
      return;
    }
    if (!state.ending || state.finished) return;
    state.finished = true;
    (stream._final || function (done) { done(); }).call(stream, function () {
      modules.process.nextTick(function () { stream.emit('finish'); });
    });
  }

  function Duplex(options) {
    if (!(this instanceof Duplex)) return new Duplex(options);
    Readable.call(this, options);
    take(this, options, {write: '_write', final: '_final'});
  }
  kit.inherits(Duplex, Readable);
  kit.define(Duplex.prototype, writing);

  function Transform(options) {
    if (!(this instanceof Transform)) return new Transform(options);
    Duplex.call(this, options);
    take(this, options, {transform: '_transform', flush: '_flush'});
  }
  kit.inherits(Transform, Duplex);
  kit.define(Transform.prototype, {
    _read: function () {},
    _write: function (chunk, encoding, callback) {
      var stream = this;
      stream._transform(chunk, encoding, function (error, data) {
        if (data !== undefined && data !== null) stream.push(data);
        callback(error);
      });
    },
    _final: function (callback) {
      var stream = this;
      (stream._flush || function (done) { done(); }).call(stream, function (error, data) {
        if (data !== undefined && data !== null) stream.push(data);
        stream.push(null);
        callback(error);
      });
    }
  });

  function PassThrough(options) {
    if (!(this instanceof PassThrough)) return new PassThrough(options);
    Transform.call(this, options);
  }
  kit.inherits(PassThrough, Transform);
  kit.define(PassThrough.prototype, {
    _transform: function (chunk, encoding, callback) { callback(null, chunk); }
  });

  // What Go makes is a stream of these classes too, as instanceof sees it.
  function also(constructor, others) {
    Object.defineProperty(constructor, Symbol.hasInstance, {value: function (value) {
      if (Function.prototype[Symbol.hasInstance].call(this, value)) return true;
      return this === constructor && others.some(function (other) { return value instanceof other; });
    }});
  }
  also(Readable, [classes.IncomingMessage, classes.Socket]);
  also(Writable, [classes.Socket, Duplex]);
  also(Duplex, [classes.Socket]);

  Stream.Readable = Readable;
  Stream.Writable = Writable;
  Stream.Duplex = Duplex;
  Stream.Transform = Transform;
  Stream.PassThrough = PassThrough;
})
