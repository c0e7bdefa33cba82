// Part of the tests: one destination hangs, one throttles, one refuses the key; the fourth notices nothing.
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, type TestContext } from 'vitest';
import { isConserved } from '../../src/ledger/account.ts';
import { DESTINATION_IDS, type DestinationId } from '../../src/model/signals.ts';
import { decodeTraces } from '../../src/protocols/otlp/decode.ts';
import { type Fault, type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { eventually, settingsOf, startTestApp, type TestApp } from '../support/app.ts';
import { exporterLimits } from '../support/limits.ts';

const CAPTURE = readFileSync(
  join(import.meta.dirname, '..', 'fixtures', 'captures', 'python-otel', '02-traces-batch-2-errors.bin'),
);

/** One test's own vendors and pipeline: they mostly wait until a refused key is tried again, so they wait together. */
interface Stage {
  sandbox: Sandbox;
  app: TestApp;
}

async function startStage({ onTestFinished }: TestContext): Promise<Stage> {
  const sandbox = await startSandbox();
  onTestFinished(() => sandbox.close());
  const app = await startTestApp(settingsOf(sandbox));
  onTestFinished(() => app.shutdown('test'));
  return { sandbox, app };
}

const send = ({ app }: Stage) =>
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

async function latencyMs(stage: Stage, healthy: DestinationId): Promise<number> {
  const { app } = stage;
  const before = (await app.status()).destinations[healthy].counts;
  const startedMs = performance.now();
  expect((await send(stage)).status).toBe(200);
  await eventually(
    () => app.status(),
    ({ destinations }) => {
      const { counts } = destinations[healthy];
      return counts.accepted > before.accepted && counts.queued === 0;
    },
  );
  return performance.now() - startedMs;
}

async function medianLatencyMs(stage: Stage, healthy: DestinationId): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < 7; i++) times.push(await latencyMs(stage, healthy));
  return times.sort((a, b) => a - b)[3] ?? 0;
}

describe.concurrent('three destinations in trouble', () => {
  const faults: readonly Fault[] = [
    { kind: 'hang' },
    { kind: 'status', status: 429, retryAfter: 1 },
    { kind: 'status', status: 401 },
  ];

  it.for(['honeycomb', 'aws-xray'] as const)(
    'do not slow %s down, and lose nothing',
    async (healthy, context) => {
      const stage = await startStage(context);
      const { sandbox, app } = stage;
      await latencyMs(stage, healthy);
      const calmMs = await medianLatencyMs(stage, healthy);
      const troubled = DESTINATION_IDS.filter((id) => id !== healthy);
      troubled.forEach((id, index) => {
        sandbox.setFault(id, faults[index] as Fault);
      });
      await send(stage);
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

      const troubledMs = await medianLatencyMs(stage, healthy);

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
    },
  );
});

describe('a destination whose requests all hang', () => {
  it('leaves connections for the others, although all four are at one origin', async (context) => {
    const stage = await startStage(context);
    const { sandbox } = stage;
    const { concurrency } = (await exporterLimits(settingsOf(sandbox)))['aws-xray'];
    await latencyMs(stage, 'aws-cloudwatch-logs');
    sandbox.setFault('aws-xray', { kind: 'hang' });
    await eventually(
      async () => {
        await send(stage);
        return sandbox.waiting('aws-xray');
      },
      (waiting) => waiting === concurrency,
    );

    // Half of what a request may take before it is given up.
    expect(await latencyMs(stage, 'aws-cloudwatch-logs')).toBeLessThan(5000);
    sandbox.setFault('aws-xray', { kind: 'none' });
  });
});
