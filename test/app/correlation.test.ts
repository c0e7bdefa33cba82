// Part of the tests: what is learnt about services, from intake to /status, the log and the next start.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { buildCorrelation } from '../../src/app/correlation.ts';
import { optionGroups } from '../../src/app/options.ts';
import { loadConfig } from '../../src/config/load.ts';
import type { Accepted } from '../../src/model/signals.ts';
import { jsonToProtobuf } from '../../src/protocols/otlp/json.ts';
import { scan } from '../../src/protocols/otlp/scan.ts';
import { createEvents } from '../../src/telemetry/events.ts';
import { segments } from '../support/delivery.ts';
import { accepted, ManualClock, temporaryDir } from '../support/records.ts';

async function start(dataDir: string | null, env: Record<string, string> = {}) {
  const clock = new ManualClock();
  const lines: string[] = [];
  const { values } = loadConfig(optionGroups, { env });
  const correlation = buildCorrelation({
    config: values,
    routing: () => values.process.routing,
    dataDir,
    events: createEvents(
      (_level, event, msg, fields) => void lines.push(`${event}: ${msg} ${JSON.stringify(fields)}`),
      () => 0,
    ),
    clock,
  });
  await correlation.start();
  const stop = () => correlation.shutdown(AbortSignal.abort());
  return { clock, lines, correlation, stop };
}

function spans(service: string): Accepted {
  const name = { key: 'service.name', value: { stringValue: service } };
  const span = { traceId: 'ab'.repeat(16), spanId: 'cd'.repeat(8), name: 's' };
  const resourceSpans = [{ resource: { attributes: [name] }, scopeSpans: [{ spans: [span] }] }];
  const payload = jsonToProtobuf('traces', JSON.stringify({ resourceSpans }));
  return { ...accepted(''), payload, summary: scan('traces', payload).summary };
}
const document = (name: string) => segments(JSON.stringify({ id: '70de5b6f19ff9a0a', name }));

describe(buildCorrelation, () => {
  it('shows and explains who speaks what, and logs it when it is learnt', async () => {
    const { correlation, lines, stop } = await start(null);
    correlation.hear(spans('shop'));
    correlation.hear(document('Shop'));
    correlation.hear(spans('mail'));

    expect(correlation.status()).toMatchObject({
      mode: 'native',
      speakers: [
        {
          names: ['shop'],
          otlp: { since: '2027-01-15T08:00:00.000Z' },
          xray: { since: '2027-01-15T08:00:00.000Z' },
          explanation: expect.stringMatching(/^sends both/),
        },
        { names: ['mail'], xray: null, explanation: expect.stringMatching(/^sends OTLP spans only/) },
      ],
      moreSpeakers: 0,
    });
    expect(lines).toEqual([
      'speaker: a service sends OTLP spans {"what":"learnt","names":["shop"],"protocol":"otlp"}',
      'speaker: a service sends X-Ray segments {"what":"learnt","names":["shop"],"protocol":"xray"}',
      'speaker: a service sends OTLP spans {"what":"learnt","names":["mail"],"protocol":"otlp"}',
    ]);
    await stop();
  });

  it('remembers it across restarts, without saying it again', async () => {
    const { path: dir, remove } = await temporaryDir();
    const first = await start(dir);
    first.correlation.hear(spans('shop'));
    first.correlation.hear(document('shop'));
    await first.stop();
    const second = await start(dir);

    expect(second.correlation.status().speakers).toMatchObject([
      { names: ['shop'], otlp: { since: expect.any(String) }, xray: { since: expect.any(String) } },
    ]);
    expect(second.lines).toEqual([]);
    await second.stop();
    expect(JSON.parse(await readFile(join(dir, 'speakers.json'), 'utf8'))).toMatchObject({
      speakers: [{ names: ['shop'] }],
    });
    await remove();
  });

  it('takes the names that the user gives for one service', async () => {
    const { correlation, stop } = await start(null, { SIDECAST_SERVICE_ALIASES: 'shop=shop.example.com' });
    correlation.hear(spans('shop'));
    correlation.hear(document('shop.example.com'));

    expect(correlation.status().speakers).toMatchObject([{ names: ['shop', 'shop.example.com'] }]);
    await stop();
  });

  it.each([
    ['native', [{ from: 0, to: 1, code: 'native_first' }]],
    ['otlp', []],
    ['all', []],
  ])('leaves copies out only where SIDECAST_ROUTING says so: %s', async (mode, without) => {
    const { correlation, stop } = await start(null, { SIDECAST_ROUTING: mode });
    correlation.hear(document('shop'));
    const record = { ...correlation.hear(spans('shop')), position: 0 };
    const choices = correlation.choosers('aws-xray').map((choose) => choose(record));

    expect(choices.flatMap((choice) => choice.without)).toEqual(without);
    expect(correlation.status().mode).toBe(mode);
    await stop();
  });

  it('shows what a ratio would leave out in a dry run', async () => {
    const { correlation, stop } = await start(null, {
      SIDECAST_SAMPLE_RATIOS: 'honeycomb=0.1',
      SIDECAST_SAMPLE_DRY_RUN: 'on',
    });
    const record = { ...spans('shop'), position: 0 };
    for (const choose of correlation.choosers('honeycomb')) choose(record).onUse?.();

    expect(correlation.status().sampling).toEqual({
      honeycomb: { ratio: 0.1, dryRun: true, wouldLeaveOut: 1 },
    });
    await stop();
  });

  it('says what is wrong with a ratio', () => {
    const { problems } = loadConfig(optionGroups, { env: { SIDECAST_SAMPLE_RATIOS: 'rollbar=0.1' } });

    expect(JSON.stringify(problems)).toContain('not rollbar=0.1');
  });

  it('says what is wrong with an alias', () => {
    const { problems } = loadConfig(optionGroups, { env: { SIDECAST_SERVICE_ALIASES: 'a=b,c' } });

    expect(JSON.stringify(problems)).toContain('expected name=other name, not c');
  });
});
