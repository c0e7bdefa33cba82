// Part of the tests: what doctor prints at a refused key, as a block of the README. docs.test.ts writes it between its marks.
import { vi } from 'vitest';
import { doctor } from '../../src/cli/doctor.ts';
import { sandboxSettings, startSandbox } from '../../src/sandbox/index.ts';
import { eventually, startTestApp } from '../support/app.ts';
import { temporaryDir } from '../support/records.ts';
import { stubSettings, type } from '../support/typed.ts';

/** By the name of the block: `<!-- generated: doctor -->`. */
export async function doctorBlock(): Promise<Readonly<Record<string, string>>> {
  return { doctor: `\`\`\`text\n${asInTheReadme(await examined())}\n\`\`\`` };
}

/** A sidecast that runs: Honeycomb knows another key, Rollbar has none, a backend has sent a span. */
async function examined(): Promise<string> {
  const dir = await temporaryDir();
  const sandbox = await startSandbox({ credentials: { honeycombKeys: ['another'] } });
  const { ROLLBAR_ACCESS_TOKEN: _, ...keys } = sandboxSettings(sandbox.url);
  // Asked for, it would depend on the machine whether the kernel gives less.
  const settings = { ...keys, SIDECAST_XRAY_RECEIVE_BUFFER_BYTES: '0' };
  stubSettings({ ...settings, HOME: dir.path });
  const app = await startTestApp(settings, dir.path);
  try {
    await sendSpan(app.otlpUrl);
    await eventually(
      () => app.status(),
      ({ destinations }) => destinations.honeycomb.state === 'blocked',
    );
    vi.stubEnv('SIDECAST_ADMIN_PORT', new URL(app.adminUrl).port);
    const { out } = await type(doctor);
    return out
      .replaceAll(dir.path, '/var/lib/sidecast')
      .replaceAll(new URL(app.otlpUrl).host, '0.0.0.0:4318')
      .replaceAll(`127.0.0.1:${app.xrayPort}`, '0.0.0.0:2000')
      .replaceAll(new URL(sandbox.url).host, '127.0.0.1:4320');
  } finally {
    vi.unstubAllEnvs();
    await app.shutdown('test');
    await sandbox.close();
    await dir.remove();
  }
}

async function sendSpan(otlpUrl: string): Promise<void> {
  const nowNs = BigInt(Date.now()) * 1_000_000n;
  const span = {
    traceId: '5b8efff798038103d269b633813fc60c',
    spanId: 'eee19b7ec3c1b174',
    name: 'GET /api/activities/home',
    kind: 2,
    startTimeUnixNano: String(nowNs - 1_000_000n),
    endTimeUnixNano: String(nowNs),
  };
  const attributes = [{ key: 'service.name', value: { stringValue: 'backend-flask' } }];
  const body = { resourceSpans: [{ resource: { attributes }, scopeSpans: [{ spans: [span] }] }] };
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(`${otlpUrl}/v1/traces`, { method: 'POST', headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(await answer.text());
}

/** What differs between runs is given one value; a link is cut where a page would scroll. */
function asInTheReadme(out: string): string {
  return out
    .replace(/\bin \d+ ms\b/g, 'in 12 ms')
    .replace(/\b\d+ s ago\b/g, '3 s ago')
    .replace(/\b[0-9a-f]{32}\b/g, '6b01cfe3a413c031d95bfd048c6eda16')
    .replace(/\b1-[0-9a-f]{8}-[0-9a-f]{24}\b/g, '1-6b01cfe3-a413c031d95bfd048c6eda16')
    .replace(/until \d{4}-\S+Z/, 'until 2026-11-28T14:02:11.000Z')
    .replace(/(#logsV2:logs-insights).+$/m, '$1…');
}
