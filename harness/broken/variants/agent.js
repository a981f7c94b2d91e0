// Variants of http.Agent.

'use strict';

var patch = require('./patch.js');
var net = require('net');

// during has a property of the agent be another while a method of its runs.
function during(agent, method, name, value) {
  patch.wrap(agent, method, function (original) {
    return function () {
      var own = Object.getOwnPropertyDescriptor(this, name);
      this[name] = value.call(this, this[name]);
      try {
        return original.apply(this, arguments);
      } finally {
        if (own) this[name] = own.value;
        else delete this[name];
      }
    };
  });
}

// duringFree is the same while the agent decides on a socket that is free.
function duringFree(agent, name, value) {
  patch.hear(agent, 'free', function (emit) {
    var own = Object.getOwnPropertyDescriptor(this, name);
    this[name] = value.call(this, this[name]);
    emit();
    if (own) this[name] = own.value;
    else delete this[name];
  });
}

// madeSocket is called with each socket before the agent listens to it.
function madeSocket(agent, f) {
  patch.wrap(agent, 'createConnection', function (original) {
    return function () {
      var socket = original.apply(this, arguments);
      f(socket);
      return socket;
    };
  });
}

// deaf keeps the agent, whose listener is the next one, from hearing an event of the socket.
function deaf(socket, event) {
  var on = socket.on;
  socket.on = function (name) {
    if (name !== event) return on.apply(this, arguments);
    socket.on = on;
    return this;
  };
}

function waiting(agent, options) {
  return (agent.requests[agent.getName(options)] || []).length > 0;
}

module.exports = {
  'agent/queued-requests-share-a-socket': {
    'each-gets-a-new-one': function (http) {
      patch.hear(http.Agent.prototype, 'free', function (emit, socket, options) {
        return waiting(this, options) ? socket.destroy() : emit();
      });
    }
  },
  'agent/socket-closed-when-queue-is-empty': {
    'left-open': function (http) {
      patch.hear(http.Agent.prototype, 'free', function (emit, socket, options) {
        return waiting(this, options) || this.keepAlive ? emit() : true;
      });
    }
  },
  'agent/agentRemove-takes-socket-out': {
    'ignored': function (http) {
      madeSocket(http.Agent.prototype, function (socket) { deaf(socket, 'agentRemove'); });
    }
  },
  'agent/agentRemove-request-goes-on': {
    'socket-destroyed': function (http) {
      madeSocket(http.Agent.prototype, function (socket) {
        socket.on('agentRemove', function () { socket.destroy(); });
      });
    }
  },
  'agent/false-means-an-agent-of-its-own': {
    'global-agent-used': function (http) {
      patch.withOptions(http, function (options) {
        if (options.agent === false) delete options.agent;
        return options;
      });
    }
  },
  'agent.new/keepAlive-pools-sockets': {
    'closed': function (http) {
      patch.hear(http.Agent.prototype, 'free', function (emit, socket, options) {
        return waiting(this, options) ? emit() : socket.destroy();
      });
    }
  },
  'agent.new/connection-close': {
    'keep-alive-sent': function (http) {
      patch.editHead(http.ClientRequest.prototype, function (head) {
        return head.replace('Connection: close', 'Connection: keep-alive');
      });
    }
  },
  'agent.new/connection-keep-alive': {
    'close-sent': function (http) {
      patch.editHead(http.ClientRequest.prototype, function (head) {
        return this.getHeader('connection') ? head : head.replace('Connection: keep-alive', 'Connection: close');
      });
    }
  },
  'agent.new/connection-as-given': {
    'default-wins': function (http) {
      patch.editHead(http.ClientRequest.prototype, function (head) {
        if (!this.getHeader('connection')) return head;
        return head.replace(/Connection: .*\r\n/i, this.agent && this.agent.keepAlive ? 'Connection: keep-alive\r\n' : 'Connection: close\r\n');
      });
    }
  },
  'agent.new/scheduling-fifo': {
    'newest-taken': function (http) {
      during(http.Agent.prototype, 'addRequest', 'scheduling', function () { return 'lifo'; });
    }
  },
  'agent.new/scheduling-lifo': {
    'oldest-taken': function (http) {
      during(http.Agent.prototype, 'addRequest', 'scheduling', function () { return 'fifo'; });
    }
  },
  'agent.createConnection/overridden-returns-socket': {
    'result-ignored': function (http) {
      during(http.Agent.prototype, 'createSocket', 'createConnection', function (own) {
        return own === net.createConnection ? own : function (options, callback) { own.call(this, options, callback); };
      });
    },
    'not-called': function (http) {
      during(http.Agent.prototype, 'createSocket', 'createConnection', function () { return net.createConnection; });
    }
  },
  'agent.createConnection/overridden-calls-back': {
    'callback-ignored': function (http) {
      during(http.Agent.prototype, 'createSocket', 'createConnection', function (own) {
        return function (options) { return own.call(this, options, function () {}); };
      });
    }
  },
  'agent.keepSocketAlive/falsy-destroys': {
    'result-ignored': function (http) {
      duringFree(http.Agent.prototype, 'keepSocketAlive', function (own) {
        return function (socket) { return own.call(this, socket) || true; };
      });
    },
    'not-called': function (http) {
      var original = http.Agent.prototype.keepSocketAlive;
      duringFree(http.Agent.prototype, 'keepSocketAlive', function () { return original; });
    }
  },
  'agent.reuseSocket/called-with-socket-and-request': {
    'not-called': function (http) {
      var original = http.Agent.prototype.reuseSocket;
      during(http.Agent.prototype, 'addRequest', 'reuseSocket', function () { return original; });
    },
    'called-without-request': function (http) {
      during(http.Agent.prototype, 'addRequest', 'reuseSocket', function (own) {
        return function (socket, request) { own.call(this, socket, patch.stranger(request)); };
      });
    }
  },
  'agent.destroy/destroys-sockets': {
    'free-sockets-left': function (http) {
      during(http.Agent.prototype, 'destroy', 'freeSockets', function () { return {}; });
    },
    'used-sockets-left': function (http) {
      during(http.Agent.prototype, 'destroy', 'sockets', function () { return {}; });
    }
  },
  'agent.freeSockets/lists-kept-sockets': {
    'empty': function (http) {
      patch.reading(http.Agent.prototype, 'freeSockets', function () { return {}; });
    }
  },
  'agent.freeSockets/timeout-destroys': {
    'left': function (http) {
      madeSocket(http.Agent.prototype, function (socket) { deaf(socket, 'timeout'); });
    }
  },
  'agent.getName/host-port-localAddress': {
    'localAddress-left-out': function (http) {
      patch.wrap(http.Agent.prototype, 'getName', function (original) {
        return function (options) { return original.call(this, Object.assign({}, options, {localAddress: undefined})); };
      });
    }
  },
  'agent.getName/family': {
    'left-out': function (http) {
      patch.wrap(http.Agent.prototype, 'getName', function (original) {
        return function (options) { return original.call(this, Object.assign({}, options, {family: undefined})); };
      });
    }
  },
  'agent.maxFreeSockets/limits-kept-sockets': {
    'ignored': function (http) {
      duringFree(http.Agent.prototype, 'maxFreeSockets', function () { return Infinity; });
    },
    'one-by-default': function (http) {
      patch.property(http.Agent.prototype, 'maxFreeSockets', null, function (value) { return value === 256 ? 1 : value; });
    }
  },
  'agent.maxSockets/limits-sockets-per-origin': {
    'ignored': function (http) {
      during(http.Agent.prototype, 'addRequest', 'maxSockets', function () { return Infinity; });
    },
    'five-by-default': function (http) {
      during(http.Agent.prototype, 'addRequest', 'maxSockets', function (value) { return Math.min(value, 5); });
    }
  },
  'agent.maxTotalSockets/limits-all-sockets': {
    'ignored': function (http) {
      during(http.Agent.prototype, 'addRequest', 'maxTotalSockets', function () { return Infinity; });
    }
  },
  'agent.requests/lists-waiting-requests': {
    'empty': function (http) {
      patch.reading(http.Agent.prototype, 'requests', function () { return {}; });
    }
  }
};
