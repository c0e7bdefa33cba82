// Part of the tests: a backend that runs both SDKs tells of every request twice, and nobody reads of it twice (DESIGN section 5).
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DESTINATION_IDS } from '../../src/model/signals.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { eventually, settingsOf } from '../support/app.ts';
import { type Sidecast, startSidecast } from '../support/sidecast.ts';
import { sendSegment, sendSpans, type TwiceTold, toldTwice } from '../support/two-sdks.ts';

/** Translated copies of a service wait so long from its first hearing. */
const FIRST_HEARING_MS = 10_000;

let sandbox: Sandbox;
let sidecast: Sidecast;

beforeEach(async () => {
  sandbox = await startSandbox();
});
afterEach(async () => {
  await sidecast?.stop();
  await sandbox.close();
});

async function start(settings: Readonly<Record<string, string>> = {}): Promise<void> {
  sidecast = await startSidecast({
    ...settingsOf(sandbox),
    SIDECAST_ROUTING: 'native',
    SIDECAST_SHUTDOWN_TIMEOUT: '2s',
    ...settings,
  });
}

/** Segments come as the requests end, spans some time later and together. */
async function serve(service: string, requests: readonly TwiceTold[]): Promise<void> {
  for (const request of requests) await sendSegment(request, sidecast.xrayPort);
  await eventually(
    () => sidecast.status(),
    ({ receivers }) => receivers['aws-xray'].accepted.segments >= requests.length,
  );
  expect(await sendSpans(requests, service, sidecast.otlpUrl)).toBe(200);
}

/** Every request has an outcome everywhere. After a kill, some of those before it have theirs again. */
const settled = (requests: number) =>
  eventually(
    () => sidecast.status(),
    ({ destinations }) =>
      DESTINATION_IDS.every(
        (id) => destinations[id].counts.queued === 0 && destinations[id].counts.accepted >= 2 * requests,
      ),
    30_000,
  );

interface Line {
  traceId: string;
  xrayTraceId: string;
  http: { path: string };
}
interface Item {
  data: { custom: { trace_id: string; xray_trace_id: string } };
}

const tracesAtHoneycomb = () =>
  (sandbox.items('honeycomb') as readonly { traceId: string }[]).map(({ traceId }) => traceId);
const tracesAtXRay = () =>
  (sandbox.items('aws-xray') as readonly string[]).map(
    (text) => (JSON.parse(text) as { trace_id: string }).trace_id,
  );
const accessLines = () =>
  (sandbox.items('aws-cloudwatch-logs') as readonly { message: string }[])
    .map(({ message }) => JSON.parse(message) as Line & { event_id: string })
    .filter(({ event_id }) => event_id.endsWith(':access'))
    .map(({ http, traceId, xrayTraceId }) => [http.path, traceId, xrayTraceId]);
const itemsAtRollbar = () =>
  (sandbox.items('rollbar') as readonly Item[]).map(({ data: { custom } }) => [
    custom.trace_id,
    custom.xray_trace_id,
  ]);

function expectOneAccountOf(requests: readonly TwiceTold[], failed: readonly TwiceTold[] = []): void {
  expect(tracesAtHoneycomb().toSorted()).toEqual(requests.map(({ otlpTraceId }) => otlpTraceId).toSorted());
  expect(tracesAtXRay().toSorted()).toEqual(requests.map(({ xrayTraceId }) => xrayTraceId).toSorted());
  expect(accessLines().toSorted()).toEqual(
    requests.map(({ path, otlpTraceId, xrayTraceId }) => [path, otlpTraceId, xrayTraceId]).toSorted(),
  );
  expect(itemsAtRollbar().toSorted()).toEqual(
    failed.map(({ otlpTraceId, xrayTraceId }) => [otlpTraceId, xrayTraceId]).toSorted(),
  );
}

describe('a backend with both SDKs', () => {
  it('is read of once at each destination, with both trace ids, also after a restart', async () => {
    await start();
    const good = ['/a', '/b', '/b'].map((path) => toldTwice(path, 'Backend-Flask'));
    const bad = toldTwice('/boom', 'Backend-Flask', 'londo');
    await serve('backend-flask', [...good, bad]);
    await settled(4);
    expectOneAccountOf([...good, bad], [bad]);

    await sidecast.kill('SIGTERM');
    await sidecast.restart();
    sandbox.reset();
    const after = toldTwice('/after', 'Backend-Flask', 'g-kar');
    await serve('backend-flask', [after]);

    const { destinations } = await settled(1);
    expectOneAccountOf([after], [after]);
    expect(destinations['aws-xray'].reasons.skipped).toEqual({ native_first: 1 });
    expect(destinations.honeycomb.reasons.skipped).toEqual({ native_first: 1 });
  });

  it('may name its segments after the host: three requests tell that it is one service, and a restart forgets nothing', async () => {
    await start();
    const first = ['/a', '/b', '/c'].map((path) => toldTwice(path, '10.1.2.3:4567'));
    await serve('backend-flask', first);
    await settled(3);
    expectOneAccountOf(first);

    await sidecast.kill('SIGKILL');
    await sidecast.restart();
    sandbox.reset();
    const after = toldTwice('/after', '10.1.2.3:4567');
    await serve('backend-flask', [after]);
    await settled(1);
    expectOneAccountOf([after]);
  });

  it('is one from its first request on where the user says so', async () => {
    await start({ SIDECAST_SERVICE_ALIASES: 'backend-flask=shop.example.com' });
    const only = toldTwice('/only', 'shop.example.com', 'delenn');
    await serve('backend-flask', [only]);
    await settled(1);
    expectOneAccountOf([only], [only]);
  });
});

describe('a service first heard', () => {
  it('is read of once also where sidecast stops and starts again between its two accounts', async () => {
    await start();
    const request = toldTwice('/early', 'backend-flask', 'kosh');
    await sendSegment(request, sidecast.xrayPort);
    await eventually(tracesAtXRay, (traces) => traces.length === 1, FIRST_HEARING_MS / 2);

    expect(await sidecast.kill('SIGTERM')).toMatchObject({ code: 0 });
    expect(tracesAtHoneycomb()).toEqual([]);
    await sidecast.restart();
    expect(await sendSpans([request], 'backend-flask', sidecast.otlpUrl)).toBe(200);
    await eventually(
      () => sidecast.status(),
      ({ destinations }) => DESTINATION_IDS.every((id) => destinations[id].counts.queued === 0),
      2 * FIRST_HEARING_MS,
    );

    expect(tracesAtHoneycomb()).toEqual([request.otlpTraceId]);
    expect(tracesAtXRay()).toEqual([request.xrayTraceId]);
    expect(accessLines()).toHaveLength(1);
    expect(itemsAtRollbar()).toHaveLength(1);
  });

  it('has its native copies at once, and its translated ones when it is clear that it has no others', async () => {
    await start();
    const request = toldTwice('/spans-only', 'none');
    const sentAtMs = performance.now();
    await sendSpans([request], 'spans-only', sidecast.otlpUrl);
    await eventually(tracesAtHoneycomb, (traces) => traces.length === 1, FIRST_HEARING_MS / 2);
    expect((await sidecast.status()).destinations['aws-xray'].counts).toMatchObject({ queued: 1 });

    const [traceId] = await eventually(tracesAtXRay, (traces) => traces.length > 0, 2 * FIRST_HEARING_MS);

    expect(performance.now() - sentAtMs).toBeGreaterThan(FIRST_HEARING_MS - 500);
    expect(traceId?.replaceAll('-', '').slice(1)).toBe(request.otlpTraceId);
    const later = toldTwice('/later', 'none');
    await sendSpans([later], 'spans-only', sidecast.otlpUrl);
    await eventually(tracesAtXRay, (traces) => traces.length === 2, FIRST_HEARING_MS / 2);
  });

  it('has its segments at AWS X-Ray at once, and as spans elsewhere later', async () => {
    await start();
    const request = toldTwice('/segments-only', 'segments-only', 'kosh');
    const sentAtMs = performance.now();
    await sendSegment(request, sidecast.xrayPort);
    await eventually(tracesAtXRay, (traces) => traces.length === 1, FIRST_HEARING_MS / 2);
    expect(tracesAtHoneycomb()).toEqual([]);

    await eventually(
      () => sidecast.status(),
      ({ destinations }) => DESTINATION_IDS.every((id) => destinations[id].counts.queued === 0),
      2 * FIRST_HEARING_MS,
    );

    expect(performance.now() - sentAtMs).toBeGreaterThan(FIRST_HEARING_MS - 500);
    expect(tracesAtHoneycomb()).toEqual([request.xrayTraceId.replaceAll('-', '').slice(1)]);
    expect(accessLines().map(([path]) => path)).toEqual([request.path]);
    expect(itemsAtRollbar()).toHaveLength(1);
  });
});
