// Part of the tests: kill -9 again and again, with destinations healthy, slow and down in turn. KILLS=100 SEED=7 npm run crash
import { env } from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DESTINATION_IDS } from '../../src/model/signals.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { settingsOf } from '../support/app.ts';
import { type CrashReport, crashLoop } from '../support/crash-loop.ts';
import { exporterLimits } from '../support/limits.ts';
import { seededRandom } from '../support/random.ts';
import { type Sidecast, startSidecast } from '../support/sidecast.ts';
import { type SpanLoad, startSpanLoad } from '../support/span-load.ts';
import { writeResults } from './results.ts';

const KILLS = Number(env['KILLS'] ?? 15);
const SEED = Number(env['SEED'] ?? Date.now() % 2 ** 31);

let sandbox: Sandbox;
let sidecast: Sidecast;
let load: SpanLoad;
let report: CrashReport;

beforeAll(async () => {
  sandbox = await startSandbox();
  const limits = await exporterLimits(settingsOf(sandbox));
  sidecast = await startSidecast(settingsOf(sandbox));
  load = startSpanLoad(sidecast.otlpUrl);
  const options = { sandbox, sidecast, load, limits, kills: KILLS, random: seededRandom(SEED) };
  report = await crashLoop({ ...options, conditions: ['healthy', 'slow', 'down'] });
  const figures = DESTINATION_IDS.map((id) => {
    const { missing, ...rest } = report.destinations[id];
    return { destination: id, ...rest, lost: missing.length };
  });
  console.table(figures);
  if (env['RESULTS'])
    writeResults(
      'crash',
      figures.map((figure) => ({ ...figure, kills: report.kills, seed: SEED })),
    );
});
afterAll(async () => {
  await load?.stop();
  await sidecast?.stop();
  await sandbox?.close();
});

describe(`${KILLS} times kill -9 (SEED=${SEED})`, () => {
  it.each(DESTINATION_IDS)('loses nothing at %s, and little comes twice', (id) => {
    const { acknowledged, missing, duplicates, allowed, strangers } = report.destinations[id];

    expect(acknowledged).toBeGreaterThan(KILLS);
    expect(missing).toEqual([]);
    expect(duplicates).toBeLessThanOrEqual(allowed);
    expect(strangers).toBe(0);
    expect(report.status.destinations[id].counts).toMatchObject({ rejected: 0, dropped: 0, queued: 0 });
  });
});
