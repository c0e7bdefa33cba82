// Part of the tests: one failing request is one item at Rollbar, though its span, its log record and its segment tell of the exception.
import { describe, expect, it, type TestContext } from 'vitest';
import { DESTINATION_IDS } from '../../src/model/signals.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { eventually, settingsOf, startTestApp, type TestApp } from '../support/app.ts';
import { sendLogs, sendSegment, sendSpans, toldTwice } from '../support/two-sdks.ts';

/** One test's own vendors and pipeline: each waits ten seconds for what else is told, so they wait together. */
interface Stage {
  sandbox: Sandbox;
  app: TestApp;
}

async function startStage({ onTestFinished }: TestContext, routing: string): Promise<Stage> {
  const sandbox = await startSandbox();
  onTestFinished(() => sandbox.close());
  const app = await startTestApp({ ...settingsOf(sandbox), SIDECAST_ROUTING: routing });
  onTestFinished(() => app.shutdown('test'));
  return { sandbox, app };
}

const settled = ({ app }: Stage, accepted: number) =>
  eventually(
    () => app.status(),
    ({ destinations }) =>
      DESTINATION_IDS.every(
        (id) => destinations[id].counts.queued === 0 && destinations[id].counts.accepted === accepted,
      ),
    30_000,
  );

interface Item {
  data: {
    request?: { url: string };
    custom: { trace_id: string; xray_trace_id: string; message?: string };
  };
}
const items = ({ sandbox }: Stage) => (sandbox.items('rollbar') as readonly Item[]).map(({ data }) => data);

/** With `all`, nothing waits before it is known that requests come in pairs. Resolves with the items of one. */
async function pairOne(stage: Stage): Promise<number> {
  const { app } = stage;
  const request = toldTwice('/fine', 'shop');
  await sendSegment(request, app.xrayPort);
  expect(await sendSpans([request], 'shop', app.otlpUrl)).toBe(200);
  await settled(stage, 2);
  return 2;
}

describe.concurrent('an exception that a span, a log record and a segment tell of', () => {
  it.for(['native', 'all'])(
    'is the item of the span, which knows the request, where log record and segment came first (routing %s)',
    async (routing, context) => {
      const stage = await startStage(context, routing);
      const { app } = stage;
      const known = routing === 'all' ? await pairOne(stage) : 0;
      const request = toldTwice('/boom', 'shop', 'londo');
      await sendSegment(request, app.xrayPort);
      expect(await sendLogs([request], 'shop', app.otlpUrl)).toBe(200);
      await eventually(
        () => app.status(),
        ({ destinations }) => destinations['aws-xray'].counts.delivered === known + 1,
      );
      expect(await sendSpans([request], 'shop', app.otlpUrl)).toBe(200);

      const { destinations } = await settled(stage, known + 3);

      const { skipped } = destinations.rollbar.reasons;
      expect(skipped).toMatchObject(routing === 'all' ? { duplicate: 2 } : { duplicate: 1, native_first: 1 });
      expect(items(stage)).toEqual([
        expect.objectContaining({
          request: expect.objectContaining({ url: 'http://127.0.0.1:4567/boom' }),
          custom: expect.objectContaining({
            trace_id: request.otlpTraceId,
            xray_trace_id: request.xrayTraceId,
          }),
        }),
      ]);
    },
  );

  it('is the item of the log record where no span tells of it', async (context) => {
    const stage = await startStage(context, 'native');
    const { app } = stage;
    const [request, other] = [toldTwice('/boom', 'shop', 'londo'), toldTwice('/fine', 'shop')];
    expect(await sendSpans([other], 'shop', app.otlpUrl)).toBe(200);
    expect(await sendLogs([request], 'shop', app.otlpUrl)).toBe(200);

    const { destinations } = await settled(stage, 2);

    expect(destinations.rollbar.counts).toMatchObject({ delivered: 1, skipped: 1 });
    expect(items(stage)).toEqual([
      expect.objectContaining({ custom: expect.objectContaining({ message: '/boom 500' }) }),
    ]);
  });
});
