// Breaks the http module of the process that preloads this file: one clause of
// the catalogue is violated, the one that the variant named in CONFORM_BROKEN
// is listed under. Run as a program it prints the table instead.
//
// A variant patches what Node 12.22.9 has inside; newer versions have most of
// it too.

'use strict';

var table = {};
var inexpressible = require('./inexpressible.js');
['agent', 'client', 'request', 'server', 'response', 'message', 'http'].forEach(function (file) {
  var clauses = require('./' + file + '.js');
  Object.keys(clauses).forEach(function (clause) {
    if (table[clause]) throw new Error(clause + ' is listed in two files');
    table[clause] = clauses[clause];
  });
});

if (require.main === module) {
  var variants = [];
  Object.keys(table).forEach(function (clause) {
    Object.keys(table[clause]).forEach(function (name) {
      variants.push({clause: clause, name: name});
    });
  });
  process.stdout.write(JSON.stringify({variants: variants, inexpressible: inexpressible}) + '\n');
} else {
  var id = String(process.env.CONFORM_BROKEN).split('#');
  var variant = table[id[0]] && table[id[0]][id[1]];
  if (!variant) throw new Error('there is no broken variant ' + id.join('#'));
  variant(require('http'));
}
