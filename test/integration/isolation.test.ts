// Part of the tests: one destination hangs, one throttles, one refuses the key; the fourth notices nothing.
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isConserved } from '../../src/ledger/account.ts';
import { DESTINATION_IDS, type DestinationId } from '../../src/model/signals.ts';
import { decodeTraces } from '../../src/protocols/otlp/decode.ts';
import { type Fault, type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { eventually, settingsOf, startTestApp, type TestApp } from '../support/app.ts';
import { exporterLimits } from '../support/limits.ts';

const CAPTURE = readFileSync(
  join(import.meta.dirname, '..', 'fixtures', 'captures', 'python-otel', '02-traces-batch-2-errors.bin'),
);

let sandbox: Sandbox;
let app: TestApp;

beforeEach(async () => {
  sandbox = await startSandbox();
  app = await startTestApp(settingsOf(sandbox));
});
afterEach(async () => {
  await app.shutdown('test');
  await sandbox.close();
});

const send = () =>
  fetch(`${app.otlpUrl}/v1/traces`, {
    method: 'POST',
    body: newTraces(CAPTURE),
    headers: { 'content-type': 'application/x-protobuf' },
  });

/** The same spans in traces of their own: what tells of an exception again is no item of Rollbar's. */
function newTraces(capture: Buffer): Buffer {
  const body = Buffer.from(capture);
  const groups = decodeTraces(capture);
  for (const traceId of new Set(groups.flatMap(({ spans }) => spans.map((span) => span.traceId)))) {
    const [was, is] = [Buffer.from(traceId, 'hex'), randomBytes(8)];
    // X-Ray reads the first eight digits as a time.
    for (let at = body.indexOf(was); at >= 0; at = body.indexOf(was, at)) is.copy(body, at + 8);
  }
  return body;
}

async function latencyMs(healthy: DestinationId): Promise<number> {
  const before = (await app.status()).destinations[healthy].counts;
  const startedMs = performance.now();
  expect((await send()).status).toBe(200);
  await eventually(
    () => app.status(),
    ({ destinations }) => {
      const { counts } = destinations[healthy];
      return counts.accepted > before.accepted && counts.queued === 0;
    },
  );
  return performance.now() - startedMs;
}

async function medianLatencyMs(healthy: DestinationId): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < 7; i++) times.push(await latencyMs(healthy));
  return times.sort((a, b) => a - b)[3] ?? 0;
}

describe('three destinations in trouble', () => {
  const faults: readonly Fault[] = [
    { kind: 'hang' },
    { kind: 'status', status: 429, retryAfter: 1 },
    { kind: 'status', status: 401 },
  ];

  it.each(['honeycomb', 'aws-xray'] as const)('do not slow %s down, and lose nothing', async (healthy) => {
    await latencyMs(healthy);
    const calmMs = await medianLatencyMs(healthy);
    const troubled = DESTINATION_IDS.filter((id) => id !== healthy);
    troubled.forEach((id, index) => {
      sandbox.setFault(id, faults[index] as Fault);
    });
    await send();
    const [hanging, throttled, refused] = troubled as [DestinationId, DestinationId, DestinationId];
    await eventually(
      () => sandbox.waiting(hanging),
      (waiting) => waiting > 0,
    );
    await eventually(
      () => app.status(),
      ({ destinations }) => destinations[throttled].state === 'retrying',
    );
    const { destinations } = await eventually(
      () => app.status(),
      (status) => status.destinations[refused].state === 'blocked',
    );
    expect(destinations[refused].reason?.fix).toBeTruthy();

    const troubledMs = await medianLatencyMs(healthy);

    expect(troubledMs).toBeLessThan(calmMs + 250);
    for (const id of troubled) sandbox.setFault(id, { kind: 'none' });
    const healed = await eventually(
      () => app.status(),
      (status) => DESTINATION_IDS.every((id) => status.destinations[id].counts.queued === 0),
      60_000,
    );
    for (const id of DESTINATION_IDS) {
      expect(isConserved(healed.destinations[id].counts)).toBe(true);
      expect(healed.destinations[id].counts).toMatchObject({ dropped: 0, rejected: 0 });
    }
  });
});

describe('a destination whose requests all hang', () => {
  it('leaves connections for the others, although all four are at one origin', async () => {
    const { concurrency } = (await exporterLimits(settingsOf(sandbox)))['aws-xray'];
    await latencyMs('aws-cloudwatch-logs');
    sandbox.setFault('aws-xray', { kind: 'hang' });
    await eventually(
      async () => {
        await send();
        return sandbox.waiting('aws-xray');
      },
      (waiting) => waiting === concurrency,
    );

    // Half of what a request may take before it is given up.
    expect(await latencyMs('aws-cloudwatch-logs')).toBeLessThan(5000);
    sandbox.setFault('aws-xray', { kind: 'none' });
  });
});
