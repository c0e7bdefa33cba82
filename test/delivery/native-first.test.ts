// Part of the tests: which copy of a request a destination gets from a service that sends two.
import { describe, expect, it } from 'vitest';
import { createHearing } from '../../src/correlation/hearing.ts';
import { Pairs } from '../../src/correlation/pairs.ts';
import { Speakers } from '../../src/correlation/speakers.ts';
import { nativeFirst } from '../../src/delivery/native-first.ts';
import type { JournalRecord } from '../../src/model/signals.ts';
import { jsonToProtobuf } from '../../src/protocols/otlp/json.ts';
import { scan } from '../../src/protocols/otlp/scan.ts';
import { frameDocuments, summarizeDocuments } from '../../src/protocols/xray/datagram.ts';
import { ManualClock } from '../support/records.ts';

const SPAN = { traceId: 'ab'.repeat(16), spanId: 'cd'.repeat(8), name: 's', kind: 2 };

/** Each service with so many spans; '' has no name. */
function spansOf(nowMs: number, ...services: readonly (readonly [name: string, spans: number])[]) {
  const resourceSpans = services.map(([name, spans]) => ({
    resource: {
      attributes: name === '' ? [] : [{ key: 'service.name', value: { stringValue: name } }],
    },
    scopeSpans: [{ spans: Array.from({ length: spans }, () => SPAN) }],
  }));
  const payload = jsonToProtobuf('traces', JSON.stringify({ resourceSpans }));
  return recordOf('traces', payload, scan('traces', payload).summary, nowMs);
}

function segmentsOf(nowMs: number, ...documents: readonly object[]) {
  const payload = frameDocuments(documents.map((one) => Buffer.from(JSON.stringify(one))));
  return recordOf('segments', payload, summarizeDocuments(payload), nowMs);
}

function recordOf(
  signal: JournalRecord['signal'],
  payload: Uint8Array,
  summary: JournalRecord['summary'],
  receivedAtMs: number,
): JournalRecord {
  return { position: 0, signal, payload, summary, receivedAtMs, origin: { peer: '10.0.0.5' } };
}

function setUp() {
  const clock = new ManualClock();
  const speakers = new Speakers();
  const hear = createHearing({ speakers, pairs: new Pairs(), clock });
  const now = () => clock.now();
  const to = {
    xray: nativeFirst('aws-xray', speakers, now),
    honeycomb: nativeFirst('honeycomb', speakers, now),
  };
  const receive = (record: JournalRecord) => {
    hear(record);
    clock.advance(25);
    return record;
  };
  return { clock, speakers, receive, to };
}

const segment = (name: string) => ({ id: '70de5b6f19ff9a0a', name });
const subsegment = (name: string) => ({ ...segment(name), type: 'subsegment' });
const native = (from: number, to: number) => ({ from, to, code: 'native_first' });

describe(nativeFirst, () => {
  it('skips the translated copy of a service that speaks both, and never touches the native one', () => {
    const { clock, receive, to } = setUp();
    const spans = receive(spansOf(clock.now(), ['shop', 3]));
    const documents = receive(segmentsOf(clock.now(), segment('Shop'), segment('SHOP')));

    expect(to.xray(spans)).toEqual({ without: [native(0, 3)] });
    expect(to.honeycomb(documents)).toEqual({ without: [native(0, 2)] });
    expect(to.xray(documents)).toEqual({ without: [] });
    expect(to.honeycomb(spans)).toEqual({ without: [] });
  });

  it('lets translated copies of a service wait for ten seconds from its first hearing, native ones never', () => {
    const { clock, receive, to } = setUp();
    const firstMs = clock.now();
    const spans = receive(spansOf(firstMs, ['shop', 3]));

    expect(to.honeycomb(spans)).toEqual({ without: [] });
    expect(to.xray(spans)).toEqual({ without: [], undecidedUntilMs: firstMs + 10_000 });
    clock.advance(9974);
    expect(to.xray(spans).undecidedUntilMs).toBe(firstMs + 10_000);
    clock.advance(1);
    expect(to.xray(spans)).toEqual({ without: [] });
    const later = receive(spansOf(clock.now(), ['shop', 1]));
    expect(to.xray(later)).toEqual({ without: [] });
  });

  it('gives X-Ray the spans of a service whose X-Ray SDK has been gone for 24 h of its traffic', () => {
    const { clock, receive, to } = setUp();
    receive(segmentsOf(clock.now(), segment('shop')));
    const halfHours = () => {
      clock.advance(1_800_000 - 25);
      return to.xray(receive(spansOf(clock.now(), ['shop', 1])));
    };
    const withX = Array.from({ length: 47 }, halfHours);
    const [last, first] = [halfHours(), halfHours()];

    expect(new Set(withX.map(({ without }) => without.length))).toEqual(new Set([1]));
    expect([last, first]).toEqual([{ without: [] }, { without: [] }]);
  });

  it('decides service by service within a record', () => {
    const { clock, receive, to } = setUp();
    receive(segmentsOf(clock.now(), segment('both')));
    receive(spansOf(clock.now(), ['both', 1], ['plain', 1]));
    clock.advance(10_000);
    const mixed = receive(spansOf(clock.now(), ['plain', 2], ['both', 2], ['', 1], ['both', 1]));

    expect(to.xray(mixed)).toEqual({ without: [native(2, 4), native(5, 6)] });
  });

  it('tells lone subsegments by their peer', () => {
    const { clock, receive, to } = setUp();
    receive(spansOf(clock.now(), ['shop', 1]));
    const early = receive(segmentsOf(clock.now(), subsegment('api.example.com')));
    expect(to.honeycomb(early).undecidedUntilMs).toBe(early.receivedAtMs + 10_000);
    receive(segmentsOf(clock.now(), segment('shop')));
    expect(to.honeycomb(early)).toEqual({ without: [native(0, 1)] });

    receive(segmentsOf(clock.now(), segment('xray-only')));
    clock.advance(10_000);
    expect(to.honeycomb(early)).toEqual({ without: [] });
  });

  it('does not take a service that sends its logs as OTLP for one that describes its requests so', () => {
    const { clock, receive, to } = setUp();
    const logs = { ...spansOf(clock.now(), ['shop', 1]), signal: 'logs' as const };
    receive(logs);
    const documents = receive(segmentsOf(clock.now(), segment('shop')));
    clock.advance(10_000);

    expect(to.honeycomb(documents)).toEqual({ without: [] });
  });

  it('lets a dead letter through that is sent again', () => {
    const { clock, receive, to } = setUp();
    receive(segmentsOf(clock.now(), segment('shop')));
    const spans = receive(spansOf(clock.now(), ['shop', 3]));
    const again = { ...spans, origin: { ...spans.origin, replayOf: '4:0@2026-01-01T00:00:00.000Z' } };

    expect(to.xray(again)).toEqual({ without: [] });
  });

  it('looks at nothing while nobody speaks the other protocol', () => {
    const { clock, receive, to } = setUp();
    receive(segmentsOf(clock.now(), segment('shop')));
    clock.advance(10_000);
    const documents = segmentsOf(clock.now(), segment('shop'));
    const unreadable = new Proxy(documents, {
      get(target, key) {
        if (key === 'payload') throw new Error('it was looked at');
        return Reflect.get(target, key);
      },
    });

    expect(to.honeycomb(unreadable)).toEqual({ without: [] });
  });

  it('leaves what cannot be read to the encoder', () => {
    const { clock, receive, to } = setUp();
    receive(spansOf(clock.now(), ['shop', 1]));
    const broken = { ...segmentsOf(clock.now(), segment('shop')), payload: Buffer.from([0, 0, 1, 0, 1]) };

    expect(to.honeycomb(broken)).toEqual({ without: [] });
  });
});
