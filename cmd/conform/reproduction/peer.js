// Plays the wire script of the vector @ID@ against a program, and
// prints what happens on the wire, what is permitted, and whether it was seen.
//
//   node peer.js COMMAND...     for example: node peer.js node program.cjs
//
// It exits with status 0 when all that is demanded was seen, otherwise with 1.
'use strict';

var childProcess = require('child_process');
var net = require('net');
var os = require('os');
var path = require('path');
var tls = require('tls');

var scenario = @SCENARIO@;

var command = process.argv.slice(2);
if (command.length === 0) {
  console.error('usage: node peer.js COMMAND..., for example: node peer.js node program.cjs');
  process.exit(2);
}

var began = Date.now();
var connections = {};   // by name
var waiting = [];       // accepted, not yet by the script
var accepted = 0;
var marks = {};
var records = [];
var address = null;     // where the program listens
var programEnded = null;
var listener = null;
var child = null;
var top = null;
var over = false;

// --- what is printed ---

function print(text) { console.log(text); }

function event(text, data) {
  print(('      ' + ((Date.now() - began) / 1000).toFixed(3)).slice(-8) + 's  ' + text);
  if (data) visible(data).split('\n').forEach(function (line) { print('           | ' + line); });
}

function visible(data) {
  var shown = data.length > 4096 ? data.slice(0, 4096) : data;
  var text = shown.replace(/[\\\r\n\t\x00-\x1f\x7f-\xff]/g, function (c) {
    switch (c) {
    case '\\': return '\\\\';
    case '\r': return '\\r';
    case '\n': return '\\n\n';
    case '\t': return '\\t';
    }
    return '\\x' + ('0' + c.charCodeAt(0).toString(16)).slice(-2);
  }).replace(/\n$/, '');
  return text + (data.length > 4096 ? '\n(' + (data.length - 4096) + ' bytes more)' : '');
}

// --- values and records ---

function same(a, b) { return JSON.stringify(sorted(a)) === JSON.stringify(sorted(b)); }

function sorted(value) {
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map(sorted);
  var result = {};
  Object.keys(value).sort().forEach(function (key) { result[key] = sorted(value[key]); });
  return result;
}

function operator(pattern) {
  if (pattern === null || typeof pattern !== 'object' || Array.isArray(pattern)) return '';
  var keys = Object.keys(pattern);
  var known = ['$type', '$match', '$includes', '$between', '$anyOf', '$unordered', '$not', '$bytes', '$error'];
  return keys.length === 1 && known.indexOf(keys[0]) >= 0 ? keys[0] : '';
}

function text(value) { return value.slice(0, 2) === '$$' ? value.slice(1) : value; }

function escapeText(value) { return value.charAt(0) === '$' ? '$' + value : value; }

// A pattern is in RE2 syntax; what of it differs here is rewritten.
function expression(source) {
  var flags = '';
  source = source.replace(/^\(\?([ims]+)\)/, function (_, found) { flags = found; return ''; });
  if (flags.indexOf('s') >= 0) source = source.replace(/(^|[^\\])\./g, '$1[\\s\\S]');
  source = source.replace(/\\z/g, '$').replace(/\\A/g, '^');
  return new RegExp(source, flags.replace('s', ''));
}

function typeOf(value) {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'string') {
    if (['$undefined', '$function', '$object'].indexOf(value) >= 0) return value.slice(1);
    return ['$NaN', '$Infinity', '$-Infinity'].indexOf(value) >= 0 ? 'number' : 'string';
  }
  switch (operator(value)) {
  case '$bytes': return 'buffer';
  case '$error': return 'error';
  }
  return typeof value;
}

function matches(pattern, value) {
  if (pattern === '$any') return true;
  var name = operator(pattern), operand = name && pattern[name];
  switch (name) {
  case '$type':
    return [].concat(operand).some(function (type) {
      var actual = typeOf(value);
      return type === actual || type === 'object' && ['array', 'buffer', 'error'].indexOf(actual) >= 0;
    });
  case '$match': return typeof value === 'string' && (value.charAt(0) !== '$' || value.charAt(1) === '$') && expression(operand).test(text(value));
  case '$between':
    var number = typeof value === 'string' && value !== '' ? Number(value) : value;
    return typeof number === 'number' && number >= operand[0] && number <= operand[1];
  case '$anyOf': return operand.some(function (each) { return matches(each, value); });
  case '$not': return !matches(operand, value);
  case '$unordered': return Array.isArray(value) && value.length === operand.length && assign(operand, value);
  case '$includes': return includes(operand, value);
  case '$bytes':
    if (operator(value) !== '$bytes') return false;
    if (typeof operand === 'string' && operand !== '$any') return operand === value.$bytes;
    return matches(operand, escapeText(value.$bytes));
  case '$error': return operator(value) === '$error' && includes(operand, value.$error);
  }
  if (Array.isArray(pattern)) {
    return Array.isArray(value) && value.length === pattern.length &&
      pattern.every(function (each, i) { return matches(each, value[i]); });
  }
  if (pattern !== null && typeof pattern === 'object') {
    return value !== null && typeof value === 'object' && !Array.isArray(value) && !operator(value) && includesKeys(pattern, value) &&
      Object.keys(value).every(function (key) { return pattern.hasOwnProperty(key); });
  }
  return pattern === value;
}

function includes(operand, value) {
  if (operator(operand)) return matches(operand, value);
  if (Array.isArray(operand)) return Array.isArray(value) && assign(operand, value);
  return value !== null && typeof value === 'object' && !operator(value) && includesKeys(operand, value);
}

function includesKeys(pattern, value) {
  return Object.keys(pattern).every(function (key) {
    if (!value.hasOwnProperty(key)) return pattern[key] !== '$any' && matches(pattern[key], '$undefined');
    return matches(pattern[key], value[key]);
  });
}

// Gives every pattern a member of its own.
function assign(patterns, members) {
  if (patterns.length === 0) return true;
  return members.some(function (member, i) {
    return matches(patterns[0], member) && assign(patterns.slice(1), members.slice(0, i).concat(members.slice(i + 1)));
  });
}

// The places in the list of records where the patterns can have been used up.
function ends(patterns, from) {
  if (patterns.length === 0) return [from];
  var first = patterns[0], rest = patterns.slice(1), after = [];
  if (first && first.$anyOf) {
    first.$anyOf.forEach(function (run) { after = after.concat(ends(run, from)); });
  } else if (first && first.$unordered) {
    if (first.$unordered.length === 0) after = [from];
    first.$unordered.forEach(function (entry, i) {
      var others = first.$unordered.slice(0, i).concat(first.$unordered.slice(i + 1));
      after = after.concat(ends(others.length ? [entry, {$unordered: others}] : [entry], from));
    });
  } else if (from < records.length && matchesRecord(first, records[from])) {
    after = [from + 1];
  }
  var result = [];
  after.forEach(function (place) {
    ends(rest, place).forEach(function (end) { if (result.indexOf(end) < 0) result.push(end); });
  });
  return result;
}

function matchesRecord(pattern, record) {
  if (typeof pattern === 'string') return record.label === pattern && !('value' in record);
  var label = Object.keys(pattern)[0];
  return record.label === label && 'value' in record && matches(pattern[label], record.value);
}

function recordsMet() {
  if (ends(scenario.records, 0).indexOf(records.length) >= 0) return true;
  return scenario.erratum ? ends(scenario.erratum.records, 0).indexOf(records.length) >= 0 : false;
}

function showRecord(record) {
  return 'value' in record ? record.label + ': ' + JSON.stringify(record.value) : record.label;
}

// --- messages ---

var methodLine = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+) ([\x21-\x7e]+) HTTP\/(1\.\d)$/;
var statusLine = /^HTTP\/(1\.\d) ([1-9]\d\d) ([^\x00-\x08\x0a-\x1f\x7f]*)$/;
var fieldLine = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*([^\x00-\x08\x0a-\x1f\x7f]*?)[ \t]*$/;

// Reads one message from the beginning of data: {problem}, {} while it is not
// whole, or {message, length}.
function readMessage(data, want, headOnly, isRequest, finished) {
  var head = data.indexOf('\r\n\r\n');
  if (head < 0) {
    var begins = isRequest ? /^[!#$%&'*+\-.^_`|~0-9A-Za-z]|^$/ : /^HTTP\/|^HTTP$|^HTT$|^HT$|^H$|^$/;
    return begins.test(data) ? {} : {problem: 'it does not begin as a ' + (isRequest ? 'request' : 'response')};
  }
  var lines = data.slice(0, head).split('\r\n');
  var start = (isRequest ? methodLine : statusLine).exec(lines[0]);
  if (!start) return {problem: 'no start line: ' + visible(lines[0])};
  var m = isRequest ? {method: start[1], target: start[2], version: start[3]} : {version: start[1], status: Number(start[2]), reason: start[3]};
  m.raw = data.slice(0, head + 4);
  m.fields = readFields(lines.slice(1));
  if (!m.fields) return {problem: 'a line of the head is no header field'};
  var lengths = valuesOf(m.fields, 'content-length'), codings = valuesOf(m.fields, 'transfer-encoding');
  var bodiless = !isRequest && (want.to === 'HEAD' || m.status < 200 || m.status === 204 || m.status === 304 || want.to === 'CONNECT' && m.status < 300);
  if (bodiless) m.framing = 'none';
  else if (codings.length) {
    m.framing = /(^|,)[ \t]*chunked[ \t]*$/i.test(codings.join(',')) ? 'chunked' : 'close';
    if (m.version === '1.0') return {problem: 'Transfer-Encoding in an HTTP/1.0 message'};
    if (isRequest && m.framing === 'close') return {problem: 'a request whose last Transfer-Encoding is not chunked'};
  } else if (lengths.length) {
    if (lengths.length > 1 || !/^\d+$/.test(lengths[0])) return {problem: 'a Content-Length that is none'};
    m.framing = 'length';
  } else m.framing = isRequest ? 'none' : 'close';
  var at = head + 4;
  m.trailers = [];
  if (headOnly) return {message: m, length: at};
  switch (m.framing) {
  case 'none':
    m.body = '';
    return {message: m, length: at};
  case 'length':
    m.body = data.slice(at, at + Number(lengths[0]));
    return m.body.length < Number(lengths[0]) ? {head: m} : {message: m, length: at + m.body.length};
  case 'close':
    m.body = data.slice(at);
    return finished ? {message: m, length: data.length} : {head: m};
  }
  m.body = '';
  for (;;) {
    var end = data.indexOf('\r\n', at);
    if (end < 0) return {head: m};
    var size = /^([0-9A-Fa-f]+)[ \t]*(;.*)?$/.exec(data.slice(at, end));
    if (!size) return {problem: 'no chunk size: ' + visible(data.slice(at, end))};
    var length = parseInt(size[1], 16);
    at = end + 2;
    if (length === 0) break;
    if (data.length < at + length + 2) return {head: m};
    if (data.substr(at + length, 2) !== '\r\n') return {problem: 'a chunk longer than its size'};
    m.body += data.substr(at, length);
    at += length + 2;
  }
  var trailerLines = [];
  for (;;) {
    var lineEnd = data.indexOf('\r\n', at);
    if (lineEnd < 0) return {head: m};
    var line = data.slice(at, lineEnd);
    at = lineEnd + 2;
    if (line === '') break;
    trailerLines.push(line);
  }
  m.trailers = readFields(trailerLines);
  return m.trailers ? {message: m, length: at} : {problem: 'a trailer line is no field'};
}

function readFields(lines) {
  var fields = lines.map(function (line) {
    var found = fieldLine.exec(line);
    return found && [found[1], found[2]];
  });
  return fields.indexOf(null) < 0 ? fields : null;
}

function valuesOf(fields, name) {
  return fields.filter(function (field) { return field[0].toLowerCase() === name.toLowerCase(); })
    .map(function (field) { return escapeText(field[1]); });
}

// Returns what is wrong with a message, or ''.
function judge(m, want, headOnly) {
  var wrong = [];
  function part(name, value) {
    if (name in want && !matches(want[name], value)) wrong.push(name + ' is ' + JSON.stringify(value));
  }
  part('status', m.status);
  ['method', 'target', 'reason', 'version'].forEach(function (name) {
    part(name, m[name] === undefined ? undefined : escapeText(m[name]));
  });
  part('framing', m.framing);
  part('rawHeaders', m.fields.map(function (field) { return field.map(escapeText); }));
  if (!headOnly) part('body', escapeText(m.body));
  Object.keys(want.headers || {}).forEach(function (name) {
    var values = valuesOf(m.fields, name);
    if (!matches(want.headers[name], values)) wrong.push('header ' + name + ' is ' + JSON.stringify(values));
  });
  (want.absent || []).forEach(function (name) {
    if (valuesOf(m.fields, name).length) wrong.push('there is a header ' + name);
  });
  if (!headOnly) Object.keys(want.trailers || {}).forEach(function (name) {
    var values = valuesOf(m.trailers, name);
    if (!matches(want.trailers[name], values)) wrong.push('trailer ' + name + ' is ' + JSON.stringify(values));
  });
  if ('raw' in want && !new RegExp('^(?:' + bytePattern(want.raw) + ')$').test(m.raw)) wrong.push('the head is not as demanded, byte for byte');
  return wrong.join('; ');
}

// A text of the script with its placeholders, as a regular expression.
function bytePattern(source) {
  var at = scenario.listen ? {host: '127.0.0.1', port: listener.address().port} : address || {};
  return source.replace(/\{\{|\{date\}|\{any\}|\{host\}|\{port\}|[\\^$.*+?()[\]{}|\/]/g, function (found) {
    switch (found) {
    case '{{': return '\\{';
    case '{date}': return '[A-Z][a-z]{2}, \\d{2} [A-Z][a-z]{2} \\d{4} \\d{2}:\\d{2}:\\d{2} GMT';
    case '{any}': return '[^\\r\\n]*';
    case '{host}': return '127\\.0\\.0\\.1';
    case '{port}': return String(at.port);
    }
    return '\\' + found;
  });
}

// --- connections ---

function adopt(socket, isRequest) {
  var c = {socket: socket, isRequest: isRequest, data: '', arrivals: [], end: null, since: Date.now(), name: '(not accepted)'};
  socket.setEncoding('binary');
  if (socket.setNoDelay) socket.setNoDelay(true);
  socket.on('data', function (data) {
    c.arrivals.push({from: c.data.length, at: Date.now()});
    c.data += data;
    event(c.name + ' received ' + data.length + ' bytes', data);
    check();
  });
  function ended(how) {
    if (c.end) return;
    c.end = {how: how, at: Date.now()};
    event(c.name + ' received ' + how);
    check();
  }
  socket.on('end', function () { ended('FIN'); });
  socket.on('error', function (error) {
    if (error.code === 'ECONNRESET') ended('RST');
    else event(c.name + ' trouble: ' + error.message);
  });
  socket.on('close', function (hadError) { if (!c.hungUp) ended(hadError ? 'RST' : 'FIN'); });
  return c;
}

function connect(name, done) {
  whenReady(function () {
    var since = Date.now();
    var options = scenario.transport === 'unix' ? {path: address.path || scenario.socketPath} : {host: '127.0.0.1', port: address.port};
    options.allowHalfOpen = true;
    var socket;
    if (scenario.transport === 'tls') {
      options.ca = scenario.certificate.ca;
      options.key = scenario.certificate.key;
      options.cert = scenario.certificate.cert;
      options.servername = 'localhost';
      socket = tls.connect(options, connected);
    } else {
      socket = net.connect(options, connected);
    }
    socket.on('error', refused);
    function refused(error) { finish('cannot connect to the program: ' + error.message); }
    function connected() {
      socket.removeListener('error', refused);
      var c = connections[name] = adopt(socket, false);
      c.name = name;
      c.since = since;
      event(name + ' connected');
      done();
    }
  });
}

function whenReady(then) {
  if (address) return then();
  demanding = {poll: function () {
    if (programEnded) return {failed: 'the program ended before it listened'};
    return address ? {met: true} : {};
  }, then: then, permitted: 'a program that announces where it listens'};
  check();
}

// --- demands ---

function milliseconds(duration) {
  var total = 0, units = {h: 3600000, m: 60000, s: 1000, ms: 1, 'µs': 0.001, ns: 0.000001};
  duration.replace(/([\d.]+)(h|ms|m|s|µs|ns)/g, function (_, number, unit) { total += Number(number) * units[unit]; });
  return total;
}

function begin(step, cursors) {
  var c = connections[step.on];
  var start = c ? cursors.read[step.on] || 0 : 0;
  var now = Date.now();
  function unread() { return c.data.slice(start); }
  if ('anyOf' in step) {
    var runs = step.anyOf.map(function (alternative) {
      return {steps: alternative.steps, erratum: alternative.erratum, next: 0, current: null, cursors: JSON.parse(JSON.stringify(cursors))};
    });
    return function () {
      var problems = [], wake = Infinity;
      for (var i = 0; i < runs.length; i++) {
        if (!runs[i].problem) {
          var result = poll(runs[i], runs[i].steps.length);
          if (result.met) {
            cursors.read = runs[i].cursors.read;
            cursors.recorded = runs[i].cursors.recorded;
            if (runs[i].erratum) event('follows the erratum of ' + runs[i].erratum);
            return result;
          }
          runs[i].problem = result.failed;
          if (result.wake) wake = Math.min(wake, result.wake);
        }
        if (runs[i].problem) problems.push(runs[i].problem);
      }
      return problems.length === runs.length ? {failed: 'no alternative was met: ' + problems.join('; or ')} : wake < Infinity ? {wake: wake} : {};
    };
  }
  if ('recorded' in step) {
    return function () {
      var consumed = cursors.recorded[step.recorded] || 0;
      var made = records.filter(function (record) { return record.label === step.recorded; }).length;
      if (made <= consumed) return programEnded ? {failed: 'the program ended without it'} : {};
      cursors.recorded[step.recorded] = consumed + 1;
      return {met: true};
    };
  }
  if ('connections' in step) {
    return function () {
      return accepted === step.connections ? {met: true} : {failed: accepted + ' connections were accepted'};
    };
  }
  if ('accept' in step) {
    return function () {
      if (waiting.length === 0) return programEnded ? {failed: 'the program ended'} : {};
      var next = connections[step.accept] = waiting.shift();
      next.name = step.accept;
      return {met: true};
    };
  }
  if ('silent' in step) {
    var until = now + milliseconds(step.silent);
    return function () {
      var early = c.arrivals.some(function (arrival) { return arrival.from >= start && arrival.at < until; });
      if (early || c.data.length > start && c.arrivals.length === 0) return {failed: 'bytes came'};
      if (c.end && c.end.at < until) return {failed: 'the connection ended: ' + c.end.how};
      return Date.now() < until ? {wake: until} : {met: true};
    };
  }
  var how = 'closed' in step ? 'closed' : 'ended' in step ? 'ended' : 'wasReset' in step ? 'wasReset' : '';
  if (how) {
    var bounds = step[how] === true ? {} : step[how];
    var since = bounds.since ? marks[bounds.since] : c.since;
    return function () {
      if (c.data.length > start) return {failed: 'bytes came where the end was due'};
      var latest = bounds.before ? since + milliseconds(bounds.before) : Infinity;
      if (!c.end) {
        if (Date.now() > latest) return {failed: 'the connection is still open'};
        return latest === Infinity ? {} : {wake: latest + 1};
      }
      if (how === 'ended' && c.end.how !== 'FIN' || how === 'wasReset' && c.end.how !== 'RST') return {failed: 'it ended by ' + c.end.how};
      // Clocks here count whole milliseconds.
      if (bounds.after && c.end.at - since < milliseconds(bounds.after) - 1) return {failed: 'it ended too early, after ' + (c.end.at - since) + ' ms'};
      return c.end.at > latest ? {failed: 'it ended too late'} : {met: true};
    };
  }
  if (typeof step.receive === 'string') {
    var pattern = new RegExp('^(?:' + bytePattern(step.receive) + ')');
    return function () {
      var found = pattern.exec(unread());
      if (found) {
        cursors.read[step.on] = start + found[0].length;
        return {met: true};
      }
      return c.end ? {failed: 'the connection ended: ' + c.end.how} : {};
    };
  }
  var headOnly = 'receiveHead' in step, want = headOnly ? step.receiveHead : step.receive;
  return function () {
    var result = readMessage(unread(), want, headOnly, c.isRequest, c.end && c.end.how === 'FIN');
    if (result.problem) return {failed: 'no HTTP message: ' + result.problem};
    if (!result.message) {
      if (result.head) {
        var soFar = judge(result.head, want, true);
        if (soFar) return {failed: soFar};
      }
      return c.end ? {failed: 'the connection ended before the message was whole: ' + c.end.how} : {};
    }
    var wrong = judge(result.message, want, headOnly);
    if (wrong) return {failed: wrong};
    cursors.read[step.on] = start + result.length;
    return {met: true};
  };
}

function poll(run, until) {
  while (run.next < until) {
    run.current = run.current || begin(run.steps[run.next], run.cursors);
    var result = run.current();
    if (!result.met) return result;
    run.current = null;
    run.next++;
  }
  return {met: true};
}

// --- playing ---

var demanding = null; // what is waited for
var alarm = null;

// Called whenever something has happened.
function check() {
  if (!demanding || over) return;
  var result = demanding.poll();
  clearTimeout(alarm);
  if (result.met) {
    var then = demanding.then;
    demanding = null;
    return then();
  }
  if (result.failed) return finish(result.failed);
  if (result.wake) alarm = setTimeout(check, Math.max(1, result.wake - Date.now()));
}

function usesConnection(step) {
  return ['send', 'halfClose', 'close', 'reset', 'receive', 'receiveHead', 'closed', 'ended', 'wasReset', 'silent'].some(function (verb) { return verb in step; });
}

function play() {
  if (over) return;
  if (top.next === top.steps.length) {
    demanding = {poll: function () { return recordsMet() ? {met: true} : programEnded ? {failed: 'the program ended'} : {}; }, then: finish, permitted: 'the records'};
    return check();
  }
  var step = top.steps[top.next];
  var needed = ('anyOf' in step ? [].concat.apply([], step.anyOf.map(function (a) { return a.steps; })) : [step])
    .filter(function (each) { return usesConnection(each) && !connections[each.on]; })[0];
  if (needed && !scenario.listen) return connect(needed.on, play);
  print('step ' + (top.next + 1) + ': ' + step.text);
  function next() {
    top.next++;
    play();
  }
  if ('connect' in step) return connect(step.connect, next);
  if ('send' in step) return send(step, next);
  var c = connections[step.on];
  if ('halfClose' in step) { c.socket.end(); event(step.on + ' sent FIN'); return next(); }
  if ('close' in step) { c.hungUp = true; c.socket.destroy(); event(step.on + ' closed'); return next(); }
  if ('reset' in step) {
    c.hungUp = true;
    if (c.socket.resetAndDestroy) c.socket.resetAndDestroy();
    else { event('this Node cannot send RST (18.3 and later can); it closes instead'); c.socket.destroy(); }
    return next();
  }
  if ('stopListening' in step) { listener.close(); return next(); }
  if ('signal' in step) {
    var name = typeof step.signal === 'string' ? step.signal : Object.keys(step.signal)[0];
    child.stdin.write(JSON.stringify({signal: name, value: typeof step.signal === 'string' ? undefined : step.signal[name]}) + '\n');
    return next();
  }
  if ('mark' in step) { marks[step.mark] = Date.now(); return next(); }
  demanding = {poll: function () { return poll(top, top.next + 1); }, then: function () {
    print('        met');
    play();
  }, permitted: step.text};
  // poll moves on by itself, so that play goes on from there.
  check();
}

function send(step, done) {
  var c = connections[step.on], segments = [].concat(step.send), i = 0;
  c.since = Date.now();
  (function next() {
    if (i === segments.length) return done();
    var segment = segments[i++];
    if (segment.pause !== undefined) return setTimeout(next, milliseconds(segment.pause));
    var data = segment;
    if (typeof segment === 'object') {
      data = '';
      for (var n = 1; n <= segment.times; n++) data += segment.repeat.split('{i}').join(String(n));
    }
    event(step.on + ' sent ' + data.length + ' bytes', data);
    c.socket.write(data, 'binary', function () { setTimeout(next, 0); });
  })();
}

function finish(problem) {
  if (over) return;
  over = true;
  clearTimeout(alarm);
  clearTimeout(deadline);
  if (problem) {
    print('        NOT MET: ' + problem);
    if (demanding) print('        permitted: ' + demanding.permitted);
    Object.keys(connections).forEach(function (name) {
      var unread = connections[name].data.slice(top.cursors.read[name] || 0);
      print('        seen on ' + name + ', not yet read: ' + (unread ? '' : 'nothing') + (connections[name].end ? ', then ' + connections[name].end.how : ''));
      if (unread) visible(unread).split('\n').forEach(function (line) { print('           | ' + line); });
    });
  }
  if (programEnded) return conclude(problem);
  var patience = setTimeout(function () { child.kill(); }, 5000);
  child.on('close', function () {
    clearTimeout(patience);
    conclude(problem);
  });
  child.stdin.on('error', function () {});
  child.stdin.write('{"finish": true}\n');
}

function conclude(problem) {
  print('records permitted: ' + scenario.recordText);
  print('records seen:      ' + (records.map(showRecord).join(', ') || '(none)'));
  var held = !problem && recordsMet();
  print(held ? 'as permitted' : 'NOT as permitted');
  process.exit(held ? 0 : 1);
}

// --- the program ---

function run() {
  var given = {host: '127.0.0.1', port: scenario.listen && scenario.transport !== 'unix' ? listener.address().port : 0,
    socketPath: scenario.socketPath, certificate: scenario.certificate};
  child = childProcess.spawn(command[0], command.slice(1).concat([JSON.stringify(given)]), {stdio: ['pipe', 'pipe', 2]});
  var output = '';
  child.stdout.setEncoding('utf8');
  child.stdout.on('data', function (chunk) {
    var lines = (output += chunk).split('\n');
    output = lines.pop();
    lines.forEach(function (line) {
      var message;
      try { message = JSON.parse(line); } catch (error) { return print('program: ' + line); }
      if (message.ready) address = message.ready;
      if ('record' in message) {
        var record = {label: message.record};
        if ('value' in message) record.value = message.value;
        records.push(record);
        event('recorded ' + showRecord(record));
      }
    });
    check();
  });
  child.on('error', function (error) {
    print('the program cannot be started: ' + error.message);
    process.exit(2);
  });
  child.on('close', function (code, signal) {
    programEnded = true;
    if (!over) event('the program ended: ' + (signal || 'status ' + code));
    check();
  });
  top = {steps: scenario.steps, next: 0, current: null, cursors: {read: {}, recorded: {}}};
  play();
}

var deadline = setTimeout(function () { finish('the time was up'); }, scenario.deadline);

if (scenario.transport === 'unix') scenario.socketPath = path.join(os.tmpdir(), 'conform-' + process.pid + '.sock');
if (scenario.listen) {
  var accept = function (socket) {
    accepted++;
    var c = adopt(socket, true);
    waiting.push(c);
    event('a connection was accepted');
    check();
  };
  listener = scenario.transport === 'tls' ?
    tls.createServer({key: scenario.certificate.key, cert: scenario.certificate.cert, allowHalfOpen: true}, accept) :
    net.createServer({allowHalfOpen: true}, accept);
  if (scenario.transport === 'unix') listener.listen(scenario.socketPath, run);
  else listener.listen(0, '127.0.0.1', run);
} else {
  run();
}
