// Part of the tests: the sample backend with both of its SDKs, under the default routing: one account of each request at each destination.
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { cruddur } from '../sampling/support.ts';
import { eventually, settingsOf } from '../support/app.ts';
import { type Sidecast, startSidecast } from '../support/sidecast.ts';
import { documents, exceptionsIn, serverSpans } from './arrivals.ts';
import { BACKEND, type Flask, startFlask } from './flask.ts';
import { type Accounts, accountsIn, expectedAccounts } from './payloads.ts';
import { backendWithoutXRay } from './without-xray.ts';

const PATHS = [
  ['/api/health-check', 200],
  ['/api/activities/home', 200],
  ['/api/slow?s=0.05', 200],
  ['/api/boom?who=londo', 500],
  ['/nope', 404],
] as const;
/** The SDK exports every 5 s; translated copies wait 10 s from the first hearing of a service. */
const SETTLED_WITHIN_MS = 30_000;
/** Without rules, the X-Ray SDK samples the first request of each second. */
const LOCAL_RULE_MS = 1100;
const DAY_MS = 86_400_000;

/** Requests that no caller has chosen for are not sampled. */
const NOTHING_IS_SAMPLED = JSON.stringify({
  SamplingRule: {
    ...cruddur,
    RuleName: 'Nothing',
    Priority: 1,
    FixedRate: 0,
    ReservoirSize: 0,
    ServiceName: '*',
  },
});

let folder: string;
let sandbox: Sandbox;
let sidecast: Sidecast;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sidecast-test-'));
  const rules = join(folder, 'rules');
  await mkdir(rules);
  await writeFile(join(rules, 'nothing.json'), NOTHING_IS_SAMPLED);
  sandbox = await startSandbox();
  sidecast = await startSidecast({
    ...settingsOf(sandbox),
    SIDECAST_ROUTING: 'native',
    SIDECAST_SAMPLING_RULES: rules,
  });
});
afterAll(async () => {
  await sidecast?.stop();
  await sandbox?.close();
  await rm(folder, { recursive: true, force: true });
});

let made = 0;
function newTraceId(): string {
  made += 1;
  const second = Math.floor(Date.now() / 1000).toString(16);
  return `1-${second}-${'5a4db0c5'.repeat(2)}${made.toString(16).padStart(8, '0')}`;
}

const start = (variables: Readonly<Record<string, string>> = {}, appFolder?: string) =>
  startFlask(
    {
      OTEL_EXPORTER_OTLP_ENDPOINT: sidecast.otlpUrl,
      AWS_XRAY_DAEMON_ADDRESS: `127.0.0.1:${sidecast.xrayPort}`,
      ...variables,
    },
    appFolder,
  );

/** Until every request is at Honeycomb and nothing waits anywhere. */
async function settled(requests: number): Promise<void> {
  await eventually(
    () => serverSpans(sandbox).length,
    (count) => count >= requests,
    SETTLED_WITHIN_MS,
  );
  await eventually(
    () => sidecast.status(),
    ({ destinations }) => Object.values(destinations).every(({ counts }) => counts.queued === 0),
    SETTLED_WITHIN_MS,
  );
}

/** The X-Ray trace of each request, by its path. */
async function ask(get: (path: string, traceId: string) => Promise<number>): Promise<Map<string, string>> {
  const traces = new Map<string, string>();
  for (const [path, status] of PATHS) {
    const traceId = newTraceId();
    traces.set(path, traceId);
    expect(await get(path, traceId), path).toBe(status);
  }
  await settled(PATHS.length);
  return traces;
}

async function restartSidecast(): Promise<void> {
  await sidecast.kill('SIGTERM');
  await sidecast.restart();
}

interface Line {
  event_id: string;
  traceId: string;
  xrayTraceId: string;
}

const linesOfRequests = () =>
  (sandbox.items('aws-cloudwatch-logs') as readonly { message: string }[])
    .map(({ message }) => JSON.parse(message) as Line)
    .filter(({ event_id }) => event_id.endsWith(':access'));

/** In words of its own, so that whoever stores new payloads cannot store two accounts. */
function expectOneAccountOf(traces: ReadonlyMap<string, string>): void {
  const spans = serverSpans(sandbox);
  expect(spans.map(({ target }) => target).toSorted()).toEqual([...traces.keys()].toSorted());
  // Nothing was made of segments.
  const ofRequests = spans.map(({ traceId }) => traceId);
  const atHoneycomb = sandbox.items('honeycomb') as readonly { traceId: string }[];
  expect(new Set(atHoneycomb.map(({ traceId }) => traceId))).toEqual(new Set(ofRequests));
  expect(
    linesOfRequests()
      .map(({ traceId }) => traceId)
      .toSorted(),
  ).toEqual(ofRequests.toSorted());
  const failed = spans.filter(({ target }) => target.startsWith('/api/boom'));
  expect(sandbox.items('rollbar')).toHaveLength(failed.length);
  for (const { traceId, target } of failed) expect(exceptionsIn(sandbox, traceId), target).toHaveLength(1);
}

const segments = () =>
  documents(sandbox)
    .map((text) => JSON.parse(text) as { trace_id: string; type?: string })
    .filter(({ type }) => type !== 'subsegment');

/** Those of the X-Ray SDK, and lines that name both traces. */
function expectOneSegmentOf(traces: ReadonlyMap<string, string>): void {
  expect(
    segments()
      .map(({ trace_id }) => trace_id)
      .toSorted(),
  ).toEqual([...traces.values()].toSorted());
  const spans = serverSpans(sandbox);
  const paired = spans.filter(({ traceId, target }) => {
    const line = linesOfRequests().find((one) => one.traceId === traceId);
    const own = `1-${traceId.slice(0, 8)}-${traceId.slice(8)}`;
    expect([traces.get(target), own], target).toContain(line?.xrayTraceId);
    return line?.xrayTraceId === traces.get(target);
  });
  // Pairs go by time: on a busy machine the two SDKs may begin too far apart, and a line has no second id rather than a wrong one.
  expect(paired.length).toBeGreaterThan(spans.length / 2);
}

function expectStored(name: string, xrayTraces: ReadonlyMap<string, string>, isPaired: boolean): void {
  const accounts: Accounts = accountsIn(sandbox, { xrayTraces, folder: BACKEND, isPaired });
  expect(accounts).toEqual(expectedAccounts(name, accounts));
}

describe.each([
  ['under one name', 'one-name', 'backend-flask', {}],
  [
    'whose segments are named after the host',
    'dynamic-naming',
    'backend-behind-host',
    { AWS_XRAY_URL: '*127.0.0.1*' },
  ],
])('a Flask backend with both SDKs, %s', (_, stored, service, variables: Record<string, string>) => {
  let flask: Flask;

  beforeAll(async () => {
    sandbox.reset();
    flask = await start({ OTEL_SERVICE_NAME: service, ...variables });
  });
  afterAll(() => flask?.stop());

  it('gives one account of each request at each destination, lines with both trace ids', async () => {
    const traces = await ask(flask.get);

    expectOneAccountOf(traces);
    expectOneSegmentOf(traces);
    expectStored(stored, traces, true);
  });

  it('gives the same after a restart of sidecast', async () => {
    await restartSidecast();
    sandbox.reset();

    const traces = await ask(flask.get);

    expectOneAccountOf(traces);
    expectOneSegmentOf(traces);
    expectStored(stored, traces, true);
  });
});

describe('a Flask backend with both SDKs, of whose requests X-Ray samples none', () => {
  let flask: Flask;

  beforeAll(async () => {
    sandbox.reset();
    flask = await start();
    let asked = 0;
    let isSampled: boolean | undefined;
    // Until it has read the rule, by which it chooses differently.
    do {
      ({ isSampled } = await flask.choose('/api/health-check', newTraceId()));
      asked += 1;
      await new Promise((resolve) => setTimeout(resolve, LOCAL_RULE_MS));
    } while (isSampled && asked < 10);
    expect(isSampled).toBe(false);
    await settled(asked);
    sandbox.reset();
  });
  afterAll(() => flask?.stop());

  it('gives AWS X-Ray nothing, and the others one account', async () => {
    const traces = await ask(async (path, traceId) => {
      const { status, isSampled } = await flask.choose(path, traceId);
      expect(isSampled, path).toBe(false);
      return status;
    });

    expectOneAccountOf(traces);
    expect(documents(sandbox)).toEqual([]);
    expectStored('rule-of-0-percent', traces, false);
  });
});

describe('a Flask backend that had both SDKs, without the one for X-Ray', () => {
  let appFolder: string;
  let flask: Flask;

  beforeAll(async () => {
    sandbox.reset();
    appFolder = await backendWithoutXRay();
    flask = await start({}, appFolder);
  });
  afterAll(async () => {
    await flask?.stop();
    await rm(appFolder, { recursive: true, force: true });
  });

  /** As a day without a segment leaves it; nights and weekends do not count as traffic. */
  async function passADayOfTraffic(): Promise<void> {
    await sidecast.kill('SIGTERM');
    const file = join(sidecast.dataDir, 'speakers.json');
    const remembered = JSON.parse(await readFile(file, 'utf8')) as { speakers: { trafficMs: number }[] };
    for (const speaker of remembered.speakers) speaker.trafficMs += DAY_MS;
    await writeFile(file, JSON.stringify(remembered));
    await sidecast.restart();
  }

  it('gives AWS X-Ray nothing for a day, and says why, and the others one account', async () => {
    const { counts, reasons } = (await sidecast.status()).destinations['aws-xray'];
    const traces = await ask((path) => flask.get(path));

    expectOneAccountOf(traces);
    expect(documents(sandbox)).toEqual([]);
    const after = (await sidecast.status()).destinations['aws-xray'];
    const skipped = (after.reasons.skipped['native_first'] ?? 0) - (reasons.skipped['native_first'] ?? 0);
    expect(skipped).toBe(after.counts.accepted - counts.accepted);
    expect(skipped).toBe(sandbox.items('honeycomb').length);
  });

  it('gives all four one account from then on', async () => {
    await passADayOfTraffic();
    sandbox.reset();

    const traces = await ask((path) => flask.get(path));

    expectOneAccountOf(traces);
    const ofSpans = serverSpans(sandbox).map(({ traceId }) => `1-${traceId.slice(0, 8)}-${traceId.slice(8)}`);
    expect(
      segments()
        .map(({ trace_id }) => trace_id)
        .toSorted(),
    ).toEqual(ofSpans.toSorted());
    const accounts = accountsIn(sandbox, { xrayTraces: traces, folder: appFolder, isPaired: false });
    expect(accounts).toEqual(expectedAccounts('x-ray-sdk-removed', accounts));
  });
});
