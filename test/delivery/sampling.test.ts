// Part of the tests: what a ratio leaves out of a destination, and what it never does.
import { describe, expect, it } from 'vitest';
import { choosing } from '../../src/delivery/choice.ts';
import type { Exporter } from '../../src/delivery/exporter.ts';
import { isChosen, samplingOf } from '../../src/delivery/sampling.ts';
import { encode as encodeForHoneycomb } from '../../src/exporters/honeycomb/encoder.ts';
import { isConserved } from '../../src/ledger/account.ts';
import type { DestinationId } from '../../src/model/signals.ts';
import { spanAttribute } from '../../src/protocols/otlp/append.ts';
import { decodeTraces } from '../../src/protocols/otlp/decode.ts';
import { jsonToProtobuf } from '../../src/protocols/otlp/json.ts';
import { asReceived, record, segments } from '../exporters/records.ts';
import { ok, startRig, stubExporter } from '../support/delivery.ts';

const KEPT = 'a'.padEnd(32, '0');
const GONE = 'f'.repeat(32);
const START = 1_800_000_000_000_000_000n;

interface Made {
  traceId: string;
  durationMs?: number;
  error?: boolean;
  exception?: boolean;
}

function spans(...made: readonly Made[]) {
  const all = made.map(({ traceId, durationMs = 5, error, exception }, index) => ({
    traceId,
    spanId: (index + 1).toString(16).padStart(16, '0'),
    name: 's',
    startTimeUnixNano: String(START),
    endTimeUnixNano: String(START + BigInt(durationMs) * 1_000_000n),
    status: error ? { code: 2 } : {},
    events: exception ? [{ name: 'exception', timeUnixNano: String(START) }] : [],
  }));
  const payload = jsonToProtobuf(
    'traces',
    JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: all }] }] }),
  );
  return record('traces', payload, made.length);
}

function samplerOf(destination: DestinationId, ratio = 0.5, isDryRun = false) {
  const counted: number[] = [];
  const choose = samplingOf(destination, {
    ratio,
    slowMs: 1000,
    isDryRun,
    onDryRun: (items) => void counted.push(items),
  });
  return { choose, counted };
}

const sampled = (from: number, to: number) => ({ from, to, outcome: 'sampled', code: 'sampled' });

describe(isChosen, () => {
  it('keeps about the ratio, and at a higher ratio all that a lower one keeps', () => {
    const ids = Array.from({ length: 4000 }, (_, i) =>
      (Math.imul(i + 1, 0x9e3779b1) >>> 0).toString(16).padStart(32, '0'),
    );
    const kept = (ratio: number) => ids.filter((id) => isChosen(id, ratio));

    expect(kept(0.25).length).toBeGreaterThan(850);
    expect(kept(0.25).length).toBeLessThan(1150);
    expect(kept(0.5)).toEqual(expect.arrayContaining(kept(0.25)));
  });
});

describe(samplingOf, () => {
  it('decides by trace id, for spans and segments alike', () => {
    const { choose } = samplerOf('aws-xray');
    const document = (traceId: string, more: object = {}) =>
      JSON.stringify({
        name: 'a',
        id: '70de5b6f19ff9a0a',
        trace_id: `1-${traceId.slice(0, 8)}-${traceId.slice(8)}`,
        start_time: 1_800_000_000,
        end_time: 1_800_000_000.1,
        ...more,
      });

    expect(choose(spans({ traceId: KEPT }, { traceId: GONE }, { traceId: GONE })).without).toEqual([
      sampled(1, 3),
    ]);
    const documents = segments(
      document(KEPT),
      document(GONE),
      'no segment',
      document(GONE.replace('f', 'e'), { fault: true }),
      document(GONE.replace('f', 'd'), { end_time: 1_800_000_001 }),
    );
    expect(choose(documents).without).toEqual([sampled(1, 2)]);
  });

  it.each([
    ['an error', { error: true }],
    ['an exception', { exception: true }],
    ['a slow span', { durationMs: 1000 }],
  ])('keeps a trace with %s, all of it that came together', (_what, more) => {
    const { choose } = samplerOf('aws-xray');

    expect(choose(spans({ traceId: GONE }, { traceId: GONE, ...more })).without).toEqual([]);
  });

  it('tells Honeycomb for how many a span stands, and nothing for what is always kept', () => {
    const { choose } = samplerOf('honeycomb', 0.25);
    const honeycomb = {
      ...stubExporter(() => ok),
      encode: (one) => encodeForHoneycomb(one, undefined, asReceived),
    } as Exporter<unknown>;
    const exporter = choosing(honeycomb, [choose]);
    const mixed = spans({ traceId: KEPT }, { traceId: 'b'.repeat(32), error: true });
    const [item] = exporter.encode(mixed).items;
    const part = item?.value as { bytes: Uint8Array } | undefined;
    const rates = decodeTraces(part?.bytes ?? new Uint8Array()).flatMap(({ spans: found }) =>
      found.map(({ attributes }) => attributes.get('sampleRate')),
    );

    expect(rates).toEqual([4, undefined]);
    const mark = spanAttribute('sidecast.telemetry', true);
    const marking = () => ({ without: [], added: new Map([[0, mark]]) });
    const both = choosing(honeycomb, [choose, marking]).encode(mixed);
    const [first] = decodeTraces((both.items[0]?.value as typeof part)?.bytes ?? new Uint8Array());
    expect([...(first?.spans[0]?.attributes.keys() ?? [])].sort()).toEqual([
      'sampleRate',
      'sidecast.telemetry',
    ]);
    expect(choose(segments('{"trace_id":"1-ffffffff-ffffffffffffffffffffffff"}'))).toEqual({ without: [] });
  });

  it('takes the nearest ratio that Honeycomb can be told', () => {
    const { choose } = samplerOf('honeycomb', 0.45);
    // Told as 1 in 2, so an id at 0.48 of the range is kept as well.
    expect(choose(spans({ traceId: '7a000000'.padStart(32, 'a') })).without).toEqual([]);
  });

  it('lets logs, dead letters that are sent again and what cannot be read through', () => {
    const { choose } = samplerOf('aws-cloudwatch-logs');
    const gone = spans({ traceId: GONE });

    expect(choose({ ...gone, signal: 'logs' })).toEqual({ without: [] });
    expect(choose({ ...gone, origin: { peer: '', replayOf: '1:0@2026' } })).toEqual({ without: [] });
    expect(choose({ ...gone, payload: Buffer.from([0x0a, 9, 1]) })).toEqual({ without: [] });
  });

  it.each([
    ['for real', false, { delivered: 1, sampled: 2 }, []],
    ['in a dry run', true, { delivered: 3, sampled: 0 }, [2]],
  ])('keeps the books %s', async (_how, isDryRun, counts, counted) => {
    const sampler = samplerOf('honeycomb', 0.5, isDryRun);
    const { split } = await import('../../src/exporters/honeycomb/encoder.ts');
    const exporter = {
      ...stubExporter(() => ok, { maxItems: 100, maxBytes: 1e6 }),
      split,
      encode: (one) => encodeForHoneycomb(one, undefined, asReceived),
    } as Exporter<unknown>;
    const rig = await startRig(choosing(exporter, [sampler.choose]));
    const { position: _, ...received } = spans({ traceId: GONE }, { traceId: KEPT }, { traceId: GONE });
    await rig.accept(received);
    await rig.until(() => rig.counts().queued === 0);

    expect(rig.counts()).toMatchObject({ accepted: 3, ...counts });
    expect(isConserved(rig.counts())).toBe(true);
    expect(sampler.counted).toEqual(counted);
    await rig.stop();
  });
});
