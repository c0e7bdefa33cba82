// Part of the tests: a backend that runs both SDKs tells of every request twice, and nobody reads of it twice (DESIGN section 5).
import { describe, expect, it, type TestContext } from 'vitest';
import type { Status } from '../../src/admin/status.ts';
import { DESTINATION_IDS } from '../../src/model/signals.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { eventually, settingsOf } from '../support/app.ts';
import { type Sidecast, startSidecast } from '../support/sidecast.ts';
import { sendSegment, sendSpans, type TwiceTold, toldTwice } from '../support/two-sdks.ts';

/** Translated copies of a service wait so long from its first hearing. */
const FIRST_HEARING_MS = 10_000;

interface Line {
  traceId: string;
  xrayTraceId: string;
  http: { path: string };
}
interface Item {
  data: { custom: { trace_id: string; xray_trace_id: string } };
}

/** One test's own sandbox and sidecast: they mostly wait, so they wait together. */
class Stage {
  readonly sandbox: Sandbox;
  readonly sidecast: Sidecast;

  private constructor(sandbox: Sandbox, sidecast: Sidecast) {
    this.sandbox = sandbox;
    this.sidecast = sidecast;
  }

  static async start(
    onTestFinished: TestContext['onTestFinished'],
    settings: Readonly<Record<string, string>> = {},
  ): Promise<Stage> {
    const sandbox = await startSandbox();
    onTestFinished(() => sandbox.close());
    const sidecast = await startSidecast({
      ...settingsOf(sandbox),
      SIDECAST_ROUTING: 'native',
      SIDECAST_SHUTDOWN_TIMEOUT: '2s',
      ...settings,
    });
    onTestFinished(() => sidecast.stop());
    return new Stage(sandbox, sidecast);
  }

  /** Segments come as the requests end, spans some time later and together. */
  async serve(service: string, requests: readonly TwiceTold[]): Promise<void> {
    for (const request of requests) await sendSegment(request, this.sidecast.xrayPort);
    await eventually(
      () => this.sidecast.status(),
      ({ receivers }) => receivers['aws-xray'].accepted.segments >= requests.length,
    );
    expect(await sendSpans(requests, service, this.sidecast.otlpUrl)).toBe(200);
  }

  /** Every request has an outcome everywhere. After a kill, some of those before it have theirs again. */
  settled(requests: number): Promise<Status> {
    return eventually(
      () => this.sidecast.status(),
      ({ destinations }) =>
        DESTINATION_IDS.every(
          (id) => destinations[id].counts.queued === 0 && destinations[id].counts.accepted >= 2 * requests,
        ),
      30_000,
    );
  }

  readonly tracesAtHoneycomb = () =>
    (this.sandbox.items('honeycomb') as readonly { traceId: string }[]).map(({ traceId }) => traceId);

  readonly tracesAtXRay = () =>
    (this.sandbox.items('aws-xray') as readonly string[]).map(
      (text) => (JSON.parse(text) as { trace_id: string }).trace_id,
    );

  accessLines() {
    return (this.sandbox.items('aws-cloudwatch-logs') as readonly { message: string }[])
      .map(({ message }) => JSON.parse(message) as Line & { event_id: string })
      .filter(({ event_id }) => event_id.endsWith(':access'))
      .map(({ http, traceId, xrayTraceId }) => [http.path, traceId, xrayTraceId]);
  }

  itemsAtRollbar() {
    return (this.sandbox.items('rollbar') as readonly Item[]).map(({ data: { custom } }) => [
      custom.trace_id,
      custom.xray_trace_id,
    ]);
  }

  expectOneAccountOf(requests: readonly TwiceTold[], failed: readonly TwiceTold[] = []): void {
    const pairs = failed.map(({ otlpTraceId, xrayTraceId }) => [otlpTraceId, xrayTraceId]);
    const lines = requests.map(({ path, otlpTraceId, xrayTraceId }) => [path, otlpTraceId, xrayTraceId]);
    expect(this.tracesAtHoneycomb().toSorted()).toEqual(
      requests.map(({ otlpTraceId }) => otlpTraceId).toSorted(),
    );
    expect(this.tracesAtXRay().toSorted()).toEqual(requests.map(({ xrayTraceId }) => xrayTraceId).toSorted());
    expect(this.accessLines().toSorted()).toEqual(lines.toSorted());
    expect(this.itemsAtRollbar().toSorted()).toEqual(pairs.toSorted());
  }
}

describe.concurrent('a backend with both SDKs', () => {
  it('is read of once at each destination, with both trace ids, also after a restart', async ({
    onTestFinished,
  }) => {
    const stage = await Stage.start(onTestFinished);
    const good = ['/a', '/b', '/b'].map((path) => toldTwice(path, 'Backend-Flask'));
    const bad = toldTwice('/boom', 'Backend-Flask', 'londo');
    await stage.serve('backend-flask', [...good, bad]);
    await stage.settled(4);
    stage.expectOneAccountOf([...good, bad], [bad]);

    await stage.sidecast.kill('SIGTERM');
    await stage.sidecast.restart();
    stage.sandbox.reset();
    const after = toldTwice('/after', 'Backend-Flask', 'g-kar');
    await stage.serve('backend-flask', [after]);

    const { destinations } = await stage.settled(1);
    stage.expectOneAccountOf([after], [after]);
    expect(destinations['aws-xray'].reasons.skipped).toEqual({ native_first: 1 });
    expect(destinations.honeycomb.reasons.skipped).toEqual({ native_first: 1 });
  });

  it('may name its segments after the host: three requests tell that it is one service, and a restart forgets nothing', async ({
    onTestFinished,
  }) => {
    const stage = await Stage.start(onTestFinished);
    const first = ['/a', '/b', '/c'].map((path) => toldTwice(path, '10.1.2.3:4567'));
    await stage.serve('backend-flask', first);
    await stage.settled(3);
    stage.expectOneAccountOf(first);

    await stage.sidecast.kill('SIGKILL');
    await stage.sidecast.restart();
    stage.sandbox.reset();
    const after = toldTwice('/after', '10.1.2.3:4567');
    await stage.serve('backend-flask', [after]);
    await stage.settled(1);
    stage.expectOneAccountOf([after]);
  });

  it('is one from its first request on where the user says so', async ({ onTestFinished }) => {
    const stage = await Stage.start(onTestFinished, {
      SIDECAST_SERVICE_ALIASES: 'backend-flask=shop.example.com',
    });
    const only = toldTwice('/only', 'shop.example.com', 'delenn');
    await stage.serve('backend-flask', [only]);
    await stage.settled(1);
    stage.expectOneAccountOf([only], [only]);
  });
});

// Alone: it has to stop within those ten seconds.
describe('a service first heard, and sidecast stopped meanwhile', () => {
  it('is read of once also where sidecast starts again between its two accounts', async ({
    onTestFinished,
  }) => {
    const stage = await Stage.start(onTestFinished);
    const request = toldTwice('/early', 'backend-flask', 'kosh');
    await sendSegment(request, stage.sidecast.xrayPort);
    await eventually(stage.tracesAtXRay, (traces) => traces.length === 1, FIRST_HEARING_MS / 2);

    expect(await stage.sidecast.kill('SIGTERM')).toMatchObject({ code: 0 });
    expect(stage.tracesAtHoneycomb()).toEqual([]);
    await stage.sidecast.restart();
    expect(await sendSpans([request], 'backend-flask', stage.sidecast.otlpUrl)).toBe(200);
    await eventually(
      () => stage.sidecast.status(),
      ({ destinations }) => DESTINATION_IDS.every((id) => destinations[id].counts.queued === 0),
      2 * FIRST_HEARING_MS,
    );

    expect(stage.tracesAtHoneycomb()).toEqual([request.otlpTraceId]);
    expect(stage.tracesAtXRay()).toEqual([request.xrayTraceId]);
    expect(stage.accessLines()).toHaveLength(1);
    expect(stage.itemsAtRollbar()).toHaveLength(1);
  });
});

describe.concurrent('a service first heard', () => {
  it('has its native copies at once, and its translated ones when it is clear that it has no others', async ({
    onTestFinished,
  }) => {
    const stage = await Stage.start(onTestFinished);
    const request = toldTwice('/spans-only', 'none');
    const sentAtMs = performance.now();
    await sendSpans([request], 'spans-only', stage.sidecast.otlpUrl);
    await eventually(stage.tracesAtHoneycomb, (traces) => traces.length === 1, FIRST_HEARING_MS / 2);
    expect((await stage.sidecast.status()).destinations['aws-xray'].counts).toMatchObject({ queued: 1 });

    const [traceId] = await eventually(
      stage.tracesAtXRay,
      (traces) => traces.length > 0,
      2 * FIRST_HEARING_MS,
    );

    expect(performance.now() - sentAtMs).toBeGreaterThan(FIRST_HEARING_MS - 500);
    expect(traceId?.replaceAll('-', '').slice(1)).toBe(request.otlpTraceId);
    const later = toldTwice('/later', 'none');
    await sendSpans([later], 'spans-only', stage.sidecast.otlpUrl);
    await eventually(stage.tracesAtXRay, (traces) => traces.length === 2, FIRST_HEARING_MS / 2);
  });

  it('has its segments at AWS X-Ray at once, and as spans elsewhere later', async ({ onTestFinished }) => {
    const stage = await Stage.start(onTestFinished);
    const request = toldTwice('/segments-only', 'segments-only', 'kosh');
    const sentAtMs = performance.now();
    await sendSegment(request, stage.sidecast.xrayPort);
    await eventually(stage.tracesAtXRay, (traces) => traces.length === 1, FIRST_HEARING_MS / 2);
    expect(stage.tracesAtHoneycomb()).toEqual([]);

    await eventually(
      () => stage.sidecast.status(),
      ({ destinations }) => DESTINATION_IDS.every((id) => destinations[id].counts.queued === 0),
      2 * FIRST_HEARING_MS,
    );

    expect(performance.now() - sentAtMs).toBeGreaterThan(FIRST_HEARING_MS - 500);
    expect(stage.tracesAtHoneycomb()).toEqual([request.xrayTraceId.replaceAll('-', '').slice(1)]);
    expect(stage.accessLines().map(([path]) => path)).toEqual([request.path]);
    expect(stage.itemsAtRollbar()).toHaveLength(1);
  });
});
