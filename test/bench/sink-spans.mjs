// Part of the tests: finds the span ids in an export request, and nothing else. Shares no code with what is measured.

/** ExportTraceServiceRequest.resource_spans, ResourceSpans.scope_spans, ScopeSpans.spans: field 1, then 2, then 2. */
const PATH = [0x0a, 0x12, 0x12];
const SPAN_ID = 0x12;

export function forEachSpanId(bytes, onId) {
  walk(bytes, 0, bytes.length, 0, onId);
}

function walk(bytes, start, end, depth, onId) {
  let at = start;
  while (at < end) {
    const tag = varint(bytes, at);
    const wireType = tag.value & 7;
    at = tag.next;
    if (wireType === 2) {
      const length = varint(bytes, at);
      const next = length.next + length.value;
      if (depth === PATH.length) {
        if (tag.value === SPAN_ID) onId(bytes.readUInt32BE(length.next), bytes.readUInt32BE(length.next + 4));
      } else if (tag.value === PATH[depth]) walk(bytes, length.next, next, depth + 1, onId);
      at = next;
    } else if (wireType === 0) at = varint(bytes, at).next;
    else if (wireType === 1) at += 8;
    else if (wireType === 5) at += 4;
    else throw new Error(`wire type ${wireType}`);
  }
  if (at !== end) throw new Error('a length does not fit');
}

function varint(bytes, at) {
  let value = 0;
  let scale = 1;
  for (let next = at; ; ) {
    const byte = bytes[next];
    if (byte === undefined) throw new Error('a varint is cut off');
    next += 1;
    value += (byte & 127) * scale;
    if (byte < 128) return { value, next };
    scale *= 128;
  }
}
