// Part of the tests: correlation/exceptions.
import { describe, expect, it } from 'vitest';
import { allSpans, raisedExceptions } from '../../src/correlation/exceptions.ts';
import { exception, group, span } from '../exporters/spans.ts';

const server = span({ spanId: '00000000000000a1', events: [exception('E', 'm', 'long outer stack')] });
const middle = span({ spanId: '00000000000000a2', parentSpanId: server.spanId, kind: 1 });
const inner = span({
  spanId: '00000000000000a3',
  parentSpanId: middle.spanId,
  kind: 1,
  events: [exception('E', 'm', 'inner')],
});

const seen = (...groups: Parameters<typeof allSpans>[0]) =>
  raisedExceptions(allSpans(groups)).map(({ index, eventIndex, stack }) => ({ index, eventIndex, stack }));

describe(raisedExceptions, () => {
  it('reports what passed through several spans once, at the outermost, with the most detailed stack', () => {
    expect(seen(group([inner, middle]), group([server]))).toEqual([
      { index: 2, eventIndex: 0, stack: 'long outer stack' },
    ]);
    const bare = { ...server, events: [exception('E', 'm')] };
    expect(seen(group([bare, middle, inner]))).toEqual([{ index: 0, eventIndex: 0, stack: 'inner' }]);
  });

  it('keeps apart what differs in type, message or trace, and what siblings raise', () => {
    const others = [
      { ...inner, events: [exception('Other', 'm', 's')] },
      { ...inner, spanId: '00000000000000a4', events: [exception('E', 'other', 's')] },
      { ...inner, spanId: '00000000000000a5', traceId: '00000000000000000000000000000001' },
    ];
    const sibling = { ...inner, spanId: '00000000000000a6' };

    expect(seen(group([server, middle, ...others])).map(({ index }) => index)).toEqual([0, 2, 3, 4]);
    expect(
      seen(group([span({ spanId: server.spanId }), middle, inner, sibling])).map(({ index }) => index),
    ).toEqual([2, 3]);
  });

  it('keeps apart what may only be the same where a parent is in another request', () => {
    expect(seen(group([server, inner])).map(({ index }) => index)).toEqual([0, 1]);
  });

  it('takes two equal recordings of one span as one, and two different ones as two', () => {
    const twice = span({
      events: [exception('E', 'm', 's'), { ...exception('E', 'm', 's'), timeUnixNano: 1n }],
    });
    const loop = span({ events: [exception('E', 'm', 'first'), exception('E', 'm', 'second')] });

    expect(seen(group([twice]))).toEqual([{ index: 0, eventIndex: 0, stack: 's' }]);
    expect(seen(group([loop])).map(({ eventIndex }) => eventIndex)).toEqual([0, 1]);
  });

  it('leaves out events that say neither type nor message, and ends where spans are each other’s parents', () => {
    const nothing = { ...exception('E', 'm'), attributes: new Map() };
    const a = { ...inner, parentSpanId: server.spanId };
    const b = { ...server, parentSpanId: inner.spanId };

    expect(seen(group([span({ events: [nothing] })]))).toEqual([]);
    expect(seen(group([a, b])).length).toBeGreaterThan(0);
  });
});
