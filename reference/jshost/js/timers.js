// Timers and ticks.
(function (native, modules, kit) {
  'use strict';

  function Timeout(id) { kit.hidden(this, '_id', id); }
  kit.define(Timeout.prototype, {
    ref: function () { return this; },
    unref: function () { return this; },
    hasRef: function () { return true; },
    refresh: function () { native.refreshTimer(this._id); return this; },
    close: function () { native.stopTimer(this._id); return this; }
  });
  function Immediate(id) { kit.hidden(this, '_id', id); }
  kit.define(Immediate.prototype, {
    ref: function () { return this; },
    unref: function () { return this; }
  });

  function start(callback, delay, args, repeat) {
    if (typeof callback !== 'function') throw native.callbackError(callback);
    var timeout = new Timeout();
    timeout._id = native.startTimer(function () { callback.apply(timeout, args); }, Number(delay), repeat);
    return timeout;
  }

  var timers = {
    setTimeout: function setTimeout(callback, delay) {
      return start(callback, delay, Array.prototype.slice.call(arguments, 2), false);
    },
    setInterval: function setInterval(callback, delay) {
      return start(callback, delay, Array.prototype.slice.call(arguments, 2), true);
    },
    clearTimeout: clear,
    clearInterval: clear,
    setImmediate: function setImmediate(callback) {
      if (typeof callback !== 'function') throw native.callbackError(callback);
      var args = Array.prototype.slice.call(arguments, 1);
      return new Immediate(native.startImmediate(function () { callback.apply(undefined, args); }));
    },
    clearImmediate: function clearImmediate(immediate) {
      if (immediate instanceof Immediate) native.stopImmediate(immediate._id);
    }
  };

  function clear(timeout) {
    if (timeout instanceof Timeout) native.stopTimer(timeout._id);
  }

  modules.timers = timers;
  modules.process = {
    nextTick: function nextTick(callback) {
      if (typeof callback !== 'function') throw native.callbackError(callback);
      var args = Array.prototype.slice.call(arguments, 1);
      native.tick(function () { callback.apply(undefined, args); });
    }
  };
})
