// The classes of http, https and net. Their members are added in Go; here are constructors, which subclasses call.
(function (native, modules, kit) {
  'use strict';

  function subclass(constructor, parent) {
    kit.inherits(constructor, parent);
    return constructor;
  }

  var Socket = subclass(function Socket(options) {
    if (!(this instanceof Socket)) return new Socket(options);
    kit.Bound.call(this);
    native.initSocket(this, options);
  }, kit.Bound);

  var NetServer = subclass(function Server(options, listener) {
    if (!(this instanceof NetServer)) return new NetServer(options, listener);
    kit.Bound.call(this);
    if (typeof options === 'function') { listener = options; options = undefined; }
    native.initNetServer(this, options);
    if (listener) this.on('connection', listener);
  }, kit.Bound);

  var IncomingMessage = subclass(function IncomingMessage(socket) {
    if (!(this instanceof IncomingMessage)) return new IncomingMessage(socket);
    kit.Bound.call(this);
    native.initIncomingMessage(this, socket);
  }, kit.Bound);

  var OutgoingMessage = subclass(function OutgoingMessage() {
    if (!(this instanceof OutgoingMessage)) return new OutgoingMessage();
    kit.Bound.call(this);
    if (!(this instanceof ServerResponse || this instanceof ClientRequest)) native.initOutgoingMessage(this);
  }, kit.Bound);

  var ServerResponse = subclass(function ServerResponse(request) {
    if (!(this instanceof ServerResponse)) return new ServerResponse(request);
    OutgoingMessage.call(this);
    native.initServerResponse(this, request);
  }, OutgoingMessage);

  var ClientRequest = subclass(function ClientRequest(input, options, callback) {
    if (!(this instanceof ClientRequest)) return new ClientRequest(input, options, callback);
    OutgoingMessage.call(this);
    native.initClientRequest(this, input, options, callback);
  }, OutgoingMessage);

  function makeServer(secure, parent) {
    var Server = subclass(function Server(options, listener) {
      if (!(this instanceof Server)) return new Server(options, listener);
      kit.Bound.call(this);
      if (typeof options === 'function' || !native.serverOptions && !secure) { listener = options; options = undefined; }
      native.initServer(this, options, secure);
      if (listener) this.on('request', listener);
    }, parent);
    return Server;
  }

  function makeAgent(secure, parent) {
    var Agent = subclass(function Agent(options) {
      if (!(this instanceof Agent)) return new Agent(options);
      kit.Bound.call(this);
      native.initAgent(this, options, secure);
    }, parent);
    return Agent;
  }

  // A server of http is a server of net, as instanceof sees it; it has none of its state.
  var Server = makeServer(false, NetServer);
  var SecureServer = makeServer(true, NetServer);
  var Agent = makeAgent(false, kit.Bound);
  var SecureAgent = makeAgent(true, Agent);

  function withGlobalAgent(module, AgentClass, request) {
    var agent;
    Object.defineProperty(module, 'globalAgent', {
      enumerable: true, configurable: true,
      get: function () { return agent || (agent = native.globalAgent(AgentClass)); },
      set: function (value) { agent = value; }
    });
    module.request = function request(input, options, callback) {
      return new ClientRequest(input, options, callback);
    };
    module.get = function get(input, options, callback) {
      var made = module.request(input, options, callback);
      made.end();
      return made;
    };
    return module;
  }

  var http = withGlobalAgent({
    Agent: Agent,
    ClientRequest: ClientRequest,
    IncomingMessage: IncomingMessage,
    METHODS: native.methods,
    OutgoingMessage: OutgoingMessage,
    STATUS_CODES: native.statusCodes,
    Server: Server,
    ServerResponse: ServerResponse,
    _connectionListener: function (socket) { this.emit('connection', socket); },
    createServer: function createServer(options, listener) { return new Server(options, listener); }
  }, Agent);
  if (native.maxHeaderSize !== undefined) {
    Object.defineProperty(http, 'maxHeaderSize', {
      enumerable: true, configurable: true, get: function () { return native.maxHeaderSize; }
    });
  }

  var https = withGlobalAgent({
    Agent: SecureAgent,
    Server: SecureServer,
    createServer: function createServer(options, listener) { return new SecureServer(options, listener); }
  }, SecureAgent);
  https.request = function request(input, options, callback) {
    return native.secureRequest(ClientRequest, https.globalAgent, input, options, callback);
  };

  function connect() {
    var socket = new Socket();
    native.connect(socket, Array.prototype.slice.call(arguments), false);
    return socket;
  }
  function connectSecurely() {
    var socket = new Socket();
    native.connect(socket, Array.prototype.slice.call(arguments), true);
    return socket;
  }

  modules.http = http;
  modules.https = https;
  modules.net = {
    Socket: Socket,
    Stream: Socket,
    Server: NetServer,
    createServer: function createServer(options, listener) { return new NetServer(options, listener); },
    connect: connect,
    createConnection: connect,
    isIP: native.isIP,
    isIPv4: function isIPv4(text) { return native.isIP(text) === 4; },
    isIPv6: function isIPv6(text) { return native.isIP(text) === 6; }
  };
  modules.tls = {connect: connectSecurely};
  kit.define(Agent.prototype, {createConnection: connect});
  kit.define(SecureAgent.prototype, {createConnection: connectSecurely});

  return {
    Socket: Socket, NetServer: NetServer, IncomingMessage: IncomingMessage, OutgoingMessage: OutgoingMessage,
    ServerResponse: ServerResponse, ClientRequest: ClientRequest, Server: Server, SecureServer: SecureServer,
    Agent: Agent, SecureAgent: SecureAgent
  };
})
