// Runs the parser inside the Node that runs this file over cases from standard input and writes what it
// reports. One case a line: mode lenient answer hex,hex,... (pieces fed one after another; "" is end of input).
var major = +process.version.slice(1).split('.')[0], old = major < 12;
var source = old ? process.binding('http_parser') : require('_http_common');
var Parser = source.HTTPParser, methods = source.methods;
function quote(s) {
  return '"' + String(s).replace(/[^ -~]|["\\]/g, function (c) { return '\\x' + (256 + c.charCodeAt(0)).toString(16).slice(1); }) + '"';
}
function list(l) { return '[' + l.map(quote).join(' ') + ']'; }
function run(line) {
  var a = line.split(' '), mode = a[0] === 'req' ? Parser.REQUEST : Parser.RESPONSE, out = [], body = '';
  function note(s) { if (body) { out.push('D ' + quote(body)); body = ''; } out.push(s); }
  var p = old ? new Parser(mode) : new Parser();
  if (!old) { if (major === 12) p.initialize(mode, {}, a[1] === '1', 0); else p.initialize(mode, {}, 0, a[1] === '1'); }
  var fields = [], url = '';
  p[Parser.kOnHeaders] = function (l, u) { fields = fields.concat(l); url += u; };
  p[Parser.kOnHeadersComplete] = function (maj, min, l, method, u, status, reason, upgrade, keep) {
    if (l === undefined) { l = fields; u = url; }
    fields = []; url = '';
    var req = mode === Parser.REQUEST;
    note('H ' + (req ? methods[method] : status) + ' ' + quote(req ? u : reason) + ' ' + maj + '.' + min + ' ' + (keep ? 'K' : '-') + (upgrade ? 'U' : '-') + ' ' + list(l));
    return major < 10 ? (+a[2] === 1) : +a[2];
  };
  p[Parser.kOnBody] = function (b, off, len) { body += b.slice(off, off + len).toString('binary'); };
  p[Parser.kOnMessageComplete] = function () { if (fields.length) note('T ' + list(fields)); fields = []; url = ''; note('C'); };
  var pieces = (a[3] || '').split(',');
  for (var i = 0; i < pieces.length; i++) {
    var r = pieces[i] === '' ? p.finish() : p.execute(Buffer.from(pieces[i], 'hex'));
    if (r instanceof Error) { note('E ' + r.code + ' ' + (r.reason || '') + ' @' + r.bytesParsed); break; }
    if (pieces[i] !== '' && r < pieces[i].length / 2) { note('U @' + r); break; }
  }
  note('.');
  p.close();
  return out.join('; ');
}
var rest = '';
process.stdin.setEncoding('binary');
process.stdin.on('data', function (d) {
  var lines = (rest + d).split('\n'); rest = lines.pop();
  var out = ''; lines.forEach(function (l) { out += run(l) + '\n'; }); process.stdout.write(out);
});
