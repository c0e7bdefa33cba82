// Part of protocols/otlp: spans that we make ourselves (from X-Ray segments) as an export request.
import type { Attributes, AttributeValue, Span, SpanEvent, SpanGroup, SpanLink } from '../../model/otlp.ts';
import { Writer } from './writer.ts';

/**
 * One ResourceSpans for each run of groups that share a resource object, one ScopeSpans for each group. With a writer of the caller's,
 * the bytes are good until that is used again.
 */
export function encodeTraces(groups: readonly SpanGroup[], w = new Writer()): Uint8Array {
  for (let i = 0; i < groups.length; ) {
    const resource = groups[i]!.resource;
    const resourceSpans = w.open(1);
    const message = w.open(1);
    writeAttributes(w, 1, resource.attributes);
    w.close(message);
    for (; i < groups.length && groups[i]!.resource === resource; i++) writeScopeSpans(w, groups[i]!);
    w.close(resourceSpans);
  }
  return w.finish();
}

function writeScopeSpans(w: Writer, group: SpanGroup): void {
  const scopeSpans = w.open(2);
  const scope = w.open(1);
  if (group.scope.name !== '') w.string(1, group.scope.name);
  if (group.scope.version !== '') w.string(2, group.scope.version);
  writeAttributes(w, 3, group.scope.attributes);
  w.close(scope);
  for (const span of group.spans) {
    const message = w.open(2);
    writeSpan(w, span);
    w.close(message);
  }
  w.close(scopeSpans);
}

function writeSpan(w: Writer, span: Span): void {
  w.hex(1, span.traceId);
  w.hex(2, span.spanId);
  if (span.traceState !== '') w.string(3, span.traceState);
  if (span.parentSpanId !== '') w.hex(4, span.parentSpanId);
  w.string(5, span.name);
  if (span.kind !== 0) w.varint(6, span.kind);
  w.fixed64(7, span.startTimeUnixNano);
  w.fixed64(8, span.endTimeUnixNano);
  writeAttributes(w, 9, span.attributes);
  for (const event of span.events) writeEvent(w, event);
  for (const link of span.links) writeLink(w, link);
  if (span.status.code !== 0 || span.status.message !== '') {
    const status = w.open(15);
    if (span.status.message !== '') w.string(2, span.status.message);
    if (span.status.code !== 0) w.varint(3, span.status.code);
    w.close(status);
  }
  if (span.flags !== 0) w.fixed32(16, span.flags);
}

function writeEvent(w: Writer, event: SpanEvent): void {
  const message = w.open(11);
  w.fixed64(1, event.timeUnixNano);
  w.string(2, event.name);
  writeAttributes(w, 3, event.attributes);
  w.close(message);
}

function writeLink(w: Writer, link: SpanLink): void {
  const message = w.open(13);
  w.hex(1, link.traceId);
  w.hex(2, link.spanId);
  if (link.traceState !== '') w.string(3, link.traceState);
  writeAttributes(w, 4, link.attributes);
  w.close(message);
}

function writeAttributes(w: Writer, field: number, attributes: Attributes): void {
  for (const [key, value] of attributes) {
    const attribute = w.open(field);
    w.string(1, key);
    const any = w.open(2);
    writeValue(w, value);
    w.close(any);
    w.close(attribute);
  }
}

function writeValue(w: Writer, value: AttributeValue): void {
  if (value === null) return;
  if (typeof value === 'string') w.string(1, value);
  else if (typeof value === 'boolean') w.varint(2, value ? 1 : 0);
  else if (typeof value === 'bigint') w.varint64(3, value);
  else if (typeof value === 'number') writeNumber(w, value);
  else if (value instanceof Uint8Array) w.bytes(7, value);
  else if (isList(value)) {
    const list = w.open(5);
    for (const element of value) {
      const any = w.open(1);
      writeValue(w, element);
      w.close(any);
    }
    w.close(list);
  } else {
    const map = w.open(6);
    writeAttributes(w, 1, value);
    w.close(map);
  }
}

/** The model has one kind of number: whole ones are sent as integers, except -0, which only a double can be. */
function writeNumber(w: Writer, value: number): void {
  if (!Number.isSafeInteger(value) || Object.is(value, -0)) w.double(4, value);
  else if (value >= 0) w.varint(3, value);
  else w.varint64(3, BigInt(value));
}

function isList(value: readonly AttributeValue[] | Attributes): value is readonly AttributeValue[] {
  return Array.isArray(value);
}
