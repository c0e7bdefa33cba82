// Part of the tests: one failing request is one item at Rollbar, though its span, its log record and its segment tell of the exception.
import { afterEach, beforeEach, expect, it } from 'vitest';
import { DESTINATION_IDS } from '../../src/model/signals.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { eventually, settingsOf, startTestApp, type TestApp } from '../support/app.ts';
import { sendLogs, sendSegment, sendSpans, toldTwice } from '../support/two-sdks.ts';

let sandbox: Sandbox;
let app: TestApp;

beforeEach(async () => {
  sandbox = await startSandbox();
});
afterEach(async () => {
  await app.shutdown('test');
  await sandbox.close();
});

const start = async (routing: string) => {
  app = await startTestApp({ ...settingsOf(sandbox), SIDECAST_ROUTING: routing });
};

const settled = (accepted: number) =>
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
const items = () => (sandbox.items('rollbar') as readonly Item[]).map(({ data }) => data);

/** With `all`, nothing waits before it is known that requests come in pairs. Resolves with the items of one. */
async function pairOne(): Promise<number> {
  const request = toldTwice('/fine', 'shop');
  await sendSegment(request, app.xrayPort);
  expect(await sendSpans([request], 'shop', app.otlpUrl)).toBe(200);
  await settled(2);
  return 2;
}

it.each(['native', 'all'])(
  'is the item of the span, which knows the request, where log record and segment came first (routing %s)',
  async (routing) => {
    await start(routing);
    const known = routing === 'all' ? await pairOne() : 0;
    const request = toldTwice('/boom', 'shop', 'londo');
    await sendSegment(request, app.xrayPort);
    expect(await sendLogs([request], 'shop', app.otlpUrl)).toBe(200);
    await eventually(
      () => app.status(),
      ({ destinations }) => destinations['aws-xray'].counts.delivered === known + 1,
    );
    expect(await sendSpans([request], 'shop', app.otlpUrl)).toBe(200);

    const { destinations } = await settled(known + 3);

    const { skipped } = destinations.rollbar.reasons;
    expect(skipped).toMatchObject(routing === 'all' ? { duplicate: 2 } : { duplicate: 1, native_first: 1 });
    expect(items()).toEqual([
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

it('is the item of the log record where no span tells of it', async () => {
  await start('native');
  const [request, other] = [toldTwice('/boom', 'shop', 'londo'), toldTwice('/fine', 'shop')];
  expect(await sendSpans([other], 'shop', app.otlpUrl)).toBe(200);
  expect(await sendLogs([request], 'shop', app.otlpUrl)).toBe(200);

  const { destinations } = await settled(2);

  expect(destinations.rollbar.counts).toMatchObject({ delivered: 1, skipped: 1 });
  expect(items()).toEqual([
    expect.objectContaining({ custom: expect.objectContaining({ message: '/boom 500' }) }),
  ]);
});
