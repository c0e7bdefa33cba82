// Part of correlation: the requests that spans and segments describe, with what tells that two of them are one.
import { requestFacts, textOf } from '../model/http-request.ts';
import { SpanKind } from '../model/otlp.ts';
import type { Accepted } from '../model/signals.ts';
import { eachNotableSpan } from '../protocols/otlp/decode.ts';
import { readDocuments } from '../protocols/xray/datagram.ts';
import { fromXRayTraceId } from '../protocols/xray/ids.ts';
import { asNumber, asObject, asText } from '../protocols/xray/json.ts';
import { isIndependentSubsegment, parseSegment, type Segment } from '../protocols/xray/segment.ts';
import type { RequestSeen } from './pairs.ts';

/** Throws on what cannot be decoded. */
export function requestsIn({ signal, payload, origin }: Accepted): readonly RequestSeen[] {
  if (signal === 'traces') return inSpans(payload, origin.peer);
  return readDocuments(payload).flatMap((document) => {
    const segment = parseSegment(document);
    const request = segment && ofSegment(segment, origin.peer);
    return request ? [request] : [];
  });
}

function inSpans(payload: Uint8Array, peer: string): readonly RequestSeen[] {
  const found: RequestSeen[] = [];
  eachNotableSpan(payload, (span, resource) => {
    const facts = span.kind === SpanKind.SERVER ? requestFacts(span.attributes) : undefined;
    const service = textOf(resource.attributes, 'service.name');
    if (!facts || service === undefined) return;
    const key = keyOf(peer, facts.method, facts.path, facts.status);
    found.push({ service, key, traceId: span.traceId, startMs: Number(span.startTimeUnixNano) / 1e6 });
  });
  return found;
}

function ofSegment(segment: Segment, peer: string): RequestSeen | undefined {
  const http = asObject(segment.http);
  const request = asObject(http?.['request']);
  const [service, method, url] = [
    asText(segment.name),
    asText(request?.['method']),
    asText(request?.['url']),
  ];
  const traceId = fromXRayTraceId(asText(segment.trace_id) ?? '');
  const start = asNumber(segment.start_time);
  const isOpen = segment.in_progress === true;
  if (isOpen || isIndependentSubsegment(segment) || !traceId || start === undefined) return undefined;
  if (service === undefined || method === undefined || url === undefined) return undefined;
  const facts = requestFacts(
    new Map<string, string>([
      ['http.method', method],
      ['http.url', url],
    ]),
  );
  const status = asNumber(asObject(http?.['response'])?.['status']);
  return { service, key: keyOf(peer, method, facts?.path ?? '', status), traceId, startMs: start * 1000 };
}

function keyOf(peer: string, method: string, path: string, status: number | undefined): string {
  return [machineOf(peer), method.toUpperCase(), path, status].join(' ');
}

/** The same one by either family. */
export const machineOf = (peer: string): string => (peer === '::1' ? '127.0.0.1' : peer);
