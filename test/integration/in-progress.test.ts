// Part of the tests: a segment that comes in progress first and finished later is one span at Honeycomb, and both documents at X-Ray.
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { eventually, settingsOf, startTestApp, type TestApp } from '../support/app.ts';
import { datagramOf, sendDatagrams } from '../support/datagrams.ts';

let sandbox: Sandbox;
let app: TestApp;

beforeEach(async () => {
  sandbox = await startSandbox();
  app = await startTestApp({ ...settingsOf(sandbox), SIDECAST_ROUTING: 'all' });
});
afterEach(async () => {
  await app.shutdown('test');
  await sandbox.close();
});

const sendDocument = (document: object) => sendDatagrams(app.xrayPort, [datagramOf(document)]);

it('goes to Honeycomb once, when it has ended', async () => {
  const now = Date.now() / 1000;
  const traceId = `${Math.floor(now).toString(16)}a3e68852443a73646a96d06c`;
  const id = '6a71ab68d7306b7e';
  const base = { id, name: 'worker', trace_id: `1-${traceId.slice(0, 8)}-${traceId.slice(8)}` };
  await sendDocument({ ...base, start_time: now, in_progress: true });
  await eventually(
    () => sandbox.audit('aws-xray', [id]),
    ({ missing }) => missing.length === 0,
  );
  expect((await app.status()).destinations.honeycomb.counts).toMatchObject({ accepted: 1, queued: 1 });

  await sendDocument({ ...base, start_time: now, end_time: now + 0.1 });

  const { destinations } = await eventually(
    () => app.status(),
    (status) => status.destinations.honeycomb.counts.accepted === 2 && queued(status) === 0,
  );
  expect(destinations.honeycomb.counts).toMatchObject({ delivered: 1, skipped: 1 });
  expect(destinations.honeycomb.reasons.skipped).toEqual({ replaced: 1 });
  expect(sandbox.audit('honeycomb', [`${traceId}:${id}`])).toEqual({ missing: [], duplicated: [] });
  expect(JSON.stringify(sandbox.items('honeycomb'))).not.toContain('in_progress');
  expect(destinations['aws-xray'].counts.delivered).toBe(2);
});

const queued = ({ destinations }: Awaited<ReturnType<TestApp['status']>>) =>
  destinations.honeycomb.counts.queued + destinations['aws-xray'].counts.queued;
