// Part of the tests: protocols/otlp/span-frame.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Span } from '../../../src/model/otlp.ts';
import { eachSpanAt } from '../../../src/protocols/otlp/decode.ts';
import { encodeTraces } from '../../../src/protocols/otlp/encode.ts';
import { SpanFrame } from '../../../src/protocols/otlp/span-frame.ts';
import { span as anySpan, hex } from '../xray/any-span.ts';

const NOBODY = {
  resource: { attributes: new Map() },
  scope: { name: '', version: '', attributes: new Map() },
};
const ZEROS = /^0+$/;

/** A trace id, an id, two times. */
const WHOLE = `0a10 ${'11'.repeat(16)} 1208 ${'22'.repeat(8)} 39 0000000000000018 41 0000000000000018`;

/** Whether it is plain, and its frame, which the next one overwrites. */
function frameOf(span: Span, frame = new SpanFrame()): { isPlain: boolean; frame: SpanFrame } {
  let isPlain = false;
  eachSpanAt(encodeTraces([{ ...NOBODY, spans: [span] }]), (source, from, to) => {
    isPlain = frame.read(source, from, to);
  });
  return { isPlain, frame };
}

const micros = (unixNano: bigint) => Number((unixNano + 500n) / 1000n);
const withoutEvents = anySpan.map((span): Span => ({ ...span, events: [], links: [] }));

describe(SpanFrame, () => {
  it('finds ids and times of spans that have no events or links, and takes no others', () => {
    let plain = 0;
    fc.assert(
      fc.property(fc.oneof(anySpan, withoutEvents), (span) => {
        const { isPlain, frame } = frameOf(span);
        const hasEnded = span.endTimeUnixNano !== 0n;
        const parent = span.parentSpanId;
        expect(isPlain).toBe(
          span.events.length === 0 &&
            span.links.length === 0 &&
            hasEnded &&
            (parent === '' || !ZEROS.test(parent)),
        );
        if (!isPlain) return;
        plain += 1;
        expect(frame.traceId()).toBe(span.traceId);
        expect(frame.startMicros).toBe(micros(span.startTimeUnixNano));
        expect(frame.endMicros).toBe(micros(span.endTimeUnixNano));
        const hexAt = (at: number) => Buffer.from(frame.bytes.subarray(at, at + 8)).toString('hex');
        expect(hexAt(frame.spanIdAt)).toBe(span.spanId);
        expect(frame.parentIdAt < 0 ? '' : hexAt(frame.parentIdAt)).toBe(parent);
      }),
    );
    expect(plain).toBeGreaterThan(10);
  });

  it('sees the same rest in spans that differ in ids and times only', () => {
    fc.assert(
      fc.property(withoutEvents, hex(32), hex(16), hex(16), (span, traceId, spanId, parent) => {
        const other = {
          ...span,
          traceId,
          spanId,
          startTimeUnixNano: 1_000_000n,
          endTimeUnixNano: 2_000_000n,
        };
        if (span.parentSpanId !== '') other.parentSpanId = parent;
        const rest = frameOf(span).frame.copyOfRest();
        const { frame } = frameOf(other);
        if (span.endTimeUnixNano === 0n || ZEROS.test(span.parentSpanId)) return;
        expect(frame.hasRest(rest)).toBe(true);
        expect(frame.hashOfRest(3)).toBe(frameOf(span).frame.hashOfRest(3));
      }),
    );
  });

  it('sees another rest where anything else differs, and another hash where a parent is there or not', () => {
    const span = { ...fc.sample(withoutEvents, { seed: 1, numRuns: 1 })[0]!, endTimeUnixNano: 5_000_000n };
    const child = { ...span, parentSpanId: 'b7ad6b7169203331' };
    const rest = frameOf(child).frame.copyOfRest();
    const others: Partial<Span>[] = [
      { name: `${span.name}!` },
      { kind: (span.kind + 1) % 6 },
      { traceState: 'b=c' },
      { flags: 0x201 },
      { status: { code: 1, message: 'other' } },
      { attributes: new Map([...span.attributes, ['a key', 'of its own']]) },
    ];
    for (const other of others) expect(frameOf({ ...child, ...other }).frame.hasRest(rest)).toBe(false);
    const hash = frameOf(child).frame.hashOfRest(1);
    expect(frameOf({ ...child, parentSpanId: '' }).frame.hashOfRest(1)).not.toBe(hash);
    expect(frameOf(child).frame.hashOfRest(2)).not.toBe(hash);
  });

  it.each([
    ['two trace ids', '0a10 11111111111111111111111111111111 0a10 22222222222222222222222222222222'],
    ['an id of eight bytes for sixteen', '0a08 1111111111111111'],
    ['a time as a varint', '0a10 11111111111111111111111111111111 1208 1111111111111111 3801'],
    ['nothing at all', ''],
    ['a parent and then none', `${WHOLE} 2208 3333333333333333 2200`],
  ])('is none of a span with %s', (_, bytes) => {
    expect(framesOf(bytes)).toEqual([false]);
  });

  it('is that of a span without a parent where an empty one is written', () => {
    const frame = new SpanFrame();
    expect(framesOf(`${WHOLE} 2200`, frame)).toEqual([true]);
    expect([frame.parentIdAt, frame.restBytes, frame.traceId()]).toEqual([-1, 0, '11'.repeat(16)]);
  });
});

function framesOf(bytes: string, frame = new SpanFrame()): boolean[] {
  const span = Buffer.from(bytes.replaceAll(' ', ''), 'hex');
  const inScope = Buffer.concat([Buffer.from([0x12, span.length]), span]);
  const inResource = Buffer.concat([Buffer.from([0x12, inScope.length]), inScope]);
  const request = Buffer.concat([Buffer.from([0x0a, inResource.length]), inResource]);
  const read: boolean[] = [];
  eachSpanAt(request, (source, from, to) => read.push(frame.read(source, from, to)));
  return read;
}
