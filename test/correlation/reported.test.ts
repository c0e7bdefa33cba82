// Part of the tests: correlation/reported: spans of one request that arrive in several.
import { describe, expect, it } from 'vitest';
import { allSpans, raisedExceptions } from '../../src/correlation/exceptions.ts';
import { ReportedExceptions } from '../../src/correlation/reported.ts';
import type { Span } from '../../src/model/otlp.ts';
import { exception, group, span } from '../exporters/spans.ts';

const failed = { events: [exception('E', 'm', 'stack')] };
const server = span({ spanId: '00000000000000a1', ...failed });
const middle = span({ spanId: '00000000000000a2', parentSpanId: server.spanId, kind: 1 });
const inner = span({ spanId: '00000000000000a3', parentSpanId: middle.spanId, kind: 1, ...failed });

/** For each record, whether each of its exceptions was known. */
function answers(...records: readonly (readonly Span[])[]): boolean[][] {
  const reported = new ReportedExceptions();
  return records.map((spans, position) => {
    const notable = allSpans([group(spans)]);
    return raisedExceptions(notable).map((raised) => reported.isKnown(raised, notable, String(position)));
  });
}

describe(ReportedExceptions, () => {
  it('knows an exception that arrives again with a span around the first', () => {
    expect(answers([inner], [middle, server])).toEqual([[false], [true]]);
    expect(answers([inner, middle], [server])).toEqual([[false], [true]]);
    const direct = { ...inner, parentSpanId: server.spanId };
    expect(answers([direct], [server])).toEqual([[false], [true]]);
  });

  it('knows one that arrives again with a span inside the first', () => {
    expect(answers([server], [middle, inner])).toEqual([[false], [true]]);
  });

  it('follows it outwards through several records', () => {
    const outer = span({ spanId: '00000000000000a0', ...failed });
    const inside = { ...server, parentSpanId: outer.spanId };

    expect(answers([inner, middle], [inside], [outer])).toEqual([[false], [true], [true]]);
  });

  it('takes what a sibling, another trace or another message brings as another', () => {
    const sibling = { ...inner, spanId: '00000000000000a4' };
    const elsewhere = { ...server, traceId: '00000000000000000000000000000001' };
    const other = { ...server, events: [exception('E', 'other', 'stack')] };

    expect(answers([inner], [sibling], [elsewhere], [other])).toEqual([[false], [false], [false], [false]]);
  });

  it('gives a record that is read again the same answer', () => {
    const reported = new ReportedExceptions();
    const ask = (spans: readonly Span[], position: number) => {
      const notable = allSpans([group(spans)]);
      return raisedExceptions(notable).map((raised) => reported.isKnown(raised, notable, String(position)));
    };

    expect([ask([inner], 1), ask([middle, server], 2)]).toEqual([[false], [true]]);
    expect([ask([inner], 1), ask([middle, server], 2)]).toEqual([[false], [true]]);
  });

  it('stays fast where a trace raises the same on thousands of spans', () => {
    const reported = new ReportedExceptions();
    const many = Array.from({ length: 3000 }, (_, i) => ({ ...inner, spanId: String(i).padStart(16, '0') }));
    const notable = allSpans([group(many)]);
    const raised = raisedExceptions(notable);
    const startedMs = performance.now();

    const known = [0, 1].map((i) => raised.filter((one) => reported.isKnown(one, notable, String(i))).length);

    expect(known[0]).toBe(0);
    // A tenth of this; seconds where each recording is compared with all others.
    expect(performance.now() - startedMs).toBeLessThan(1500);
  });

  it('is not caught in parents that go round', () => {
    const a = { ...inner, parentSpanId: middle.spanId };
    const b = { ...middle, parentSpanId: inner.spanId };

    expect(answers([a, b], [a, b])).toEqual([[false], [true]]);
  });

  it('forgets rather than grows', () => {
    const reported = new ReportedExceptions();
    const ask = (one: Span, position: number) => {
      const notable = allSpans([group([one])]);
      return raisedExceptions(notable).map((raised) => reported.isKnown(raised, notable, String(position)));
    };
    ask({ ...inner, parentSpanId: server.spanId }, 0);
    for (let i = 1; i <= 2000; i++) ask({ ...inner, traceId: String(i).padStart(32, '0') }, i);

    expect(ask(server, 3000)).toEqual([false]);
  });
});
