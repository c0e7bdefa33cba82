// Part of protocols/otlp: one span as an object.
import type { AttributeValue, Span, SpanEvent, SpanLink } from '../../model/otlp.ts';
import { readAttribute } from './decode-attributes.ts';
import type { Source } from './source.ts';
import { Fields, readInt32 } from './wire.ts';

const NONE: readonly never[] = [];

export function decodeSpan(source: Source, from: number, to: number): Span {
  const attributes = new Map<string, AttributeValue>();
  let events: SpanEvent[] | undefined;
  let links: SpanLink[] | undefined;
  const span: Span = {
    traceId: '',
    spanId: '',
    parentSpanId: '',
    traceState: '',
    flags: 0,
    name: '',
    kind: 0,
    startTimeUnixNano: 0n,
    endTimeUnixNano: 0n,
    attributes,
    events: NONE,
    links: NONE,
    status: { code: 0, message: '' },
  };
  const fields = new Fields(source.bytes, from, to);
  while (fields.next()) {
    switch (fields.number) {
      case 1:
        span.traceId = source.hex(fields.from, fields.to);
        break;
      case 2:
        span.spanId = source.hex(fields.from, fields.to);
        break;
      case 3:
        span.traceState = source.text(fields.from, fields.to);
        break;
      case 4:
        span.parentSpanId = source.hex(fields.from, fields.to);
        break;
      case 5:
        span.name = source.recurringText(fields.from, fields.to);
        break;
      case 6:
        span.kind = readInt32(source.bytes, fields.from);
        break;
      case 7:
        span.startTimeUnixNano = source.uint64(fields.from);
        break;
      case 8:
        span.endTimeUnixNano = source.uint64(fields.from);
        break;
      case 9:
        readAttribute(source, fields.from, fields.to, attributes);
        break;
      case 11:
        events ??= [];
        events.push(decodeEvent(source, fields.from, fields.to));
        break;
      case 13:
        links ??= [];
        links.push(decodeLink(source, fields.from, fields.to));
        break;
      case 15:
        readStatus(source, fields.from, fields.to, span.status);
        break;
      case 16:
        span.flags = source.uint32(fields.from);
        break;
    }
  }
  if (events) span.events = events;
  if (links) span.links = links;
  return span;
}

function decodeEvent(source: Source, from: number, to: number): SpanEvent {
  const attributes = new Map<string, AttributeValue>();
  const event = { timeUnixNano: 0n, name: '', attributes };
  const fields = new Fields(source.bytes, from, to);
  while (fields.next()) {
    if (fields.number === 1) event.timeUnixNano = source.uint64(fields.from);
    else if (fields.number === 2) event.name = source.recurringText(fields.from, fields.to);
    else if (fields.number === 3) readAttribute(source, fields.from, fields.to, attributes);
  }
  return event;
}

function decodeLink(source: Source, from: number, to: number): SpanLink {
  const attributes = new Map<string, AttributeValue>();
  const link = { traceId: '', spanId: '', traceState: '', attributes };
  const fields = new Fields(source.bytes, from, to);
  while (fields.next()) {
    if (fields.number === 1) link.traceId = source.hex(fields.from, fields.to);
    else if (fields.number === 2) link.spanId = source.hex(fields.from, fields.to);
    else if (fields.number === 3) link.traceState = source.text(fields.from, fields.to);
    else if (fields.number === 4) readAttribute(source, fields.from, fields.to, attributes);
  }
  return link;
}

function readStatus(source: Source, from: number, to: number, status: Span['status']): void {
  const fields = new Fields(source.bytes, from, to);
  while (fields.next()) {
    if (fields.number === 2) status.message = source.text(fields.from, fields.to);
    else if (fields.number === 3) status.code = readInt32(source.bytes, fields.from);
  }
}
