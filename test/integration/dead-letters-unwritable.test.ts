// Part of the tests: a directory of dead letters that cannot be written costs nobody but what was refused its progress, and says so.
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { startSandbox } from '../../src/sandbox/index.ts';
import { eventually, settingsOf, startTestApp } from '../support/app.ts';
import { temporaryDir } from '../support/records.ts';

const DAY_MS = 86_400_000;

const logAt = (timeMs: number) => ({ timeUnixNano: `${timeMs}000000`, body: { stringValue: 'hello' } });

it('keeps what was refused, delivers the rest, and buries when it can', async () => {
  const dir = await temporaryDir();
  onTestFinished(() => dir.remove());
  const sandbox = await startSandbox();
  onTestFinished(() => sandbox.close());
  const blocking = join(dir.path, 'dead-letters');
  await writeFile(blocking, 'no directory');
  const app = await startTestApp(settingsOf(sandbox), dir.path);
  onTestFinished(() => app.shutdown('test'));

  // CloudWatch Logs takes nothing that is older than two weeks.
  const logRecords = [logAt(Date.now() - 30 * DAY_MS), logAt(Date.now()), logAt(Date.now())];
  const response = await fetch(`${app.otlpUrl}/v1/logs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ resourceLogs: [{ scopeLogs: [{ logRecords }] }] }),
  });
  expect(response.status).toBe(200);

  const { deadLetters, destinations } = await eventually(
    () => app.status(),
    (status) => status.destinations['aws-cloudwatch-logs'].counts.delivered === 2,
  );
  expect(destinations['aws-cloudwatch-logs'].counts).toMatchObject({ queued: 1, rejected: 0 });
  expect(deadLetters).toMatchObject({ dir: blocking, reason: { code: 'not_writable' } });
  expect(deadLetters.reason?.message).toMatch(/^nothing is lost: .* stays queued/);

  await rm(blocking);
  const after = await eventually(
    () => app.status(),
    (status) => status.destinations['aws-cloudwatch-logs'].counts.queued === 0,
  );
  expect(after.destinations['aws-cloudwatch-logs'].reasons.rejected).toEqual({ too_old: 1 });
  expect(after.deadLetters).toEqual({ dir: blocking, reason: null, since: null });
});
