// Part of the tests: the traffic generator behaves like the reference backend and tells what it sent.
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Clock } from '../../src/model/clock.ts';
import { judgeDocument } from '../../src/sandbox/aws-xray/documents.ts';
import { type Sandbox, startTraffic, type TrafficOptions } from '../../src/sandbox/index.ts';
import { sandboxForTest } from './helpers.ts';

/** Time that a test moves; the traffic has one timer. */
class ManualClock implements Clock {
  #nowMs = Date.UTC(2026, 10, 21);
  #timer: { atMs: number; run: () => void } | undefined;

  now = () => this.#nowMs;

  schedule = (delayMs: number, run: () => void) => {
    const timer = { atMs: this.#nowMs + delayMs, run };
    expect(this.#timer).toBeUndefined();
    this.#timer = timer;
    return () => {
      if (this.#timer === timer) this.#timer = undefined;
    };
  };

  advance(ms: number): void {
    const endMs = this.#nowMs + ms;
    for (let timer = this.#timer; timer && timer.atMs <= endMs; timer = this.#timer) {
      this.#nowMs = timer.atMs;
      this.#timer = undefined;
      timer.run();
    }
    this.#nowMs = endMs;
  }
}

/** The same numbers every time (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const HEADERS = { 'x-honeycomb-team': 'abcdefghijklmnopqrstuv' };

async function setUp(options: Partial<TrafficOptions> = {}) {
  const sandbox = await sandboxForTest();
  const datagrams: string[] = [];
  const daemon: Socket = createSocket('udp4', (message) => datagrams.push(message.toString('utf8')));
  daemon.bind(0, '127.0.0.1');
  await once(daemon, 'listening');
  onTestFinished(() => {
    daemon.close();
  });
  const clock = new ManualClock();
  const traffic = startTraffic({
    otlpUrl: sandbox.url,
    headers: HEADERS,
    xrayHost: '127.0.0.1',
    xrayPort: (daemon.address() as AddressInfo).port,
    requestsPerSecond: 100,
    random: seeded(7),
    clock,
    ...options,
  });
  onTestFinished(async () => {
    sandbox.setFault('honeycomb', { kind: 'none' });
    await stop();
  });
  /** Lets time pass until the traffic has nothing left to do. */
  async function stop() {
    const summary = traffic.stop();
    let done = false;
    void summary.then(() => {
      done = true;
    });
    await vi.waitUntil(
      () => {
        clock.advance(50);
        return done;
      },
      { interval: 1, timeout: 10_000 },
    );
    return summary;
  }
  /** In steps that end when their datagrams are in: the kernel drops what comes in one burst. */
  async function run(ms: number) {
    for (let passed = 0; passed < ms; passed += 50) {
      clock.advance(50);
      await vi.waitUntil(() => datagrams.length === traffic.summary().requests, { interval: 1 });
    }
  }
  return {
    run,
    sandbox,
    datagrams,
    clock,
    traffic,
    stop,
  };
}

const spansOf = (sandbox: Sandbox) => sandbox.items('honeycomb') as Readonly<Record<string, unknown>>[];

describe('the traffic', () => {
  it('is as many requests as asked for, each told by spans, logs and a segment that all arrive', async () => {
    const { sandbox, datagrams, run, stop } = await setUp();
    await run(2000);
    const summary = await stop();
    expect(summary.requests).toBe(200);
    expect(summary.dropped).toBe(0);
    expect(summary.segments).toBe(200);
    expect(summary.spans).toBeGreaterThan(300);
    expect(summary.logs).toBeGreaterThan(200);
    expect(summary.exceptions).toBeGreaterThan(0);
    const { spans, logs, segments } = summary.ids;
    expect(sandbox.audit('honeycomb', [...spans, ...logs])).toEqual({ missing: [], duplicated: [] });
    expect(sandbox.counts().honeycomb.items).toBe(summary.spans + summary.logs);
    const received = datagrams.map((datagram) => judgeDocument(datagram.slice(datagram.indexOf('\n') + 1)));
    expect(received.map(({ unprocessed }) => unprocessed)).toEqual(received.map(() => undefined));
    expect(received.map(({ id }) => id).sort()).toEqual([...segments].sort());
  });

  it('is sent about once a second, not request by request', async () => {
    const { sandbox, clock } = await setUp();
    clock.advance(950);
    expect(sandbox.counts().honeycomb.requests).toBe(0);
    clock.advance(50);
    await vi.waitUntil(() => sandbox.counts().honeycomb.requests === 2);
  });

  it('has the spans of the reference backend', async () => {
    const { sandbox, clock, stop } = await setUp();
    clock.advance(2000);
    await stop();
    const named = (name: string) => spansOf(sandbox).find((span) => span['name'] === name);
    expect(named('GET /api/activities/home')).toMatchObject({
      kind: 2,
      parentSpanId: '',
      attributes: { 'http.method': 'GET', 'http.target': '/api/activities/home', 'http.status_code': 200 },
      resource: { 'service.name': 'backend-flask', 'telemetry.sdk.language': 'python' },
      scope: { name: 'opentelemetry.instrumentation.flask' },
    });
    const mock = named('home-activities-mock-data');
    expect(mock).toMatchObject({
      kind: 1,
      attributes: { 'app.now': expect.any(String), 'app.result_length': 3, 'user.id': expect.any(String) },
    });
    const parent = spansOf(sandbox).find((span) => span['spanId'] === mock?.['parentSpanId']);
    expect(parent).toMatchObject({ traceId: mock?.['traceId'], name: 'GET /api/activities/home' });
    expect(named('GET')).toMatchObject({
      kind: 3,
      attributes: { 'http.url': expect.stringContaining('/upstream') },
    });
    expect(named('GET /nope')).toMatchObject({ attributes: { 'http.status_code': 404 } });
    const exception = {
      name: 'exception',
      attributes: {
        'exception.type': 'ValueError',
        'exception.stacktrace': expect.stringMatching(/^Traceback .*\n {2}File .*\n(.*\n)*ValueError: boom/),
      },
    };
    expect(named('GET /api/boom')).toMatchObject({ kind: 2, status: { code: 2 }, events: [exception] });
    expect(named('before-boom')).toMatchObject({ kind: 1, status: { code: 2 }, events: [exception] });
  });

  it('has log records of the same traces, access lines at ERROR', async () => {
    const { sandbox, clock, stop } = await setUp();
    clock.advance(1000);
    await stop();
    const records = spansOf(sandbox).filter(({ signal }) => signal === 'logs');
    const line = records.find(({ body }) => String(body).endsWith('/api/activities/home 200'));
    expect(line).toMatchObject({ severityNumber: 17, severityText: 'ERROR' });
    const span = spansOf(sandbox).find(
      ({ signal, spanId }) => signal === 'traces' && spanId === line?.['spanId'],
    );
    expect(span).toMatchObject({ traceId: line?.['traceId'], name: 'GET /api/activities/home' });
  });

  it('has segments under trace ids of their own', async () => {
    const { sandbox, datagrams, run, stop } = await setUp();
    await run(2000);
    await stop();
    const traceIds = new Set(spansOf(sandbox).map(({ traceId }) => traceId));
    const segments = datagrams.map((datagram) => JSON.parse(datagram.split('\n')[1] ?? ''));
    expect(segments.filter(({ trace_id }) => traceIds.has(trace_id.slice(2).replace('-', '')))).toEqual([]);
    const failing = segments.find(({ fault }) => fault === true);
    expect(failing.subsegments[0].cause.exceptions[0]).toMatchObject({
      id: failing.cause,
      type: 'ValueError',
    });
    expect(segments.find(({ annotations }) => annotations)?.subsegments).toHaveLength(2);
    expect(segments.find(({ error }) => error === true)?.http.response.status).toBe(404);
  });

  it('is sent again after 503, as the SDK does, and arrives once', async () => {
    const { sandbox, clock, traffic, stop } = await setUp();
    sandbox.setFault('honeycomb', { kind: 'status', status: 503 });
    clock.advance(1000);
    await vi.waitUntil(() => sandbox.counts().honeycomb.refused === 2);
    expect(traffic.summary()).toMatchObject({ spans: 0, logs: 0, dropped: 0 });
    sandbox.setFault('honeycomb', { kind: 'none' });
    const summary = await stop();
    expect(summary.dropped).toBe(0);
    expect(sandbox.audit('honeycomb', [...summary.ids.spans, ...summary.ids.logs])).toEqual({
      missing: [],
      duplicated: [],
    });
    expect(sandbox.counts().honeycomb.items).toBe(summary.spans + summary.logs);
  });

  it('is given up after 400, and counted', async () => {
    const { sandbox, clock, stop } = await setUp();
    sandbox.setFault('honeycomb', { kind: 'status', status: 400 });
    clock.advance(1000);
    const summary = await stop();
    expect(summary).toMatchObject({ spans: 0, logs: 0 });
    expect(summary.dropped).toBeGreaterThan(200);
    expect(sandbox.counts().honeycomb.items).toBe(0);
  });

  it('tells what it sent as it goes', async () => {
    const onSent = vi.fn<NonNullable<TrafficOptions['onSent']>>();
    const { clock, stop } = await setUp({ onSent });
    clock.advance(1000);
    const summary = await stop();
    const told = (signal: string) => onSent.mock.calls.flatMap(([what, ids]) => (what === signal ? ids : []));
    expect(told('spans')).toEqual(summary.ids.spans);
    expect(told('logs')).toEqual(summary.ids.logs);
    expect(told('segments')).toEqual(summary.ids.segments);
  });
});
