// Part of the tests: just enough protobuf to write the benchmark's requests. Ids and times are left as holes to be filled.

/** Bytes with marks: `{ at, kind, index }`, where a value is written for each request. */
export function message() {
  const parts = [];
  const marks = [];
  let length = 0;
  const push = (bytes) => {
    parts.push(bytes);
    length += bytes.length;
  };
  const tag = (field, wireType) => push(varint((field << 3) | wireType));
  const self = {
    marks,
    get length() {
      return length;
    },
    bytes: () => Buffer.concat(parts),
    integer(field, value) {
      tag(field, 0);
      push(varint(value));
      return self;
    },
    text(field, value) {
      const bytes = Buffer.from(value);
      tag(field, 2);
      push(varint(bytes.length));
      push(bytes);
      return self;
    },
    message(field, inner) {
      tag(field, 2);
      push(varint(inner.length));
      for (const mark of inner.marks) marks.push({ ...mark, at: mark.at + length });
      push(inner.bytes());
      return self;
    },
    /** An id of `bytes` bytes. */
    id(field, bytes, kind, index) {
      tag(field, 2);
      push(varint(bytes));
      marks.push({ at: length, kind, index });
      push(Buffer.alloc(bytes));
      return self;
    },
    /** A fixed64 of nanoseconds, `offsetNs` after the request's own time. */
    time(field, offsetNs) {
      tag(field, 1);
      marks.push({ at: length, kind: 'time', index: offsetNs });
      push(Buffer.alloc(8));
      return self;
    },
    attributes(field, values) {
      for (const [key, value] of Object.entries(values)) {
        const any = typeof value === 'string' ? message().text(1, value) : message().integer(3, value);
        self.message(field, message().text(1, key).message(2, any));
      }
      return self;
    },
  };
  return self;
}

function varint(value) {
  const bytes = [];
  let rest = value;
  while (rest > 127) {
    bytes.push((rest & 127) | 128);
    rest >>>= 7;
  }
  bytes.push(rest);
  return Buffer.from(bytes);
}
