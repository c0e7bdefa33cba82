// Part of the tests: SIGTERM under load. Nothing accepted is lost, and the process is gone in time whatever the vendors do.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DESTINATION_IDS, type DestinationId } from '../../src/model/signals.ts';
import { type Fault, type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { eventually, settingsOf } from '../support/app.ts';
import { type Sidecast, startSidecast } from '../support/sidecast.ts';
import { type SpanLoad, startSpanLoad } from '../support/span-load.ts';

const TIMEOUT_MS = 4000;
/** While input comes, listeners close this long before the deadline. */
const CLOSE_BEFORE_DEADLINE_MS = 2000;
const DELIVERED_WITHIN_MS = 60_000;

let sandbox: Sandbox;
let sidecast: Sidecast;
let load: SpanLoad | undefined;

beforeEach(async () => {
  sandbox = await startSandbox();
  sidecast = await startSidecast({ ...settingsOf(sandbox), SIDECAST_SHUTDOWN_TIMEOUT: `${TIMEOUT_MS}ms` });
});
afterEach(async () => {
  await load?.stop();
  load = undefined;
  await sidecast.stop();
  await sandbox.close();
});

const setFaults = (fault: Fault) => {
  for (const id of DESTINATION_IDS) sandbox.setFault(id, fault);
};

async function underLoad(): Promise<SpanLoad> {
  const started = startSpanLoad(sidecast.otlpUrl);
  load = started;
  await eventually(
    () => started.acknowledged.honeycomb.length,
    (count) => count > 200,
  );
  return started;
}

async function stop(signal: NodeJS.Signals) {
  const askedMs = performance.now();
  const ended = await sidecast.kill(signal);
  return { ...ended, tookMs: performance.now() - askedMs };
}

/** What a start after the stop finds in the journal arrives, and with it everything that was answered with success. */
async function expectNothingLost({ acknowledged }: SpanLoad): Promise<void> {
  await sidecast.restart();
  await load?.stop();
  await eventually(
    () => sidecast.status(),
    ({ destinations }) => DESTINATION_IDS.every((id) => destinations[id].counts.queued === 0),
    DELIVERED_WITHIN_MS,
  );
  for (const id of DESTINATION_IDS) {
    expect(acknowledged[id].length, id).toBeGreaterThan(0);
    expect(sandbox.audit(id, acknowledged[id]).missing, id).toEqual([]);
  }
}

const lastLine = () => JSON.parse(sidecast.logs.at(-1) ?? '{}') as Record<string, unknown>;

describe('SIGTERM under load', () => {
  it('goes on receiving, then leaves nothing behind, sends nothing twice and exits 0', async () => {
    const { acknowledged } = await underLoad();
    const askedMs = performance.now();
    sidecast.signal('SIGTERM');
    const received: { atMs: number; count: number }[] = [];
    const watch = setInterval(
      () => received.push({ atMs: performance.now() - askedMs, count: acknowledged.honeycomb.length }),
      50,
    );
    const ended = await sidecast.ended();
    const tookMs = performance.now() - askedMs;
    clearInterval(watch);

    expect(ended).toEqual({ code: 0, signal: null });
    expect(tookMs).toBeLessThan(TIMEOUT_MS);
    const closedAtMs = TIMEOUT_MS - CLOSE_BEFORE_DEADLINE_MS;
    const early = received.find(({ atMs }) => atMs > 200);
    const late = received.findLast(({ atMs }) => atMs < closedAtMs);
    expect(late?.count).toBeGreaterThan(early?.count ?? 0);
    expect(lastLine()).toMatchObject({ event: 'stopped', left: {} });
    for (const id of DESTINATION_IDS) {
      expect(sandbox.audit(id, acknowledged[id]), id).toEqual({ missing: [], duplicated: [] });
    }
  });

  it('exits 0 within its deadline while every destination hangs, and says what is left where', async () => {
    const running = await underLoad();
    setFaults({ kind: 'hang' });
    for (const id of DESTINATION_IDS) {
      await eventually(
        () => sandbox.waiting(id),
        (waiting) => waiting > 0,
      );
    }
    const { code, tookMs } = await stop('SIGTERM');

    expect(code).toBe(0);
    expect(tookMs).toBeLessThan(TIMEOUT_MS);
    const { event, msg, left } = lastLine() as { event: string; msg: string; left: Record<string, number> };
    expect({ event, msg }).toEqual({ event: 'stopped', msg: 'stopped; what is left waits in the journal' });
    expect(Object.keys(left).sort()).toEqual([...DESTINATION_IDS].sort());
    setFaults({ kind: 'none' });
    await expectNothingLost(running);
  });

  it('loses nothing while one destination fails, one refuses the key, one cuts and one throttles', async () => {
    const running = await underLoad();
    sandbox.setFault('honeycomb', { kind: 'status', status: 503 });
    sandbox.setFault('aws-xray', { kind: 'status', status: 401 });
    sandbox.setFault('aws-cloudwatch-logs', { kind: 'reset' });
    sandbox.setFault('rollbar', { kind: 'status', status: 429, retryAfter: 60 });
    await eventually(
      () => sidecast.status(),
      ({ destinations }) => DESTINATION_IDS.every((id) => destinations[id].state !== 'on'),
    );
    const { code, tookMs } = await stop('SIGTERM');

    expect(code).toBe(0);
    expect(tookMs).toBeLessThan(TIMEOUT_MS);
    setFaults({ kind: 'none' });
    await expectNothingLost(running);
  });
});

describe('a second signal', () => {
  it.each<[NodeJS.Signals, number]>([
    ['SIGTERM', 143],
    ['SIGINT', 130],
  ])('%s leaves at once with code %i, and what was accepted waits in the journal', async (signal, code) => {
    const running = await underLoad();
    setFaults({ kind: 'hang' });
    sidecast.signal('SIGTERM');
    // Longer than what counts as one signal that came twice.
    await new Promise((resolve) => setTimeout(resolve, 400));
    const ended = await stop(signal);

    expect(ended.code).toBe(code);
    expect(ended.tookMs).toBeLessThan(500);
    expect(sidecast.logs.at(-1)).toContain('what is not delivered waits in the data directory');
    setFaults({ kind: 'none' });
    await expectNothingLost(running);
  });

  it('that is an echo of the first one changes nothing', async () => {
    const { acknowledged } = await underLoad();
    sidecast.signal('SIGINT');
    sidecast.signal('SIGTERM');

    expect(await sidecast.ended()).toEqual({ code: 0, signal: null });
    for (const id of DESTINATION_IDS) expect(sandbox.audit(id, acknowledged[id]).missing, id).toEqual([]);
  });
});

describe('SIGTERM without load', () => {
  it('is over a second after the last input', async () => {
    const { tookMs, code } = await stop('SIGTERM');

    expect(code).toBe(0);
    expect(tookMs).toBeGreaterThan(990);
    expect(tookMs).toBeLessThan(TIMEOUT_MS - CLOSE_BEFORE_DEADLINE_MS);
  });

  it('cuts an upload that does not end, and still delivers what was accepted', async () => {
    const started = await underLoad();
    await started.stop();
    const controller = new AbortController();
    const endless = fetch(`${sidecast.otlpUrl}/v1/traces`, {
      method: 'POST',
      body: new ReadableStream({ pull: () => new Promise(() => {}) }),
      duplex: 'half',
      headers: { 'content-type': 'application/x-protobuf' },
      signal: controller.signal,
    } as RequestInit).catch(() => 'cut');
    const { tookMs, code } = await stop('SIGTERM');

    expect(code).toBe(0);
    expect(tookMs).toBeLessThan(TIMEOUT_MS);
    expect(await endless).toBe('cut');
    const queued = (id: DestinationId) => sandbox.audit(id, started.acknowledged[id]).missing;
    for (const id of DESTINATION_IDS) expect(queued(id), id).toEqual([]);
  });
});
