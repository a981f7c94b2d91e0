'use strict';
const http = require('http');
const [host, port] = process.argv[1].split(':');
const options = { agent: new http.Agent({ keepAlive: true }), host, port: Number(port), path: '/' };

function stats(more) {
  const usage = process.resourceUsage();
  console.log(JSON.stringify(Object.assign(
    { user: usage.userCPUTime, system: usage.systemCPUTime, resident: process.memoryUsage().rss }, more)));
}

function run(inFlight, milliseconds) {
  const begin = process.hrtime.bigint();
  const deadline = Date.now() + milliseconds;
  let requests = 0;
  let running = inFlight;
  const failed = (error) => stats({ error: error.message });
  const ended = () => {
    requests++;
    if (Date.now() < deadline) {
      next();
    } else if (--running === 0) {
      stats({ requests, seconds: Number(process.hrtime.bigint() - begin) / 1e9 });
    }
  };
  const responded = (response) => {
    response.on('end', ended);
    response.resume();
  };
  const next = () => http.get(options, responded).on('error', failed);
  for (let i = 0; i < inFlight; i++) next();
}

stats();
require('readline').createInterface({ input: process.stdin }).on('line', (line) => {
  const words = line.split(' ');
  if (words[0] === 'run') {
    run(Number(words[1]), Number(words[2]));
  } else {
    stats();
  }
}).on('close', () => process.exit());
