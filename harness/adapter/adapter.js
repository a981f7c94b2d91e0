// The conform adapter for JavaScript runtimes: Node 0.8 and later, Bun, Deno.
//
// It reads messages from standard input and writes messages to standard output,
// one JSON object a line, as PROTOCOL.md says. It is one ES5 file without
// dependencies, and it never wraps or patches what it tests: a program gets the
// runtime's own modules.
//
// Many programs run in one process at once. Three things tell which of them an
// uncaught exception belongs to: each program is compiled under a file name of
// its own, which its stack frames carry; where the runtime can follow
// asynchronous calls (AsyncLocalStorage, or async_hooks before it), so does the
// adapter; and a process that only ever had one run needs no telling. When all
// three fail the adapter says so and exits, and the harness runs each open run
// alone.

'use strict';

var fs = require('fs');
var vm = require('vm');
var http = require('http');
var net = require('net');
var url = require('url');
var https = optional('https');
var tls = optional('tls');
var util = require('util');

// What a program may require: the documented API and what its examples use.
var allowedModules = ['assert', 'buffer', 'crypto', 'events', 'http', 'https', 'net', 'os', 'path', 'querystring',
  'stream', 'string_decoder', 'timers', 'tls', 'url', 'util', 'zlib'];

var maxInFlight = 128;
var maxDepth = 64;       // of a recorded value
var maxElements = 100000; // of a recorded value, all its members counted
var turnsBeforeResult = 3;

var laterTurn = typeof setImmediate === 'function' ? setImmediate : function (f) { setTimeout(f, 0); };
var runs = {};           // open runs by id, behind a '#' so that no id meets a property of Object
var programs = {};       // open runs by the number in their file name
var started = 0;         // runs ever started, the harness's probes left out
var programCount = 0;
var context = followAsynchronousCalls();
var logging = {log: log, info: log, debug: log, warn: log, error: log, dir: log, trace: log}; // standard output belongs to the protocol

if (Error.stackTraceLimit < 100) Error.stackTraceLimit = 100;

function optional(name) {
  try {
    return require(name);
  } catch (error) {
    return undefined; // a runtime built without it
  }
}

// --- messages out ---

// Writes are synchronous: records stay in order, none is lost when the process
// ends, and a program that floods is slowed to the pace of its reader.
function send(line) {
  var buffer = bytes(line + '\n');
  var offset = 0;
  while (offset < buffer.length) {
    try {
      offset += fs.writeSync(1, buffer, offset, buffer.length - offset, null);
    } catch (error) {
      if (error.code === 'EPIPE') process.exit(0); // the harness has gone
      if (error.code !== 'EAGAIN') throw error;
    }
  }
}

function sendFor(run, type, rest) {
  if (!run.closed) send('{"type":"' + type + '","id":' + quote(run.id) + (rest || '') + '}');
}

function sendRecord(run, label, value) { // value: JSON text, or undefined for none
  sendFor(run, 'record', ',"label":' + quote(String(label)) + (value === undefined ? '' : ',"value":' + value));
}

// --- values, as vectors/README.md writes them ---

var hasOwn = Object.prototype.hasOwnProperty;

// quote writes a JSON string in ASCII, so that a line is as many bytes as
// characters and a lone surrogate survives.
function quote(string) {
  return JSON.stringify(string).replace(/[\u007f-\uffff]/g, function (character) {
    return '\\u' + ('000' + character.charCodeAt(0).toString(16)).slice(-4);
  });
}

function quoteEscaped(string) {
  return quote(string.charAt(0) === '$' ? '$' + string : string);
}

function encode(value) {
  return encodeWithin(value, [], {left: maxElements});
}

function encodeWithin(value, ancestors, budget) {
  switch (typeof value) {
  case 'undefined': return '"$undefined"';
  case 'boolean': return String(value);
  case 'string': return quoteEscaped(value);
  case 'number':
    if (value !== value) return '"$NaN"';
    if (value === Infinity) return '"$Infinity"';
    if (value === -Infinity) return '"$-Infinity"';
    return String(value);
  case 'function': return '"$function"';
  case 'symbol': return '"$symbol"';
  case 'bigint': return '"$bigint"';
  }
  if (value === null) return 'null';
  try {
    return encodeObject(value, ancestors, budget);
  } catch (error) {
    return '"$object"'; // a getter or a proxy that throws
  }
}

function encodeObject(value, ancestors, budget) {
  if (Buffer.isBuffer(value)) return '{"$bytes":' + quote(latin1(value)) + '}';
  if (isError(value)) return '{"$error":' + encodeError(value, ['name', 'code', 'message']) + '}';
  if (ancestors.length >= maxDepth || ancestors.indexOf(value) >= 0) return '"$object"';

  var parts = [];
  var within = ancestors.concat([value]);
  if (Array.isArray(value)) {
    if ((budget.left -= value.length) < 0) return '"$object"';
    for (var i = 0; i < value.length; i++) parts.push(encodeWithin(value[i], within, budget)); // a hole reads as undefined
    return '[' + parts.join(',') + ']';
  }
  var prototype = Object.getPrototypeOf(value);
  // Of an instance of a class only its being an object can be compared between
  // implementations. The prototype of a prototype tells the plain object of
  // another context and the empty class that runtimes use for null prototypes.
  if (prototype !== null && prototype !== Object.prototype && !isEmptyPrototype(prototype)) return '"$object"';
  var keys = Object.keys(value);
  if ((budget.left -= keys.length) < 0) return '"$object"';
  for (var k = 0; k < keys.length; k++) {
    parts.push(quoteEscaped(keys[k]) + ':' + encodeWithin(value[keys[k]], within, budget));
  }
  return '{' + parts.join(',') + '}';
}

function isEmptyPrototype(prototype) {
  return Object.getPrototypeOf(prototype) === null &&
    Object.getOwnPropertyNames(prototype).length === 0;
}

function isError(value) {
  return value instanceof Error || Object.prototype.toString.call(value) === '[object Error]';
}

// encodeError writes the named members that there are. Some versions put the
// code into the name ("TypeError [ERR_X]"); it is taken out, since it is given
// beside it.
function encodeError(error, members) {
  var parts = [];
  members.forEach(function (member) {
    var value;
    try {
      value = error[member];
    } catch (unreadable) {
      return;
    }
    if (value === undefined || value === null) return;
    if (member === 'name') value = String(value).replace(' [' + error.code + ']', '');
    parts.push('"' + member + '":' + encode(typeof value === 'number' ? value : String(value)));
  });
  return '{' + parts.join(',') + '}';
}

function encodeThrown(thrown, members) {
  if (thrown !== null && typeof thrown === 'object') return encodeError(thrown, members);
  var text;
  try {
    text = String(thrown);
  } catch (error) {
    text = typeof thrown;
  }
  return members.indexOf('message') >= 0 ? '{"message":' + quoteEscaped(text) + '}' : '{"name":' + quoteEscaped(typeof thrown) + '}';
}

// decode is the way back, for the values of signals.
function decode(value) {
  if (typeof value === 'string') {
    switch (value) {
    case '$undefined': return undefined;
    case '$NaN': return NaN;
    case '$Infinity': return Infinity;
    case '$-Infinity': return -Infinity;
    }
    return value.slice(0, 2) === '$$' ? value.slice(1) : value;
  }
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map(decode);
  if (hasOwn.call(value, '$bytes')) return bytes(value.$bytes);
  if (hasOwn.call(value, '$error')) {
    var error = new Error(value.$error.message);
    if (value.$error.name !== undefined) error.name = value.$error.name;
    if (value.$error.code !== undefined) error.code = value.$error.code;
    return error;
  }
  var result = {};
  Object.keys(value).forEach(function (key) {
    result[key.slice(0, 2) === '$$' ? key.slice(1) : key] = decode(value[key]);
  });
  return result;
}

function bytes(string) {
  string = String(string);
  // The oldest runtimes have no Buffer.from of their own; what they have under
  // that name is inherited from Uint8Array.
  if (typeof Buffer.from === 'function' && Buffer.from !== Uint8Array.from) return Buffer.from(string, 'binary');
  return new Buffer(string, 'binary');
}

function latin1(buffer) {
  return buffer.toString('binary');
}

// --- which run is it? ---

// followAsynchronousCalls returns enter(run, f), which calls f so that what it
// starts belongs to the run, and current(), the run that the code at hand
// belongs to, if that is known.
function followAsynchronousCalls() {
  var hooks = optional('async_hooks');
  if (hooks && hooks.AsyncLocalStorage) {
    var storage = new hooks.AsyncLocalStorage();
    // Between 13.10 and 14 run was asynchronous.
    var method = typeof storage.runSyncAndReturn === 'function' ? 'runSyncAndReturn' : 'run';
    return {
      enter: function (run, f) { return storage[method](run, f); },
      current: function () { return storage.getStore(); }
    };
  }
  if (hooks && hooks.createHook && hooks.AsyncResource && hooks.AsyncResource.prototype.runInAsyncScope) {
    var owners = {};
    hooks.createHook({
      init: function (id) {
        var owner = owners[hooks.executionAsyncId()];
        if (owner) owners[id] = owner;
      },
      destroy: function (id) { delete owners[id]; }
    }).enable();
    return {
      enter: function (run, f) {
        var resource = new hooks.AsyncResource('CONFORMRUN');
        owners[resource.asyncId()] = run;
        return resource.runInAsyncScope(f);
      },
      current: function () { return owners[hooks.executionAsyncId()]; }
    };
  }
  return {
    enter: function (run, f) { return f(); },
    current: function () { return undefined; }
  };
}

// runOf returns the run whose doing the exception is: null if it was one that
// is over, undefined if that cannot be told.
function runOf(thrown) {
  var stack;
  try {
    stack = String(thrown.stack);
  } catch (error) {
    stack = '';
  }
  var match = /conform-program-(\d+)/.exec(stack);
  if (match) return programs[match[1]] || null;
  var run = context.current();
  if (run) return run.closed ? null : run;
  var open = Object.keys(runs);
  if (started === 1) return open.length === 1 ? runs[open[0]] : null;
  return undefined;
}

function uncaught(thrown) {
  var run = runOf(thrown);
  if (run) {
    recordUncaught(run, thrown);
  } else if (run === undefined) {
    var reason = thrown && thrown.stack || thrown;
    send('{"type":"lost","reason":' + quote('an exception that belongs to no known run: ' + String(reason).slice(0, 4000)) + '}');
    process.exit(1);
  }
}

function recordUncaught(run, thrown) {
  sendRecord(run, 'uncaught', encodeThrown(thrown, ['name', 'code', 'message']));
}

// --- runs ---

function start(message) {
  var bindings = message.bindings || {};
  var run = {
    id: message.id,
    number: ++programCount,
    closed: false,
    servers: [],
    handlers: {},  // functions by signal name
    kept: {},      // values of signals that nobody waits for yet
    forget: undefined
  };
  runs['#' + run.id] = run;
  programs[run.number] = run;
  if (message.program) started++;
  if (message.deadline > 0) {
    run.forget = setTimeout(function () { close(run); }, message.deadline + 1000);
  }
  var given = whatItSees(run, bindings);
  var names = Object.keys(given);
  var values = names.map(function (name) { return given[name]; });
  within(run, function () {
    // All on one line, so that the program's own line numbers hold.
    var source = '(function (' + names.join(', ') + ') {' + message.program + '\n})';
    vm.runInThisContext(source, 'conform-program-' + run.number + '/' + message.name + '.js').apply(undefined, values);
  });
}

// whatItSees returns what a program sees. They are parameters of its function: in
// some runtimes the globals of compiled code are not those of a module.
function whatItSees(run, bindings) {
  return {
    http: http,
    https: https,
    net: net,
    tls: tls,
    url: url,
    Buffer: Buffer,
    setTimeout: setTimeout,
    clearTimeout: clearTimeout,
    setInterval: setInterval,
    clearInterval: clearInterval,
    setImmediate: typeof setImmediate === 'function' ? setImmediate : undefined,
    clearImmediate: typeof clearImmediate === 'function' ? clearImmediate : undefined,
    console: logging,
    require: function (name) {
      var bare = String(name).replace(/^node:/, '');
      if (allowedModules.indexOf(bare) < 0) throw new Error('conform programs cannot require ' + quote(bare));
      return require(bare);
    },
    host: bindings.host,
    port: bindings.port,
    socketPath: bindings.socketPath,
    certificate: bindings.certificate,
    bytes: bytes,
    record: function (label) {
      if (arguments.length < 2) sendRecord(run, label);
      else if (arguments.length === 2) sendRecord(run, label, encode(arguments[1]));
      else sendRecord(run, label, encode(Array.prototype.slice.call(arguments, 1)));
    },
    attempt: function (label, f) {
      var result;
      try {
        result = f();
      } catch (thrown) {
        sendRecord(run, label, encodeThrown(thrown, ['code', 'name']));
        return undefined;
      }
      sendRecord(run, label, '"returned"');
      return result;
    },
    on: function (name, handler) {
      run.handlers['#' + name] = handler;
      var kept = run.kept['#' + name] || [];
      delete run.kept['#' + name];
      kept.forEach(function (value) {
        // Later, as a signal that comes now would.
        laterTurn(function () { signal(run, name, value); });
      });
    },
    ready: function (server) {
      ready(run, server === undefined || server === null || isError(server) ? this : server);
    }
  };
}

function log() {
  process.stderr.write(util.format.apply(util, arguments) + '\n');
}

// within runs code of a program, with what it throws as its uncaught exception.
function within(run, f) {
  context.enter(run, function () {
    try {
      f();
    } catch (thrown) {
      recordUncaught(run, thrown);
    }
  });
}

function ready(run, listening) {
  if (typeof listening === 'number') return sendFor(run, 'ready', ',"port":' + listening);
  if (typeof listening === 'string') return sendFor(run, 'ready', ',"path":' + quote(listening));
  if (!listening || typeof listening.address !== 'function') {
    throw new Error('ready: neither called as the callback of listen nor given a server, a port or a path');
  }
  if (run.closed) return closeServer(listening);
  run.servers.push(listening);
  var address = listening.address();
  if (!address) throw new Error('ready: the server does not listen');
  ready(run, typeof address === 'string' ? address : address.port);
}

function signal(run, name, value) {
  if (run.closed) return;
  var handler = run.handlers['#' + name];
  if (!handler) {
    (run.kept['#' + name] = run.kept['#' + name] || []).push(value);
    return;
  }
  within(run, function () { handler(value); });
}

// finish lets the event loop turn, with I/O in each turn, so that events whose
// causes have reached this machine are delivered.
function finish(run) {
  var turns = 0;
  laterTurn(turn);
  function turn() {
    fs.stat('.', function () {
      laterTurn(function () {
        if (++turns < turnsBeforeResult) return setTimeout(turn, 1);
        sendFor(run, 'result');
        close(run);
      });
    });
  }
}

// close ends a run: nothing is said of it any more. Its servers are closed
// after that, so that what they emit is not taken for the program's records.
function close(run) {
  if (run.closed) return;
  run.closed = true;
  delete runs['#' + run.id];
  delete programs[run.number];
  clearTimeout(run.forget);
  run.servers.forEach(closeServer);
}

function closeServer(server) {
  try {
    server.close();
  } catch (error) {
    // It was closed already: old versions throw.
  }
  try {
    if (typeof server.closeAllConnections === 'function') server.closeAllConnections();
  } catch (error) {
    // Nothing depends on it.
  }
}

// --- messages in ---

function receive(line) {
  var message = JSON.parse(line);
  if (message.type === 'run') return start(message);
  var run = runs['#' + message.id];
  switch (message.type) {
  case 'signal':
    if (run) signal(run, message.name, decode(message.value));
    return;
  case 'finish':
    if (run) finish(run);
    return;
  case 'cancel':
    if (run) close(run);
    return;
  }
  throw new Error('unknown type ' + message.type);
}

// refuse ends the process because of a message that breaks the protocol.
function refuse(line, error) {
  send('{"type":"lost","reason":' + quote('bad message: ' + error.message + ': ' + line.slice(0, 200)) + '}');
  process.exit(1);
}

function listen() {
  var pending = [];
  process.stdin.setEncoding('utf8');
  process.stdin.on('data', function (text) {
    var lines = text.split('\n');
    if (lines.length === 1) {
      pending.push(text);
      return;
    }
    lines[0] = pending.join('') + lines[0];
    pending = [lines.pop()];
    lines.forEach(function (line) {
      if (!line.trim()) return;
      try {
        receive(line);
      } catch (error) {
        refuse(line, error);
      }
    });
  });
  process.stdin.on('end', function () { process.exit(0); });
  process.stdin.on('error', function () { process.exit(0); });
  process.stdin.resume();
}

function implementation() {
  var versions = process.versions;
  if (versions.bun) return {name: 'bun', version: versions.bun};
  if (versions.deno) return {name: 'deno', version: versions.deno};
  return {name: 'node', version: process.version.replace(/^v/, '')};
}

// speaksTLS tells whether the harness's certificates, whose keys are on an
// elliptic curve, can be used: not before Node 0.12.
function speaksTLS() {
  var crypto = optional('crypto');
  return Boolean(tls && https && crypto && crypto.createECDH);
}

process.on('uncaughtException', uncaught);
process.on('unhandledRejection', uncaught);
listen();
send(JSON.stringify({
  type: 'hello',
  protocol: 1,
  implementation: implementation(),
  capabilities: ['net', 'unix', 'listen-on-unix-socket'].concat(speaksTLS() ? ['tls'] : []),
  maxInFlight: maxInFlight
}));
