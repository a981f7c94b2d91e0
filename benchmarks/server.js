'use strict';
const http = require('http');
const large = Buffer.alloc(1 << 20, '0123456789abcdef');

const server = http.createServer((request, response) => {
  switch (request.url) {
    case '/large':
      response.setHeader('Content-Type', 'text/plain');
      response.end(large);
      break;
    case '/echo':
      request.pipe(response);
      break;
    default:
      response.setHeader('Content-Type', 'text/plain');
      response.end('hello world\n');
  }
});
server.keepAliveTimeout = 60000;

function stats(more) {
  const usage = process.resourceUsage();
  console.log(JSON.stringify(Object.assign(
    { user: usage.userCPUTime, system: usage.systemCPUTime, resident: process.memoryUsage().rss }, more)));
}

server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => {
  stats({ address: '127.0.0.1:' + server.address().port });
  require('readline').createInterface({ input: process.stdin }).on('line', (line) => {
    if (line === 'collect') {
      gc();
      gc();
    }
    stats();
  }).on('close', () => process.exit());
});
