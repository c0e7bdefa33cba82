// Part of the tests: what intake's records tell about requests that two SDKs describe.
import { describe, expect, it, vi } from 'vitest';
import { createHearing } from '../../src/correlation/hearing.ts';
import { Pairs } from '../../src/correlation/pairs.ts';
import { Speakers } from '../../src/correlation/speakers.ts';
import type { Accepted } from '../../src/model/signals.ts';
import { jsonToProtobuf } from '../../src/protocols/otlp/json.ts';
import { scan } from '../../src/protocols/otlp/scan.ts';
import { frameDocuments, summarizeDocuments } from '../../src/protocols/xray/datagram.ts';
import { ManualClock } from '../support/records.ts';

const hex = (number: number, digits: number) => (number + 1).toString(16).padStart(digits, '0');
const START_MS = 1_800_000_000_000;

interface Request {
  number: number;
  startMs: number;
  status?: number;
  name?: string;
  /** Of the segment, where it is the span's. */
  traceId?: string;
}

function spans(...requests: readonly Request[]): Accepted {
  const text = (key: string, stringValue: string) => ({ key, value: { stringValue } });
  const made = requests.map(({ number, startMs, status = 200 }) => ({
    traceId: hex(number, 32),
    spanId: hex(number, 16),
    name: 'GET',
    kind: 2,
    startTimeUnixNano: String(BigInt(startMs) * 1_000_000n),
    endTimeUnixNano: String(BigInt(startMs + 5) * 1_000_000n),
    attributes: [
      text('http.method', 'GET'),
      text('http.target', '/api/home?q=1'),
      { key: 'http.status_code', value: { intValue: String(status) } },
    ],
  }));
  const resource = { attributes: [text('service.name', 'shop')] };
  const payload = jsonToProtobuf(
    'traces',
    JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ spans: made }] }] }),
  );
  const { summary } = scan('traces', payload);
  return { signal: 'traces', payload, summary, receivedAtMs: START_MS, origin: { peer: '::1' } };
}

function segments(...requests: readonly Request[]): Accepted {
  const documents = requests.map(({ number, startMs, status = 200, name = 'shop.example.com', traceId }) => ({
    name,
    id: hex(number, 16),
    trace_id: traceId ? `1-${traceId.slice(0, 8)}-${traceId.slice(8)}` : `1-6b49d200-${hex(number, 24)}`,
    start_time: (startMs + 0.2) / 1000,
    end_time: (startMs + 6) / 1000,
    http: {
      request: { method: 'GET', url: 'http://shop.example.com/api/home' },
      response: { status },
    },
  }));
  const payload = frameDocuments(documents.map((one) => Buffer.from(JSON.stringify(one))));
  const summary = summarizeDocuments(payload);
  return { signal: 'segments', payload, summary, receivedAtMs: START_MS, origin: { peer: '127.0.0.1' } };
}

function setUp() {
  const clock = new ManualClock(START_MS);
  const speakers = new Speakers();
  const pairs = new Pairs((otlp, xray) => speakers.paired(otlp, xray));
  const hear = createHearing({ speakers, pairs, clock });
  const warmUp = () => {
    hear(segments({ number: 999, startMs: START_MS - 5000 }));
    hear(spans({ number: 998, startMs: START_MS - 4000 }));
  };
  return { clock, speakers, pairs, hear, warmUp };
}

describe(createHearing, () => {
  it('pairs the requests of a peer, and learns from three of them that two names are one service', () => {
    const { hear, warmUp, pairs, speakers } = setUp();
    warmUp();
    const requests = [0, 1, 2].map((number) => ({ number, startMs: START_MS + number * 20 }));
    hear(segments(...requests));
    expect(speakers.speaks('otlp', 'shop.example.com')).toBe(false);
    hear(spans(...requests));

    expect(pairs.idsOf(hex(1, 32), 'otlp').xray).toBe(`6b49d200${hex(1, 24)}`);
    expect(speakers.speaks('otlp', 'shop.example.com')).toBe(true);
  });

  it('pairs by ids that agree, and learns names from those, too', () => {
    const { hear, warmUp, pairs, speakers } = setUp();
    warmUp();
    const requests = [0, 1, 2].map((number) => ({ number, startMs: START_MS, traceId: hex(number, 32) }));
    hear(segments(...requests));
    hear(spans(...requests));

    expect(pairs.idsOf(hex(1, 32), 'otlp')).toEqual({ otlp: hex(1, 32), xray: hex(1, 32) });
    expect(speakers.speaks('otlp', 'shop.example.com')).toBe(true);
  });

  it('pairs the first request of a peer, too, and one after a quiet night', () => {
    const { clock, hear, pairs } = setUp();
    const first = { number: 0, startMs: START_MS };
    hear(segments(first));
    hear(spans(first));
    expect(pairs.idsOf(hex(0, 32), 'otlp').xray).toBe(`6b49d200${hex(0, 24)}`);

    clock.advance(10 * 3_600_000);
    const next = { number: 1, startMs: START_MS + 10 * 3_600_000 };
    hear(segments(next));
    hear(spans(next));
    expect(pairs.idsOf(hex(1, 32), 'otlp').xray).toBe(`6b49d200${hex(1, 24)}`);
  });

  it('reads no requests of a peer that goes on sending one of both, nor of a dead letter', () => {
    const { clock, hear, pairs } = setUp();
    const see = vi.spyOn(pairs, 'see');
    const request = { number: 0, startMs: START_MS };
    hear(spans(request));
    expect(see).toHaveBeenCalledTimes(1);
    clock.advance(60_000);
    hear(spans(request));
    expect(see).toHaveBeenCalledTimes(1);

    const replay = spans(request);
    hear(segments({ number: 1, startMs: START_MS }));
    expect(see).toHaveBeenCalledTimes(2);
    hear({ ...replay, origin: { ...replay.origin, replayOf: '1:0@2026' } });
    expect(see).toHaveBeenCalledTimes(2);
  });

  it('is not thrown off by what cannot be read', () => {
    const { hear, warmUp } = setUp();
    warmUp();
    const broken = { ...spans({ number: 0, startMs: START_MS }), payload: Buffer.from([0x0a, 0x05, 1]) };

    expect(hear(broken)).toBe(broken);
  });

  it('reads 512 KiB a second and no more, and changes nothing of what it reads', () => {
    const { hear, warmUp, clock, pairs } = setUp();
    warmUp();
    const many = spans(
      ...Array.from({ length: 200 }, (_, number) => ({ number, startMs: START_MS + 20 * number })),
    );
    const before = Buffer.from(many.payload);
    const see = vi.spyOn(pairs, 'see');
    for (let i = 0; i < 200; i++) hear(many);
    const perSecond = see.mock.calls.length;
    expect(perSecond * (many.payload.length / 200)).toBeLessThanOrEqual(512 * 1024);
    expect(perSecond).toBeGreaterThan(0);
    clock.advance(1000);
    hear(many);

    expect(see).toHaveBeenCalledTimes(perSecond + 200);
    expect(Buffer.compare(before, many.payload)).toBe(0);
  });

  it('reads records of up to 96 KiB of spans and 256 KiB of segments: more would take too long at once', () => {
    const requests = (count: number) =>
      Array.from({ length: count }, (_, number) => ({ number, startMs: START_MS + 20 * number }));
    for (const [record, isRead] of [
      // 80, 140, 240 and 400 KiB.
      [spans(...requests(500)), true],
      [spans(...requests(900)), false],
      [segments(...requests(900)), true],
      [segments(...requests(1500)), false],
    ] as const) {
      const { hear, pairs } = setUp();
      const see = vi.spyOn(pairs, 'see');
      hear(record);
      const { items } = record.summary;
      expect([record.signal, items, see.mock.calls.length]).toEqual([
        record.signal,
        items,
        isRead ? items : 0,
      ]);
    }
  });
});
