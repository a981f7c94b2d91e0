// The program of the vector @ID@, for the runtime under test.
// peer.js starts it and plays the other side; see README.md. What it records
// goes to standard output, one JSON object a line.

var fs = require('fs');
var http = require('http');
var https = require('https');
var net = require('net');
var tls = require('tls');
var url = require('url');

var given = JSON.parse(process.argv[2] || '{"host": "127.0.0.1", "port": 0}');
var host = given.host, port = given.port, socketPath = given.socketPath, certificate = given.certificate;

(function () {
// --- the vector's program begins here ---
@PROGRAM@
// --- and ends here ---
})();

// What the program sees beside the API.

function bytes(string) {
  if (typeof Buffer.from === 'function' && Buffer.from !== Uint8Array.from) return Buffer.from(string, 'binary');
  return new Buffer(string, 'binary');
}

function record(label) {
  if (arguments.length < 2) return say({record: String(label)});
  say({record: String(label), value: encode(arguments.length === 2 ? arguments[1] : [].slice.call(arguments, 1), [])});
}

function attempt(label, f) {
  var result;
  try {
    result = f();
  } catch (error) {
    return say({record: String(label), value: thrown(error, ['code', 'name'])});
  }
  say({record: String(label), value: 'returned'});
  return result;
}

function ready(server) {
  if (!server || server instanceof Error) server = this;
  var address = typeof server.address === 'function' ? server.address() : server;
  if (typeof address === 'string') say({ready: {path: address}});
  else say({ready: {port: typeof address === 'number' ? address : address.port}});
}

function on(name, handler) {
  on.handlers = on.handlers || {};
  on.handlers[name] = handler;
  ((on.kept || {})[name] || []).forEach(function (value) {
    setTimeout(function () { handler(value); }, 0);
  });
}

function signal(name, value) {
  var handler = (on.handlers || {})[name];
  if (handler) return handler(value);
  on.kept = on.kept || {};
  (on.kept[name] = on.kept[name] || []).push(value);
}

function say(message) {
  fs.writeSync(1, JSON.stringify(message) + '\n');
}

function encode(value, above) {
  if (value === undefined) return '$undefined';
  if (value === null || typeof value === 'boolean') return value;
  if (typeof value === 'string') return value.charAt(0) === '$' ? '$' + value : value;
  if (typeof value === 'number') return value === value && Math.abs(value) !== Infinity ? value : '$' + value;
  if (typeof value !== 'object') return '$' + typeof value;
  if (Buffer.isBuffer(value)) return {$bytes: value.toString('binary')};
  if (value instanceof Error) return {$error: thrown(value, ['name', 'code', 'message'])};
  if (above.indexOf(value) >= 0 || above.length > 60) return '$object';
  above = above.concat([value]);
  if (Array.isArray(value)) return [].slice.call(value).map(function (each) { return encode(each, above); });
  var prototype = Object.getPrototypeOf(value);
  if (prototype && prototype !== Object.prototype &&
    (Object.getPrototypeOf(prototype) || Object.getOwnPropertyNames(prototype).length)) return '$object';
  var result = {};
  Object.keys(value).forEach(function (key) {
    result[key.charAt(0) === '$' ? '$' + key : key] = encode(value[key], above);
  });
  return result;
}

function thrown(error, members) {
  var result = {};
  if (error === null || typeof error !== 'object') error = {name: typeof error, message: String(error)};
  members.forEach(function (member) {
    if (error[member] === undefined || error[member] === null) return;
    result[member] = member === 'name' ? String(error.name).replace(' [' + error.code + ']', '') : error[member];
  });
  return result;
}

process.on('uncaughtException', function (error) {
  say({record: 'uncaught', value: thrown(error, ['name', 'code', 'message'])});
});

var input = '';
process.stdin.setEncoding('utf8');
process.stdin.on('data', function (text) {
  var lines = (input += text).split('\n');
  input = lines.pop();
  lines.forEach(function (line) {
    var message = JSON.parse(line);
    if (message.signal) signal(message.signal, message.value);
    if (message.finish) setTimeout(function () { process.exit(0); }, 50);
  });
});
process.stdin.resume();
