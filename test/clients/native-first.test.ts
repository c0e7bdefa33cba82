// Part of the tests: the sample backend with both of its SDKs, under the default routing: one account of each request everywhere.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { eventually, settingsOf } from '../support/app.ts';
import { type Sidecast, startSidecast } from '../support/sidecast.ts';
import { documents, exceptionsIn, serverSpans } from './arrivals.ts';
import { type Flask, startFlask } from './flask.ts';

const PATHS = [
  ['/api/health-check', 200],
  ['/api/activities/home', 200],
  ['/api/activities/@worf', 200],
  ['/api/slow?s=0.05', 200],
  ['/api/boom?who=londo', 500],
  ['/nope', 404],
] as const;
/** The SDK exports every 5 s; translated copies wait 10 s from the first hearing of a service. */
const SETTLED_WITHIN_MS = 30_000;

let sandbox: Sandbox;
let sidecast: Sidecast;

beforeAll(async () => {
  sandbox = await startSandbox();
  sidecast = await startSidecast({ ...settingsOf(sandbox), SIDECAST_ROUTING: 'native' });
});
afterAll(async () => {
  await sidecast?.stop();
  await sandbox?.close();
});

let made = 0;
function newTraceId(): string {
  made += 1;
  const second = Math.floor(Date.now() / 1000).toString(16);
  return `1-${second}-${'5a4db0c5'.repeat(2)}${made.toString(16).padStart(8, '0')}`;
}

interface Line {
  event_id: string;
  traceId: string;
  xrayTraceId: string;
  http: { path: string };
}

const linesOfRequests = () =>
  (sandbox.items('aws-cloudwatch-logs') as readonly { message: string }[])
    .map(({ message }) => JSON.parse(message) as Line)
    .filter(({ event_id }) => event_id.endsWith(':access'));

/** The X-Ray trace of each request, by its path. */
async function ask(flask: Flask): Promise<ReadonlyMap<string, string>> {
  const traces = new Map<string, string>();
  for (const [path, status] of PATHS) {
    const traceId = newTraceId();
    traces.set(path, traceId);
    expect(await flask.get(path, traceId), path).toBe(status);
  }
  await eventually(
    () => serverSpans(sandbox).length,
    (count) => count >= PATHS.length,
    SETTLED_WITHIN_MS,
  );
  await eventually(
    () => sidecast.status(),
    ({ destinations }) => Object.values(destinations).every(({ counts }) => counts.queued === 0),
    SETTLED_WITHIN_MS,
  );
  return traces;
}

function expectOneAccountOf(traces: ReadonlyMap<string, string>): void {
  const spans = serverSpans(sandbox);
  const paths = [...traces.keys()].toSorted();
  expect(spans.map(({ target }) => target).toSorted()).toEqual(paths);
  // Nothing was made of segments for Honeycomb, and nothing of spans for X-Ray.
  const ofRequests = new Set(spans.map(({ traceId }) => traceId));
  const atHoneycomb = sandbox.items('honeycomb') as readonly { traceId: string }[];
  expect(atHoneycomb.filter(({ traceId }) => !ofRequests.has(traceId))).toEqual([]);
  const segments = documents(sandbox).map((text) => JSON.parse(text) as { trace_id: string; type?: string });
  expect(new Set(segments.map(({ trace_id }) => trace_id))).toEqual(new Set(traces.values()));
  expect(segments.filter(({ type }) => type !== 'subsegment')).toHaveLength(traces.size);

  const lines = linesOfRequests();
  expect(lines.map(({ traceId }) => traceId).toSorted()).toEqual([...ofRequests].toSorted());
  const paired = spans.filter(({ traceId, target }) => {
    const line = lines.find((one) => one.traceId === traceId);
    const own = `1-${traceId.slice(0, 8)}-${traceId.slice(8)}`;
    expect([traces.get(target), own], target).toContain(line?.xrayTraceId);
    return line?.xrayTraceId === traces.get(target);
  });
  // Pairs go by time: on a busy machine the two SDKs may begin too far apart, and a line has no second id rather than a wrong one.
  expect(paired.length).toBeGreaterThan(spans.length / 2);
  const failed = spans.filter(({ target }) => target.startsWith('/api/boom'));
  expect(sandbox.items('rollbar')).toHaveLength(failed.length);
  for (const { traceId, target } of failed) expect(exceptionsIn(sandbox, traceId), target).toHaveLength(1);
}

describe.each([
  ['under one name', {}],
  ['whose segments are named after the host', { AWS_XRAY_URL: '*127.0.0.1*' }],
])('a Flask backend with both SDKs, %s', (_, variables: Readonly<Record<string, string>>) => {
  let flask: Flask;

  beforeAll(async () => {
    sandbox.reset();
    flask = await startFlask({
      OTEL_EXPORTER_OTLP_ENDPOINT: sidecast.otlpUrl,
      AWS_XRAY_DAEMON_ADDRESS: `127.0.0.1:${sidecast.xrayPort}`,
      OTEL_SERVICE_NAME: variables['AWS_XRAY_URL'] ? 'backend-behind-host' : 'backend-flask',
      ...variables,
    });
  });
  afterAll(() => flask?.stop());

  it('gives one account of each request at each destination, lines with both trace ids', async () => {
    expectOneAccountOf(await ask(flask));
  });

  it('gives one after a restart of sidecast, too', async () => {
    await sidecast.kill('SIGTERM');
    await sidecast.restart();
    sandbox.reset();

    expectOneAccountOf(await ask(flask));
  });

  it('gives AWS X-Ray none of a request that its SDK was not to sample, and the others theirs', async () => {
    sandbox.reset();
    expect(await flask.get('/api/boom?who=g-kar', newTraceId(), false)).toBe(500);
    await eventually(
      () => sidecast.status(),
      ({ destinations }) =>
        sandbox.items('rollbar').length > 0 &&
        Object.values(destinations).every(({ counts }) => counts.queued === 0),
      SETTLED_WITHIN_MS,
    );

    expect(serverSpans(sandbox)).toHaveLength(1);
    expect(linesOfRequests()).toHaveLength(1);
    expect(sandbox.items('rollbar')).toHaveLength(1);
    expect(documents(sandbox)).toEqual([]);
  });
});
