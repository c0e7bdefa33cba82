// Part of the tests: app: Honeycomb goes on when an app sends a key, and remembers after a restart whose data it holds.
import { describe, expect, it, onTestFinished } from 'vitest';
import { capture } from '../exporters/records.ts';
import { sandboxForTest } from '../sandbox/helpers.ts';
import { eventually, startTestApp, type TestApp } from '../support/app.ts';
import { temporaryDir } from '../support/records.ts';

const KEY = 'abcdefghij0123456789AB';

async function started(url: string, dataDir?: string): Promise<TestApp> {
  const app = await startTestApp({ HONEYCOMB_API_ENDPOINT: url, SIDECAST_SHUTDOWN_TIMEOUT: '1s' }, dataDir);
  onTestFinished(() => app.shutdown('test'));
  return app;
}

const post = (app: TestApp, headers: Record<string, string> = {}) =>
  fetch(`${app.otlpUrl}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-protobuf', ...headers },
    body: capture('python-otel/04-traces-small.bin'),
  });

const honeycombOf = async (app: TestApp) => (await app.status()).destinations.honeycomb;

describe('Honeycomb without a key of its own', () => {
  it('is off until an app sends one, then sends under it, and skips what comes without', async () => {
    const sandbox = await sandboxForTest();
    const app = await started(sandbox.url);

    await post(app, { 'x-honeycomb-team': '' });
    expect(await honeycombOf(app)).toMatchObject({ state: 'off', reason: { code: 'not_configured' } });

    expect((await post(app, { 'x-honeycomb-team': KEY })).status).toBe(200);
    const { counts } = await eventually(
      () => honeycombOf(app),
      (found) => found.counts.delivered > 0,
    );
    expect(counts.accepted).toBe(counts.delivered);
    expect(sandbox.counts().honeycomb.items).toBe(counts.delivered);

    await post(app);
    expect(await honeycombOf(app)).toMatchObject({
      state: 'on',
      reasons: { skipped: { no_key: counts.delivered } },
    });
  });

  it('holds after a restart what came under a key that nobody has sent again', async () => {
    const dir = await temporaryDir();
    onTestFinished(() => dir.remove());
    const nowhere = 'http://127.0.0.1:1';
    const first = await started(nowhere, dir.path);
    await post(first, { 'x-honeycomb-team': KEY });
    const { queued } = (await honeycombOf(first)).counts;
    await first.shutdown('test');

    const second = await started(nowhere, dir.path);
    const held = await eventually(
      () => honeycombOf(second),
      ({ state }) => state === 'blocked',
    );

    expect(queued).toBeGreaterThan(0);
    expect(held).toMatchObject({ reason: { code: 'key_unknown' }, counts: { accepted: queued, queued } });
  });
});
