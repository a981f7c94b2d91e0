// Buffer: a Uint8Array that knows encodings.
(function (native, modules, kit) {
  'use strict';

  function Buffer(value, encoding, length) {
    if (typeof value === 'number') return make(value);
    return Buffer.from(value, encoding, length);
  }
  Object.setPrototypeOf(Buffer, Uint8Array);
  Buffer.prototype = Object.create(Uint8Array.prototype, {constructor: {value: Buffer, writable: true, configurable: true}});

  function make() {
    return Reflect.construct(Uint8Array, arguments, Buffer);
  }

  kit.define(Buffer, {
    poolSize: 8192,
    from: function (value, encoding, length) {
      if (typeof value === 'string') return make(native.decode(value, encoding));
      if (value instanceof ArrayBuffer) return make(value, encoding, length);
      if (value !== null && typeof value === 'object') {
        if (ArrayBuffer.isView(value) || Array.isArray(value)) return make(value);
        if (value.type === 'Buffer' && Array.isArray(value.data)) return make(value.data);
        var primitive = value.valueOf && value.valueOf();
        if (primitive !== undefined && primitive !== null && primitive !== value) return Buffer.from(primitive, encoding, length);
        if (typeof value.length === 'number') return make(Array.prototype.slice.call(value));
      }
      throw native.argumentTypeError('first argument',
        'of type string or an instance of Buffer, ArrayBuffer, or Array or an Array-like Object', value);
    },
    alloc: function (size, fill, encoding) {
      var buffer = make(size);
      return fill === undefined || fill === 0 ? buffer : buffer.fill(fill, encoding);
    },
    allocUnsafe: function (size) { return make(size); },
    allocUnsafeSlow: function (size) { return make(size); },
    isBuffer: function (value) { return value instanceof Buffer; },
    isEncoding: function (encoding) { return native.isEncoding(encoding); },
    byteLength: function (value, encoding) {
      return typeof value === 'string' ? native.decode(value, encoding).byteLength : value.byteLength;
    },
    concat: function (list, length) {
      if (length === undefined) length = list.reduce(function (sum, part) { return sum + part.length; }, 0);
      var whole = make(length);
      var at = 0;
      list.forEach(function (part) {
        if (at >= length) return;
        whole.set(at + part.length > length ? part.subarray(0, length - at) : part, at);
        at += part.length;
      });
      return whole;
    },
    compare: function (a, b) {
      for (var i = 0; i < a.length && i < b.length; i++) if (a[i] !== b[i]) return a[i] < b[i] ? -1 : 1;
      return a.length === b.length ? 0 : a.length < b.length ? -1 : 1;
    }
  });

  function needle(value, encoding) {
    if (typeof value === 'number') return [value & 255];
    return typeof value === 'string' ? Buffer.from(value, encoding) : value;
  }

  kit.define(Buffer.prototype, {
    toString: function (encoding, start, end) {
      return native.encode(this.subarray(start || 0, end === undefined ? this.length : end), encoding);
    },
    toLocaleString: function (encoding, start, end) { return this.toString(encoding, start, end); },
    toJSON: function () { return {type: 'Buffer', data: Array.prototype.slice.call(this)}; },
    equals: function (other) { return Buffer.compare(this, other) === 0; },
    compare: function (other) { return Buffer.compare(this, other); },
    slice: function (start, end) { return this.subarray(start, end); },
    copy: function (target, at, start, end) {
      var part = this.subarray(start || 0, end === undefined ? this.length : end);
      at = at || 0;
      if (part.length > target.length - at) part = part.subarray(0, target.length - at);
      target.set(part, at);
      return part.length;
    },
    fill: function (value, start, end, encoding) {
      if (typeof start === 'string') { encoding = start; start = 0; end = this.length; }
      var pattern = needle(value, encoding);
      start = start || 0;
      end = end === undefined ? this.length : end;
      if (pattern.length === 0) pattern = [0];
      for (var i = start; i < end; i++) this[i] = pattern[(i - start) % pattern.length];
      return this;
    },
    write: function (text, offset, length, encoding) {
      if (typeof offset === 'string') { encoding = offset; offset = 0; length = undefined; }
      else if (typeof length === 'string') { encoding = length; length = undefined; }
      offset = offset || 0;
      var bytes = Buffer.from(String(text), encoding);
      return bytes.copy(this, offset, 0, Math.min(bytes.length, length === undefined ? bytes.length : length));
    },
    indexOf: function (value, offset, encoding) {
      if (typeof offset === 'string') { encoding = offset; offset = 0; }
      var wanted = needle(value, encoding);
      for (var i = offset || 0; i + wanted.length <= this.length; i++) {
        var j = 0;
        while (j < wanted.length && this[i + j] === wanted[j]) j++;
        if (j === wanted.length) return i;
      }
      return -1;
    },
    includes: function (value, offset, encoding) { return this.indexOf(value, offset, encoding) >= 0; },
    readUInt8: function (at) { return this[at || 0]; },
    readUInt16BE: function (at) { at = at || 0; return this[at] << 8 | this[at + 1]; },
    readUInt32BE: function (at) {
      at = at || 0;
      return this[at] * 0x1000000 + (this[at + 1] << 16 | this[at + 2] << 8 | this[at + 3]);
    },
    writeUInt8: function (value, at) { this[at || 0] = value; return (at || 0) + 1; },
    writeUInt16BE: function (value, at) { at = at || 0; this[at] = value >>> 8; this[at + 1] = value; return at + 2; }
  });

  modules.buffer = {Buffer: Buffer};
  return function (arrayBuffer) { return make(arrayBuffer); };
})
