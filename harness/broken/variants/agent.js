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

// withAgentOptions changes what agents are made with.
function withAgentOptions(http, change) {
  patch.wrap(http, 'Agent', function (original) {
    function Agent(options) {
      return Reflect.construct(original, [change(Object.assign({}, options), options)], new.target || Agent);
    }
    Agent.prototype = original.prototype;
    Object.setPrototypeOf(Agent, original);
    return Agent;
  });
}

function withoutAgentOption(http, name) {
  withAgentOptions(http, function (options) {
    delete options[name];
    return options;
  });
}

// fixed has a property keep what the constructor gave it.
function fixed(http, name) {
  patch.property(http.Agent.prototype, name, null, function (value) {
    return patch.calledByProgram() ? this['_broken_' + name] : value;
  });
}

// persistent has the client think that every connection can be used again.
function persistent(http) {
  patch.hear(http.ClientRequest.prototype, 'response', function (emit) {
    if (this.agent && this.agent.keepAlive) this.shouldKeepAlive = true;
    return emit();
  });
}

function closedWhenFree(http) {
  patch.hear(http.Agent.prototype, 'free', function (emit, socket, options) {
    return waiting(this, options) ? emit() : socket.destroy();
  });
}

function notCalledWhenFree(http) {
  var original = http.Agent.prototype.keepSocketAlive;
  duringFree(http.Agent.prototype, 'keepSocketAlive', function () { return original; });
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
    'closed': closedWhenFree
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
    'not-called': notCalledWhenFree
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
    'for-all-origins': function (http) {
      during(http.Agent.prototype, 'addRequest', 'maxTotalSockets', function () { return this.maxSockets; });
    },
    'no-default': function (http) {
      patch.reading(http.Agent.prototype, 'maxSockets', function (value) { return value === Infinity ? undefined : value; });
    },
    'ignored': function (http) {
      during(http.Agent.prototype, 'addRequest', 'maxSockets', function () { return Infinity; });
    },
    'five-by-default': function (http) {
      during(http.Agent.prototype, 'addRequest', 'maxSockets', function (value) { return Math.min(value, 5); });
    }
  },
  'agent.maxTotalSockets/limits-all-sockets': {
    'no-default': function (http) {
      patch.reading(http.Agent.prototype, 'maxTotalSockets', function (value) { return value === Infinity ? undefined : value; });
    },
    'ignored': function (http) {
      during(http.Agent.prototype, 'addRequest', 'maxTotalSockets', function () { return Infinity; });
    }
  },
  'agent.requests/lists-waiting-requests': {
    'empty': function (http) {
      patch.reading(http.Agent.prototype, 'requests', function () { return {}; });
    }
  },
  'agent/pooled-when-queue-is-empty': {
    'closed': closedWhenFree
  },
  'agent/pooled-for-its-host-and-port-only': {
    'for-all': function (http) { http.Agent.prototype.getName = function () { return 'all'; }; }
  },
  'agent/pooled-sockets-have-tcp-keep-alive': {
    'turned-off': function (http) {
      http.Agent.prototype.keepSocketAlive = function (socket) {
        socket.unref();
        return true;
      };
    }
  },
  'agent/closed-socket-leaves-pool': {
    'stays': function (http) {
      madeSocket(http.Agent.prototype, function (socket) { deaf(socket, 'close'); });
    }
  },
  'agent/new-connection-after-idle-close': {
    'closed-one-used': function (http) {
      madeSocket(http.Agent.prototype, function (socket) {
        deaf(socket, 'close');
        Object.defineProperty(socket, 'destroyed', {get: function () { return false; }});
      });
    }
  },
  'agent/refused-persistence-is-not-pooled': {
    'kept': persistent
  },
  'agent/refused-persistence-makes-new-connections': {
    'shared': persistent
  },
  'agent/free-sockets-are-unrefed': {
    'still-referenced': function (http) {
      http.Agent.prototype.keepSocketAlive = function (socket) {
        socket.setKeepAlive(true, this.keepAliveMsecs);
        return true;
      };
    }
  },
  'agent/close-takes-socket-out': {
    'ignored': function (http) {
      madeSocket(http.Agent.prototype, function (socket) { deaf(socket, 'close'); });
    }
  },
  'agent.new/options-are-optional': {
    'demanded': function (http) {
      withAgentOptions(http, function (options, given) {
        if (!given) throw new TypeError('an agent needs options');
        return options;
      });
    }
  },
  'agent.new/keepAlive-default-false': {
    'true': function (http) {
      withAgentOptions(http, function (options) { return Object.assign({keepAlive: true}, options); });
    }
  },
  'agent.new/keepAliveMsecs-is-initial-delay': {
    'ignored': function (http) { withoutAgentOption(http, 'keepAliveMsecs'); },
    'in-seconds': function (http) {
      withAgentOptions(http, function (options) {
        if (options.keepAliveMsecs) options.keepAliveMsecs *= 1000;
        return options;
      });
    }
  },
  'agent.new/keepAliveMsecs-default-1000': {
    'zero': function (http) {
      patch.property(http.Agent.prototype, 'keepAliveMsecs', null, function (value) { return value === 1000 ? 0 : value; });
    }
  },
  'agent.new/keepAliveMsecs-only-with-keepAlive': {
    'without-too': function (http) {
      patch.wrap(http.Agent.prototype, 'createSocket', function (original) {
        return function (request, options, callback) {
          var agent = this;
          return original.call(this, request, options, function (error, socket) {
            if (socket && !agent.keepAlive) socket.setKeepAlive(true, agent.keepAliveMsecs);
            callback(error, socket);
          });
        };
      });
    },
    'turns-keepAlive-on': function (http) {
      withAgentOptions(http, function (options) {
        if (options.keepAliveMsecs) options.keepAlive = true;
        return options;
      });
    }
  },
  'agent.new/maxSockets-option': {
    'ignored': function (http) { withoutAgentOption(http, 'maxSockets'); },
    'five-by-default': function (http) {
      withAgentOptions(http, function (options) { return Object.assign({maxSockets: 5}, options); });
    }
  },
  'agent.new/new-socket-until-maxSockets': {
    'one-fewer': function (http) {
      during(http.Agent.prototype, 'addRequest', 'maxSockets', function (value) { return value - 1; });
    }
  },
  'agent.new/maxTotalSockets-option': {
    'ignored': function (http) { withoutAgentOption(http, 'maxTotalSockets'); },
    'five-by-default': function (http) {
      withAgentOptions(http, function (options) { return Object.assign({maxTotalSockets: 5}, options); });
    }
  },
  'agent.new/new-socket-until-maxTotalSockets': {
    'one-fewer': function (http) {
      during(http.Agent.prototype, 'addRequest', 'maxTotalSockets', function (value) { return value - 1; });
    }
  },
  'agent.new/maxFreeSockets-option': {
    'ignored': function (http) { withoutAgentOption(http, 'maxFreeSockets'); }
  },
  'agent.new/maxFreeSockets-only-with-keepAlive': {
    'turns-keepAlive-on': function (http) {
      withAgentOptions(http, function (options) {
        if (options.maxFreeSockets) options.keepAlive = true;
        return options;
      });
    }
  },
  'agent.new/scheduling-is-fifo-or-lifo': {
    'others-accepted': function (http) {
      withAgentOptions(http, function (options) {
        if (options.scheduling !== 'lifo') delete options.scheduling;
        return options;
      });
    }
  },
  'agent.new/timeout-is-socket-timeout': {
    'ignored': function (http) { withoutAgentOption(http, 'timeout'); },
    'in-seconds': function (http) {
      withAgentOptions(http, function (options) {
        if (options.timeout) options.timeout *= 1000;
        return options;
      });
    }
  },
  'agent.new/timeout-set-at-creation': {
    'set-at-first-byte': function (http) {
      patch.wrap(http.Agent.prototype, 'createConnection', function (original) {
        return function (options, callback) {
          var socket = original.call(this, Object.assign({}, options, {timeout: undefined}), callback);
          if (options.timeout) socket.once('data', function () { socket.setTimeout(options.timeout); });
          return socket;
        };
      });
    }
  },
  'agent.new/connect-options': {
    'ignored': function (http) {
      withAgentOptions(http, function (options) {
        ['host', 'port', 'lookup', 'localAddress', 'family', 'path'].forEach(function (name) { delete options[name]; });
        return options;
      });
    }
  },
  'agent.new/globalAgent-has-defaults': {
    'keepAlive': function (http) { http.globalAgent = new http.Agent({keepAlive: true}); },
    'five-sockets': function (http) { http.globalAgent = new http.Agent({maxSockets: 5}); }
  },
  'agent.new/configured-agent-is-used': {
    'global-agent-used': function (http) { patch.withoutOption(http, 'agent'); }
  },
  'agent.createConnection/makes-sockets-for-requests': {
    'without-port': function (http) {
      during(http.Agent.prototype, 'createSocket', 'createConnection', function (own) {
        return function (options, callback) {
          if (own === net.createConnection) return own.call(this, options, callback);
          return own.call(this, Object.assign({}, options, {port: undefined}), callback);
        };
      });
    },
    'not-called': function (http) {
      during(http.Agent.prototype, 'createSocket', 'createConnection', function () { return net.createConnection; });
    }
  },
  'agent.createConnection/default-connects': {
    'callback-not-called': function (http) {
      http.Agent.prototype.createConnection = function (options) { return net.createConnection(options); };
    }
  },
  'agent.createConnection/returns-net-socket': {
    'another-class': function (http) {
      patch.wrap(http.Agent.prototype, 'createConnection', function (original) {
        return function () {
          var socket = original.apply(this, arguments);
          return patch.calledByProgram() ? patch.notOf(socket) : socket;
        };
      });
    }
  },
  'agent.createConnection/callback-takes-error': {
    'error-lost': function (http) {
      during(http.Agent.prototype, 'createSocket', 'createConnection', function (own) {
        return function (options, callback) {
          return own.call(this, options, function (error, socket) { if (!error) callback(null, socket); });
        };
      });
    }
  },
  'agent.createConnection/own-socket-type': {
    'net-sockets-only': function (http) {
      during(http.Agent.prototype, 'createSocket', 'createConnection', function (own) {
        return function (options, callback) {
          function checked(socket) {
            if (socket && !(socket instanceof net.Socket)) throw new TypeError('not a net.Socket');
            return socket;
          }
          return checked(own.call(this, options, function (error, socket) { callback(error, checked(socket)); }));
        };
      });
    }
  },
  'agent.keepSocketAlive/called-for-socket-that-could-be-kept': {
    'not-called': notCalledWhenFree
  },
  'agent.keepSocketAlive/not-called-otherwise': {
    'always-called': function (http) {
      patch.hear(http.Agent.prototype, 'free', function (emit, socket, options) {
        if (waiting(this, options) || !this.keepAlive) this.keepSocketAlive(socket);
        return emit();
      });
    }
  },
  'agent.keepSocketAlive/default-turns-tcp-keep-alive-on': {
    'without-delay': function (http) {
      http.Agent.prototype.keepSocketAlive = function (socket) {
        socket.setKeepAlive(true);
        socket.unref();
        return true;
      };
    }
  },
  'agent.keepSocketAlive/default-unrefs': {
    'still-referenced': function (http) {
      http.Agent.prototype.keepSocketAlive = function (socket) {
        socket.setKeepAlive(true, this.keepAliveMsecs);
        return true;
      };
    }
  },
  'agent.keepSocketAlive/default-returns-true': {
    'returns-1': function (http) { patch.returning(http.Agent.prototype, 'keepSocketAlive', 1); }
  },
  'agent.keepSocketAlive/subclass-overrides': {
    'not-called': notCalledWhenFree
  },
  'agent.keepSocketAlive/socket-is-a-net-socket': {
    'another-class': function (http) {
      duringFree(http.Agent.prototype, 'keepSocketAlive', function (own) {
        return function (socket) { return own.call(this, patch.notOf(socket)); };
      });
    }
  },
  'agent.reuseSocket/not-called-for-new-socket': {
    'called': function (http) {
      patch.wrap(http.Agent.prototype, 'createSocket', function (original) {
        return function (request, options, callback) {
          var agent = this;
          return original.call(this, request, options, function (error, socket) {
            if (socket) agent.reuseSocket(socket, request);
            callback(error, socket);
          });
        };
      });
    }
  },
  'agent.reuseSocket/default-refs': {
    'unreferenced': function (http) {
      http.Agent.prototype.reuseSocket = function (socket, request) { request.reusedSocket = true; };
    }
  },
  'agent.reuseSocket/subclass-overrides': {
    'not-called': function (http) {
      var original = http.Agent.prototype.reuseSocket;
      during(http.Agent.prototype, 'addRequest', 'reuseSocket', function () { return original; });
    }
  },
  'agent.reuseSocket/socket-is-a-net-socket': {
    'another-class': function (http) {
      during(http.Agent.prototype, 'addRequest', 'reuseSocket', function (own) {
        return function (socket, request) { own.call(this, patch.notOf(socket), request); };
      });
    }
  },
  'agent.reuseSocket/class-of-request': {
    'another-class': function (http) {
      during(http.Agent.prototype, 'addRequest', 'reuseSocket', function (own) {
        return function (socket, request) { own.call(this, socket, patch.notOf(request)); };
      });
    }
  },
  'agent.freeSockets/only-with-keepAlive': {
    'those-in-use-too': function (http) {
      patch.reading(http.Agent.prototype, 'freeSockets', function (free) { return this.keepAlive ? free : this.sockets; });
    }
  },
  'agent.getName/decides-reuse': {
    'not-asked': function (http) {
      var original = http.Agent.prototype.getName;
      ['addRequest', 'createSocket', 'removeSocket'].forEach(function (method) {
        during(http.Agent.prototype, method, 'getName', function () { return original; });
      });
      duringFree(http.Agent.prototype, 'getName', function () { return original; });
    },
    'one-for-all': function (http) { http.Agent.prototype.getName = function () { return 'all'; }; }
  },
  'agent.getName/https-has-tls-options': {
    'as-of-http': function (http) { require('https').Agent.prototype.getName = http.Agent.prototype.getName; }
  },
  'agent.maxFreeSockets/can-be-set': {
    'fixed': function (http) { fixed(http, 'maxFreeSockets'); }
  },
  'agent.maxSockets/can-be-set': {
    'fixed': function (http) { fixed(http, 'maxSockets'); }
  },
  'agent.maxTotalSockets/can-be-set': {
    'fixed': function (http) { fixed(http, 'maxTotalSockets'); }
  },
  'agent.requests/empty-when-none-waits': {
    'an-empty-list': function (http) {
      patch.reading(http.Agent.prototype, 'requests', function (value) { return Object.keys(value).length ? value : {none: []}; });
    }
  },
  'agent.sockets/lists-sockets-in-use': {
    'empty': function (http) { patch.reading(http.Agent.prototype, 'sockets', function () { return {}; }); }
  },
  'agent.sockets/free-sockets-are-elsewhere': {
    'listed-too': function (http) {
      patch.reading(http.Agent.prototype, 'sockets', function (used) { return Object.assign({}, this.freeSockets, used); });
    }
  }
};
