// Part of the tests: whatever is valid is translated, both ways, and keeps ids, times, status and names there and back.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Span, SpanKind, StatusCode } from '../../../src/model/otlp.ts';
import { spanToDocument } from '../../../src/protocols/xray/from-spans.ts';
import { parseSegment, type Segment } from '../../../src/protocols/xray/segment.ts';
import { segmentToSpans } from '../../../src/protocols/xray/to-spans.ts';
import { judgeDocument } from '../../../src/sandbox/aws-xray/documents.ts';
import { nodesOf, odd, tree } from './any-segment.ts';
import { attributes, httpStatus, span } from './any-span.ts';

const RUNS = { numRuns: 300 };
const SCOPE = { name: 'lab', version: '1', attributes: new Map() };

const micros = (nano: bigint) => ((nano + 500n) / 1000n) * 1000n;
const usable = (id: string) => (/[^0]/.test(id) ? id : '');

function flagsOf(status: number | undefined, isError: boolean): Record<string, true> {
  if (status === 429) return { error: true, throttle: true };
  if (status !== undefined && status >= 400 && status < 500) return { error: true };
  return isError || (status ?? 0) >= 500 ? { fault: true } : {};
}

const flagsIn = ({ fault, error, throttle }: Segment) => ({
  ...(fault !== undefined && { fault }),
  ...(error !== undefined && { error }),
  ...(throttle !== undefined && { throttle }),
});

describe('any span', () => {
  it('becomes a document that X-Ray takes, and from that a span with its ids, times, status and name', () => {
    const kinds = new Set<string>();
    const holds = (original: Span, resource: Span['attributes']) => {
      const result = spanToDocument(original, { attributes: resource }, SCOPE);
      const document = result.ok ? result.document : '';
      expect(judgeDocument(document).unprocessed).toBeUndefined();

      const segment = parseSegment(document) ?? {};
      const { spans = [] } = segmentToSpans(segment)[0] ?? {};
      const back = spans.find(({ spanId }) => spanId === original.spanId);
      const start = micros(original.startTimeUnixNano);
      const end = micros(original.endTimeUnixNano);
      expect(spans[0]?.parentSpanId).toBe(usable(original.parentSpanId));
      expect(back).toMatchObject({
        traceId: original.traceId,
        name: original.name || expect.stringMatching(/./),
        startTimeUnixNano: start,
        endTimeUnixNano: end === 0n || end > start ? end : start,
      });

      const status = original.attributes.get('http.response.status_code') as number | undefined;
      const flags = flagsOf(status, original.status.code === StatusCode.ERROR);
      expect(flagsIn(segment)).toEqual(flags);
      const isError = flags['fault'] || (flags['error'] && back?.kind !== SpanKind.SERVER);
      expect(back?.status.code === StatusCode.ERROR).toBe(isError ?? false);
      kinds.add(`${segment.type} ${spans.length} ${back?.kind}`);
    };
    fc.assert(fc.property(span, attributes, holds), RUNS);
    // Segments with and without http, subsegments, calls, and calls in a segment of their own.
    expect(kinds.size).toBeGreaterThanOrEqual(5);
  });
});

const nanos = (time: unknown) => BigInt(Math.round(Number(time) * 1e6)) * 1000n;

describe('any segment', () => {
  it('becomes a span for each part, with its id, times, name and failure, whatever is in the optional fields', () => {
    const holds = (root: Segment) => {
      const parts = nodesOf(root);
      const { spans = [] } = segmentToSpans(parseSegment(JSON.stringify(root)) ?? {})[0] ?? {};
      expect(spans.map(({ spanId }) => spanId)).toEqual(parts.map(({ id }) => id));
      spans.forEach((made, index) => {
        const { start_time, end_time, fault, ...part } = parts[index] ?? {};
        expect(made).toMatchObject({
          name: part.name,
          startTimeUnixNano: nanos(start_time),
          endTimeUnixNano: end_time === undefined ? 0n : nanos(end_time),
        });
        if (fault) expect(made.status.code).toBe(StatusCode.ERROR);
      });
    };
    fc.assert(fc.property(tree(odd), holds), RUNS);
  });

  it('becomes the same segments again: ids, times, names, kinds and flags', () => {
    const http = httpStatus.map((status) => ({ http: { request: { method: 'GET' }, response: { status } } }));
    const known = fc.oneof(
      http,
      fc.constantFrom({ annotations: { a: 1 } }, { sql: { url: 'postgresql://db/app' } }, { user: 'u' }),
    );
    const withFields = fc
      .tuple(tree(fc.constant(undefined)), known)
      .map(([root, fields]): Segment => ({ ...root, ...fields }));
    const holds = (root: Segment) => {
      const [group] = segmentToSpans(parseSegment(JSON.stringify(root)) ?? {});
      const parents = new Map<unknown, unknown>([[root.id, root.parent_id]]);
      for (const part of nodesOf(root))
        for (const child of (part.subsegments ?? []) as Segment[]) parents.set(child.id, part.id);
      nodesOf(root).forEach((part, index) => {
        const made = group && spanToDocument(group.spans[index]!, group.resource, group.scope);
        const document = made?.ok ? made.document : '';
        expect(judgeDocument(document).unprocessed).toBeUndefined();

        const again = parseSegment(document) ?? {};
        const isSegment = part === root && root.type === undefined;
        const { id, name, start_time, end_time, in_progress } = part;
        expect(again).toMatchObject({ id, name, start_time, trace_id: root.trace_id });
        expect(again).toMatchObject(end_time === undefined ? { in_progress } : { end_time });
        expect(again.parent_id).toBe(parents.get(id));
        expect(again.type).toBe(isSegment ? undefined : 'subsegment');
        expect(again.namespace).toBe(part.namespace === 'local' ? undefined : part.namespace);
        const status = (part.http as { response?: { status?: number } } | undefined)?.response?.status;
        const flags = flagsIn(part);
        expect(flagsIn(again)).toEqual(Object.keys(flags).length > 0 ? flags : flagsOf(status, false));
      });
    };
    fc.assert(fc.property(withFields, holds), RUNS);
  });
});
