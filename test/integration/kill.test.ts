// Part of the tests: kill -9 at random moments under load. What was answered with success arrives; little arrives twice.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DESTINATION_IDS } from '../../src/model/signals.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { settingsOf } from '../support/app.ts';
import { type CrashReport, crashLoop } from '../support/crash-loop.ts';
import { exporterLimits } from '../support/limits.ts';
import { type Sidecast, startSidecast } from '../support/sidecast.ts';
import { type SpanLoad, startSpanLoad } from '../support/span-load.ts';

const KILLS = 10;

let sandbox: Sandbox;
let sidecast: Sidecast;
let load: SpanLoad;
let report: CrashReport;

beforeAll(async () => {
  sandbox = await startSandbox();
  const limits = await exporterLimits(settingsOf(sandbox));
  sidecast = await startSidecast(settingsOf(sandbox));
  load = startSpanLoad(sidecast.otlpUrl);
  const options = { sandbox, sidecast, load, limits, kills: KILLS, conditions: ['healthy'] } as const;
  report = await crashLoop({ ...options, random: Math.random });
});
afterAll(async () => {
  await load?.stop();
  await sidecast?.stop();
  await sandbox?.close();
});

describe('kill -9 under load, ten times in a row', () => {
  it('was answering while it was killed', () => {
    expect(report.kills).toBe(KILLS);
    expect(Math.min(...report.acknowledgedPerRound)).toBeGreaterThan(0);
    expect(load.sent.honeycomb.length).toBeGreaterThan(load.acknowledged.honeycomb.length);
  });

  it.each(DESTINATION_IDS)('brings to %s everything that was answered with success', (id) => {
    expect(report.destinations[id].acknowledged).toBeGreaterThan(KILLS);
    expect(report.destinations[id].missing).toEqual([]);
  });

  it.each(DESTINATION_IDS)(
    'brings to %s no more twice than was on its way or settled in the last 100 ms, under its own ids',
    (id) => {
      const { duplicates, allowed, strangers } = report.destinations[id];

      expect(duplicates).toBeLessThanOrEqual(allowed);
      expect(strangers).toBe(0);
    },
  );

  it('rejects and drops nothing on the way', () => {
    for (const id of DESTINATION_IDS)
      expect(report.status.destinations[id].counts, id).toMatchObject({ rejected: 0, dropped: 0 });
  });
});
