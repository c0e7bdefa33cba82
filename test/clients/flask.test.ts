// Part of the tests: the sample backend with its real SDKs against sidecast: what arrives at the four vendors.
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { eventually, settingsOf } from '../support/app.ts';
import { type Sidecast, startSidecast } from '../support/sidecast.ts';
import { accessLines, documents, exceptionsIn, serverSpans } from './arrivals.ts';
import { type Flask, startFlask } from './flask.ts';
import { startTcpTap, startXRayTap, type TcpTap, type XRayTap } from './tap.ts';

let sandbox: Sandbox;
let sidecast: Sidecast;
let tap: XRayTap;

beforeAll(async () => {
  sandbox = await startSandbox();
  sidecast = await startSidecast(settingsOf(sandbox));
  tap = await startXRayTap(sidecast.xrayPort);
});
afterAll(async () => {
  await tap?.close();
  await sidecast?.stop();
  await sandbox?.close();
});

const PATHS = [
  ['/api/health-check?request=1', 200],
  ['/api/activities/home?request=2', 200],
  ['/api/activities/home?request=3', 200],
  ['/api/activities/@andrewbrown', 200],
  ['/api/activities/@worf', 200],
  ['/api/outgoing?request=4', 200],
  ['/api/slow?s=0.05', 200],
  ['/api/boom?who=londo', 500],
  ['/api/boom?who=g-kar', 500],
  ['/api/many?n=150', 200],
  ['/api/big?kb=40', 200],
  ['/nope?request=5', 404],
] as const;
const FAILING = PATHS.filter(([, status]) => status === 500).map(([path]) => path);

let made = 0;
/** Its first eight digits are the time, as X-Ray wants them. */
function newTraceId(): string {
  made += 1;
  const second = Math.floor(Date.now() / 1000).toString(16);
  return `1-${second}-${'5a4db0c5'.repeat(2)}${made.toString(16).padStart(8, '0')}`;
}

const documentIn = (datagram: Buffer) => datagram.subarray(datagram.indexOf(0x0a) + 1).toString('utf8');

describe('a Flask backend with the OpenTelemetry and the X-Ray SDK', () => {
  const xrayTraces = new Map<string, string>();
  let upstream: Server;
  let flask: Flask;

  beforeAll(async () => {
    upstream = createServer((_request, response) => response.end('{}')).listen(0, '127.0.0.1');
    await once(upstream, 'listening');
    flask = await startFlask({
      OTEL_EXPORTER_OTLP_ENDPOINT: sidecast.otlpUrl,
      AWS_XRAY_DAEMON_ADDRESS: `127.0.0.1:${tap.port}`,
      UPSTREAM_URL: `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`,
    });
    for (const [path, status] of PATHS) {
      xrayTraces.set(path, newTraceId());
      expect(await flask.get(path, xrayTraces.get(path) ?? ''), path).toBe(status);
    }
    // The SDK exports every 5 s.
    await eventually(
      () => serverSpans(sandbox).length,
      (count) => count >= PATHS.length,
    );
    await eventually(
      () => sidecast.status(),
      ({ destinations }) => Object.values(destinations).every(({ counts }) => counts.queued === 0),
    );
  });
  afterAll(async () => {
    await flask?.stop();
    upstream?.close();
  });

  it('has the trace of every request at Honeycomb, once', () => {
    const targets = serverSpans(sandbox).map(({ target }) => target);

    expect(targets.toSorted()).toEqual(PATHS.map(([path]) => path).toSorted());
    expect(sandbox.counts().honeycomb.refused).toBe(0);
  });

  it('has the segment of every request at X-Ray, each document as the SDK wrote it', () => {
    const sent = tap.datagrams.map(documentIn);
    const arrived = documents(sandbox);

    expect(sent.length).toBeGreaterThan(PATHS.length + 100);
    for (const document of sent) expect(arrived.filter((other) => other === document)).toHaveLength(1);
    const segments = sent.map((text) => JSON.parse(text) as { trace_id: string; type?: string });
    for (const [path, traceId] of xrayTraces) {
      const own = segments.filter(({ trace_id, type }) => trace_id === traceId && type !== 'subsegment');
      expect(own, path).toHaveLength(1);
    }
    expect(sandbox.counts()['aws-xray'].refused).toBe(0);
  });

  it('has an access line for every request in CloudWatch Logs', () => {
    const lines = accessLines(sandbox);

    for (const { traceId, spanId, target } of serverSpans(sandbox)) {
      const own = lines.filter(({ event_id }) => event_id === `${traceId}:${spanId}:access`);
      expect(own, target).toHaveLength(1);
      expect(own[0]?.service).toBe('backend-flask');
      expect(target.startsWith(own[0]?.http.path ?? 'none'), target).toBe(true);
      expect(own[0]?.http.status).toBe(PATHS.find(([path]) => path === target)?.[1]);
    }
  });

  it('has the exceptions of the failing route at Rollbar, with the frames of app.py', () => {
    const failed = serverSpans(sandbox).filter(({ target }) => FAILING.some((path) => path === target));

    expect(failed).toHaveLength(FAILING.length);
    for (const { traceId, target } of failed) {
      const exceptions = exceptionsIn(sandbox, traceId);
      expect(exceptions, target).toHaveLength(1);
      const [{ exception, frames } = { exception: undefined, frames: [] }] = exceptions;
      expect(exception).toMatchObject({ class: 'ValueError' });
      expect(exception?.message).toContain(target.split('who=')[1]);
      expect(frames.at(-1)).toMatchObject({ method: 'boom' });
      expect(frames.at(-1)?.filename).toMatch(/app\.py$/);
    }
  });

  it('asks for sampling rules on the same port, once a request leaves the choice to it', async () => {
    expect(tap.calls()).toBe('');

    await flask.get('/api/health-check');

    await eventually(
      () => tap.calls(),
      (calls) => calls.includes('POST /GetSamplingRules'),
    );
  });
});

describe('the other ways to say where sidecast is', () => {
  let otlp: TcpTap;
  let flask: Flask;

  beforeAll(async () => {
    otlp = await startTcpTap(sidecast.otlpPort);
    flask = await startFlask({
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://localhost:${otlp.port}`,
      OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip',
      AWS_XRAY_DAEMON_ADDRESS: `localhost:${tap.port}`,
    });
  });
  afterAll(async () => {
    await flask?.stop();
    await otlp?.close();
  });

  it('names instead of addresses, and gzip, work as well', async () => {
    const traces = [newTraceId(), newTraceId()];
    const paths = ['/api/activities/@by-name', '/api/health-check?by=name'];
    for (const [index, path] of paths.entries()) expect(await flask.get(path, traces[index] ?? '')).toBe(200);

    await eventually(
      () => serverSpans(sandbox).map(({ target }) => target),
      (targets) => paths.every((path) => targets.includes(path)),
    );
    await eventually(
      () => documents(sandbox),
      (arrived) => traces.every((traceId) => arrived.some((text) => text.includes(`"${traceId}"`))),
    );

    expect(otlp.received().toLowerCase()).toContain('content-encoding: gzip');
  });
});
